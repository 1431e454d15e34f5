"""Open interest, in US dollars unless coins are requested."""

from datetime import timedelta

from cg_client.decoding.shapes import ParallelLists
from cg_client.endpoint import Endpoint, standard_series
from cg_client.params.core import CoinParams, CoinSeriesInUnit, ExchangesSeries, PairSeriesInUnit
from cg_client.params.positions import OpenInterestByExchangeParams

HISTORY = standard_series(
    path="/api/futures/open-interest/history",
    summary="Open interest of a pair, as candles.",
    params=PairSeriesInUnit,
)
AGGREGATED_HISTORY = standard_series(
    path="/api/futures/open-interest/aggregated-history",
    summary="Open interest of a coin over all exchanges, as candles.",
    params=CoinSeriesInUnit,
)
EXCHANGE_LIST = Endpoint(
    path="/api/futures/open-interest/exchange-list",
    summary="Current open interest of a coin on each exchange.",
    params=CoinParams,
    refresh=timedelta(seconds=10),
    aliases={
        "usd": "open_interest_usd",
        "quantity": "open_interest_quantity",
        "stablecoin_margined_usd": "open_interest_by_stable_coin_margin",
        "coin_margined_usd": "open_interest_by_coin_margin",
        "stablecoin_margined_quantity": "open_interest_quantity_by_stable_coin_margin",
        "coin_margined_quantity": "open_interest_quantity_by_coin_margin",
    },
    may_lack=frozenset({"open_interest_by_coin_margin"}),  # stated in November 2025, not documented nor in May
)
AGGREGATED_STABLECOIN_HISTORY = standard_series(
    path="/api/futures/open-interest/aggregated-stablecoin-history",
    summary="Open interest of a coin's contracts margined in stablecoins, added up over exchanges, as candles.",
    params=ExchangesSeries,
)
AGGREGATED_COIN_MARGIN_HISTORY = standard_series(
    path="/api/futures/open-interest/aggregated-coin-margin-history",
    summary="Open interest of a coin's contracts margined in the coin, added up over exchanges, as candles.",
    params=ExchangesSeries,
)
EXCHANGE_HISTORY = Endpoint(
    path="/api/futures/open-interest/exchange-history-chart",
    summary="Open interest of a coin over time, by exchange.",
    params=OpenInterestByExchangeParams,
    shape=ParallelLists(),
    refresh=timedelta(seconds=10),
)
