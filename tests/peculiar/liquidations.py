"""Liquidations by exchange and by price."""

from typing import Any

from tests.peculiar.answer import Peculiar, on


def liquidations(long: str, short: str) -> list[dict[str, Any]]:
    return [{"exchange": name, "liquidation_usd": 15.5, long: 10.25, short: 5.25} for name in ("All", "Bybit")]


LIQUIDATION_FIELDS = "total { longUsd shortUsd } exchanges { exchange usd longUsd shortUsd }"
LIQUIDATION_LISTS = [
    Peculiar(
        f"liquidations by exchange of {parent[:7]} with {long}",
        "/api/futures/liquidation/exchange-list",
        liquidations(long, short),
        on(parent, "liquidationsByExchange(range: H24)", "LiquidationsByExchange", LIQUIDATION_FIELDS),
        {
            "total": {"longUsd": 10.25, "shortUsd": 5.25},
            "exchanges": [{"exchange": "Bybit", "usd": 15.5, "longUsd": 10.25, "shortUsd": 5.25}],
        },
    )
    for parent in ('coin(symbol: "BTC")', "markets")
    for long, short in (
        ("longLiquidation_usd", "shortLiquidation_usd"),
        ("long_liquidation_usd", "short_liquidation_usd"),
    )
]


def level(price: float, usd: float) -> list[Any]:
    return [price, usd, None, None]


MAP_FIELDS = "levels { price usd leverage exchange symbol } lastPriceUsd"
MAP = on('coin(symbol: "BTC")', "liquidationMap(range: D1)", "LiquidationMap", MAP_FIELDS)


def shown_level(price: float, usd: float, exchange: str | None = None, symbol: str | None = None) -> dict[str, Any]:
    return {"price": price, "usd": usd, "leverage": None, "exchange": exchange, "symbol": symbol}


MAPS = [
    Peculiar(
        "a liquidation map of all exchanges together",
        "/api/futures/liquidation/aggregated-map",
        {"data": {"79000": [level(79000, 31.5)], "76500.5": [level(76500.5, 166.0)]}},
        MAP,
        {"levels": [shown_level(76500.5, 166.0), shown_level(79000, 31.5)], "lastPriceUsd": None},
    ),
    Peculiar(
        "a liquidation map exchange by exchange",
        "/api/futures/liquidation/aggregated-map",
        {
            "data": [
                {
                    "liqMapV2": {"76500.5": [level(76500.5, 125.5)], "79000": [level(79000, 31.5)]},
                    "instrument": {"exName": "Binance", "instrumentId": "BTCUSDT"},
                },
                {
                    "liqMapV2": {"76500.5": [level(76500.5, 40.5)]},
                    "instrument": {"exName": "OKX", "instrumentId": "BTC-USDT-SWAP"},
                },
            ],
            "last_price": 77860,
        },
        MAP,
        {
            "levels": [
                shown_level(76500.5, 125.5, "Binance", "BTCUSDT"),
                shown_level(76500.5, 40.5, "OKX", "BTC-USDT-SWAP"),
                shown_level(79000, 31.5, "Binance", "BTCUSDT"),
            ],
            "lastPriceUsd": 77860,
        },
    ),
]
PECULIAR = [*LIQUIDATION_LISTS, *MAPS]
