"""Series: rows over time, the same rows as columns, and the newest of them, all from one store.

A payload's fields follow from the class of its rows: `class SpreadSeries(Series, Bars[SpreadBar])` has `bars`,
`columns` and `latest`. Their values are computed when they are first read, since most queries read few of them.
"""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, Self, TypeVar, get_args, get_origin, get_type_hints

import msgspec
import strawberry

from cg_client.call import Answer
from cg_client.intervals import Interval
from cg_client.params.choices import Unit
from graph_types.enums import CandleUnit, Truncation
from graph_types.fields import value
from graph_types.scalars import Timestamp, time_of
from payloads.columns import Columns
from payloads.source import DataSource, Sourced, fields_of, rows_field

P = TypeVar("P")
R = TypeVar("R")


class RowColumns:
    """The values of rows, each as a list; `columns_type` creates a subclass for each class of rows."""

    _rows: Columns[Any]

    @classmethod
    def of(cls, rows: Columns[Any]) -> Self:
        columns = cls.__new__(cls)
        columns.__dict__["_rows"] = rows
        return columns

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._rows)

    def part(self, start: int, stop: int) -> Self:
        """Return the values of some of the rows."""
        return self.of(self._rows[start:stop])

    if not TYPE_CHECKING:  # declared columns are typed; mypy would take any name as a column

        def __getattr__(self, name: str) -> object:
            """Read a column, of which most operations select few."""
            rows = self.__dict__["_rows"]
            if name not in rows.stored:
                raise AttributeError(name)
            return rows.column(name)


def columns_type(name: str, row: type, rows_only: Collection[str] = ()) -> type[RowColumns]:
    """Declare the columns of a class of rows: all its values but `time` and those that are `rows_only`."""
    kinds = get_type_hints(row)
    fields = [field for field in fields_of(row) if field.python_name not in ("time", *rows_only)]
    members = {field.python_name: strawberry.field(description=field.description) for field in fields}
    annotations = {member: Sequence[kinds[member]] for member in members}  # type: ignore[valid-type]  # known at run time
    body = {"__module__": row.__module__, "__annotations__": annotations, **members}
    columns: type[RowColumns] = type(name, (RowColumns,), body)
    return strawberry.type(columns, description=f"The values of `{row.__name__}` as columns, index by index.")


class RowFields(Generic[R]):
    """The fields of a payload that follow from the class of its rows.

    The columns of a `SpreadBar` are a `SpreadColumns`, unless `columns` says otherwise; with None there are no columns.
    """

    latest: R | None
    _columns: ClassVar[type[RowColumns]]
    _rows: Columns[R]
    _answers: Sequence[Answer[Any]]

    def __init_subclass__(cls, *, columns: str | None = "", rows_only: Collection[str] = ()) -> None:
        super().__init_subclass__()
        for base in cls.__dict__.get("__orig_bases__", ()):
            kind = get_origin(base)
            if isinstance(kind, type) and issubclass(kind, RowFields) and kind is not RowFields:
                # The one annotation of `Bars` names its field; its type argument is the row class: `Bars[SpreadBar]`.
                (rows_name,), (row,) = kind.__annotations__, get_args(base)
                cls._declare(rows_name, row, columns, rows_only)

    @classmethod
    def _declare(cls, rows_name: str, row: type, columns: str | None, rows_only: Collection[str]) -> None:
        """Add the fields as if they stood in the class's body."""
        noun = rows_name.removesuffix("s")
        cls._add(rows_name, Sequence[row], f"The {rows_name}, oldest first.")  # type: ignore[valid-type]  # known at run time
        if columns is not None:
            cls._columns = columns_type(columns or row.__name__.removesuffix(noun.title()) + "Columns", row, rows_only)
            cls._add("columns", cls._columns, f"The same {rows_name} as columns.")
        cls._add("latest", row | None, f"The newest {noun}.")

    @classmethod
    def _add(cls, name: str, kind: object, description: str) -> None:
        cls.__annotations__[name] = kind
        setattr(cls, name, strawberry.field(description=description))

    def _derive(self, name: str) -> object:
        """Compute a field when it is first read."""
        derived: object
        match name:
            case "source":
                derived = DataSource.of(self._answers)
            case "columns":
                derived = self._columns.of(self._rows)
            case "latest":
                derived = self._rows[-1] if self._rows else None
            case "count":
                derived = len(self._rows)
            case "from_" | "to":
                derived = self._rows.column("time")[0 if name == "from_" else -1] if self._rows else None
            case _:
                raise AttributeError(name)
        self.__dict__[name] = derived
        return derived

    if not TYPE_CHECKING:  # declared fields are typed; mypy would take any name as a field
        __getattr__ = _derive


