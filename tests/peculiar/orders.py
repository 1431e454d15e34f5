"""Large orders, liquidations and open interest."""

from typing import Any

from tests.peculiar.answer import PAIR, TODAY, Peculiar, on


def order(number: int, **values: Any) -> dict[str, Any]:
    return {
        "id": number,
        "exchange_name": "Binance",
        "symbol": "BTCUSDT",
        "base_asset": "BTC",
        "quote_asset": "USDT",
        "limit_price": 22.5,
        "start_time": TODAY,
        "start_quantity": 3,
        "start_usd_value": 67.5,
        "current_quantity": 2,
        "current_usd_value": 45,
        "current_time": TODAY + 1,
        "executed_volume": 0,
        "executed_usd_value": 0,
        "trade_count": 0,
        "order_side": 2,
        "order_state": 1,
    } | values


def shown_order(number: str, side: str | None = "BUY", state: str | None = "OPEN", end: str | None = None) -> Any:
    return {"id": number, "side": side, "state": state, "price": 22.5, "endTime": end}


ORDER_FIELDS = "orders { id side state price endTime }"
WINDOW = 'from: "2026-06-30T00:00:00Z", to: "2026-07-01T00:00:00Z"'
ORDERS = [
    Peculiar(
        f"{part} of {parent} with an id above 2^31, an end and unknown codes",
        f"/api/{market}/orderbook/{path}",
        [
            order(5114239311),
            order(2, order_state=2, order_end_time=TODAY + 2000),
            order(3, order_side=3, order_state=0),
        ],
        on(f"{parent}({PAIR})", part, payload, ORDER_FIELDS),
        {
            "orders": [
                shown_order("5114239311"),
                shown_order("2", state="FINISHED", end="2026-07-01T00:00:02Z"),
                shown_order("3", side=None, state=None),
            ]
        },
        [("VALUE_UNREADABLE", "order_side", 1), ("VALUE_UNREADABLE", "order_state", 1)],
    )
    for parent, market in (("pair", "futures"), ("spotPair", "spot"))
    for part, path, payload in (
        ("largeOrders", "large-limit-order", "LargeOrders"),
        (f"largeOrderHistory({WINDOW})", "v2/large-limit-order-history", "LargeOrderHistory"),
    )
] + [
    Peculiar(
        "a liquidation of an unknown side",
        "/api/futures/liquidation/order",
        [
            {
                "time": TODAY,
                "exchange_name": "BINANCE",
                "symbol": "BTCUSDT",
                "base_asset": "BTC",
                "price": 22.5,
                "usd_value": 45.5,
                "side": side,
            }
            for side in (1, 3)
        ],
        on(f"pair({PAIR})", "liquidationOrders", "LiquidationOrders", "orders { side usd }"),
        {"orders": [{"side": "BUY", "usd": 45.5}, {"side": None, "usd": 45.5}]},
        [("VALUE_UNREADABLE", "side", 1)],
    )
]


def interest(exchange: str, **values: float) -> dict[str, Any]:
    changes = dict.fromkeys(
        (f"open_interest_change_percent_{span}" for span in ("5m", "15m", "30m", "1h", "4h", "24h")), 0
    )
    return {
        "exchange": exchange,
        "symbol": "BTC",
        "open_interest_usd": 68.5,
        "open_interest_quantity": 7,
        "open_interest_by_stable_coin_margin": 58.5,
        "open_interest_quantity_by_coin_margin": 1,
        "open_interest_quantity_by_stable_coin_margin": 6,
        **changes,
        **values,
    }


INTEREST_FIELDS = "total { usd coinMargined { usd quantity } } exchanges { exchange coinMargined { usd } }"
INTEREST = on('coin(symbol: "BTC")', "openInterestByExchange", "OpenInterestByExchange", INTEREST_FIELDS)
INTEREST_LISTS = [
    Peculiar(
        "open interest by exchange and by what margins it",
        "/api/futures/open-interest/exchange-list",
        [interest("All", open_interest_by_coin_margin=10.0), interest("OKX", open_interest_by_coin_margin=0)],
        INTEREST,
        {
            "total": {"usd": 68.5, "coinMargined": {"usd": 10.0, "quantity": 1.0}},
            "exchanges": [{"exchange": "OKX", "coinMargined": {"usd": 0.0}}],
        },
    ),
    Peculiar(
        "open interest by exchange, as documented",
        "/api/futures/open-interest/exchange-list",
        [interest("All"), interest("OKX")],
        INTEREST,
        {
            "total": {"usd": 68.5, "coinMargined": {"usd": None, "quantity": 1.0}},
            "exchanges": [{"exchange": "OKX", "coinMargined": {"usd": None}}],
        },
    ),
]
PECULIAR = [*ORDERS, *INTEREST_LISTS]
