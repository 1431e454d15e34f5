"""What becomes of a window beyond the plan: FAIL refuses it, COARSEN takes a coarser interval, CLIP a shorter window.

FIT does both.
"""

import dataclasses
import math
from datetime import UTC, datetime
from typing import TypeVar

from cg_client.endpoint import Endpoint
from cg_client.errors import BadArgument, BeyondRetention, HistoryTooDeep, IntervalTooFine
from cg_client.intervals import Interval
from cg_client.params.core import SeriesParams
from cg_client.plans.gate import Gate
from cg_client.windows import DEFAULT_POINTS, MAX_POINTS, Window, bars, floor, unix_ms, window_of
from graph_types.enums import PlanLimitPolicy, Truncation

S = TypeVar("S", bound=SeriesParams)


def apply_plan_limits(
    gate: Gate, endpoint: Endpoint, args: S, policy: PlanLimitPolicy, now: datetime
) -> tuple[S, Window, Truncation | None]:
    """Return the parameters and the window as the plan allows them, and what was left out."""
    try:
        gate.check(endpoint, args)
    except IntervalTooFine as refusal:
        if policy not in (PlanLimitPolicy.COARSEN, PlanLimitPolicy.FIT) or refusal.floor is None:
            raise
        args = _coarsened(args, refusal.floor)
    window, truncated = _window(args, now), None
    clips = policy in (PlanLimitPolicy.CLIP, PlanLimitPolicy.FIT)
    if not clips:
        _check_size(window, args.interval, now)
    try:
        gate.check_depth(endpoint, args.interval, window.start)
    except (HistoryTooDeep, BeyondRetention) as refusal:
        if not clips:
            raise
        truncated = Truncation.PLAN_HISTORY if isinstance(refusal, HistoryTooDeep) else Truncation.RETENTION
        window = _clipped(gate, endpoint, args, window, refusal)
    if clips:
        _check_size(window, args.interval, now)
    return args, window, truncated


def _coarsened(args: S, interval: Interval) -> S:
    """Cover the same span of time in bars of the other interval."""
    step = interval.milliseconds
    if args.from_ is None:
        last = math.ceil((args.last or DEFAULT_POINTS) * args.interval.milliseconds / step)
        return dataclasses.replace(args, interval=interval, last=last)
    start = datetime.fromtimestamp(floor(unix_ms(args.from_), step) / 1000, UTC)  # the bar that holds it began before
    return dataclasses.replace(args, interval=interval, from_=start)


def _clipped(
    gate: Gate, endpoint: Endpoint, args: SeriesParams, window: Window, refusal: HistoryTooDeep | BeyondRetention
) -> Window:
    """Return the part of the window that is there; raises the refusal where there is none."""
    earliest = gate.earliest(endpoint, args.interval)
    start = max(window.start, unix_ms(earliest)) if earliest else window.start
    if window.end is not None and window.end < start:
        raise refusal
    return dataclasses.replace(window, start=start)


def _window(args: SeriesParams, now: datetime) -> Window:
    step = args.interval.milliseconds
    start = None if args.from_ is None else unix_ms(args.from_)
    end = None if args.to is None else unix_ms(args.to)
    if start is not None and start == end:
        start = end = floor(start, step)  # the one bar that holds the moment
    return window_of(step, unix_ms(now), last=args.last, start=start, end=end)


def _check_size(window: Window, interval: Interval, now: datetime) -> None:
    if bars(window, interval.milliseconds, unix_ms(now)) > MAX_POINTS:
        raise BadArgument(
            f"The window holds more than {MAX_POINTS} points: choose a later `from` or a coarser interval.",
            "from",
        )
