"""Footprints of futures: volume of market orders by price inside each bar."""

from datetime import timedelta

from cg_client.decoding.shapes import Tuples
from cg_client.endpoint import REAL_TIME, Endpoint
from cg_client.intervals import Interval
from cg_client.params.core import PairSeries
from cg_client.plans.plan_table import Plan

RETENTION = {interval: timedelta(days=90) for interval in Interval}  # the page's title says 90 days

HISTORY = Endpoint(
    path="/api/futures/volume/footprint-history",
    summary="Volume of market orders of a futures pair by price (Binance, OKX, Bybit and Hyperliquid, past 90 days).",
    params=PairSeries,
    shape=Tuples(),
    plan=Plan.PROFESSIONAL,
    refresh=REAL_TIME,
    retention=RETENTION,
)
