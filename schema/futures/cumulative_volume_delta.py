"""Cumulative volume delta, of futures and of spot."""

from typing import Annotated, Any, Self

import strawberry
from msgspec.structs import replace

from graph_types.fields import value
from payloads.columns import Column, Columns
from payloads.series import Bars, Series, ServedWindow, TimedRow
from resolvers.running_sum import running_sum


@strawberry.type(description="Taker volume of one interval, and the running sum of buys less sells.")
class CumulativeVolumeDeltaBar(TimedRow):
    buy_usd: Annotated[float | None, value("Bought by market orders, in US dollars.")]
    sell_usd: Annotated[float | None, value("Sold by market orders, in US dollars.")]
    cumulative_delta_usd: Annotated[
        float | None, value("Bought less sold since the first point of the series, this one included, in US dollars.")
    ]


@strawberry.type(
    description="Cumulative volume delta over time, in US dollars: what market orders bought less what they sold, "
    "counted from the first point of the window. CoinGlass counts from the start of each request; here the sum is "
    "formed from the buys and sells, so that it depends on the window alone."
)
class CumulativeVolumeDeltaSeries(Series, Bars[CumulativeVolumeDeltaBar]):
    @classmethod
    def of(cls, window: ServedWindow) -> Self:
        return super().of(replace(window, rows=_counted(window.rows)))


def _counted(rows: Columns[Any]) -> Columns[Any]:
    """Return the rows with the delta counted from the first of them."""
    columns = rows.columns
    delta = running_sum(columns["buy_usd"].stored, columns["sell_usd"].stored)
    identity = None if rows.identity is None else ("counted", rows.identity)
    return Columns.of(rows.row, {**columns, "cumulative_delta_usd": Column(delta)}, len(rows), identity)
