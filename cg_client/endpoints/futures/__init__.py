from cg_client.endpoints.futures import (
    funding_rate,
    hyperliquid,
    liquidation,
    long_short,
    market,
    net_position,
    open_interest,
    order_book,
    taker_volume,
)

__all__ = [
    "funding_rate",
    "hyperliquid",
    "liquidation",
    "long_short",
    "market",
    "net_position",
    "open_interest",
    "order_book",
    "taker_volume",
]
