from cg_client.endpoints.futures import (
    funding_rate,
    hyperliquid,
    indices,
    liquidation,
    long_short,
    market,
    open_interest,
    order_book,
    taker_volume,
    technical,
)

__all__ = [
    "funding_rate",
    "hyperliquid",
    "indices",
    "liquidation",
    "long_short",
    "market",
    "open_interest",
    "order_book",
    "taker_volume",
    "technical",
]
