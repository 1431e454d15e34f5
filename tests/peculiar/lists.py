"""Lists with gaps: funding rates, spot markets, columns and dates."""

from typing import Any

from tests.peculiar.answer import DAY, PAIR, TODAY, Peculiar, on


def rate(exchange: str, *values: float) -> dict[str, Any]:
    names = ("fundingRate", "intervalHours", "nextFundingTime")
    return {"exchange": exchange} | dict.fromkeys(names) | dict(zip(names, values, strict=False))


FUNDING_ROWS = [
    {"exchange": "Binance", "funding_rate": 0.5, "funding_rate_interval": 8, "next_funding_time": TODAY + 3_600_000},
    {"exchange": "KuCoin", "funding_rate": 0.25},
    {"exchange": "dYdX"},
]
FUNDING_FIELDS = (
    "stablecoinMargined { exchange fundingRate intervalHours nextFundingTime } coinMargined { exchange fundingRate }"
)
ACCUMULATED_FIELDS = "stablecoinMargined { exchange fundingRate } coinMargined { exchange fundingRate }"
SPARSE = [
    Peculiar(
        "exchanges without a funding rate",
        "/api/futures/funding-rate/exchange-list",
        [
            {"symbol": "BTC", "stablecoin_margin_list": FUNDING_ROWS, "token_margin_list": [{"exchange": "OKX"}]},
            {"symbol": "ETH", "stablecoin_margin_list": [{"exchange": "OKX"}], "token_margin_list": FUNDING_ROWS},
            {"symbol": "NEW", "stablecoin_margin_list": [{"exchange": "OKX"}]},
        ],
        on(
            'coin(symbol: "BTC")',
            "currentFundingRates",
            "CurrentFundingRates",
            FUNDING_FIELDS,
        ),
        {
            "stablecoinMargined": [
                {
                    "exchange": "Binance",
                    "fundingRate": 0.5,
                    "intervalHours": 8.0,
                    "nextFundingTime": "2026-07-01T01:00:00Z",
                },
                rate("KuCoin", 0.25),
                rate("dYdX"),
            ],
            "coinMargined": [{"exchange": "OKX", "fundingRate": None}],
        },
    ),
    Peculiar(
        "exchanges without an accumulated funding rate",
        "/api/futures/funding-rate/accumulated-exchange-list",
        [
            {
                "symbol": "BTC",
                "stablecoin_margin_list": [{"exchange": "BINANCE", "funding_rate": 6.5}, {"exchange": "DYDX"}],
                "token_margin_list": [{"exchange": "OKX"}],
            },
            {"symbol": "ETH", "token_margin_list": [{"exchange": "OKX", "funding_rate": 1.5}]},
        ],
        on('coin(symbol: "BTC")', "accumulatedFundingRates(range: D7)", "AccumulatedFundingRates", ACCUMULATED_FIELDS),
        {
            "stablecoinMargined": [
                {"exchange": "BINANCE", "fundingRate": 6.5},
                {"exchange": "DYDX", "fundingRate": None},
            ],
            "coinMargined": [{"exchange": "OKX", "fundingRate": None}],
        },
    ),
]


