from cg_client.endpoints.etf import flows, funds

__all__ = ["flows", "funds"]
