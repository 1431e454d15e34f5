"""Indicators: texts among figures, codes, sums and days to come."""

from typing import Any

from tests.peculiar.answer import DAY, TODAY, Peculiar, on


def indicator(name: str, **values: Any) -> dict[str, Any]:
    usual = {
        "current_value": "0.5",
        "target_value": "4",
        "previous_value": "0.4",
        "change_value": "0.1",
        "comparison_type": ">=",
        "hit_status": False,
    }
    return {"indicator_name": name, **{key: value for key, value in (usual | values).items() if value is not ...}}


PEAK_FIELDS = "indicators { name current currentText target targetText previous change comparison reached }"
PEAK = Peculiar(
    "texts among the figures of the bull market's peak",
    "/api/bull-market-peak-indicator",
    [
        indicator("A"),
        indicator("B share", current_value="7.5%", target_value="3%", previous_value=None, change_value=None),
        indicator("C supply", current_value="14.5M", target_value="13M", previous_value="14500000.5"),
        indicator("D forecast", current_value=90000, target_value="170k-230k", previous_value=..., comparison_type=...),
    ],
    on("indicators", "bullMarketPeak", "BullMarketPeak", PEAK_FIELDS),
    {
        "indicators": [
            {
                "name": name,
                "current": current,
                "currentText": current_text,
                "target": target,
                "targetText": target_text,
                "previous": previous,
                "change": change,
                "comparison": comparison,
                "reached": False,
            }
            for name, current, current_text, target, target_text, previous, change, comparison in (
                ("A", 0.5, "0.5", 4.0, "4", 0.4, 0.1, ">="),
                ("B share", 7.5, "7.5%", 3.0, "3%", None, None, ">="),
                ("C supply", None, "14.5M", None, "13M", 14500000.5, 0.1, ">="),
                ("D forecast", 90000.0, None, None, "170k-230k", None, 0.1, None),
            )
        ]
    },
    [("VALUE_UNREADABLE", "current_value", 1), ("VALUE_UNREADABLE", "target_value", 2)],
)


def day(time: int, side: int) -> dict[str, Any]:
    return {"timestamp": time, "price": 90.5, "side": side}


PROFITABLE = on("indicators", "profitableDays", "ProfitableDays", "points { timestamp priceUsd profitable }")
CODES = [
    Peculiar(
        "a day that is not profitable",
        "/api/index/bitcoin/profitable-days",
        [day(TODAY - DAY, 1), day(TODAY, -1)],
        PROFITABLE,
        {
            "points": [
                {"timestamp": TODAY - DAY, "priceUsd": 90.5, "profitable": True},
                {"timestamp": TODAY, "priceUsd": 90.5, "profitable": False},
            ]
        },
    ),
    Peculiar(
        "a day of an unknown side",
        "/api/index/bitcoin/profitable-days",
        [day(TODAY - DAY, 0), day(TODAY, 1)],
        PROFITABLE,
        {
            "points": [
                {"timestamp": TODAY - DAY, "priceUsd": 90.5, "profitable": None},
                {"timestamp": TODAY, "priceUsd": 90.5, "profitable": True},
            ]
        },
        [("VALUE_UNREADABLE", "side", 1)],
    ),
]


STABLECOIN_FIELDS = "points { timestamp priceUsd marketCapUsd byCoin { symbol marketCapUsd } } columns { marketCapUsd }"
STABLECOINS = on("indicators", "stablecoinMarketCap(last: 10)", "StablecoinMarketCap", STABLECOIN_FIELDS)


def shown_capital(time: int, price: float, usd: float | None, **by_coin: float) -> dict[str, Any]:
    coins = [{"symbol": symbol, "marketCapUsd": capital} for symbol, capital in by_coin.items()]
    return {"timestamp": time, "priceUsd": price, "marketCapUsd": usd, "byCoin": coins or None}


def capital(first: Any, second: Any) -> dict[str, Any]:
    return {
        "data_list": [first, second],
        "price_list": ["238.5", "101674.25"],
        "time_list": [TODAY - DAY, TODAY],
    }


STABLECOIN_LISTS = [
    Peculiar(
        "capital in stablecoins as a sum",
        "/api/index/stableCoin-marketCap-history",
        [capital(304712.5, 230.75)],
        STABLECOINS,
        {
            "points": [shown_capital(TODAY - DAY, 238.5, 304712.5), shown_capital(TODAY, 101674.25, 230.75)],
            "columns": {"marketCapUsd": [304712.5, 230.75]},
        },
    ),
    Peculiar(
        "capital in stablecoins by coin",
        "/api/index/stableCoin-marketCap-history",
        capital({"USDT": 304712.5}, {"USDT": 150.25, "USDC": 75.5, "DAI": 5.0}),
        STABLECOINS,
        {
            "points": [
                shown_capital(TODAY - DAY, 238.5, 304712.5, USDT=304712.5),
                shown_capital(TODAY, 101674.25, 230.75, USDT=150.25, USDC=75.5, DAI=5.0),
            ],
            "columns": {"marketCapUsd": [304712.5, 230.75]},
        },
    ),
]


def stock_flow(time: int, **price: float) -> dict[str, Any]:
    return {"timestamp": time, "next_halving": 902, **price}


def rainbow(time: int, price: float | None) -> list[Any]:
    return [price, *map(float, range(10)), time]


DAY_END = TODAY + DAY - 1000  # of today, which is yet to come
TO_COME = {
    "/api/index/stock-flow": [
        stock_flow(TODAY - DAY, price=98.5),
        stock_flow(TODAY, price=99.5),
        stock_flow(DAY_END),
        stock_flow(TODAY + 900 * DAY),
    ],
    "/api/index/bitcoin/rainbow-chart": [
        rainbow(TODAY - DAY, 98.5),
        rainbow(TODAY, 99.5),
        rainbow(DAY_END, None),
        rainbow(TODAY + 900 * DAY, None),
    ],
}
PRICED = {TODAY - DAY: 98.5, TODAY: 99.5}
WINDOWS = [
    ("", [TODAY - DAY, TODAY], TODAY),
    ("(last: 1)", [TODAY], TODAY),
    ("(last: 5)", [TODAY - DAY, TODAY], TODAY),
    ('(from: "2026-07-01T00:00:00Z")', [TODAY], TODAY),
    ('(from: "2026-07-01T00:00:00Z", to: "2026-07-01T23:59:59Z")', [TODAY, DAY_END], TODAY),
    ('(to: "2030-01-01T00:00:00Z", last: 2)', [DAY_END, TODAY + 900 * DAY], None),
    ('(to: "2030-01-01T00:00:00Z")', [TODAY - DAY, TODAY, DAY_END, TODAY + 900 * DAY], TODAY),
]
DAYS_TO_COME = [
    Peculiar(
        f"days to come of {part}{window}",
        path,
        TO_COME[path],
        on("indicators", part + window, payload, "points { timestamp priceUsd } latest { timestamp }"),
        {
            "points": [{"timestamp": time, "priceUsd": PRICED.get(time)} for time in times],
            "latest": None if latest is None else {"timestamp": latest},
        },
    )
    for path, part, payload in (
        ("/api/index/stock-flow", "stockToFlow", "StockToFlow"),
        ("/api/index/bitcoin/rainbow-chart", "rainbow", "Rainbow"),
    )
    for window, times, latest in WINDOWS
]
PECULIAR = [PEAK, *CODES, *STABLECOIN_LISTS, *DAYS_TO_COME]
