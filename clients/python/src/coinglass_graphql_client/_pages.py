"""Pages of a history: windows of a thousand points, for a group of series each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from coinglass_graphql_client._checkpoint import SavedSeries
from coinglass_graphql_client._requests import SeriesRequest
from coinglass_graphql_client._session import REQUESTS_PER_OPERATION
from coinglass_graphql_client._tables import struct_columns
from coinglass_graphql_client.generated.selections import SELECTIONS

# CoinGlass gives as many at a time, and the server aligns its calls to multiples of them since 1970. With pages on the
# same grid no call is made for two pages.
POINTS_PER_PAGE = 1000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Page:
    """The points of some series from `start` until before `end`."""

    key: str
    start: datetime
    end: datetime
    names: tuple[str, ...]

    def requests(self, series: Mapping[str, SeriesRequest[Any]]) -> dict[str, SeriesRequest[Any]]:
        """Return the requests of the page."""
        return {name: _page_request(series[name], self.start, self.end) for name in self.names}


def pages_of(
    series: Mapping[str, SeriesRequest[Any]], start: datetime, end: datetime, *, until_now: bool
) -> Iterator[Page]:
    """Yield the pages of a history, the oldest first. `until_now` leaves out what has not closed at `end`."""
    by_step: dict[timedelta, list[str]] = {}
    for name in sorted(series):
        by_step.setdefault(series[name].interval, []).append(name)
    for step, names in by_step.items():
        last = end - step + _MILLISECOND if until_now else end
        for first, until in _windows(start, last, step * POINTS_PER_PAGE):
            for group in range(0, len(names), REQUESTS_PER_OPERATION):
                key = f"{int(step.total_seconds())}-{first:%Y%m%dT%H%M%S}-{group // REQUESTS_PER_OPERATION}"
                yield Page(key, first, until, tuple(names[group : group + REQUESTS_PER_OPERATION]))


def _windows(start: datetime, end: datetime, width: timedelta) -> Iterator[tuple[datetime, datetime]]:
    while start < end:
        following = EPOCH + ((start - EPOCH) // width + 1) * width
        yield start, min(following, end)
        start = following


class _PageSource(msgspec.Struct):
    sandbox: bool


def _page_request(request: SeriesRequest[Any], start: datetime, end: datetime) -> SeriesRequest[Any]:
    """Return the request for a page: the window, and of the payload only what a history consists of."""
    fields = request.column_fields
    columns = msgspec.defstruct(
        "Columns", [(info.name, info.type, msgspec.field(name=info.encode_name)) for info in fields]
    )
    has_truncated = "truncated" in request.answer.__struct_fields__
    answer = msgspec.defstruct(
        "SeriesPage",
        [("source", _PageSource), ("columns", columns), *([("truncated", str | None)] if has_truncated else [])],
    )
    selected = " ".join(f"{info.encode_name}{_inner(info.type)}" for info in fields)
    selection = f"source {{ sandbox }} {'truncated ' if has_truncated else ''}columns {{ {selected} }}"
    return replace(
        request.between(start, end - _MILLISECOND),
        answer=answer,
        selection=f"... on {request.selected} {{ {selection} }}",
    )


def _inner(of: Any) -> str:
    element = of.__args__[0]
    return f" {SELECTIONS[element.__name__]}" if hasattr(element, "__struct_fields__") else ""


def saved_series(answer: Any, page: Page) -> SavedSeries:
    """Return the points of an answer that lie in the page, as they are saved."""
    columns = dict(struct_columns(answer.columns))
    first, until = milliseconds(page.start), milliseconds(page.end)
    inside = [index for index, time in enumerate(columns["time"].values) if first <= time < until]
    return SavedSeries(
        timestamps=[columns["time"].values[index] for index in inside],
        columns={
            name: [column.values[index] for index in inside] for name, column in columns.items() if name != "time"
        },
        kinds={name: column.kind for name, column in columns.items() if name != "time"},
        truncated=getattr(answer, "truncated", None),
    )


def milliseconds(time: datetime) -> int:
    """Return milliseconds since 1970."""
    return (time - EPOCH) // _MILLISECOND