COLUMNS = [
    Peculiar(
        "a Grayscale premium under `time_list`, with leading nulls and a day twice",
        "/api/grayscale/premium-history",
        {
            "primary_market_price": [0.5, 0.75, 0.75, 1],
            "secondary_market_price_list": [None, 0.25, 0.25, 2],
            "premium_rate_list": [None, -10.5, -10.5, 100],
            "time_list": [TODAY - 3 * DAY, TODAY - 2 * DAY, TODAY - 2 * DAY, TODAY - DAY],
        },
        on(
            "grayscale",
            'premium(coin: "BTC")',
            "GrayscalePremium",
            "points { timestamp netAssetValueUsd priceUsd premiumDiscountPercent }",
        ),
        {
            "points": [
                {"timestamp": time, "netAssetValueUsd": worth, "priceUsd": price, "premiumDiscountPercent": percent}
                for time, worth, price, percent in (
                    (TODAY - 3 * DAY, 0.5, None, None),
                    (TODAY - 2 * DAY, 0.75, 0.25, -10.5),
                    (TODAY - DAY, 1.0, 2.0, 100.0),
                )
            ]
        },
    ),
    Peculiar(
        "open interest of options as a bare object with nulls, of a day without a price and not at midnight",
        "/api/option/exchange-oi-history",
        {
            "time_list": [TODAY - 2 * DAY, TODAY - DAY + 240_000, TODAY],
            "price_list": [9.5, None, 10],
            "data_map": {"Deribit": [1, 2.5, 3], "Binance": [None, None, 4], "CME": [5, None, 6]},
        },
        on(
            'coin(symbol: "BTC") { options',
            "openInterestHistory",
            "OptionsOpenInterestSeries",
            "columns { timestamp priceUsd byExchange { exchange values } }",
        )
        + " }",
        {
            "columns": {
                "timestamp": [TODAY - 2 * DAY, TODAY - DAY + 240_000, TODAY],
                "priceUsd": [9.5, None, 10.0],
                "byExchange": [
                    {"exchange": "Deribit", "values": [1.0, 2.5, 3.0]},
                    {"exchange": "Binance", "values": [None, None, 4.0]},
                    {"exchange": "CME", "values": [5.0, None, 6.0]},
                ],
            }
        },
    ),
]


def spot_market(price: float, **key: str) -> dict[str, Any]:
    spans = ("1h", "4h", "12h", "24h", "1w")
    volume_changes = ("usd_1h", "4h", "12h", "24h", "usd_1w")
    measures = (
        "price_change",
        "price_change_percent",
        "volume_usd",
        "buy_volume_usd",
        "sell_volume_usd",
        "volume_change_percent",
        "net_flows_usd",
    )
    figures = {f"{measure}_{span}": 1.5 for measure in measures for span in spans}
    return {**key, "current_price": price, **figures, **{f"volume_change_{span}": 2.5 for span in volume_changes}}


SPOT_MARKET_FIELDS = "exchange price { last changeUsd { h1 } } volume { changeUsd { h1 h24 } }"
SPOT_MARKETS = Peculiar(
    "spot markets with rows that name no pair",
    "/api/spot/pairs-markets",
    [
        spot_market(100.75),
        spot_market(100.5, symbol="BTC/USDT", exchange_name="Binance"),
        spot_market(100.25, exchange_name="Binance"),
    ],
    on(f"spotPair({PAIR})", "market", "SpotPairMarket", SPOT_MARKET_FIELDS),
    {
        "exchange": "Binance",
        "price": {"last": 100.5, "changeUsd": {"h1": 1.5}},
        "volume": {"changeUsd": {"h1": 2.5, "h24": 2.5}},
    },
    [("ROW_SKIPPED", "exchange_name", 1), ("ROW_SKIPPED", "symbol", 1)],
)
DATES = [
    Peculiar(
        f"a day as {text}",
        "/api/index/ahr999",
        [{"date_string": text, "average_price": 0.5, "ahr999_value": 4.5, "current_value": 0.75}],
        on("indicators", "ahr999", "AHR999", "points { timestamp time value averagePriceUsd priceUsd }"),
        {
            "points": [
                {
                    "timestamp": 1_296_518_400_000,
                    "time": "2011-02-01T00:00:00Z",
                    "value": 4.5,
                    "averagePriceUsd": 0.5,
                    "priceUsd": 0.75,
                }
            ]
        },
    )
    for text in ("2011/02/01", "2011-02-01")
] + [
    Peculiar(
        "an expiry with a year of two digits, and a price as text",
        "/api/option/max-pain",
        [
            {
                "date": date,
                "call_open_interest": 1,
                "call_open_interest_market_value": 2,
                "call_open_interest_notional": 3,
                "put_open_interest": 4,
                "put_open_interest_market_value": 5,
                "put_open_interest_notional": 6,
                "max_pain_price": "101000",
            }
            for date in ("251115", "260101")
        ],
        on('coin(symbol: "BTC") { options', "maxPain", "OptionsMaxPain", "expiries { expiry maxPainPrice }") + " }",
        {
            "expiries": [
                {"expiry": "2025-11-15", "maxPainPrice": 101000.0},
                {"expiry": "2026-01-01", "maxPainPrice": 101000.0},
            ]
        },
    ),
]
PECULIAR = [*SPARSE, *COLUMNS, SPOT_MARKETS, *DATES]
