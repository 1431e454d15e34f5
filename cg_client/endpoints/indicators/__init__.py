from cg_client.endpoints.indicators import bitcoin, market

__all__ = ["bitcoin", "market"]
