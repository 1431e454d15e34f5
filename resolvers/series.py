"""A window of a series: what is at hand of it, what is fetched, joined and cut."""

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

from cg_client.call import Answer, Decode
from cg_client.coalescer import FetchPlan
from cg_client.endpoint import Endpoint
from cg_client.errors import CoinglassError
from cg_client.windows import count_closed_bars, last_closed
from graph_types.enums import PlanLimitPolicy, Truncation
from payloads.columns import Columns
from payloads.series import Served
from resolvers.closed_bars import Part, cached_prefix, closed_window, merge_tail
from resolvers.context import Context
from resolvers.window_planner import SeriesArgs, WindowPlan


async def serve(
    context: Context, endpoint: Endpoint, args: SeriesArgs, decode: Decode[Columns[Any]], policy: PlanLimitPolicy
) -> Served:
    """Return the points of the window; raises CoinglassError, and BadArgument for a window that makes no sense."""
    if not context.client.plan_is_resolved:
        context.planner.check(endpoint, args)
    await context.client.know_plan()
    plan = plan_window(context, endpoint, args, decode, policy)
    return served(plan, await fetch(context, plan))


def get_fresh(context: Context, plan: WindowPlan) -> Served | None:
    """Return the points, without waiting for anything; None where something has to be fetched."""
    for candidate in plan.candidates:
        answers = _all_fresh(context, candidate)
        if answers is not None:
            return served(plan, answers)
    ended = plan.window.end is not None and context.client.plan_is_resolved
    found = closed_window(context.client, plan) if ended else None
    if found is None:
        return _merge_fresh_tail(context, plan) if plan.tail is not None else None
    context.validity.depend_on(found)
    return served(plan, [found])


def fetch(context: Context, plan: WindowPlan) -> asyncio.Future[Sequence[Part]]:
    """Return the answers that hold the window, for which something has to be sent or waited for."""
    return context.loaders.window.load(plan)


def _merge_fresh_tail(context: Context, plan: WindowPlan) -> Served | None:
    newest = None if plan.tail is None else context.operation.get_fresh(plan.tail)
    found = None if newest is None else cached_prefix(context.client, plan)
    parts = None if newest is None or found is None else merge_tail(found, newest, plan)
    if newest is None or found is None or parts is None:
        return None
    context.validity.depend_on(newest)
    context.validity.depend_on(found)
    return served(plan, parts)


def _all_fresh(context: Context, plan: FetchPlan) -> Sequence[Part] | None:
    answers = []
    for call in plan:
        answer = context.operation.get_fresh(call)
        if answer is None:
            return None
        answers.append(answer)
    for answer in answers:
        context.validity.depend_on(answer)
    return answers


def plan_window(
    context: Context, endpoint: Endpoint, args: SeriesArgs, decode: Decode[Columns[Any]], policy: PlanLimitPolicy
) -> WindowPlan:
    """Return what is to be fetched; raises what the gate refuses, and BadArgument."""
    try:
        plan = context.planner.plan(endpoint, args, decode, policy)
    except CoinglassError:
        context.validity.expire_at(context.planner.until(endpoint, args))
        raise
    context.validity.expire_at(plan.until)
    if plan.is_less_than_asked:
        context.gated()
    return plan


def served(plan: WindowPlan, answers: Sequence[Answer[Columns[Any]]]) -> Served:
    """Return the window out of the answers that hold it."""
    found = answers[0].value if len(answers) == 1 else Columns.joined([answer.value for answer in answers])
    rows = _cut(found, plan)
    truncated = plan.truncated
    if truncated is None and _in_window(rows, plan) < plan.due and _is_incomplete(rows, plan, answers):
        truncated = Truncation.INCOMPLETE
    return Served(rows, answers, plan.requested, plan.interval, truncated)


def _is_incomplete(rows: Columns[Any], plan: WindowPlan, answers: Sequence[Answer[Columns[Any]]]) -> bool:
    """Whether bars are missing that had closed when CoinGlass was asked."""
    step, fetched = plan.interval.milliseconds, round(min(one.fetched_at for one in answers).timestamp() * 1000)
    times = rows.column("timestamp").stored
    closed = bisect_right(times, last_closed(step, fetched)) - bisect_left(times, plan.window.start)
    return closed < count_closed_bars(plan.window, step, fetched)


def _in_window(rows: Columns[Any], plan: WindowPlan) -> int:
    """Count the rows from the start of the window on: of a series that has ended, the newest ones lie before it."""
    times = rows.column("timestamp").stored
    if not times or times[0] >= plan.window.start:
        return len(rows)
    return len(rows) - bisect_left(times, plan.window.start)


def _cut(rows: Columns[Any], plan: WindowPlan) -> Columns[Any]:
    """Return the rows inside the window."""
    window, times = plan.window, rows.column("timestamp").stored
    if window.end is None and len(times) and times[-1] > plan.newest:
        rows = rows[: bisect_right(times, plan.newest)]  # no window without an end asks for bars to come
    if window.last is None or window.end is not None:
        times = rows.column("timestamp").stored
        start = bisect_left(times, window.start) if window.last is None else 0
        end = len(times) if window.end is None else bisect_right(times, window.end)
        rows = rows[start:end]
    return rows if window.last is None else rows[max(0, len(rows) - window.last) :]
