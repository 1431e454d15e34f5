"""A window of a series: what is at hand of it, what is fetched, joined and cut."""

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

from cg_client.call import Answer, Decode
from cg_client.coalescer import FetchPlan
from cg_client.endpoint import Endpoint
from cg_client.errors import CoinglassError
from cg_client.windows import closed_bars, last_closed
from resolvers.closed import Part, base, closed_window, completed
from resolvers.context import Context
from resolvers.requests import Asked, Request
from vocabulary.columns import Columns
from vocabulary.enums import PlanLimitPolicy, Truncation
from vocabulary.series import Served


async def serve(
    context: Context, endpoint: Endpoint, asked: Asked, decode: Decode[Columns[Any]], policy: PlanLimitPolicy
) -> Served:
    """The points of the window; raises CoinglassError, and BadArgument for a window that makes no sense."""
    if not context.client.plan_is_settled:
        context.requests.check(endpoint, asked)
    await context.client.know_plan()
    wanted = request(context, endpoint, asked, decode, policy)
    return served(wanted, await fetched(context, wanted))


def at_hand(context: Context, wanted: Request) -> Served | None:
    """The points, without waiting for anything; None where something has to be fetched."""
    for way in wanted.ways:
        answers = _kept(context, way)
        if answers is not None:
            return served(wanted, answers)
    ended = wanted.window.end is not None and context.client.plan_is_settled
    found = closed_window(context.client, wanted) if ended else None
    if found is None:
        return _completed_at_hand(context, wanted) if wanted.tail is not None else None
    context.validity.rests_on(found)
    return served(wanted, [found])


def fetched(context: Context, wanted: Request) -> asyncio.Future[Sequence[Part]]:
    """The answers that hold the window, for which something has to be sent or waited for."""
    return context.loaders.window.load(wanted)


def _completed_at_hand(context: Context, wanted: Request) -> Served | None:
    newest = None if wanted.tail is None else context.operation.get_fresh(wanted.tail)
    found = None if newest is None else base(context.client, wanted)
    parts = None if newest is None or found is None else completed(found, newest, wanted)
    if newest is None or found is None or parts is None:
        return None
    context.validity.rests_on(newest)
    context.validity.rests_on(found)
    return served(wanted, parts)


def _kept(context: Context, plan: FetchPlan) -> Sequence[Part] | None:
    answers = []
    for call in plan:
        answer = context.operation.get_fresh(call)
        if answer is None:
            return None
        answers.append(answer)
    for answer in answers:
        context.validity.rests_on(answer)
    return answers


def request(
    context: Context, endpoint: Endpoint, asked: Asked, decode: Decode[Columns[Any]], policy: PlanLimitPolicy
) -> Request:
    """What is to be fetched; raises what the gate refuses, and BadArgument."""
    try:
        wanted = context.requests.of(endpoint, asked, decode, policy)
    except CoinglassError:
        context.validity.ends(context.requests.until(endpoint, asked))
        raise
    context.validity.ends(wanted.until)
    if wanted.is_less_than_asked:
        context.gated()
    return wanted


def served(wanted: Request, answers: Sequence[Answer[Columns[Any]]]) -> Served:
    """The window out of the answers that hold it."""
    found = answers[0].value if len(answers) == 1 else Columns.joined([answer.value for answer in answers])
    rows = _cut(found, wanted)
    truncated = wanted.truncated
    if truncated is None and len(rows) < wanted.due and _is_incomplete(rows, wanted, answers):
        truncated = Truncation.INCOMPLETE
    return Served(rows, answers, wanted.requested, wanted.interval, truncated)


def _is_incomplete(rows: Columns[Any], wanted: Request, answers: Sequence[Answer[Columns[Any]]]) -> bool:
    """Whether bars are missing that had closed when CoinGlass was asked."""
    step, fetched = wanted.interval.milliseconds, round(min(one.fetched_at for one in answers).timestamp() * 1000)
    closed = bisect_right(rows.column("timestamp").stored, last_closed(step, fetched))
    return closed < closed_bars(wanted.window, step, fetched)


def _cut(rows: Columns[Any], asked: Request) -> Columns[Any]:
    """The rows inside the window."""
    wanted, times = asked.window, rows.column("timestamp").stored
    if wanted.end is None and len(times) and times[-1] > asked.newest:
        rows = rows[: bisect_right(times, asked.newest)]  # no window without an end asks for bars to come
    if wanted.last is None or wanted.end is not None:
        times = rows.column("timestamp").stored
        start = bisect_left(times, wanted.start) if wanted.last is None else 0
        end = len(times) if wanted.end is None else bisect_right(times, wanted.end)
        rows = rows[start:end]
    return rows if wanted.last is None else rows[max(0, len(rows) - wanted.last) :]
