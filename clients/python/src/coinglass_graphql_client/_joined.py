"""A history: several series joined by time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from coinglass_graphql_client import _frames
from coinglass_graphql_client._checkpoint import SavedPage, SavedSeries
from coinglass_graphql_client._pages import Page
from coinglass_graphql_client._requests import SeriesRequest
from coinglass_graphql_client._tables import Column, Kind, Table
from coinglass_graphql_client.errors import CheckpointError

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of a series that is missing or not complete, and why: a code of a problem, or of `truncated`."""

    series: str
    start: datetime
    end: datetime
    reason: str


@dataclass(frozen=True, slots=True, repr=False)
class History:
    """Several series joined by time: a row for each time that at least one of them has.

    A column has the name of its series, with that of the value behind it where there are several. `gaps` says what is
    missing and why, `sandbox` that the figures are no market data, `calls` what fetching has cost.
    """

    table: Table
    gaps: tuple[Gap, ...]
    sandbox: bool
    calls: int

    def __repr__(self) -> str:
        rows = len(self.table.columns["time"].values)
        names = ", ".join(name for name in self.table.columns if name != "time")
        mark = ", sandbox" if self.sandbox else ""
        return f"History({rows} rows of {names}; {len(self.gaps)} gaps{mark})"

    def to_pandas(self) -> "pandas.DataFrame":
        """Return a data frame with the time (UTC) as its index. A missing number is NaN."""
        return _frames.to_pandas(self.table)

    def to_polars(self) -> "polars.DataFrame":
        """Return a data frame of polars. A missing value is null."""
        return _frames.to_polars(self.table)

    def to_arrow(self) -> "pyarrow.Table":
        """Return a table of Arrow. A missing value is null."""
        return _frames.to_arrow(self.table)


def join(series: Mapping[str, SeriesRequest[Any]], pages: list[tuple[Page, SavedPage]], calls: int) -> History:
    """Join pages by time; raises `CheckpointError` if some are of the sandbox and others are not."""
    marks = {saved.sandbox for _, saved in pages if saved.sandbox is not None}
    if len(marks) > 1:
        raise CheckpointError("the checkpoint has figures of the sandbox beside those of CoinGlass: use another folder")
    is_sandbox = marks == {True}
    times = sorted({time for _, saved in pages for part in saved.series.values() for time in part.timestamps})
    rows = {time: row for row, time in enumerate(times)}
    columns: dict[str, Column] = {"time": Column("timestamp", times)}
    for name, request in series.items():
        parts = [saved.series[name] for page, saved in pages if name in page.names]
        for column, joined in _columns(parts, rows).items():
            title = name if request.columns == (column,) else f"{name}_{column}"
            if title in columns:
                raise ValueError(f"two columns would be named {title!r}: name the series otherwise")
            columns[title] = joined
    return History(Table(columns, {"sandbox": is_sandbox}), tuple(_gaps(pages)), is_sandbox, calls)


def _columns(parts: list[SavedSeries], rows: Mapping[int, int]) -> dict[str, Column]:
    """Return the columns of a series over all rows."""
    kinds: dict[str, Kind] = {}
    for part in parts:
        kinds |= part.kinds
    columns: dict[str, list[Any]] = {name: [None] * len(rows) for name in kinds}
    for part in parts:
        for name, values in part.columns.items():
            column = columns[name]
            for time, value in zip(part.timestamps, values, strict=True):
                column[rows[time]] = value
    return {name: Column(kinds[name], values) for name, values in columns.items()}


def _gaps(pages: list[tuple[Page, SavedPage]]) -> Iterator[Gap]:
    """Yield what is missing, adjacent gaps of one series and reason as one."""
    gaps: list[Gap] = []
    for page, saved in pages:
        for name, part in saved.series.items():
            reason = part.problem or part.truncated
            if reason:
                gaps.append(Gap(name, page.start, page.end, reason))
    merged: dict[tuple[str, str], Gap] = {}
    for gap in gaps:
        before = merged.get((gap.series, gap.reason))
        if before and before.end == gap.start:
            merged[gap.series, gap.reason] = Gap(gap.series, before.start, gap.end, gap.reason)
            continue
        if before:
            yield before
        merged[gap.series, gap.reason] = gap
    yield from merged.values()
