"""Lists and prices of exchange-traded funds."""

from typing import Any

from tests.peculiar.answer import DAY, TODAY, Peculiar, on

FUND = {
    "ticker": "AAA",
    "fund_name": "A Fund",
    "region": "us",
    "market_status": "open",
    "primary_exchange": "ARCX",
    "cik_code": "0000000001",
    "fund_type": "Spot",
    "list_date": 1424822400000,
    "shares_outstanding": "21",
    "aum_usd": "1754.25",
    "management_fee_percent": "",
    "last_trade_time": 1763134100000,
    "last_quote_time": 1763134100001,
    "volume_quantity": 7,
    "volume_usd": 528.5,
    "price_change_usd": -1.2,
    "price_change_percent": -1.5,
    "update_timestamp": 1763134200000,
}
LIVE_FUND = FUND | {
    "management_fee_percent": "1.5",
    "market_cap_usd": "1645.50",
    "price_usd": 75.5,
    "asset_details": {
        "net_asset_value_usd": 1754.25,
        "premium_discount_percent": 0.02,
        "holding_quantity": 170.5,
        "change_percent_24h": -0.1,
        "change_quantity_24h": -1.5,
        "change_percent_7d": -0.4,
        "change_quantity_7d": -6.5,
        "update_date": "2025-11-11",
    },
}
FEELESS_FUND = {name: value for name, value in LIVE_FUND.items() if name not in ("cik_code", "management_fee_percent")}
DOCUMENTED_FUND = FUND | {
    "management_fee_percent": "1.5",
    "asset_details": {
        "net_asset_value_usd": 75.5,
        "premium_discount_percent": 0.02,
        "btc_holding": 170.5,
        "btc_change_percent_24h": -0.1,
        "btc_change_24h": -1.5,
        "btc_change_percent_7d": -0.4,
        "btc_change_7d": -6.5,
        "update_date": "2025-05-11",
    },
}
FUND_FIELDS = """funds { ticker cik managementFeePercent marketCapUsd priceUsd holdings {
    quantity netAssetValueUsd change24h changePercent24h change7d changePercent7d } }"""


def funds(asset: str) -> str:
    return on(f"etf(asset: {asset})", "list", "FundList", FUND_FIELDS)


def shown_fund(net_asset_value: float, market_cap: float | None, price: float | None) -> dict[str, Any]:
    return {
        "ticker": "AAA",
        "cik": "0000000001",
        "managementFeePercent": 1.5,
        "marketCapUsd": market_cap,
        "priceUsd": price,
        "holdings": {
            "quantity": 170.5,
            "netAssetValueUsd": net_asset_value,
            "change24h": -1.5,
            "changePercent24h": -0.1,
            "change7d": -6.5,
            "changePercent7d": -0.4,
        },
    }


SHOWN_FUND = shown_fund(1754.25, 1645.5, 75.5)
FUND_LISTS = [
    Peculiar(
        "bitcoin funds under their live names, one of them without a fee",
        "/api/etf/bitcoin/list",
        [LIVE_FUND, FEELESS_FUND],
        funds("BTC"),
        {"funds": [SHOWN_FUND, SHOWN_FUND | {"cik": None, "managementFeePercent": None}]},
    ),
    Peculiar(
        "bitcoin funds under their documented names",
        "/api/etf/bitcoin/list",
        [DOCUMENTED_FUND],
        funds("BTC"),
        {"funds": [shown_fund(75.5, None, None)]},
    ),
    Peculiar(
        "ether funds under their live names",
        "/api/etf/ethereum/list",
        [LIVE_FUND],
        funds("ETH"),
        {"funds": [SHOWN_FUND]},
    ),
]


def candle(time: int, **values: str) -> dict[str, str]:
    return {"time": str(time), "open": "36.5", "high": "37.5", "low": "34.5", "volume": "7.61598E+6"} | values


