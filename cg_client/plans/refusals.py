"""What CoinGlass refused for the plan, remembered for the parameters that a plan can limit and for nothing else.

A refused range or interval says nothing about the others. A window that reaches further back than the least plan does
may have been refused for its depth, so that only windows at least as deep are refused with it.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from cg_client.clock import Clock
from cg_client.endpoint import Endpoint
from cg_client.errors import Gated
from cg_client.params.core import Params, SeriesParams
from cg_client.plans.plan_table import least_history_days

REMEMBERED = timedelta(minutes=10)
MAX_REFUSALS = 1000  # the oldest is forgotten first
_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PlanRefusal:
    """CoinGlass refused the endpoint with those of its values that a plan can limit, until monotonic seconds.

    `days`: how far back the refused window reached, if that may be the reason; else None.
    """

    endpoint: Endpoint
    values: tuple[object, ...]
    error: Gated
    until: float
    days: int | None

    def covers(self, days: int | None) -> bool:
        return self.days is None or (days is not None and days >= self.days)


class Refusals:
    """`by_values` is empty in nearly all processes: then nothing here has to be called. What expires first is first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.by_values: OrderedDict[tuple[Endpoint, tuple[object, ...]], PlanRefusal] = OrderedDict()

    @property
    def valid_until(self) -> float:
        """Monotonic seconds until which the same is refused, unless CoinGlass refuses more."""
        self._expire()
        return next(iter(self.by_values.values())).until if self.by_values else math.inf

    def find(self, endpoint: Endpoint, params: Params | None = None) -> Gated | None:
        """Return the refusal of the call; without parameters that of the endpoint whatever they are."""
        self._expire()
        whole = self.by_values.get((endpoint, ()))
        if whole is not None and whole.covers(None):
            return whole.error.with_traceback(None)
        refusal = None if params is None else self.by_values.get((endpoint, params.gated_values()))
        if params is None or refusal is None or not refusal.covers(self.days(params)):
            return None
        return refusal.error.with_traceback(None)

    def learn(self, endpoint: Endpoint, params: Params, error: Gated, *, for_depth: bool) -> PlanRefusal:
        """Remember a refusal; `for_depth` if the reason may be how far back the window reaches."""
        days = self.days(params) if for_depth else None
        until = self._clock.monotonic() + REMEMBERED.total_seconds()
        return self.add(PlanRefusal(endpoint, params.gated_values(), error, until, days))

    def add(self, refusal: PlanRefusal) -> PlanRefusal:
        """Remember a refusal, and return it as it is remembered: with the fewest days of all for its values."""
        key = refusal.endpoint, refusal.values
        before = self.by_values.pop(key, None)
        if before is not None and refusal.days is not None:
            refusal = replace(refusal, days=None if before.days is None else min(refusal.days, before.days))
        is_latest = not self.by_values or next(reversed(self.by_values.values())).until <= refusal.until
        self.by_values[key] = refusal
        if not is_latest:
            self._sort()
        if len(self.by_values) > MAX_REFUSALS:
            self.by_values.popitem(last=False)
        return refusal

    def _sort(self) -> None:
        for key, _ in sorted(self.by_values.items(), key=lambda item: item[1].until):
            self.by_values.move_to_end(key)

    def days(self, params: Params) -> int | None:
        """Return how many days back the window reaches, if a plan can refuse it for that."""
        now = self._clock.now()
        start = _start(params, now)
        least = least_history_days(params.interval) if isinstance(params, SeriesParams) else 0
        if start is None or least is None:
            return None
        days = (now - start).days
        return days if days > least else None

    def _expire(self) -> None:
        now = self._clock.monotonic()
        while self.by_values and next(iter(self.by_values.values())).until < now:
            self.by_values.popitem(last=False)


def _start(params: Params, now: datetime) -> datetime | None:
    """Return when the requested window begins, as far as the parameters say it."""
    start: datetime | None = getattr(params, "from_", None)
    if start is not None or not isinstance(params, SeriesParams) or params.last is None:
        return start
    end = now if params.to is None else params.to
    return end - min(timedelta(milliseconds=params.last * params.interval.milliseconds), end - _EARLIEST)
