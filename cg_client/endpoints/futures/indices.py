"""Basis, and the indices that CoinGlass makes of derivatives."""

from datetime import timedelta

from cg_client.endpoint import REAL_TIME, Endpoint, standard_series
from cg_client.intervals import Interval
from cg_client.params.core import PairSeries
from cg_client.plans.plan_table import Plan

# The page calls open_change and close_change percentages; its sample fits a gap in US dollars.
BASIS_HISTORY = standard_series(
    path="/api/futures/basis/history",
    summary="Basis of a futures pair over time.",
    params=PairSeries,
    refresh=REAL_TIME,
    aliases={
        "open_percent": "open_basis",
        "close_percent": "close_basis",
        "open_usd": "open_change",
        "close_usd": "close_change",
    },
)
WHALE_INDEX_HISTORY = Endpoint(
    path="/api/futures/whale-index/history",
    summary="CoinGlass' whale index of a futures pair over time.",
    params=PairSeries,
    plan=Plan.STARTUP,
    interval_floors={Plan.STARTUP: Interval.M30},
    refresh=timedelta(minutes=1),
    aliases={"value": "whale_index_value"},
)
DERIVATIVES_INDEX = Endpoint(
    path="/api/futures/cgdi-index/history",
    summary="CoinGlass Derivatives Index (CGDI), by day.",
    refresh=timedelta(minutes=1),
    aliases={"value": "cgdi_index_value"},
)
DERIVATIVES_RISK_INDEX = Endpoint(
    path="/api/futures/cdri-index/history",
    summary="CoinGlass Derivatives Risk Index (CDRI), by day.",
    refresh=timedelta(minutes=1),
    aliases={"value": "cdri_index_value"},
)
