"""Cumulative volume delta of spot markets."""

from cg_client.endpoint import REAL_TIME, Endpoint
from cg_client.endpoints.futures.cumulative_volume_delta import (
    AGGREGATED_ROWS,
    AGGREGATED_SPELLING,
    PAIR_SPELLING,
)
from cg_client.params.core import ExchangesSeriesInUsd, PairSeriesInUsd
from cg_client.plans.plan import STANDARD_FLOORS, Plan

HISTORY = Endpoint(
    path="/api/spot/cvd/history",
    summary="Cumulative volume delta of a spot pair.",
    params=PairSeriesInUsd,
    plan=Plan.STARTUP,
    interval_floors=STANDARD_FLOORS,
    refresh=REAL_TIME,
    aliases=PAIR_SPELLING,
)
AGGREGATED_HISTORY = Endpoint(
    path="/api/spot/aggregated-cvd/history",
    summary="Cumulative volume delta of a coin's spot markets, added up over exchanges.",
    params=ExchangesSeriesInUsd,
    plan=Plan.STARTUP,
    interval_floors=STANDARD_FLOORS,
    refresh=REAL_TIME,
    aliases=AGGREGATED_SPELLING,
    page_rows=AGGREGATED_ROWS,
)
