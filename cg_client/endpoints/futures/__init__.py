from cg_client.endpoints.futures import (
    cumulative_volume_delta,
    footprint,
    funding_rate,
    hyperliquid,
    liquidation,
    long_short,
    market,
    netflow,
    open_interest,
    order_book,
    taker_volume,
)

__all__ = [
    "cumulative_volume_delta",
    "footprint",
    "funding_rate",
    "hyperliquid",
    "liquidation",
    "long_short",
    "market",
    "netflow",
    "open_interest",
    "order_book",
    "taker_volume",
]
