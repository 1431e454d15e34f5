"""What the daily indicators of bitcoin have in common: the day and that day's price."""

from typing import Annotated

import strawberry

from graph_types.fields import sparse
from payloads.series import TimedRow


@strawberry.type(description="A day and its price.")
class PricedPoint(TimedRow):
    price_usd: Annotated[float | None, sparse("Price of bitcoin that day, in US dollars.")]
