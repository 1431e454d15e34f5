"""Volume of spot market orders by side."""

from cg_client.endpoint import Endpoint
from cg_client.endpoints.futures.taker_volume import AGGREGATED_ALIASES, PAIR_ALIASES
from cg_client.params.core import ExchangesSeriesInUsd, PairSeries
from cg_client.plans.plan_table import STANDARD_FLOORS

HISTORY = Endpoint(
    path="/api/spot/taker-buy-sell-volume/history",
    summary="Taker buy and sell volume of a spot pair.",
    params=PairSeries,
    interval_floors=STANDARD_FLOORS,
    aliases=PAIR_ALIASES,
)
AGGREGATED_HISTORY = Endpoint(
    path="/api/spot/aggregated-taker-buy-sell-volume/history",
    summary="Taker buy and sell volume of a coin's spot markets, added up over exchanges.",
    params=ExchangesSeriesInUsd,
    interval_floors=STANDARD_FLOORS,
    aliases=AGGREGATED_ALIASES,
)
