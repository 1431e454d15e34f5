"""A window of a series: fetched in as few requests as hold it, joined and cut."""

import asyncio
import dataclasses
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

from cg_client.call import Answer, Call, Decode
from cg_client.endpoint import Endpoint
from cg_client.errors import CoinglassError
from cg_client.gathering import Way
from cg_client.params import Series as SeriesParams
from cg_client.windows import Window
from resolvers.closed import Part, base, closed_window, completed
from resolvers.context import Context
from resolvers.requests import Request
from vocabulary.columns import Columns
from vocabulary.enums import PlanLimitPolicy
from vocabulary.payloads import Source
from vocabulary.series import Served


async def serve(
    context: Context, endpoint: Endpoint, asked: SeriesParams, decode: Decode[Columns[Any]], policy: PlanLimitPolicy
) -> Served:
    """The points of the window; raises CoinglassError, and BadArgument for a window that makes no sense."""
    await context.client.know_plan()
    return await fetched(context, request(context, endpoint, asked, decode, policy))


def at_hand(context: Context, wanted: Request) -> Served | None:
    """The points, without waiting for anything; None where something has to be fetched."""
    for way in wanted.ways:
        answers = _kept(context, way)
        if answers is not None:
            return _served(wanted, answers)
    found = closed_window(context, wanted) if context.client.plan_is_settled else None
    if found is None:
        return _completed_at_hand(context, wanted) if wanted.tail is not None else None
    context.validity.rests_on(found)
    return _served(wanted, [found])


async def fetched(context: Context, wanted: Request) -> Served:
    """The points, from as few calls as bring them; those of several pages go out at the same time."""
    found = base(context, wanted)
    if found is None or wanted.tail is None:
        return _served(wanted, await _loaded(context, await context.client.choose(wanted.ways)))
    if _is_in_grace(context, wanted):
        context.client.refresh(wanted.tail, context.deadline, context.caller.asker)
        return _stale(context, wanted, found)
    way = await context.client.choose([(wanted.tail,), *wanted.ways])
    if way != (wanted.tail,):
        return _served(wanted, await _loaded(context, way))
    return await _completed(context, wanted, wanted.tail, found)


async def _completed(context: Context, wanted: Request, tail: Call, found: Part) -> Served:
    """Closed points with the newest, which are fetched; stale ones where those cannot be had for now."""
    try:
        newest = await context.loaders.endpoint.load(tail)
    except CoinglassError as error:
        if not error.retryable:
            raise
        return _stale(context, wanted, found)
    parts = completed(found, newest, wanted)
    if parts is None:
        return _served(wanted, await _loaded(context, wanted.ways[0]))
    context.validity.rests_on(found)
    return _served(wanted, parts)


def _completed_at_hand(context: Context, wanted: Request) -> Served | None:
    newest = None if wanted.tail is None else context.loaders.kept(wanted.tail)
    found = None if newest is None else base(context, wanted)
    parts = None if newest is None or found is None else completed(found, newest, wanted)
    if found is None or parts is None:
        return None
    context.validity.rests_on(found)
    return _served(wanted, parts)


def _is_in_grace(context: Context, wanted: Request) -> bool:
    entry = context.client.entry(wanted.ways[0][0])
    return entry is not None and context.client.clock.monotonic() < entry.grace_until


def _stale(context: Context, wanted: Request, found: Part) -> Served:
    answer = dataclasses.replace(found, stale=True)
    context.validity.rests_on(answer)
    return _served(wanted, [answer])


def _kept(context: Context, way: Way) -> Sequence[Part] | None:
    answers = []
    for call in way:
        answer = context.loaders.kept(call)
        if answer is None:
            return None
        answers.append(answer)
    return answers


async def _loaded(context: Context, way: Way) -> Sequence[Part]:
    load = context.loaders.endpoint.load
    return [await load(way[0])] if len(way) == 1 else await asyncio.gather(*map(load, way))


def request(
    context: Context, endpoint: Endpoint, asked: SeriesParams, decode: Decode[Columns[Any]], policy: PlanLimitPolicy
) -> Request:
    """What is to be fetched; raises what the gate refuses, and BadArgument."""
    try:
        wanted = context.requests.of(endpoint, asked, decode, policy)
    except CoinglassError:
        context.validity.ends(context.requests.until(asked))
        raise
    context.validity.ends(wanted.until)
    return wanted


def _served(wanted: Request, answers: Sequence[Answer[Columns[Any]]]) -> Served:
    rows = _cut(Columns.joined([answer.value for answer in answers]), wanted.window)
    return Served(rows, Source.of(answers), wanted.requested, wanted.interval, wanted.truncated)


def _cut(rows: Columns[Any], wanted: Window) -> Columns[Any]:
    """The rows inside the window."""
    if wanted.last is None or wanted.end is not None:
        times = rows.column("timestamp").stored
        start = bisect_left(times, wanted.start) if wanted.last is None else 0
        end = len(times) if wanted.end is None else bisect_right(times, wanted.end)
        rows = rows[start:end]
    return rows if wanted.last is None else rows[max(0, len(rows) - wanted.last) :]
