"""A window of a series: gated, fetched in as few requests as hold it, joined and cut."""

import asyncio
import dataclasses
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from cg_client.call import Answer, Call, Decode
from cg_client.endpoint import Endpoint
from cg_client.errors import BadArgument, BeyondRetention, CoinglassError, HistoryTooDeep, IntervalTooFine
from cg_client.fetcher import Fetcher
from cg_client.intervals import Interval
from cg_client.params import Series as SeriesParams
from cg_client.windows import MAX_POINTS, Page, Window, bars, pages, window
from resolvers.context import Context
from vocabulary.columns import Columns
from vocabulary.enums import PlanLimitPolicy, Truncation
from vocabulary.payloads import Source
from vocabulary.series import Served

S = TypeVar("S", bound=SeriesParams)


@dataclass(frozen=True, slots=True)
class Request:
    """A window as it may be asked for: the calls whose answers hold it, and how they become the window."""

    requested: Interval
    interval: Interval
    window: Window
    truncated: Truncation | None
    calls: Sequence[Call]

    def served(self, answers: Sequence[Answer[Columns[Any]]]) -> Served:
        rows = Columns.joined([answer.value for answer in answers])
        return Served(_cut(rows, self.window), Source.of(answers), self.requested, self.interval, self.truncated)


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
        answer = context.loaders.held(call)
        if answer is None:
            return None
        answers.append(answer)
    return wanted.served(answers)


async def fetched(context: Context, wanted: Request) -> Served:
    """The points, from the calls of one or several pages at the same time."""
    load = context.loaders.endpoint.load
    if len(wanted.calls) == 1:
        return wanted.served([await load(wanted.calls[0])])
    return wanted.served(await asyncio.gather(*map(load, wanted.calls)))


def request(
    context: Context, endpoint: Endpoint, asked: SeriesParams, decode: Decode[Columns[Any]], policy: PlanLimitPolicy
) -> Request:
    """What is to be fetched; raises what the gate refuses, and BadArgument."""
    client, now = context.client, context.client.clock.now()
    context.validity.ends(client.clock.monotonic() + _until_next_bar(asked.interval, now))
    try:
        allowed, wanted, truncated = admit(client, endpoint, asked, policy, now)
    except CoinglassError as error:
        error.endpoint = endpoint.path
        raise
    calls = [Call(endpoint, _paged(allowed, page), decode) for page in _pages(client, endpoint, allowed, wanted, now)]
    return Request(asked.interval, allowed.interval, wanted, truncated, calls)


def _until_next_bar(interval: Interval, now: datetime) -> float:
    """Seconds for which windows and their limits stay where they are."""
    return (interval.milliseconds - _ms(now) % interval.milliseconds) / 1000


def admit(
    client: Fetcher, endpoint: Endpoint, asked: S, policy: PlanLimitPolicy, now: datetime
) -> tuple[S, Window, Truncation | None]:
    """The parameters and the window as the plan lets them be asked for, and what was left out."""
    _sensible(endpoint, asked, now)
    try:
        client.gate.check(endpoint, asked)
    except IntervalTooFine as refusal:
        if policy is not PlanLimitPolicy.COARSEN or refusal.floor is None:
            raise
        asked = dataclasses.replace(asked, interval=refusal.floor)
    wanted = _window(asked, now)
    try:
        client.gate.check_depth(endpoint, asked.interval, wanted.start)
    except (HistoryTooDeep, BeyondRetention) as refusal:
        if policy is not PlanLimitPolicy.CLIP:
            raise
        reason = Truncation.PLAN_HISTORY if isinstance(refusal, HistoryTooDeep) else Truncation.RETENTION
        return asked, _clipped(client, endpoint, asked, wanted, refusal), reason
    return asked, wanted, None


def _clipped(
    client: Fetcher, endpoint: Endpoint, asked: SeriesParams, wanted: Window, refusal: HistoryTooDeep | BeyondRetention
) -> Window:
    """The part of the window that is there; raises the refusal where there is none."""
    earliest = client.gate.earliest(endpoint, asked.interval)
    start = max(wanted.start, _ms(earliest)) if earliest else wanted.start
    if wanted.end is not None and wanted.end < start:
        raise refusal
    return dataclasses.replace(wanted, start=start)


def _sensible(endpoint: Endpoint, asked: SeriesParams, now: datetime) -> None:
    """Raises BadArgument with the remedy."""
    if not endpoint.has(asked.interval):
        raise BadArgument(f"This series has {_intervals(endpoint)}, not {asked.interval.name}.")
    if asked.last is not None and asked.from_ is not None:
        raise BadArgument("Give `last`, or `from` and `to`, but not `last` and `from`.")
    if asked.last is not None and not 1 <= asked.last <= MAX_POINTS:
        raise BadArgument(f"`last` is a number from 1 to {MAX_POINTS}, not {asked.last}.")
    if asked.from_ is not None and asked.from_ > now:
        raise BadArgument("`from` lies in the future.")
    if asked.from_ is not None and asked.to is not None and asked.from_ >= asked.to:
        raise BadArgument("`from` must be before `to`.")


def _intervals(endpoint: Endpoint) -> str:
    if len(endpoint.intervals) == len(Interval):
        return f"intervals up to {endpoint.coarsest.name}"
    return f"the intervals {', '.join(one.name for one in Interval if endpoint.has(one))}"


def _window(asked: SeriesParams, now: datetime) -> Window:
    step = asked.interval.milliseconds
    start = None if asked.from_ is None else _ms(asked.from_)
    end = None if asked.to is None else _ms(asked.to)
    wanted = window(step, _ms(now), last=asked.last, start=start, end=end)
    if bars(wanted, step, _ms(now)) > MAX_POINTS:
        raise BadArgument(
            f"The window holds more than {MAX_POINTS} points: choose a later `from` or a coarser interval."
        )
    return wanted


def _pages(client: Fetcher, endpoint: Endpoint, asked: SeriesParams, wanted: Window, now: datetime) -> list[Page]:
    earliest = client.gate.earliest(endpoint, asked.interval)
    return pages(
        wanted,
        asked.interval.milliseconds,
        _ms(now),
        endpoint.page_rows,
        earliest=None if earliest is None else _ms(earliest),
    )


def _paged(params: S, page: Page) -> S:
    """The parameters of one request."""
    return dataclasses.replace(params, last=page.limit, from_=_time(page.start), to=_time(page.end))


def _cut(rows: Columns[Any], wanted: Window) -> Columns[Any]:
    """The rows inside the window."""
    if wanted.last is None or wanted.end is not None:
        times = rows.column("timestamp").stored
        start = bisect_left(times, wanted.start) if wanted.last is None else 0
        end = len(times) if wanted.end is None else bisect_right(times, wanted.end)
        rows = rows[start:end]
    return rows if wanted.last is None else rows[max(0, len(rows) - wanted.last) :]


def _ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)


def _time(stamp: int | None) -> datetime | None:
    return None if stamp is None else datetime.fromtimestamp(stamp / 1000, UTC)
