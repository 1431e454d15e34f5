"""A window of a series: read from the cache or fetched, and cut to what was requested."""

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from cg_client.call import Call, Decode
from cg_client.endpoint import Endpoint
from cg_client.errors import CoinglassError
from cg_client.windows import count_closed_bars, last_closed, unix_ms
from graph_types.enums import PlanLimitPolicy, Truncation
from payloads.columns import Columns
from payloads.series import ServedWindow
from resolvers.closed_bars import Part, cached_prefix, closed_window, merge_tail, with_lifetimes
from resolvers.context import Context
from resolvers.window_planner import SeriesArgs, WindowPlan


async def fetch_window(
    context: Context, endpoint: Endpoint, args: SeriesArgs, decode: Decode[Columns[Any]], policy: PlanLimitPolicy
) -> ServedWindow:
    """Return the window from the cache or from CoinGlass; raises CoinglassError, and BadArgument for bad arguments."""
    if not context.client.plan_is_resolved:
        context.planner.check(endpoint, args)
    await context.client.know_plan()
    plan = plan_window(context, endpoint, args, decode, policy)
    return cut_window(plan, await fetch(context, plan))


def plan_window(
    context: Context, endpoint: Endpoint, args: SeriesArgs, decode: Decode[Columns[Any]], policy: PlanLimitPolicy
) -> WindowPlan:
    """Return what has to be fetched; raises what the gate refuses, and BadArgument."""
    try:
        plan = context.planner.plan(endpoint, args, decode, policy)
    except CoinglassError:
        context.validity.expire_at(context.planner.expires_at(endpoint, args))
        raise
    context.validity.expire_at(plan.expires_at)
    if plan.is_reduced:
        context.note_gated()
    return plan


def get_fresh(context: Context, plan: WindowPlan) -> ServedWindow | None:
    """Return the points from the cache, without waiting for anything; None if something has to be fetched."""
    for candidate in plan.candidates:
        parts = [part for call in candidate if (part := context.peek_fresh(call)) is not None]
        if len(parts) == len(candidate):
            return _cut_from_cache(context, plan, parts)
    if plan.window.end is not None and context.client.plan_is_resolved:
        closed = closed_window(context.client, plan)
        if closed is not None:
            return _cut_from_cache(context, plan, [closed])
    if plan.tail is None:
        return None
    tail, prefix = context.peek_fresh(plan.tail), cached_prefix(context.client, plan)
    merged = None if tail is None or prefix is None else merge_tail(prefix, tail, plan)
    return None if merged is None else _cut_from_cache(context, plan, merged)


def _cut_from_cache(context: Context, plan: WindowPlan, parts: Sequence[Part]) -> ServedWindow:
    context.validity.depend_on(*parts)
    return cut_window(plan, parts)


async def fetch(context: Context, plan: WindowPlan) -> Sequence[Part]:
    """Fetch a window that the cache cannot answer alone; return the answers that hold it, oldest first."""
    prefix = None if plan.tail is None else cached_prefix(context.client, plan)
    if prefix is not None and plan.tail is not None:
        return await _complete(context, prefix, plan, plan.tail)
    _, started = await context.client.plan(plan.candidates, context.start)
    return await _answers(context, started)


async def _answers(context: Context, started: Sequence[asyncio.Future[Part]]) -> Sequence[Part]:
    """Return the answers; raises the first failure once all have ended, so that none is left unretrieved."""
    parts: list[Part] = []
    failure: Exception | None = None
    for future in started:
        try:
            parts.append(await future)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is raised below
            failure = failure or error
    if failure is not None:
        try:
            raise failure
        finally:
            failure = None  # whose traceback refers to this frame
    context.validity.depend_on(*parts)
    return parts


async def _complete(context: Context, prefix: Part, plan: WindowPlan, tail: Call) -> Sequence[Part]:
    """Return the closed bars with the newest, which are fetched.

    Within the grace period, and if the newest cannot be fetched, return the closed bars alone, marked stale.
    """
    client = context.client
    _, entry = client.peek(plan.candidates[0][0])
    if context.grace and entry is not None and client.clock.monotonic() < entry.grace_until:
        client.refresh(tail, context.deadline, context.requester)
        return _stale(context, prefix)
    selected, started = await client.plan([(tail,), *plan.candidates], context.start)
    is_tail = selected == (tail,)
    try:
        newest = await _answers(context, started)
    except CoinglassError as error:
        if not is_tail or not error.retryable or not context.grace:
            raise
        return _stale(context, prefix)
    if not is_tail:
        return newest
    parts = merge_tail(prefix, newest[0], plan)
    if parts is None:
        return await _answers(context, context.start(plan.candidates[0]))
    context.validity.depend_on(prefix)
    return parts


def _stale(context: Context, prefix: Part) -> Sequence[Part]:
    answer = replace(prefix, stale=True, lifetime=prefix.endpoint.refresh.total_seconds())
    context.validity.depend_on(answer)
    return [answer]


def cut_window(plan: WindowPlan, parts: Sequence[Part]) -> ServedWindow:
    """Cut the window out of the answers that hold it."""
    rows = _cut(parts[0].value if len(parts) == 1 else Columns.joined([part.value for part in parts]), plan)
    truncated = plan.truncated
    if truncated is None and _is_incomplete(rows, plan, parts):
        truncated = Truncation.INCOMPLETE
    return ServedWindow(rows, with_lifetimes(parts, plan), plan.requested, plan.interval, truncated, plan.unit)


def _is_incomplete(rows: Columns[Any], plan: WindowPlan, parts: Sequence[Part]) -> bool:
    """Whether bars of the window are missing that had closed when CoinGlass answered."""
    times, start = rows.column("timestamp").stored, plan.window.start
    before = bisect_left(times, start)  # of a series that has ended, the newest bars lie before the window
    if len(times) - before >= plan.closed:
        return False
    step, fetched = plan.interval.milliseconds, unix_ms(min(part.fetched_at for part in parts))
    closed = bisect_right(times, last_closed(step, fetched)) - before
    return closed < count_closed_bars(plan.window, step, fetched)


def _cut(rows: Columns[Any], plan: WindowPlan) -> Columns[Any]:
    """Return the rows inside the window."""
    window, times = plan.window, rows.column("timestamp").stored
    stop = len(times)
    if window.end is not None:
        stop = bisect_right(times, window.end)
    elif stop and times[-1] > plan.newest:
        stop = bisect_right(times, plan.newest)  # no window without an end contains bars to come
    start = bisect_left(times, window.start) if window.last is None else max(0, stop - window.last)
    return rows[start:stop]
