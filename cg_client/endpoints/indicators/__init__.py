from cg_client.endpoints.indicators import (
    averages,
    cycle,
    exchanges,
    holders,
    macro,
    market,
    network,
    spot,
    stablecoins,
)

__all__ = ["averages", "cycle", "exchanges", "holders", "macro", "market", "network", "spot", "stablecoins"]
