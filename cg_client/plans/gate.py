"""What the plan includes, decided before anything is sent.

The catalogue states plans, interval floors and depth of history. What CoinGlass refuses all the same is remembered for
a while, so that the same refusal is not bought twice.
"""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import Enum

from cg_client.clock import Clock
from cg_client.endpoint import Endpoint
from cg_client.errors import (
    BeyondRetention,
    Gated,
    GateSource,
    HistoryTooDeep,
    IntervalRefused,
    IntervalTooFine,
    PlanRefused,
    PlanRequired,
)
from cg_client.intervals import Interval
from cg_client.params.core import Params, SeriesParams
from cg_client.plans.key_plan import KeyPlan, title
from cg_client.plans.plan_table import HISTORY_DAYS, Plan, plan_for_history, plan_for_interval
from cg_client.plans.refusals import PlanRefusal, Refusals
from cg_client.revision import Revision
from cg_client.windows import floor, unix_ms


class Gate:
    """Refuses what the plan lacks. While the plan is unknown nothing is refused from the catalogue alone.

    `plan` is None while it is unknown; `key` says where it is from. Only `know` changes them.
    """

    def __init__(self, plan: Plan | None, clock: Clock, revision: Revision | None = None) -> None:
        """`revision` counts what changes here, except by the passing of time."""
        self.key = KeyPlan(declared=plan)
        self.plan = plan
        self._clock = clock
        self._revision = revision or Revision()
        self._refusals = Refusals(clock)
        self.on_contradiction: Callable[[str], None] = lambda _: None
        self.on_refusal: Callable[[PlanRefusal], None] = lambda _: None  # called with what CoinGlass refused to us

    def know(self, key: KeyPlan) -> None:
        """Take over the state of the key. Refusals for another plan or limit are forgotten."""
        before, self.key, self.plan = self.key, key, key.plan
        if (key.stated, key.contradiction) != (before.stated, before.contradiction):
            self._revision.bump()
        if key.plan is not before.plan or before.limit not in (None, key.limit):
            self._refusals.by_values.clear()
            self._revision.bump()
        if key.contradiction not in ("", before.contradiction):
            self.on_contradiction(key.contradiction)

    @property
    def valid_until(self) -> float:
        """Monotonic seconds until which the same is refused, unless CoinGlass refuses more."""
        return self._refusals.valid_until if self._refusals.by_values else math.inf

    def includes(self, endpoint: Endpoint) -> bool:
        return self._refusals.find(endpoint) is None and (self.plan is None or self.plan >= endpoint.plan)

    def check(self, endpoint: Endpoint, params: Params) -> None:
        """Raise PlanRequired or IntervalTooFine if the plan does not include the endpoint or the interval."""
        if self._refusals.by_values and (refusal := self._refusals.find(endpoint, params)) is not None:
            raise refusal
        if self.plan is None:
            return
        if self.plan < endpoint.plan:
            raise self._plan_required(endpoint, GateSource.CATALOGUE)
        finest = endpoint.interval_floors.get(self.plan)
        if finest is None or not isinstance(params, SeriesParams):
            return
        if params.interval.milliseconds < finest.milliseconds:
            raise self._interval_too_fine(endpoint, params.interval, GateSource.CATALOGUE)

    def finest(self, endpoint: Endpoint) -> Interval | None:
        """Return the least interval on the current plan; None if the plan sets none."""
        return None if self.plan is None else endpoint.interval_floors.get(self.plan)

    def earliest(self, endpoint: Endpoint, interval: Interval) -> datetime | None:
        """Return the start of the oldest bar that may be requested, by plan and by what CoinGlass itself keeps."""
        days, retention = HISTORY_DAYS[self.plan].get(interval), endpoint.retention.get(interval)
        if days is None:
            return None if retention is None else self._oldest(retention, interval)
        return self._oldest(min(timedelta(days), retention or timedelta.max), interval)

    def check_depth(self, endpoint: Endpoint, interval: Interval, start: int) -> None:
        """Raise HistoryTooDeep or BeyondRetention, by the stricter limit, for a window that starts (ms) before it."""
        oldest = self.earliest(endpoint, interval)
        if oldest is None or start >= unix_ms(oldest):
            return
        days, retention = HISTORY_DAYS[self.plan].get(interval), endpoint.retention.get(interval)
        if retention is None or (days is not None and timedelta(days) < retention):
            raise self._history_too_deep(endpoint, interval, start, oldest)
        raise BeyondRetention(
            f"CoinGlass keeps {retention.days} days of this at {interval.value}; ask from {_day(oldest)} on.",
            available_from=oldest,
        )

    def learn(self, endpoint: Endpoint, params: Params, refusal: PlanRefused | IntervalRefused) -> Gated:
        """Remember what CoinGlass refused, and return it as a limit of the plan."""
        interval = (
            params.interval if isinstance(refusal, IntervalRefused) and isinstance(params, SeriesParams) else None
        )
        error: Gated
        if interval is None:
            refused = _refused(params.gated_values(), self._refusals.days(params))
            error = self._plan_required(endpoint, GateSource.UPSTREAM, refused)
        else:
            error = self._interval_too_fine(endpoint, interval, GateSource.UPSTREAM)
        remembered = self._refusals.learn(endpoint, params, error, for_depth=interval is None)
        self._revision.bump()
        self.on_refusal(remembered)
        return error

    def take_over(
        self,
        endpoint: Endpoint,
        values: tuple[object, ...],
        days: int | None,
        interval: Interval | None,
        seconds: float,
    ) -> None:
        """Remember for so many seconds what CoinGlass refused to another replica: the `interval`, unless it is None."""
        error: Gated
        if interval is None:
            error = self._plan_required(endpoint, GateSource.UPSTREAM, _refused(values, days))
        else:
            error = self._interval_too_fine(endpoint, interval, GateSource.UPSTREAM)
        self._refusals.add(PlanRefusal(endpoint, values, error, self._clock.monotonic() + seconds, days))
        self._revision.bump()

    def channel_refused(self, endpoint: Endpoint) -> PlanRequired:
        """Return what CoinGlass refused as a limit of the plan. Asking again is free, so that it is not remembered."""
        return self._plan_required(endpoint, GateSource.UPSTREAM, "this channel")

    def _oldest(self, span: timedelta, interval: Interval) -> datetime:
        return datetime.fromtimestamp(floor(unix_ms(self._clock.now() - span), interval.milliseconds) / 1000, UTC)

    def _plan_required(
        self, endpoint: Endpoint, decided_by: GateSource, refused: str = "this endpoint"
    ) -> PlanRequired:
        if decided_by is GateSource.CATALOGUE:
            message = (
                f"{endpoint.summary.rstrip('.')}: needs the {title(endpoint.plan)} plan; "
                f"this server runs with {self.key.stated}."
            )
        else:
            message = (
                f"CoinGlass refused {refused} for the plan of the key. The catalogue states {title(endpoint.plan)} "
                f"and above, and this server runs with {self.key.stated}; check {self._to_check}."
            )
        refusal = PlanRequired(self._in_full(message), required=endpoint.plan, current=self.plan, decided_by=decided_by)
        refusal.endpoint = endpoint.path
        return refusal

    def _interval_too_fine(self, endpoint: Endpoint, interval: Interval, decided_by: GateSource) -> IntervalTooFine:
        required = plan_for_interval(interval, endpoint.interval_floors, endpoint.plan)
        finest = self.finest(endpoint)
        if finest is not None and finest.milliseconds > interval.milliseconds:
            message = (
                f"Interval {interval.value} is too fine for {self.key.stated}, which starts at "
                f"{finest.value}; onPlanLimit: COARSEN serves that, and FIT also cuts the window to the history of the "
                f"plan; or upgrade to {title(required)}."
            )
        else:  # refused although the catalogue admits it
            finest = None
            message = (
                f"CoinGlass refused interval {interval.value} for the plan of the key, and this server runs with "
                f"{self.key.stated}; check {self._to_check}."
            )
        refusal = IntervalTooFine(
            self._in_full(message), floor=finest, required=required, current=self.plan, decided_by=decided_by
        )
        refusal.endpoint = endpoint.path
        return refusal

    @property
    def _to_check(self) -> str:
        return "the subscription" if self.key.declared is None else "COINGLASS_PLAN and the subscription"

    def _in_full(self, message: str) -> str:
        """Append how the key contradicts the declared plan."""
        return f"{message} {self.key.contradiction}".rstrip()

    def _history_too_deep(self, endpoint: Endpoint, interval: Interval, start: int, oldest: datetime) -> HistoryTooDeep:
        days = (unix_ms(self._clock.now()) - start) / 86_400_000
        required = plan_for_history(interval, days, max(endpoint.plan, self.plan or endpoint.plan))
        reach = f"{title(required)} reaches further" if required else "no plan is stated to reach that far"
        message = (
            f"{self.key.stated} holds {interval.value} history from {_day(oldest)} on; {reach}. "
            "onPlanLimit: CLIP (FIT in place of COARSEN) serves the part that is there, and 1d has no stated limit."
        )
        return HistoryTooDeep(
            self._in_full(message), available_from=oldest, required=required or Plan.ENTERPRISE, current=self.plan
        )


def _refused(values: tuple[object, ...], days: int | None) -> str:
    """Describe what of an endpoint CoinGlass refused."""
    texts = [str(value.value) if isinstance(value, Enum) else str(value) for value in values]
    reach = "" if days is None else f" from {days} days back"
    return f"{' '.join(texts)}{reach} of this endpoint" if texts or reach else "this endpoint"


def _day(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%MZ")
