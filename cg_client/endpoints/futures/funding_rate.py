"""Funding rates, in percent per funding interval."""

from datetime import timedelta

from cg_client.endpoint import Endpoint
from cg_client.params import CoinSeries, PairSeries
from cg_client.plans import STANDARD_FLOORS

HISTORY = Endpoint(
    path="/api/futures/funding-rate/history",
    summary="Funding rate of a pair, as candles.",
    params=PairSeries,
    interval_floors=STANDARD_FLOORS,
)
OI_WEIGHTED_HISTORY = Endpoint(
    path="/api/futures/funding-rate/oi-weight-history",
    summary="Funding rate of a coin, weighted by open interest, as candles.",
    params=CoinSeries,
    interval_floors=STANDARD_FLOORS,
)
VOLUME_WEIGHTED_HISTORY = Endpoint(
    path="/api/futures/funding-rate/vol-weight-history",
    summary="Funding rate of a coin, weighted by volume, as candles.",
    params=CoinSeries,
    interval_floors=STANDARD_FLOORS,
)
EXCHANGE_LIST = Endpoint(
    path="/api/futures/funding-rate/exchange-list",
    summary="Current funding rates of a coin on each exchange.",
    refresh=timedelta(seconds=20),
    spelling={
        "stablecoin_margined": "stablecoin_margin_list",
        "coin_margined": "token_margin_list",
        "interval_hours": "funding_rate_interval",
    },
)
