"""What a window of a series takes: gated, sensible, and laid on the calls that hold it."""

import dataclasses
import itertools
import math
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar, cast

from cg_client.call import Call, Decode
from cg_client.coalescer import FetchPlan
from cg_client.endpoint import Endpoint
from cg_client.errors import (
    BadArgument,
    BeyondRetention,
    CoinglassError,
    HistoryTooDeep,
    IntervalTooFine,
    InvalidRequest,
)
from cg_client.fetcher import Fetcher
from cg_client.intervals import Interval
from cg_client.params import Series as SeriesParams
from cg_client.windows import (
    DEFAULT_POINTS,
    MAX_POINTS,
    SLACK,
    Page,
    Window,
    bars,
    closed_bars,
    tail,
    ways,
    window,
)
from vocabulary.enums import PlanLimitPolicy, Truncation

S = TypeVar("S", bound=SeriesParams)
Asked: TypeAlias = SeriesParams | Mapping[str, Any]  # the endpoint's parameters, or what they are made of

_KNOWN_AT_MOST = 4096
_SUGGESTIONS = 3
_TARGET_AT_MOST = 500  # characters: longer lists of names would make what is kept large


@dataclass(frozen=True, slots=True)
class Request:
    """A window as it may be asked for, and the ways to fetch it: calls whose answers hold it, the cheapest first.

    `tail`: the call for the newest points alone, where the first way is an open-ended request for many. `until`:
    monotonic seconds, until when the same would be made of the same parameters. `newest`: the latest time, in
    milliseconds, that a bar of a window without an end may have. `due`: how many bars have surely closed in the window.
    """

    requested: Interval
    interval: Interval
    window: Window
    truncated: Truncation | None
    ways: Sequence[FetchPlan]
    tail: Call | None
    until: float
    newest: int
    due: int

    @property
    def is_less_than_asked(self) -> bool:
        """Whether the plan does not include the window as it was asked for."""
        return self.interval is not self.requested or self.truncated is Truncation.PLAN_HISTORY


class Requests:
    """Works requests out, and keeps them for the series that are asked for again and again.

    One is right for its bar, and as long as the plan and what CoinGlass refused stay what they are.
    """

    def __init__(self, client: Fetcher) -> None:
        self._client = client
        self._known: OrderedDict[Hashable, tuple[Request, int]] = OrderedDict()

    def of(self, endpoint: Endpoint, asked: Asked, decode: Decode[object], policy: PlanLimitPolicy) -> Request:
        """Raises what the gate refuses, and BadArgument."""
        named = asked if isinstance(asked, SeriesParams) else (tuple(asked), tuple(asked.values()))
        key = endpoint, named, decode, policy
        revision = self._client.revision.count
        found = self._known.get(key)
        if found is not None and found[1] == revision and self._client.clock.monotonic() < found[0].until:
            self._known.move_to_end(key)
            return found[0]
        made = _request(self._client, endpoint, _params(endpoint, asked), decode, policy)
        if all(len(call.target) <= _TARGET_AT_MOST for call in itertools.chain(*made.ways)):
            self._known[key] = made, revision
        if len(self._known) > _KNOWN_AT_MOST:
            self._known.popitem(last=False)
        return made

    def check(self, endpoint: Endpoint, asked: Asked) -> None:
        """Raise BadArgument for what is wrong whatever the plan is."""
        _sensible(endpoint, _params(endpoint, asked), self._client.clock.now())

    def until(self, endpoint: Endpoint, asked: Asked) -> float:
        """Until when limits that are reckoned from now stay where they are, in monotonic seconds."""
        return _until(self._client, _params(endpoint, asked), self._client.clock.now())


def _params(endpoint: Endpoint, asked: Asked) -> SeriesParams:
    return asked if isinstance(asked, SeriesParams) else cast("SeriesParams", endpoint.params(**asked))


def _request(
    client: Fetcher, endpoint: Endpoint, asked: SeriesParams, decode: Decode[object], policy: PlanLimitPolicy
) -> Request:
    now = client.clock.now()
    try:
        allowed, wanted, truncated = admit(client, endpoint, asked, policy, now)
    except (CoinglassError, InvalidRequest) as error:
        error.endpoint = endpoint.path
        raise

    def call(page: Page) -> Call:
        return Call(endpoint, _paged(allowed, page), decode)

    found = _ways(client, endpoint, allowed, wanted, now)
    newest = tail(found[0])
    until = min(_until(client, asked, now), client.gate.settled_until)
    return Request(
        asked.interval,
        allowed.interval,
        wanted,
        truncated,
        [tuple(map(call, way)) for way in found],
        None if newest is None else call(newest),
        until,
        _ms(now) + SLACK * allowed.interval.milliseconds,
        closed_bars(wanted, allowed.interval.milliseconds, _ms(now)),
    )


