"""Futures: depth of order books over time, snapshots by level, and large orders."""

from collections.abc import Mapping
from typing import Any

from cg_client.endpoint import Endpoint
from cg_client.endpoints.futures import order_book as endpoints
from sandbox.market.books import depth_bars, large_orders, order_row, snapshots
from sandbox.market.levels import chosen
from sandbox.market.model import Model, ModelContext, Row
from sandbox.market.path import DAY
from sandbox.market.universe import pairs_of_coin
from sandbox.windows import Query

_LONGEST_PERIOD = 7 * DAY


def depth_history(query: Query, context: ModelContext) -> list[Row]:
    starts, percent = context.starts(query), float(query.get("range") or 1)
    return [
        {
            "bids_usd": depth.bids_usd,
            "bids_quantity": depth.bids_quantity,
            "asks_usd": depth.asks_usd,
            "asks_quantity": depth.asks_quantity,
            "time": time,
        }
        for time, depth in zip(starts, depth_bars((context.pair(query),), starts, context.now, percent), strict=True)
    ]


def aggregated_depth_history(query: Query, context: ModelContext) -> list[Row]:
    pairs = chosen(pairs_of_coin(query["symbol"], is_spot=context.is_spot), query["exchange_list"])
    if not pairs:
        return []
    starts, percent = context.starts(query), float(query.get("range") or 1)
    return [
        {
            "aggregated_bids_usd": depth.bids_usd,
            "aggregated_bids_quantity": depth.bids_quantity,
            "aggregated_asks_usd": depth.asks_usd,
            "aggregated_asks_quantity": depth.asks_quantity,
            "time": time,
        }
        for time, depth in zip(starts, depth_bars(pairs, starts, context.now, percent), strict=True)
    ]


def snapshot_history(query: Query, context: ModelContext) -> list[list[Any]]:
    return snapshots(context.pair(query), context.starts(query), context.now)


def open_large_orders(query: Query, context: ModelContext) -> list[Row]:
    pair, now = context.pair(query), context.now
    orders = [order for order in large_orders(pair, now, now, now) if order.ended is None]
    return [order_row(pair, order, now) for order in orders]


def large_order_history(query: Query, context: ModelContext) -> list[Row]:
    """Return the orders in the requested state, the newest thousand of the period; those that stand end now."""
    pair, now = context.pair(query), context.now
    orders = large_orders(
        pair, max(int(query["start_time"]), int(query["end_time"]) - _LONGEST_PERIOD), int(query["end_time"]), now
    )
    rows = [{"order_end_time": now} | order_row(pair, order, now) for order in orders]
    most = context.endpoint.row_cap or len(rows)
    return [row for row in rows if str(row["order_state"]) == query["state"]][-most:]


MODELS: Mapping[Endpoint, Model] = {
    endpoints.HISTORY: depth_history,
    endpoints.AGGREGATED_HISTORY: aggregated_depth_history,
    endpoints.SNAPSHOTS: snapshot_history,
    endpoints.LARGE_ORDERS: open_large_orders,
    endpoints.LARGE_ORDER_HISTORY: large_order_history,
}
