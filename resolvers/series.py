"""A window of a series: fetched in as few requests as hold it, joined and cut."""

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

from cg_client.call import Answer, Decode
from cg_client.endpoint import Endpoint
from cg_client.errors import CoinglassError
from cg_client.params import Series as SeriesParams
from cg_client.windows import Window
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
    answers = []
    for call in wanted.calls:
        answer = context.loaders.kept(call)
        if answer is None:
            return None
        answers.append(answer)
    return _served(wanted, answers)


async def fetched(context: Context, wanted: Request) -> Served:
    """The points, from the calls of one or several pages at the same time."""
    load = context.loaders.endpoint.load
    if len(wanted.calls) == 1:
        return _served(wanted, [await load(wanted.calls[0])])
    return _served(wanted, await asyncio.gather(*map(load, wanted.calls)))


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
