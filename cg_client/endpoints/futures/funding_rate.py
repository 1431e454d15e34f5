"""Funding rates, in percent per funding interval."""

from datetime import timedelta

from cg_client.endpoint import Endpoint, standard_series
from cg_client.params.core import CoinSeries, PairSeries
from cg_client.params.positions import AccumulatedFunding, FundingArbitrageParams
from cg_client.plans.plan_table import Plan

HISTORY = standard_series(
    path="/api/futures/funding-rate/history",
    summary="Funding rate of a pair, as candles.",
    params=PairSeries,
)
OI_WEIGHTED_HISTORY = standard_series(
    path="/api/futures/funding-rate/oi-weight-history",
    summary="Funding rate of a coin, weighted by open interest, as candles.",
    params=CoinSeries,
)
VOLUME_WEIGHTED_HISTORY = standard_series(
    path="/api/futures/funding-rate/vol-weight-history",
    summary="Funding rate of a coin, weighted by volume, as candles.",
    params=CoinSeries,
)
EXCHANGE_LIST = Endpoint(
    path="/api/futures/funding-rate/exchange-list",
    summary="Current funding rates of a coin on each exchange.",
    refresh=timedelta(seconds=20),
    aliases={
        "stablecoin_margined": "stablecoin_margin_list",
        "coin_margined": "token_margin_list",
        "interval_hours": "funding_rate_interval",
    },
)
ACCUMULATED_EXCHANGE_LIST = Endpoint(
    path="/api/futures/funding-rate/accumulated-exchange-list",
    summary="Funding rates of a coin on each exchange, added up over a period.",
    params=AccumulatedFunding,
    refresh=timedelta(hours=1),
    aliases={"stablecoin_margined": "stablecoin_margin_list", "coin_margined": "token_margin_list"},
)
ARBITRAGE = Endpoint(
    path="/api/futures/funding-rate/arbitrage",
    summary="Pairs of exchanges between whose funding rates money could be made.",
    params=FundingArbitrageParams,
    plan=Plan.STARTUP,
    refresh=timedelta(seconds=20),
    aliases={
        "interval_hours": "funding_rate_interval",
        "apr_percent": "apr",
        "funding_percent": "funding",
        "fee_percent": "fee",
        "spread_percent": "spread",
    },
)
