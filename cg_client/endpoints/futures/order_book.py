"""Futures order books: depth over time, snapshots by level, large orders."""

from collections.abc import Mapping
from datetime import timedelta

from cg_client.decoding.shapes import Tuples
from cg_client.endpoint import REAL_TIME, Endpoint, standard_series
from cg_client.intervals import Interval
from cg_client.params.core import ExchangesDepthSeries, PairDepthSeries, PairParams, PairSeries
from cg_client.params.positions import PairLargeOrderHistory
from cg_client.plans.plan_table import Plan

AGGREGATED_ALIASES = {
    "bids_usd": "aggregated_bids_usd",
    "bids_quantity": "aggregated_bids_quantity",
    "asks_usd": "aggregated_asks_usd",
    "asks_quantity": "aggregated_asks_quantity",
}
# Live answers say `limit_price`, the documented sample says `price`.
LARGE_ORDER_ALIASES: Mapping[str, str | tuple[str, ...]] = {
    "exchange": "exchange_name",
    "base": "base_asset",
    "quote": "quote_asset",
    "price": ("price", "limit_price"),
    "start_usd": "start_usd_value",
    "current_usd": "current_usd_value",
    "executed_quantity": "executed_volume",
    "executed_usd": "executed_usd_value",
    "side": "order_side",
    "state": "order_state",
    "end_time": "order_end_time",
}
LARGE_ORDERS_MAY_LACK = frozenset({"order_end_time"})  # stated of the few among the open orders that have ended
# Snapshots by level reach back 3 days at 1m, 15 days at 5m and 150 days at the others, on every plan.
SNAPSHOT_RETENTION = {interval: timedelta(days=150) for interval in Interval} | {
    Interval.M1: timedelta(days=3),
    Interval.M5: timedelta(days=15),
}
SNAPSHOT_ROWS = 100
# Not documented: a recorded answer ends at exactly so many rows, all of the last 25 hours.
LARGE_ORDER_HISTORY_ROWS = 1000

HISTORY = standard_series(
    path="/api/futures/orderbook/ask-bids-history",
    summary="Depth of a futures pair's order book over time.",
    params=PairDepthSeries,
    refresh=timedelta(seconds=5),
)
AGGREGATED_HISTORY = standard_series(
    path="/api/futures/orderbook/aggregated-ask-bids-history",
    summary="Depth of a coin's futures order books over time, added up over exchanges.",
    params=ExchangesDepthSeries,
    aliases=AGGREGATED_ALIASES,
)
SNAPSHOTS = Endpoint(
    path="/api/futures/orderbook/history",
    summary="Order book of a futures pair over time, level by level.",
    params=PairSeries,
    shape=Tuples(),
    plan=Plan.STANDARD,
    refresh=REAL_TIME,
    page_rows=SNAPSHOT_ROWS,
    coarsest=Interval.D1,
    limit_required=True,
    retention=SNAPSHOT_RETENTION,
)
LARGE_ORDERS = Endpoint(
    path="/api/futures/orderbook/large-limit-order",
    summary="Large limit orders that stand in a futures pair's book now.",
    params=PairParams,
    plan=Plan.STANDARD,
    refresh=REAL_TIME,
    aliases=LARGE_ORDER_ALIASES,
    may_lack=LARGE_ORDERS_MAY_LACK,
)
# The newer documents list the path with v2 alone, with the same rows and parameters.
LARGE_ORDER_HISTORY = Endpoint(
    path="/api/futures/orderbook/v2/large-limit-order-history",
    former_path="/api/futures/orderbook/large-limit-order-history",
    summary="Large limit orders of a futures pair's book over a period, by what became of them.",
    params=PairLargeOrderHistory,
    plan=Plan.STANDARD,
    refresh=REAL_TIME,
    aliases=LARGE_ORDER_ALIASES,
    row_cap=LARGE_ORDER_HISTORY_ROWS,
)
