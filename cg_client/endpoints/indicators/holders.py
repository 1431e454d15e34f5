"""What bitcoin's holders paid, hold and gain, by day."""

from cg_client.endpoints.indicators.daily import daily
from cg_client.plans.plan_table import Plan

SHORT_TERM_SOPR = daily(
    "/api/index/bitcoin-sth-sopr",
    "Spent output profit ratio of bitcoin's short-term holders, by day.",
    {"ratio": "sth_sopr"},
    Plan.STARTUP,
)
LONG_TERM_SOPR = daily(
    "/api/index/bitcoin-lth-sopr",
    "Spent output profit ratio of bitcoin's long-term holders, by day.",
    {"ratio": "lth_sopr"},
    Plan.STARTUP,
)
SHORT_TERM_REALIZED_PRICE = daily(
    "/api/index/bitcoin-sth-realized-price",
    "What bitcoin's short-term holders paid on average, by day.",
    {"realized_price_usd": "sth_realized_price"},
    Plan.STARTUP,
)
LONG_TERM_REALIZED_PRICE = daily(
    "/api/index/bitcoin-lth-realized-price",
    "What bitcoin's long-term holders paid on average, by day.",
    {"realized_price_usd": "lth_realized_price"},
    Plan.STARTUP,
)
SHORT_TERM_SUPPLY = daily(
    "/api/index/bitcoin-short-term-holder-supply",
    "Coins in the hands of bitcoin's short-term holders, by day.",
    {"quantity": "short_term_holder_supply"},
    Plan.STARTUP,
)
LONG_TERM_SUPPLY = daily(
    "/api/index/bitcoin-long-term-holder-supply",
    "Coins in the hands of bitcoin's long-term holders, by day.",
    {"quantity": "long_term_holder_supply"},
    Plan.STARTUP,
)
RHODL_RATIO = daily(
    "/api/index/bitcoin-rhodl-ratio", "The RHODL ratio of bitcoin, by day.", {"ratio": "rhodl_ratio"}, Plan.STARTUP
)
RESERVE_RISK = daily(
    "/api/index/bitcoin-reserve-risk",
    "The reserve risk of bitcoin, by day.",
    {
        "value": "reserve_risk_index",
        "value_of_coin_days_destroyed": "vocd",
        "median_value_of_coin_days_destroyed": "movcd",
    },
    Plan.STARTUP,
)
NET_UNREALIZED_PROFIT_LOSS = daily(
    "/api/index/bitcoin-net-unrealized-profit-loss",
    "Net unrealised profit or loss of bitcoin's holders, by day.",
    {"ratio": "net_unpnl"},
    Plan.STARTUP,
)
