from cg_client.endpoints.etf import flows, fund, funds, net_assets, premium

__all__ = ["flows", "fund", "funds", "net_assets", "premium"]
