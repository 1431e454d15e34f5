"""Plans a window of a series: checks it, adapts it to the plan of the key, and lists the calls that bring it."""

import dataclasses
import math
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias, cast

from cg_client.call import Call, Decode
from cg_client.coalescer import FetchPlan
from cg_client.endpoint import Endpoint
from cg_client.errors import BadArgument, CoinglassError, InvalidRequest
from cg_client.fetcher import Fetcher
from cg_client.intervals import Interval
from cg_client.params.choices import Unit
from cg_client.params.core import SeriesParams
from cg_client.windows import MAX_POINTS, SLACK, Page, Window, candidates, count_closed_bars, tail, unix_ms
from graph_types.enums import PlanLimitPolicy, Truncation
from resolvers.plan_limit_policy import apply_plan_limits

SeriesArgs: TypeAlias = SeriesParams | Mapping[str, Any]  # the endpoint's parameters, or what they are made of

_MAX_PLANS = 4096
_SUGGESTIONS = 3
_MAX_TARGET = 500  # characters of a call's target: plans with longer lists of names are not cached


@dataclass(frozen=True, slots=True)
class WindowPlan:
    """A window as the plan of the key allows it, and the candidates to fetch it, the cheapest first.

    `tail`: the call for the newest points alone, if the first candidate is an open-ended call for many. `expires_at`:
    monotonic seconds, until when the same arguments give the same plan. `newest`: the latest time, in milliseconds,
    that a bar of a window without an end may have. `closed`: how many bars of the window have surely closed.
    `is_reduced`: whether the plan of the key does not include the window as it was requested. `unit`: what the caller
    chose for the figures, where there is a choice.
    """

    requested: Interval
    interval: Interval
    window: Window
    truncated: Truncation | None
    candidates: Sequence[FetchPlan]
    tail: Call | None
    expires_at: float
    newest: int
    closed: int
    is_reduced: bool
    unit: Unit | None


class WindowPlanner:
    """Plans windows, and caches the plans for series that are requested again.

    A window plan is reused until the bar under way ends, unless the plan of the key or what CoinGlass refuses changes.
    """

    def __init__(self, client: Fetcher) -> None:
        self._client = client
        self._plans: OrderedDict[Hashable, tuple[WindowPlan, int]] = OrderedDict()

    def plan(self, endpoint: Endpoint, args: SeriesArgs, decode: Decode[object], policy: PlanLimitPolicy) -> WindowPlan:
        """Plan the window; raises what the gate refuses, and BadArgument."""
        hashable = args if isinstance(args, SeriesParams) else (tuple(args), tuple(args.values()))
        key, revision = (endpoint, hashable, decode, policy), self._client.revision.count
        cached = self._plans.get(key)
        if cached is not None and cached[1] == revision and self._client.clock.monotonic() < cached[0].expires_at:
            self._plans.move_to_end(key)
            return cached[0]
        plan = _plan(self._client, endpoint, _params(endpoint, args), decode, policy)
        first = next(iter(plan.candidates[0]), None)
        if first is None or len(first.target) <= _MAX_TARGET:
            self._plans[key] = plan, revision
            if len(self._plans) > _MAX_PLANS:
                self._plans.popitem(last=False)
        return plan

    def check(self, endpoint: Endpoint, args: SeriesArgs) -> None:
        """Raise BadArgument for what is wrong whatever the plan is."""
        _check_arguments(endpoint, _params(endpoint, args), self._client.clock.now())

    def expires_at(self, endpoint: Endpoint, args: SeriesArgs) -> float:
        """Return until when limits relative to the current time stay the same, in monotonic seconds."""
        return _expires_at(self._client, _params(endpoint, args), self._client.clock.now())


def _params(endpoint: Endpoint, args: SeriesArgs) -> SeriesParams:
    return args if isinstance(args, SeriesParams) else cast("SeriesParams", endpoint.params(**args))


def _plan(
    client: Fetcher, endpoint: Endpoint, args: SeriesParams, decode: Decode[object], policy: PlanLimitPolicy
) -> WindowPlan:
    now = client.clock.now()
    try:
        _check_arguments(endpoint, args, now)
        allowed, window, truncated = apply_plan_limits(client.gate, endpoint, args, policy, now)
    except (CoinglassError, InvalidRequest) as error:
        error.endpoint = endpoint.path
        raise

    def call(page: Page) -> Call:
        from_ = None if page.start is None else _time(page.start)
        to = None if page.end is None else _time(page.end)
        return Call(endpoint, dataclasses.replace(allowed, last=page.limit, from_=from_, to=to), decode)

    step, now_ms = allowed.interval.milliseconds, unix_ms(now)
    earliest = client.gate.earliest(endpoint, allowed.interval)
    pages = candidates(window, step, now_ms, endpoint.page_rows, None if earliest is None else unix_ms(earliest))
    tail_page = tail(pages[0])
    return WindowPlan(
        requested=args.interval,
        interval=allowed.interval,
        window=window,
        truncated=truncated,
        candidates=[tuple(map(call, candidate)) for candidate in pages],
        tail=None if tail_page is None else call(tail_page),
        expires_at=min(_expires_at(client, args, now), client.gate.valid_until),
        newest=now_ms + SLACK * step,
        closed=count_closed_bars(window, step, now_ms),
        is_reduced=allowed.interval is not args.interval or truncated is Truncation.PLAN_HISTORY,
        unit=getattr(args, "unit", None),
    )


def _expires_at(client: Fetcher, args: SeriesParams, now: datetime) -> float:
    """Return the end of the bar, or the end of the window if that comes before."""
    step = args.interval.milliseconds
    seconds = (step - unix_ms(now) % step) / 1000
    if args.to is not None and args.to >= now:
        seconds = min(seconds, (args.to - now).total_seconds())
    return client.clock.monotonic() + seconds


def _time(stamp: int) -> datetime:
    return datetime.fromtimestamp(stamp / 1000, UTC)


def _check_arguments(endpoint: Endpoint, args: SeriesParams, now: datetime) -> None:
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
    return f"the intervals {', '.join(interval.name for interval in endpoint.offered_intervals)}"


def _nearest(endpoint: Endpoint, interval: Interval) -> list[str]:
    """Names of the series' intervals that are closest in length."""

    def distance(other: Interval) -> float:
        return abs(math.log(other.milliseconds / interval.milliseconds))

    return [other.name for other in sorted(endpoint.offered_intervals, key=distance)[:_SUGGESTIONS]]
