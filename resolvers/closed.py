"""What is kept of a series past its time and is right all the same: the points of closed bars.

An open-ended request is fetched again and again for its newest points. Its closed ones are kept longer: they answer a
window that ends with them, and are completed by the small request for the newest points alone.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from cg_client.call import Answer, Call
from cg_client.endpoint import CLOSED, margin
from cg_client.params import Series as SeriesParams
from resolvers.context import Context
from resolvers.requests import Request
from vocabulary.columns import Columns

Part: TypeAlias = Answer[Columns[Any]]


def closed_window(context: Context, wanted: Request) -> Part | None:
    """An answer past its time that holds the whole window, if that ended before the answer was fetched."""
    end = wanted.window.end
    if end is None:
        return None
    for call in [way[0] for way in wanted.ways if way and _is_open_ended(way[0])]:
        found = _base(context, call, wanted)
        if found is not None and end <= _closed_at(found, wanted):
            return found
    return None


def base(context: Context, wanted: Request) -> Part | None:
    """The closed points of a long request that the newest points complete; None where there are none or a gap."""
    if wanted.tail is None:
        return None
    found = _base(context, wanted.ways[0][0], wanted)
    if found is None:
        return None
    oldest = context.client.clock.now().timestamp() * 1000 - (_limit(wanted.tail) - 2) * wanted.interval.milliseconds
    return found if oldest <= _closed_at(found, wanted) else None


def completed(found: Part, tail: Part, wanted: Request) -> Sequence[Part] | None:
    """The closed points and then the newest; None where bars may be missing between them."""
    if not len(tail.value):
        return None
    first: int = tail.value.column("timestamp").stored[0]
    if first > _closed_at(found, wanted):
        return None
    before = bisect_left(found.value.column("timestamp").stored, first)
    return [replace(found, value=found.value[:before]), tail]


def _base(context: Context, call: Call, wanted: Request) -> Part | None:
    """What is kept of the call, for as long as closed points are, where it begins early enough for the window."""
    entry = context.client.entry(call)
    if entry is None or not _reaches_back(entry.answer, _limit(call), wanted):
        return None
    until = entry.kept_at + CLOSED.total_seconds()
    return replace(entry.answer, fresh_until=until) if context.client.clock.monotonic() < until else None


def _closed_at(answer: Part, wanted: Request) -> float:
    """Start (ms) of the last bar that had surely closed when the answer was fetched."""
    return (answer.fetched_at - margin(wanted.interval)).timestamp() * 1000


def _reaches_back(answer: Part, limit: int, wanted: Request) -> bool:
    """Whether the answer begins early enough, or holds all that there is."""
    rows = answer.value
    return len(rows) < limit or (len(rows) > 0 and rows.column("timestamp").stored[0] <= wanted.window.start)


def _is_open_ended(call: Call) -> bool:
    return isinstance(call.params, SeriesParams) and call.params.from_ is None


def _limit(call: Call) -> int:
    assert isinstance(call.params, SeriesParams)  # noqa: S101  # of a request of a series
    return call.params.last or 0
