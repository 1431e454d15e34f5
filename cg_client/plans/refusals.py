"""What CoinGlass refused for the plan, remembered for the parameters that a plan can limit and for nothing else.

A refused range or interval says nothing about the others. A window that reaches further back than the least plan does
may have been refused for its depth, so that it closes windows as deep and deeper ones alone.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cg_client.clock import Clock
from cg_client.endpoint import Endpoint
from cg_client.errors import Gated
from cg_client.params import Params, Series, gated_values
from cg_client.plans.plan import least_history_days

REMEMBERED = timedelta(minutes=10)
MAX_KEPT = 1000  # refusals; the oldest is forgotten first


@dataclass(frozen=True, slots=True)
class _Refusal:
    """`days`: how far back the refused window reached, where that may be the reason; else None."""

    error: Gated
    until: float
    days: int | None

    def covers(self, days: int | None) -> bool:
        return self.days is None or (days is not None and days >= self.days)


class Refusals:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: OrderedDict[tuple[Endpoint, tuple[object, ...]], _Refusal] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._kept)

    def clear(self) -> None:
        self._kept.clear()

    @property
    def settled_until(self) -> float:
        """Monotonic seconds until when the same is refused, if CoinGlass refuses nothing else meanwhile."""
        self._expire()
        return next(iter(self._kept.values())).until if self._kept else math.inf

    def of(self, endpoint: Endpoint, params: Params | None = None) -> Gated | None:
        """Return the refusal of the call; without parameters that of the endpoint whatever they are."""
        self._expire()
        whole = self._kept.get((endpoint, ()))
        if whole is not None and whole.covers(None):
            return whole.error.with_traceback(None)
        if params is None:
            return None
        found = self._kept.get((endpoint, gated_values(params)))
        covers = found is not None and found.covers(self.days(params))
        return found.error.with_traceback(None) if found is not None and covers else None

    def add(self, endpoint: Endpoint, params: Params, error: Gated, *, for_depth: bool) -> None:
        """`for_depth`: the reason may be how far back the window reaches."""
        key, days = (endpoint, gated_values(params)), self.days(params) if for_depth else None
        known = self._kept.pop(key, None)
        if known is not None and days is not None:
            days = None if known.days is None else min(days, known.days)
        self._kept[key] = _Refusal(error, self._clock.monotonic() + REMEMBERED.total_seconds(), days)
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)

    def days(self, params: Params) -> int | None:
        """How many days back the window reaches, where a plan can refuse it for that; else None."""
        start = _start(params, self._clock.now())
        least = least_history_days(params.interval) if isinstance(params, Series) else 0
        if start is None or least is None:
            return None
        days = (self._clock.now() - start).days
        return days if days > least else None

    def _expire(self) -> None:
        now = self._clock.monotonic()
        while self._kept and next(iter(self._kept.values())).until < now:
            self._kept.popitem(last=False)


def _start(params: Params, now: datetime) -> datetime | None:
    """When the window begins that is asked for, as far as the parameters say it."""
    start: datetime | None = getattr(params, "from_", None)
    if start is not None or not isinstance(params, Series) or params.last is None:
        return start
    before = now if params.to is None else params.to
    span = timedelta(milliseconds=params.last * params.interval.milliseconds)
    return before - span if before - datetime.min.replace(tzinfo=UTC) > span else datetime.min.replace(tzinfo=UTC)
