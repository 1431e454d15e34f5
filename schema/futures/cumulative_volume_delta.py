"""Cumulative volume delta, of futures and of spot."""

from collections.abc import Sequence
from typing import Annotated, Any, Self

import strawberry
from msgspec.structs import replace

from resolvers.cumulative_volume_delta import from_first_point
from vocabulary.columns import Column, Columns
from vocabulary.fields import value
from vocabulary.problems import Problems, result
from vocabulary.series import Series, Served, Time, TimestampOfTime, Timestamps


@strawberry.type(description="Taker volume of one interval, and the running sum of buys less sells.")
class CumulativeVolumeDeltaBar:
    time: Time
    timestamp: TimestampOfTime
    buy_usd: Annotated[float | None, value("Bought by market orders, in US dollars.")]
    sell_usd: Annotated[float | None, value("Sold by market orders, in US dollars.")]
    cumulative_delta_usd: Annotated[
        float | None, value("Bought less sold since the first point of the series, this one included, in US dollars.")
    ]


@strawberry.type(description="Cumulative volume delta as columns, index by index.")
class CumulativeVolumeDeltaColumns:
    timestamp: Timestamps
    buy_usd: Annotated[Sequence[float | None], value("Bought by market orders, in US dollars.")]
    sell_usd: Annotated[Sequence[float | None], value("Sold by market orders, in US dollars.")]
    cumulative_delta_usd: Annotated[
        Sequence[float | None], value("Bought less sold since the first point of the series, in US dollars.")
    ]


@strawberry.type(
    description="Cumulative volume delta over time, in US dollars: what market orders bought less what they sold, "
    "counted from the first point of the series. CoinGlass counts from the start of each request; the sum is carried "
    "on over the requests that a window takes."
)
class CumulativeVolumeDeltaSeries(Series):
    bars: Sequence[CumulativeVolumeDeltaBar] = strawberry.field(description="The bars, oldest first.")
    columns: CumulativeVolumeDeltaColumns = strawberry.field(description="The same bars as columns.")
    latest: CumulativeVolumeDeltaBar | None = strawberry.field(description="The newest bar.")

    @classmethod
    def of(cls, served: Served) -> Self:
        return super().of(replace(served, rows=_counted(served.rows)))


def _counted(rows: Columns[Any]) -> Columns[Any]:
    """The rows with the delta counted from the first of them."""
    columns = rows.columns
    delta = from_first_point(columns["buy_usd"], columns["sell_usd"], columns["cumulative_delta_usd"])
    identity = None if rows.identity is None else ("counted", rows.identity)
    return Columns.of(rows.row, {**columns, "cumulative_delta_usd": Column(delta)}, len(rows), identity)


CumulativeVolumeDeltaSeriesResult = Annotated[
    CumulativeVolumeDeltaSeries | Problems, result("CumulativeVolumeDeltaSeries")
]
