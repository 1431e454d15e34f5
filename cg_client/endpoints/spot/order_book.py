"""Spot order books: depth over time, snapshots by level, large orders."""

from datetime import timedelta

from cg_client.decoding.shapes import Tuples
from cg_client.endpoint import REAL_TIME, Endpoint
from cg_client.endpoints.futures.order_book import (
    AGGREGATED_ALIASES,
    LARGE_ORDER_ALIASES,
    LARGE_ORDER_HISTORY_ROWS,
    LARGE_ORDERS_MAY_LACK,
    SNAPSHOT_RETENTION,
    SNAPSHOT_ROWS,
)
from cg_client.intervals import Interval
from cg_client.params.core import ExchangesDepthSeries, PairDepthSeries, PairParams, PairSeries
from cg_client.params.positions import PairLargeOrderHistory
from cg_client.plans.plan_table import STANDARD_FLOORS, Plan

HISTORY = Endpoint(
    path="/api/spot/orderbook/ask-bids-history",
    summary="Depth of a spot pair's order book over time.",
    params=PairDepthSeries,
    interval_floors=STANDARD_FLOORS,
    refresh=timedelta(seconds=5),
)
AGGREGATED_HISTORY = Endpoint(
    path="/api/spot/orderbook/aggregated-ask-bids-history",
    summary="Depth of a coin's spot order books over time, added up over exchanges.",
    params=ExchangesDepthSeries,
    interval_floors=STANDARD_FLOORS,
    aliases=AGGREGATED_ALIASES,
)
SNAPSHOTS = Endpoint(
    path="/api/spot/orderbook/history",
    summary="Order book of a spot pair over time, level by level.",
    params=PairSeries,
    shape=Tuples(),
    plan=Plan.STANDARD,
    refresh=REAL_TIME,
    page_rows=SNAPSHOT_ROWS,
    coarsest=Interval.D1,
    retention=SNAPSHOT_RETENTION,
)
LARGE_ORDERS = Endpoint(
    path="/api/spot/orderbook/large-limit-order",
    summary="Large limit orders that stand in a spot pair's book now.",
    params=PairParams,
    plan=Plan.STANDARD,
    refresh=REAL_TIME,
    aliases=LARGE_ORDER_ALIASES,  # its page names the sides the other way round, which a captured book disproves
    may_lack=LARGE_ORDERS_MAY_LACK,
)
# The newer documents list the path with v2 alone, with the same rows and parameters.
LARGE_ORDER_HISTORY = Endpoint(
    path="/api/spot/orderbook/v2/large-limit-order-history",
    former_path="/api/spot/orderbook/large-limit-order-history",
    summary="Large limit orders of a spot pair's book over a period, by what became of them.",
    params=PairLargeOrderHistory,
    plan=Plan.STANDARD,
    refresh=REAL_TIME,
    aliases=LARGE_ORDER_ALIASES,
    row_cap=LARGE_ORDER_HISTORY_ROWS,
)