class Bars(RowFields[R]):
    """Rows that each say what happened within an interval, as charts draw bars."""

    bars: Sequence[R]


class Points(RowFields[R]):
    """Rows over time of any other kind, those by day included."""

    points: Sequence[R]


class Candles(RowFields[R]):
    """Rows with the first, highest, lowest and last value of an interval."""

    candles: Sequence[R]


def from_rows(payload: type[P], rows: Columns[Any], **values: object) -> P:
    """Make a payload of rows; `values` are its other fields, or `_answers`, of which its `source` is made when read."""
    filled = payload.__new__(payload)
    filled.__dict__.update(values, _rows=rows)
    filled.__dict__[rows_field(payload)[0]] = rows
    return filled


def timed_rows(row: type[R], times: Sequence[int | None], **values: Sequence[Any]) -> Columns[R]:
    """Return rows with `time` and `timestamp`, from their times in milliseconds and the columns of their values."""
    return Columns(row, {"time": times, "timestamp": times, **values}, {"time": time_of}, len(times))


class ServedWindow(msgspec.Struct, frozen=True):
    """Rows that answer a series, how they differ from the request, and the unit that the caller chose for them."""

    rows: Columns[Any]
    answers: Sequence[Answer[Columns[Any]]]
    requested_interval: Interval
    interval: Interval
    truncated: Truncation | None
    unit: Unit | None = None

    @property
    def source(self) -> DataSource:
        return DataSource.of(self.answers)


@strawberry.interface(description="Points over time, and which of the requested ones were served.")
class Series(Sourced):
    requested_interval: Interval = strawberry.field(description="The interval that was requested.")
    interval: Interval = strawberry.field(description="The interval served.")
    from_: datetime | None = strawberry.field(
        name="from", description="Time of the first point; null when there is none."
    )
    to: datetime | None = strawberry.field(description="Time of the last point; null when there is none.")
    count: int = strawberry.field(description="Number of points.")
    truncated: Truncation | None = strawberry.field(description="Why points of the window are missing, if some are.")

    @classmethod
    def of(cls, served: ServedWindow) -> Self:
        return from_rows(
            cls,
            served.rows,
            _answers=served.answers,
            requested_interval=served.requested_interval,
            interval=served.interval,
            truncated=served.truncated,
        )


@strawberry.interface(description="Points by day.")
class DailySeries(Sourced):
    from_: datetime | None = strawberry.field(
        name="from", description="Time of the first point; null when there is none."
    )
    to: datetime | None = strawberry.field(description="Time of the last point; null when there is none.")
    count: int = strawberry.field(description="Number of points.")

    @classmethod
    def of_rows(cls, source: DataSource, rows: Columns[Any], now: float) -> Self:
        """`now` in seconds: days to come may be among the rows, and are never the latest."""
        times = rows.column("timestamp").stored
        if not len(times) or times[-1] <= now * 1000:
            return from_rows(cls, rows, source=source)
        begun = bisect_right(times, now * 1000)
        return from_rows(cls, rows, source=source, latest=rows[begun - 1] if begun else None)


@strawberry.type(description="A row of a series.")
class TimedRow:
    time: Annotated[datetime, value("Start of the interval.", source_name="time")]
    timestamp: Annotated[Timestamp, value("Start of the interval, in milliseconds.", source_name="time")]


@strawberry.type(description="A row of a series whose records call the day `timestamp`.")
class DayRow:
    time: Annotated[datetime, value("Day that the figures are of.", source_name="timestamp")]
    timestamp: Annotated[Timestamp, value("Day that the figures are of, in milliseconds.", source_name="timestamp")]


@strawberry.type(description="First, highest, lowest and last value of an interval, in the `unit` of its series.")
class Candle(TimedRow):
    open: Annotated[float | None, value("First value of the interval, in the `unit` of the series.")]
    high: Annotated[float | None, value("Highest value of the interval, in the `unit` of the series.")]
    low: Annotated[float | None, value("Lowest value of the interval, in the `unit` of the series.")]
    close: Annotated[
        float | None,
        value("Last value of the interval, in the `unit` of the series; while the interval lasts, the current one."),
    ]


@strawberry.interface(description="Candles over time, whose figures are in `unit`.")
class CandleSeries(Series, Candles[Candle], columns="CandleColumns"):
    unit: CandleUnit = strawberry.field(description="What the figures of the candles are stated in.")
