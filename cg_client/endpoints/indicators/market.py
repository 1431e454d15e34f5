"""Indices of the whole market, capital in stablecoins and on exchanges, and signs from spot markets and lending."""

from datetime import timedelta

from cg_client.decoding.shapes import ParallelLists, Tuples
from cg_client.endpoint import REAL_TIME, Endpoint, standard_series
from cg_client.endpoints.indicators.bitcoin import DAY, daily
from cg_client.params.core import CoinSeries, ExchangesSeries, SeriesParams
from cg_client.params.positions import BorrowSeries
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
STABLECOIN_MARKET_CAP = Endpoint(
    path="/api/index/stableCoin-marketCap-history",
    summary="Market capitalisation of stablecoins, in all and by coin, by day.",
    shape=Tuples(),
    refresh=DAY,
    undocumented_units=frozenset({"time_list"}),  # milliseconds
)
EXCHANGE_TRANSPARENCY = Endpoint(
    path="/api/exchange_assets_transparency/list",
    summary="Assets, flows, open interest and volume of each exchange.",
    plan=Plan.STARTUP,
    refresh=timedelta(hours=1),
    aliases={"exchange": "exchange_name", "logo_url": "exchange_logo_url", "open_interest_usd": "open_interest"},
)
FUTURES_SPOT_VOLUME_RATIO = Endpoint(
    path="/api/futures_spot_volume_ratio",
    summary="Futures volume of a coin relative to its spot volume, added up over exchanges.",
    params=ExchangesSeries,
    plan=Plan.STARTUP,
    refresh=REAL_TIME,
    aliases={
        "ratio": "futures_spot_vol_ratio",
        "futures_volume_usd": "futures_vol_usd",
        "spot_volume_usd": "spot_vol_usd",
    },
)
# The page calls a rate of 0.0261 2.61 %; its own sample, 5.55 US dollars on some 21 200, makes it 0.0261 %.
COINBASE_PREMIUM = standard_series(
    path="/api/coinbase-premium-index",
    summary="How far bitcoin's price on Coinbase stands above that elsewhere.",
    params=SeriesParams,
    refresh=REAL_TIME,
    aliases={
        "premium_usd": "premium",
        "premium_percent": "premium_rate",
        "coinbase_price_usd": "coinbase_price",
    },
    may_lack=frozenset({"coinbase_price"}),  # stated in April 2026, neither documented nor stated before
)
BITFINEX_MARGIN = standard_series(
    path="/api/bitfinex-margin-long-short",
    summary="Margin longs and shorts of a coin on Bitfinex; there are figures for BTC and ETH.",
    params=CoinSeries,
    refresh=REAL_TIME,
)
BORROW_RATE = standard_series(
    path="/api/borrow-interest-rate/history",
    summary="Interest on a borrowed coin on one exchange.",
    params=BorrowSeries,
)
