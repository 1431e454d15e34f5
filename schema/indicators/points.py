"""What the daily indicators of bitcoin have in common: the day and that day's price."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from graph_types.fields import sparse, value
from payloads.series import Time, TimestampOfTime, Timestamps


@strawberry.type(description="A day and its price.")
class PricedPoint:
    time: Time
    timestamp: TimestampOfTime
    price_usd: Annotated[float | None, sparse("Price of bitcoin that day, in US dollars.")]


@strawberry.type(description="Days and their prices as columns, index by index.")
class PricedColumns:
    timestamp: Timestamps
    price_usd: Annotated[Sequence[float | None], value("Prices of bitcoin, in US dollars.")]
