"""Use of bitcoin's network, by day."""

from typing import Annotated

import strawberry

from graph_types.fields import sparse
from payloads.series import DailySeries, Points
from schema.indicators.points import PricedPoint


@strawberry.type(description="Addresses of bitcoin on one day.")
class AddressCountPoint(PricedPoint):
    address_count: Annotated[float | None, sparse("Number of addresses.")]


@strawberry.type(description="Addresses of bitcoin, by day.")
class AddressCount(DailySeries, Points[AddressCountPoint]): ...


@strawberry.type(description="The bubble index of bitcoin and what it is made of on one day.")
class BubbleIndexPoint(PricedPoint):
    value: Annotated[float | None, sparse("Index.")]
    google_trend_percent: Annotated[float | None, sparse("Search interest at Google, in percent.")]
    mining_difficulty: Annotated[float | None, sparse("Mining difficulty.")]
    transaction_count: Annotated[float | None, sparse("Transactions.")]
    sending_address_count: Annotated[float | None, sparse("Addresses that sent.")]
    tweet_count: Annotated[float | None, sparse("Tweets.")]


@strawberry.type(description="The bubble index of bitcoin and what it is made of, by day.")
class BubbleIndex(DailySeries, Points[BubbleIndexPoint]): ...
