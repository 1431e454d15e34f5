"""Series: points over time, as rows and as columns from one store."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Self

import msgspec
import strawberry

from cg_client.call import Answer
from cg_client.intervals import Interval
from graph_types.enums import Truncation
from graph_types.fields import value
from graph_types.scalars import Timestamp
from payloads.columns import Columns
from payloads.from_rows import of_rows
from payloads.source import Source, Sourced


class Served(msgspec.Struct, frozen=True):
    """Rows as they answer a series, the answers that they came in, and what became of the request."""

    rows: Columns[Any]
    answers: Sequence[Answer[Columns[Any]]]
    requested_interval: Interval
    interval: Interval
    truncated: Truncation | None

    @property
    def source(self) -> Source:
        return Source.of(self.answers)


@strawberry.interface(description="Points over time: what was asked for, and what was served.")
class Series(Sourced):
    requested_interval: Interval = strawberry.field(description="The interval asked for.")
    interval: Interval = strawberry.field(description="The interval served.")
    from_: datetime | None = strawberry.field(
        name="from", description="Time of the first point; null when there is none."
    )
    to: datetime | None = strawberry.field(description="Time of the last point; null when there is none.")
    count: int = strawberry.field(description="Number of points.")
    truncated: Truncation | None = strawberry.field(description="Why points of the window are missing, if some are.")

    @classmethod
    def of(cls, served: Served) -> Self:
        return of_rows(
            cls,
            served.rows,
            _answers=served.answers,
            requested_interval=served.requested_interval,
            interval=served.interval,
            truncated=served.truncated,
        )


@strawberry.interface(description="One point a day: what was served.")
class DailySeries(Sourced):
    from_: datetime | None = strawberry.field(
        name="from", description="Time of the first point; null when there is none."
    )
    to: datetime | None = strawberry.field(description="Time of the last point; null when there is none.")
    count: int = strawberry.field(description="Number of points.")

    @classmethod
    def of_rows(cls, source: Source, rows: Columns[Any], now: float) -> Self:
        """`now` in seconds: days to come may be among the rows, and are never the latest."""
        times = rows.column("timestamp").stored
        if not len(times) or times[-1] <= now * 1000:
            return of_rows(cls, rows, source=source)
        begun = bisect_right(times, now * 1000)
        return of_rows(cls, rows, source=source, latest=rows[begun - 1] if begun else None)


Time = Annotated[datetime, value("Start of the interval.", wire="time")]
TimestampOfTime = Annotated[Timestamp, value("Start of the interval, in milliseconds.", wire="time")]
Timestamps = Annotated[Sequence[Timestamp], value("Starts of the intervals, in milliseconds.")]


@strawberry.type(description="First, highest, lowest and last value of an interval.")
class Candle:
    time: Time
    timestamp: TimestampOfTime
    open: Annotated[float | None, value("First value.")]
    high: Annotated[float | None, value("Highest value.")]
    low: Annotated[float | None, value("Lowest value.")]
    close: Annotated[float | None, value("Last value; of the interval under way the current one.")]


@strawberry.type(description="Candles as columns, index by index.")
class CandleColumns:
    timestamp: Timestamps
    open: Annotated[Sequence[float | None], value("First values.")]
    high: Annotated[Sequence[float | None], value("Highest values.")]
    low: Annotated[Sequence[float | None], value("Lowest values.")]
    close: Annotated[Sequence[float | None], value("Last values.")]


@strawberry.interface(description="A series of candles.")
class CandleSeries(Series):
    candles: Sequence[Candle] = strawberry.field(description="The candles, oldest first.")
    columns: CandleColumns = strawberry.field(description="The same candles as columns.")
    latest: Candle | None = strawberry.field(description="The newest candle.")
