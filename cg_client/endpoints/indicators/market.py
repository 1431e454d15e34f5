"""Market-wide indices."""

from datetime import timedelta

from cg_client.decoding.shapes import ParallelLists
from cg_client.endpoint import Endpoint
from cg_client.endpoints.indicators.daily import daily
from cg_client.plans.plan_table import Plan

FEAR_GREED = Endpoint(
    path="/api/index/fear-greed-history",
    summary="The crypto fear and greed index, by day.",
    shape=ParallelLists(),
    refresh=timedelta(days=1),
    aliases={"time": "time_list", "value": "data_list", "price_usd": "price_list"},
    undocumented_units=frozenset({"time_list"}),  # milliseconds
)
OPTIONS_FUTURES_RATIO = Endpoint(
    path="/api/index/option-vs-futures-oi-ratio",
    summary="Options open interest relative to futures open interest, by day.",
    plan=Plan.STARTUP,
    refresh=timedelta(days=1),
    aliases={
        "time": "timestamp",
        "btc_percent": "btc_option_vs_futures_radio",
        "eth_percent": "eth_option_vs_futures_radio",
    },
)
ALTCOIN_SEASON = daily(
    "/api/index/altcoin-season",
    "The altcoin season index, by day.",
    {"value": "altcoin_index", "market_cap_usd": "altcoin_marketcap"},
    Plan.STARTUP,
    timedelta(minutes=5),
)
DOMINANCE = daily(
    "/api/index/bitcoin-dominance",
    "Bitcoin's share of the market capitalisation of all coins, by day.",
    {"dominance_percent": "bitcoin_dominance", "market_cap_usd": "market_cap"},
    Plan.STARTUP,
)
