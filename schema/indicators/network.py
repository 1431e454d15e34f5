"""Use of bitcoin's network, by day."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from graph_types.fields import sparse
from graph_types.fields import value as described  # a field of a point is called `value`
from payloads.series import DailySeries
from schema.indicators.points import PricedColumns, PricedPoint


@strawberry.type(description="Addresses of bitcoin on one day.")
class AddressCountPoint(PricedPoint):
    address_count: Annotated[float | None, sparse("Number of addresses.")]


@strawberry.type(description="Addresses of bitcoin as columns, index by index.")
class AddressCountColumns(PricedColumns):
    address_count: Annotated[Sequence[float | None], described("Numbers of addresses.")]


@strawberry.type(description="Addresses of bitcoin, by day.")
class AddressCount(DailySeries):
    points: Sequence[AddressCountPoint] = strawberry.field(description="The days, oldest first.")
    columns: AddressCountColumns = strawberry.field(description="The same days as columns.")
    latest: AddressCountPoint | None = strawberry.field(description="The newest day.")


@strawberry.type(description="The bubble index of bitcoin and what it is made of on one day.")
class BubbleIndexPoint(PricedPoint):
    value: Annotated[float | None, sparse("Index.")]
    google_trend_percent: Annotated[float | None, sparse("Search interest at Google, in percent.")]
    mining_difficulty: Annotated[float | None, sparse("Mining difficulty.")]
    transaction_count: Annotated[float | None, sparse("Transactions.")]
    sending_address_count: Annotated[float | None, sparse("Addresses that sent.")]
    tweet_count: Annotated[float | None, sparse("Tweets.")]


@strawberry.type(description="The bubble index of bitcoin and what it is made of as columns, index by index.")
class BubbleIndexColumns(PricedColumns):
    value: Annotated[Sequence[float | None], described("Index values.")]
    google_trend_percent: Annotated[Sequence[float | None], described("Search interest at Google, in percent.")]
    mining_difficulty: Annotated[Sequence[float | None], described("Mining difficulties.")]
    transaction_count: Annotated[Sequence[float | None], described("Transactions.")]
    sending_address_count: Annotated[Sequence[float | None], described("Addresses that sent.")]
    tweet_count: Annotated[Sequence[float | None], described("Tweets.")]


@strawberry.type(description="The bubble index of bitcoin and what it is made of, by day.")
class BubbleIndex(DailySeries):
    points: Sequence[BubbleIndexPoint] = strawberry.field(description="The days, oldest first.")
    columns: BubbleIndexColumns = strawberry.field(description="The same days as columns.")
    latest: BubbleIndexPoint | None = strawberry.field(description="The newest day.")
