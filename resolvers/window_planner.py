"""What a window of a series takes: gated, sensible, and laid on the calls that hold it."""

import dataclasses
import itertools
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
    CoinglassError,
    InvalidRequest,
)
from cg_client.fetcher import Fetcher
from cg_client.intervals import Interval
from cg_client.params.core import SeriesParams
from cg_client.windows import (
    MAX_POINTS,
    SLACK,
    Page,
    Window,
    candidates,
    count_closed_bars,
    tail,
    unix_ms,
)
from graph_types.enums import PlanLimitPolicy, Truncation
from resolvers.plan_limit_policy import admit

S = TypeVar("S", bound=SeriesParams)
SeriesArgs: TypeAlias = SeriesParams | Mapping[str, Any]  # the endpoint's parameters, or what they are made of

_MAX_PLANS = 4096
_SUGGESTIONS = 3
_MAX_TARGET = 500  # characters: longer lists of names would make what is kept large


@dataclass(frozen=True, slots=True)
class WindowPlan:
    """A window as the plan of the key allows it, and the candidates to fetch it, the cheapest first.

    `tail`: the call for the newest points alone, if the first candidate is an open-ended request for many. `until`:
    monotonic seconds, until when the same parameters give the same plan. `newest`: the latest time, in
    milliseconds, that a bar of a window without an end may have. `due`: how many bars have surely closed in the window.
    """

    requested: Interval
    interval: Interval
    window: Window
    truncated: Truncation | None
    candidates: Sequence[FetchPlan]
    tail: Call | None
    until: float
    newest: int
    due: int

    @property
    def is_less_than_asked(self) -> bool:
        """Whether the plan does not include the window as it was asked for."""
        return self.interval is not self.requested or self.truncated is Truncation.PLAN_HISTORY


class WindowPlanner:
    """Plans windows, and keeps the plans for series that are asked for again.

    A plan holds until its bar ends, and as long as the plan of the key and what CoinGlass refused stay the same.
    """

    def __init__(self, client: Fetcher) -> None:
        self._client = client
        self._plans: OrderedDict[Hashable, tuple[WindowPlan, int]] = OrderedDict()

    def plan(self, endpoint: Endpoint, args: SeriesArgs, decode: Decode[object], policy: PlanLimitPolicy) -> WindowPlan:
        """Plan the window; raises what the gate refuses, and BadArgument."""
        named = args if isinstance(args, SeriesParams) else (tuple(args), tuple(args.values()))
        key = endpoint, named, decode, policy
        revision = self._client.revision.count
        found = self._plans.get(key)
        if found is not None and found[1] == revision and self._client.clock.monotonic() < found[0].until:
            self._plans.move_to_end(key)
            return found[0]
        plan = _plan(self._client, endpoint, _params(endpoint, args), decode, policy)
        if all(len(call.target) <= _MAX_TARGET for call in itertools.chain(*plan.candidates)):
            self._plans[key] = plan, revision
        if len(self._plans) > _MAX_PLANS:
            self._plans.popitem(last=False)
        return plan

    def check(self, endpoint: Endpoint, args: SeriesArgs) -> None:
        """Raise BadArgument for what is wrong whatever the plan is."""
        _sensible(endpoint, _params(endpoint, args), self._client.clock.now())

    def until(self, endpoint: Endpoint, args: SeriesArgs) -> float:
        """Return until when limits relative to the current time stay the same, in monotonic seconds."""
        return _until(self._client, _params(endpoint, args), self._client.clock.now())


def _params(endpoint: Endpoint, args: SeriesArgs) -> SeriesParams:
    return args if isinstance(args, SeriesParams) else cast("SeriesParams", endpoint.params(**args))


def _plan(
    client: Fetcher, endpoint: Endpoint, args: SeriesParams, decode: Decode[object], policy: PlanLimitPolicy
) -> WindowPlan:
    now = client.clock.now()
    try:
        _sensible(endpoint, args, now)
        allowed, window, truncated = admit(client, endpoint, args, policy, now)
    except (CoinglassError, InvalidRequest) as error:
        error.endpoint = endpoint.path
        raise

    def call(page: Page) -> Call:
        return Call(endpoint, _paged(allowed, page), decode)

    found = _candidates(client, endpoint, allowed, window, now)
    newest = tail(found[0])
    until = min(_until(client, args, now), client.gate.valid_until)
    return WindowPlan(
        args.interval,
        allowed.interval,
        window,
        truncated,
        [tuple(map(call, way)) for way in found],
        None if newest is None else call(newest),
        until,
        unix_ms(now) + SLACK * allowed.interval.milliseconds,
        count_closed_bars(window, allowed.interval.milliseconds, unix_ms(now)),
    )


def _until(client: Fetcher, args: SeriesParams, now: datetime) -> float:
    """Return the end of the bar, or the end of the window where that comes before."""
    step = args.interval.milliseconds
    seconds = (step - unix_ms(now) % step) / 1000
    if args.to is not None and args.to >= now:
        seconds = min(seconds, (args.to - now).total_seconds())
    return client.clock.monotonic() + seconds


def _sensible(endpoint: Endpoint, args: SeriesParams, now: datetime) -> None:
    """Check the arguments; raises BadArgument with the remedy."""
    if args.interval not in endpoint.offered_intervals:
        raise BadArgument(
            f"This series has {_intervals(endpoint)}, not {args.interval.name}.",
            "interval",
            _nearest(endpoint, args.interval),
        )
    if args.last is not None and args.from_ is not None:
        raise BadArgument("Give `last`, or `from` and `to`, but not `last` and `from`.", "last")
    if args.last is not None and not 1 <= args.last <= MAX_POINTS:
        raise BadArgument(f"`last` is a number from 1 to {MAX_POINTS}, not {args.last}.", "last")
    if args.from_ is not None and args.from_ > now:
        raise BadArgument("`from` lies in the future.", "from", lasting=False)
    if args.from_ is not None and args.to is not None and args.from_ > args.to:
        raise BadArgument("`from` must not be after `to`.", "from")


def _intervals(endpoint: Endpoint) -> str:
    if len(endpoint.intervals) == len(Interval):
        return f"intervals up to {endpoint.coarsest.name}"
    return f"the intervals {', '.join(one.name for one in endpoint.offered_intervals)}"


def _nearest(endpoint: Endpoint, interval: Interval) -> list[str]:
    """Names of the series' intervals that are closest in length."""
    offered = endpoint.offered_intervals
    return [one.name for one in sorted(offered, key=lambda one: _ratio(one, interval))[:_SUGGESTIONS]]


def _ratio(one: Interval, other: Interval) -> float:
    """How many times the longer interval is as long as the shorter."""
    short, long = sorted((one.milliseconds, other.milliseconds))
    return long / short


def _candidates(
    client: Fetcher, endpoint: Endpoint, args: SeriesParams, window: Window, now: datetime
) -> list[tuple[Page, ...]]:
    earliest = client.gate.earliest(endpoint, args.interval)
    return candidates(
        window,
        args.interval.milliseconds,
        unix_ms(now),
        endpoint.page_rows,
        earliest=None if earliest is None else unix_ms(earliest),
    )


def _paged(params: S, page: Page) -> S:
    """Return the parameters of one request."""
    return dataclasses.replace(params, last=page.limit, from_=_time(page.start), to=_time(page.end))


def _time(stamp: int | None) -> datetime | None:
    return None if stamp is None else datetime.fromtimestamp(stamp / 1000, UTC)