CANDLE_FIELDS = "count candles { timestamp open close volume } columns { close }"
PRICES = on("etf(asset: BTC)", 'price(ticker: "GBTC", range: ALL)', "FundPrices", CANDLE_FIELDS)


def shown_candle(time: int, close: float | None) -> dict[str, Any]:
    return {"timestamp": time, "open": 36.5, "close": close, "volume": 7615980.0}


CANDLES = [
    Peculiar(
        "a fund's candle without a close, its volume with an exponent",
        "/api/etf/bitcoin/price/history",
        [candle(TODAY - DAY), candle(TODAY, close="35.5")],
        PRICES,
        {
            "count": 2,
            "candles": [shown_candle(TODAY - DAY, None), shown_candle(TODAY, 35.5)],
            "columns": {"close": [None, 35.5]},
        },
        [("FIELD_MISSING", "close", 1)],
    ),
    Peculiar(
        "a fund's candles without a close altogether",
        "/api/etf/bitcoin/price/history",
        [candle(TODAY - DAY), candle(TODAY)],
        PRICES,
        {
            "count": 2,
            "candles": [shown_candle(TODAY - DAY, None), shown_candle(TODAY, None)],
            "columns": {"close": [None, None]},
        },
        [("FIELD_MISSING", "close", 2)],
    ),
]
FLOWS = [
    Peculiar(
        "a fund without a flow, on a day without a price",
        "/api/hk-etf/bitcoin/flow-history",
        [
            {"timestamp": TODAY - DAY, "flow_usd": 0, "etf_flows": [{"etf_ticker": "A&B"}]},
            {
                "timestamp": TODAY,
                "flow_usd": 1.5,
                "price_usd": 9,
                "etf_flows": [{"etf_ticker": "A&B", "flow_usd": 1.5}],
            },
        ],
        on(
            "etf(asset: HONG_KONG_BTC)",
            "flows",
            "ETFFlows",
            "points { flowUsd priceUsd byTicker { ticker flowUsd } }",
        ),
        {
            "points": [
                {"flowUsd": 0.0, "priceUsd": None, "byTicker": [{"ticker": "A&B", "flowUsd": None}]},
                {"flowUsd": 1.5, "priceUsd": 9.0, "byTicker": [{"ticker": "A&B", "flowUsd": 1.5}]},
            ]
        },
    ),
]


def premium(ticker: str, **figures: float) -> dict[str, Any]:
    return {"ticker": ticker, "market_price_usd": 1.5, **figures}


def premiums(
    name: str, funds: list[dict[str, Any]], served: list[float | None], *anomaly: tuple[str, str, int]
) -> Peculiar:
    return Peculiar(
        name,
        "/api/etf/bitcoin/premium-discount/history",
        [{"timestamp": TODAY, "list": funds}],
        on(
            "etf(asset: BTC)",
            "premiumDiscount",
            "ETFPremiums",
            "points { byTicker { ticker netAssetValueUsd priceUsd premiumDiscountPercent } }",
        ),
        {
            "points": [
                {
                    "byTicker": [
                        {
                            "ticker": fund["ticker"],
                            "netAssetValueUsd": worth,
                            "priceUsd": 1.5,
                            "premiumDiscountPercent": 0.5,
                        }
                        for fund, worth in zip(funds, served, strict=True)
                    ]
                }
            ]
        },
        list(anomaly),
    )


PREMIUMS = [
    premiums(
        "a fund's premium without its net asset value",
        [premium("A", nav_usd=2.5, premium_discount_details=0.5), premium("B", premium_discount_details=0.5)],
        [2.5, None],
    ),
    premiums(
        "premiums of funds without a net asset value altogether",
        [premium("A", premium_discount_details=0.5), premium("B", premium_discount_details=0.5)],
        [None, None],
        ("FIELD_MISSING", "list[].nav_usd", 2),
    ),
]
PECULIAR = [*FUND_LISTS, *CANDLES, *FLOWS, *PREMIUMS]
