"""Cumulative volume delta of spot markets."""

from cg_client.endpoint import REAL_TIME, Endpoint
from cg_client.endpoints.futures.cumulative_volume_delta import (
    AGGREGATED_ALIASES,
    AGGREGATED_ROWS,
    PAIR_ALIASES,
)
from cg_client.params.core import ExchangesSeriesInUsd, PairSeriesInUsd
from cg_client.plans.plan_table import STANDARD_FLOORS, Plan

HISTORY = Endpoint(
    path="/api/spot/cvd/history",
    summary="Cumulative volume delta of a spot pair.",
    params=PairSeriesInUsd,
    plan=Plan.STARTUP,
    interval_floors=STANDARD_FLOORS,
    refresh=REAL_TIME,
    aliases=PAIR_ALIASES,
)
AGGREGATED_HISTORY = Endpoint(
    path="/api/spot/aggregated-cvd/history",
    summary="Cumulative volume delta of a coin's spot markets, added up over exchanges.",
    params=ExchangesSeriesInUsd,
    plan=Plan.STARTUP,
    interval_floors=STANDARD_FLOORS,
    refresh=REAL_TIME,
    aliases=AGGREGATED_ALIASES,
    page_rows=AGGREGATED_ROWS,
)
