"""The rainbow chart of bitcoin."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
import strawberry

from cg_client.call import Decode
from resolvers.decode import time_of
from resolvers.rainbow import decode_rainbow
from schema.indicators.points import PricedColumns, PricedPoint
from vocabulary.columns import Column, Columns
from vocabulary.fields import value
from vocabulary.problems import PlanGated, Unavailable, result
from vocabulary.series import DailySeries


@strawberry.type(description="The rainbow chart of bitcoin on one day.")
class RainbowPoint(PricedPoint):
    edges_usd: Annotated[
        list[float | None],
        value("The ten prices that part the bands, from the lower edge of the lowest band on, in US dollars."),
    ]


@strawberry.type(description="The rainbow chart of bitcoin as columns, index by index.")
class RainbowColumns(PricedColumns):
    edges_usd: Annotated[
        Sequence[list[float | None]],
        value("The ten edges of the bands of each day, from the lowest on, in US dollars."),
    ]


@strawberry.type(description="The rainbow chart of bitcoin: its price among bands that grow with time, by day.")
class Rainbow(DailySeries):
    points: Sequence[RainbowPoint] = strawberry.field(description="The days, oldest first.")
    columns: RainbowColumns = strawberry.field(description="The same days as columns.")
    latest: RainbowPoint | None = strawberry.field(description="The newest day.")

    @classmethod
    def decoder(cls) -> Decode[Columns[RainbowPoint]]:
        return _decode


def _decode(data: msgspec.Raw) -> Columns[RainbowPoint]:
    days = decode_rainbow(data)
    times = [day.time for day in days]
    columns = {
        "time": Column(times, time_of),
        "timestamp": Column(times),
        "price_usd": Column([day.price for day in days]),
        "edges_usd": Column([day.edges for day in days]),
    }
    return Columns(RainbowPoint, columns, len(days))


RainbowResult = Annotated[Rainbow | PlanGated | Unavailable, result("Rainbow")]
