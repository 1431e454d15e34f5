"""Footprints of spot markets."""

from cg_client.decoding.shapes import Tuples
from cg_client.endpoint import REAL_TIME, Endpoint
from cg_client.endpoints.futures.footprint import RETENTION
from cg_client.params.core import PairSeries
from cg_client.plans.plan_table import Plan

HISTORY = Endpoint(
    path="/api/spot/volume/footprint-history",
    summary="Volume of market orders of a spot pair by price (Binance, OKX and Bybit, past 90 days).",
    params=PairSeries,
    shape=Tuples(),
    plan=Plan.PROFESSIONAL,
    refresh=REAL_TIME,
    retention=RETENTION,
)
