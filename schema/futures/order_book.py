"""Order books of futures and of spot."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import strawberry

from cg_client.call import Decode
from cg_client.params.choices import LargeOrderState
from graph_types.enums import OrderSide
from graph_types.fields import sparse, value
from graph_types.scalars import Timestamp
from payloads.columns import Columns
from payloads.series import Points, Series, TimedRow
from payloads.source import CappedList, Sourced
from resolvers.order_book import snapshots_decoder


@strawberry.type(description="Depth of an order book at one time, summed up to a distance from the mid price.")
class OrderbookPoint(TimedRow):
    bids_usd: Annotated[float | None, value("Bids up to that distance, in US dollars.")]
    bids_quantity: Annotated[float | None, value("Bids up to that distance, in coins.")]
    asks_usd: Annotated[float | None, value("Asks up to that distance, in US dollars.")]
    asks_quantity: Annotated[float | None, value("Asks up to that distance, in coins.")]


@strawberry.type(description="Depth of an order book over time.")
class Orderbook(Series, Points[OrderbookPoint]): ...


@strawberry.type(description="Orders at one price.")
class OrderbookLevel:
    price: float = strawberry.field(description="Price, in the quote asset.")
    quantity: float | None = strawberry.field(description="Size of all orders at the price, in coins.")


@strawberry.type(
    description="An order book at one time, level by level. CoinGlass gives two lists and does not say which holds the "
    "bids: no bid lies above an ask, so the prices decide; where the lists overlap, the sides stay null."
)
class OrderbookSnapshot:
    time: datetime = strawberry.field(description="When the snapshot was taken.")
    timestamp: Timestamp = strawberry.field(description="When the snapshot was taken, in milliseconds.")
    bids: Sequence[OrderbookLevel] | None = strawberry.field(
        description="Orders to buy, or null where the sides are undecided."
    )
    asks: Sequence[OrderbookLevel] | None = strawberry.field(
        description="Orders to sell, or null where the sides are undecided."
    )
    first: Sequence[OrderbookLevel] = strawberry.field(description="CoinGlass' first list of levels.")
    second: Sequence[OrderbookLevel] = strawberry.field(description="CoinGlass' second list of levels.")


@strawberry.type(description="Order books over time, level by level: the data of an order-book heatmap.")
class OrderbookHeatmap(Series, Points[OrderbookSnapshot], columns=None):
    @classmethod
    def decoder(cls) -> Decode[Columns[OrderbookSnapshot]]:
        return snapshots_decoder(OrderbookSnapshot, OrderbookLevel)


_SIDES = {1: OrderSide.SELL, 2: OrderSide.BUY}
_STATES = {int(state.value): state for state in LargeOrderState}


@strawberry.type(description="A large limit order.")
class LargeOrder:
    id: Annotated[strawberry.ID | None, value("CoinGlass' identifier.")]
    exchange: Annotated[str, value("Exchange, as CoinGlass labels it.")]
    symbol: Annotated[str, value("The exchange's own code of the pair.")]
    base: Annotated[str | None, sparse("Base asset.")]
    quote: Annotated[str | None, sparse("Quote asset.")]
    side: Annotated[OrderSide | None, value("Whether it buys or sells.", codes=_SIDES)]
    state: Annotated[LargeOrderState | None, value("Whether it stands, is finished or was cancelled.", codes=_STATES)]
    price: Annotated[float | None, value("Limit price, in US dollars.")]
    start_time: Annotated[datetime | None, value("When it was first seen.")]
    start_quantity: Annotated[float | None, sparse("Size when first seen, in coins.")]
    start_usd: Annotated[float | None, sparse("Value when first seen, in US dollars.")]
    current_time: Annotated[datetime | None, sparse("When it was last seen.")]
    current_quantity: Annotated[float | None, sparse("Size left, in coins.")]
    current_usd: Annotated[float | None, sparse("Value left, in US dollars.")]
    executed_quantity: Annotated[float | None, sparse("Size executed, in coins.")]
    executed_usd: Annotated[float | None, sparse("Value executed, in US dollars.")]
    trade_count: Annotated[float | None, sparse("Number of fills.")]
    end_time: Annotated[datetime | None, sparse("When it left the book, filled or cancelled; null while it stands.")]


@strawberry.type(description="Large limit orders that stand in the book now, and a few that just left it.")
class LargeOrders(Sourced):
    orders: list[LargeOrder] = strawberry.field(description="The orders, as CoinGlass orders them.")


@strawberry.type(description="A large limit order of the past, or one that was placed then and still stands.")
class PastLargeOrder(LargeOrder): ...


@strawberry.type(description="Large limit orders of a period.")
class LargeOrderHistory(CappedList):
    orders: list[PastLargeOrder] = strawberry.field(description="The orders, as CoinGlass orders them.")
