"""What is kept of a series past its time and is right all the same: the points of closed bars.

An open-ended request is fetched again and again for its newest points. Its closed ones are kept longer: they answer a
window that ends with them, and are completed by the small request for the newest points alone.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, TypeAlias

from msgspec.structs import replace

from cg_client.call import Answer, Call
from cg_client.endpoint import CLOSED_LIFETIME, closing_margin
from cg_client.fetcher import Fetcher
from cg_client.params.core import SeriesParams
from payloads.columns import Columns
from resolvers.window_planner import WindowPlan

Part: TypeAlias = Answer[Columns[Any]]


def closed_window(client: Fetcher, plan: WindowPlan) -> Part | None:
    """Return an answer past its time that holds the whole window, if that ended before the answer was fetched."""
    end = plan.window.end
    if end is None:
        return None
    for call in [one[0] for one in plan.candidates if one and _is_open_ended(one[0])]:
        found = _cached(client, call)
        if found is not None and end <= _closed_at(found, plan):
            return found
    return None


def cached_prefix(client: Fetcher, plan: WindowPlan) -> Part | None:
    """Return the closed points of a long request that the newest points may complete."""
    return None if plan.tail is None else _cached(client, plan.candidates[0][0])


def merge_tail(found: Part, tail: Part, plan: WindowPlan) -> Sequence[Part] | None:
    """Return the closed points and then the newest; None where bars may be missing between them."""
    if not len(tail.value):
        return None
    first: int = tail.value.column("timestamp").stored[0]
    if first > _closed_at(found, plan):
        return None
    before = bisect_left(found.value.column("timestamp").stored, first)
    return [replace(found, value=found.value[:before]), tail]


def _cached(client: Fetcher, call: Call) -> Part | None:
    """Return what is kept of the call, for as long as closed points are.

    It begins early enough for any window that the call would be sent for now, which begins later than then.
    """
    _, entry = client.peek(call)
    if entry is None:
        return None
    until = entry.stored_at + CLOSED_LIFETIME.total_seconds()
    return replace(entry.answer, fresh_until=until) if client.clock.monotonic() < until else None


def _closed_at(answer: Part, plan: WindowPlan) -> float:
    """Start (ms) of the last bar that had surely closed when the answer was fetched."""
    return (answer.fetched_at - closing_margin(plan.interval)).timestamp() * 1000


def _is_open_ended(call: Call) -> bool:
    return isinstance(call.params, SeriesParams) and call.params.from_ is None
