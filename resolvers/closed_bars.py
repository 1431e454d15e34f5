"""Reuses the closed bars of an answer that is no longer fresh: they do not change.

An open-ended call is fetched again and again for its newest bars. Its closed ones stay cached for longer: they answer a
window that ends with them, and the small call for the newest bars completes them.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, TypeAlias

from msgspec.structs import replace

from cg_client.call import Answer, Call
from cg_client.endpoint import CLOSED_LIFETIME
from cg_client.fetcher import Fetcher
from cg_client.params.core import SeriesParams
from cg_client.windows import last_closed, unix_ms
from payloads.columns import Columns
from resolvers.window_planner import WindowPlan

Part: TypeAlias = Answer[Columns[Any]]


def closed_window(client: Fetcher, plan: WindowPlan) -> Part | None:
    """Return a stale answer that holds the whole window, if the window had closed before the answer was fetched."""
    end = plan.window.end
    if end is None:
        return None
    for call in [candidate[0] for candidate in plan.candidates if candidate and _is_open_ended(candidate[0])]:
        part = _cached(client, call)
        if part is not None and end <= _closed_at(part, plan):
            return part
    return None


def with_lifetimes(parts: Sequence[Part], plan: WindowPlan) -> Sequence[Part]:
    """Return the answers with the lifetime of closed bars where all of the window's had closed."""
    end, lifetime = plan.window.end, CLOSED_LIFETIME.total_seconds()
    if end is None:
        return parts
    return [
        part if part.stale or end > _closed_at(part, plan) else replace(part, lifetime=max(lifetime, part.lifetime))
        for part in parts
    ]


def cached_prefix(client: Fetcher, plan: WindowPlan) -> Part | None:
    """Return the closed bars of a long call that the newest ones may complete."""
    return None if plan.tail is None else _cached(client, plan.candidates[0][0])


def merge_tail(prefix: Part, tail: Part, plan: WindowPlan) -> Sequence[Part] | None:
    """Return the closed bars and then the newest; None if bars may be missing between them."""
    if not len(tail.value):
        return None
    first: int = tail.value.column("timestamp").stored[0]
    if first > _closed_at(prefix, plan):
        return None
    before = bisect_left(prefix.value.column("timestamp").stored, first)
    return [replace(prefix, value=prefix.value[:before]), tail]


def _cached(client: Fetcher, call: Call) -> Part | None:
    """Return the cached answer, for as long as closed bars are reused.

    It reaches back far enough: any window for which the call would be sent now begins later than the answer does.
    """
    _, entry = client.peek(call)
    if entry is None:
        return None
    lifetime = CLOSED_LIFETIME.total_seconds()
    until = entry.stored_at + lifetime
    if client.clock.monotonic() >= until:
        return None
    return replace(entry.answer, fresh_until=until, lifetime=lifetime)


def _closed_at(answer: Part, plan: WindowPlan) -> int:
    """Return the start (ms) of the last bar that had surely closed when the answer was fetched."""
    return last_closed(plan.interval.milliseconds, unix_ms(answer.fetched_at))


def _is_open_ended(call: Call) -> bool:
    return isinstance(call.params, SeriesParams) and call.params.from_ is None