def _until(client: Fetcher, asked: SeriesParams, now: datetime) -> float:
    """The end of the bar, or the end of the window where that comes before."""
    step = asked.interval.milliseconds
    seconds = (step - _ms(now) % step) / 1000
    if asked.to is not None and asked.to >= now:
        seconds = min(seconds, (asked.to - now).total_seconds())
    return client.clock.monotonic() + seconds


def admit(
    client: Fetcher, endpoint: Endpoint, asked: S, policy: PlanLimitPolicy, now: datetime
) -> tuple[S, Window, Truncation | None]:
    """The parameters and the window as the plan lets them be asked for, and what was left out."""
    _sensible(endpoint, asked, now)
    try:
        client.gate.check(endpoint, asked)
    except IntervalTooFine as refusal:
        if policy not in (PlanLimitPolicy.COARSEN, PlanLimitPolicy.FIT) or refusal.floor is None:
            raise
        asked = _coarsened(asked, refusal.floor)
    wanted = _window(asked, now)
    try:
        client.gate.check_depth(endpoint, asked.interval, wanted.start)
    except (HistoryTooDeep, BeyondRetention) as refusal:
        if policy not in (PlanLimitPolicy.CLIP, PlanLimitPolicy.FIT):
            raise
        reason = Truncation.PLAN_HISTORY if isinstance(refusal, HistoryTooDeep) else Truncation.RETENTION
        return asked, _clipped(client, endpoint, asked, wanted, refusal), reason
    return asked, wanted, None


def _coarsened(asked: S, interval: Interval) -> S:
    """The same span of time in bars of the other interval, of which the last may hold more than was asked for."""
    last = asked.last
    if asked.from_ is None:
        last = math.ceil((last or DEFAULT_POINTS) * asked.interval.milliseconds / interval.milliseconds)
    return dataclasses.replace(asked, interval=interval, last=last)


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
        raise BadArgument(
            f"This series has {_intervals(endpoint)}, not {asked.interval.name}.",
            "interval",
            _nearest(endpoint, asked.interval),
        )
    if asked.last is not None and asked.from_ is not None:
        raise BadArgument("Give `last`, or `from` and `to`, but not `last` and `from`.", "last")
    if asked.last is not None and not 1 <= asked.last <= MAX_POINTS:
        raise BadArgument(f"`last` is a number from 1 to {MAX_POINTS}, not {asked.last}.", "last")
    if asked.from_ is not None and asked.from_ > now:
        raise BadArgument("`from` lies in the future.", "from", lasting=False)
    if asked.from_ is not None and asked.to is not None and asked.from_ > asked.to:
        raise BadArgument("`from` must not be after `to`.", "from")


def _intervals(endpoint: Endpoint) -> str:
    if len(endpoint.intervals) == len(Interval):
        return f"intervals up to {endpoint.coarsest.name}"
    return f"the intervals {', '.join(one.name for one in Interval if endpoint.has(one))}"


def _nearest(endpoint: Endpoint, interval: Interval) -> list[str]:
    """Names of the series' intervals that are closest in length."""
    had = [one for one in Interval if endpoint.has(one)]
    return [one.name for one in sorted(had, key=lambda one: _ratio(one, interval))[:_SUGGESTIONS]]


def _ratio(one: Interval, other: Interval) -> float:
    """How many times the longer interval is as long as the shorter."""
    short, long = sorted((one.milliseconds, other.milliseconds))
    return long / short


def _window(asked: SeriesParams, now: datetime) -> Window:
    step = asked.interval.milliseconds
    start = None if asked.from_ is None else _ms(asked.from_)
    end = None if asked.to is None else _ms(asked.to)
    wanted = window(step, _ms(now), last=asked.last, start=start, end=end)
    if bars(wanted, step, _ms(now)) > MAX_POINTS:
        raise BadArgument(
            f"The window holds more than {MAX_POINTS} points: choose a later `from` or a coarser interval.",
            "from",
        )
    return wanted


def _ways(
    client: Fetcher, endpoint: Endpoint, asked: SeriesParams, wanted: Window, now: datetime
) -> list[tuple[Page, ...]]:
    earliest = client.gate.earliest(endpoint, asked.interval)
    return ways(
        wanted,
        asked.interval.milliseconds,
        _ms(now),
        endpoint.page_rows,
        earliest=None if earliest is None else _ms(earliest),
    )


def _paged(params: S, page: Page) -> S:
    """The parameters of one request."""
    return dataclasses.replace(params, last=page.limit, from_=_time(page.start), to=_time(page.end))


def _ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)


def _time(stamp: int | None) -> datetime | None:
    return None if stamp is None else datetime.fromtimestamp(stamp / 1000, UTC)
