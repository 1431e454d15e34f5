from cg_client.endpoints.indicators import cycle, exchanges, holders, macro, market, network, spot, stablecoins

__all__ = ["cycle", "exchanges", "holders", "macro", "market", "network", "spot", "stablecoins"]
