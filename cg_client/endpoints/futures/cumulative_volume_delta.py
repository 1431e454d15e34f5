"""Cumulative volume delta of futures: the running sum of taker buys less taker sells."""

from cg_client.endpoint import REAL_TIME, Endpoint
from cg_client.params.core import ExchangesSeriesInUsd, PairSeries
from cg_client.plans.plan_table import STANDARD_FLOORS, Plan

AGGREGATED_ROWS = 4500
PAIR_ALIASES = {
    "buy_usd": "taker_buy_vol",
    "sell_usd": "taker_sell_vol",
    "cumulative_delta_usd": "cum_vol_delta",
}
AGGREGATED_ALIASES = PAIR_ALIASES | {"buy_usd": "agg_taker_buy_vol", "sell_usd": "agg_taker_sell_vol"}

HISTORY = Endpoint(
    path="/api/futures/cvd/history",
    summary="Cumulative volume delta of a futures pair.",
    params=PairSeries,  # no unit to choose here, unlike the other three
    plan=Plan.STARTUP,
    interval_floors=STANDARD_FLOORS,
    refresh=REAL_TIME,
    aliases=PAIR_ALIASES,
)
AGGREGATED_HISTORY = Endpoint(
    path="/api/futures/aggregated-cvd/history",
    summary="Cumulative volume delta of a coin's futures, added up over exchanges.",
    params=ExchangesSeriesInUsd,
    plan=Plan.STARTUP,
    interval_floors=STANDARD_FLOORS,
    refresh=REAL_TIME,
    aliases=AGGREGATED_ALIASES,
    page_rows=AGGREGATED_ROWS,
)
