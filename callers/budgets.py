"""What each caller has spent of its budget, in windows of a minute and of a day that begin with its first operation."""

from collections import OrderedDict
from dataclasses import dataclass, fields
from typing import Final

from callers.caller import Budget, Caller
from cg_client.clock import Clock

MINUTE, DAY = 60, 86_400  # seconds
_MAX_ALLOWANCES: Final = 65_536


class BudgetExceeded(Exception):
    """`retry_after`: seconds until the window ends; None for an operation that no window has room for."""

    def __init__(self, message: str, retry_after: float | None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass(slots=True)
class BudgetWindow:
    """`unit` is `calls` or `values`; times are monotonic seconds."""

    unit: str
    period: str
    seconds: int
    limit: int
    used: int = 0
    ends_at: float = 0.0

    def begin_if_over(self, now: float) -> None:
        if now >= self.ends_at:
            self.used, self.ends_at = 0, now + self.seconds

    def check(self, amount: int, now: float) -> None:
        """Raise BudgetExceeded if the window has no room for so many."""
        if not amount or self.used + amount <= self.limit:
            return
        what = "upstream calls" if self.unit == "calls" else "values"
        if amount > self.limit:
            message = f"This operation could take {amount} {what}, and your budget is {self.limit} per {self.period}."
            raise BudgetExceeded(f"{message} Split it up.", None)
        left = max(0, self.limit - self.used)
        message = (
            f"This operation could take {amount} {what}, and {left} of your {self.limit} per {self.period} are left."
        )
        raise BudgetExceeded(message, self.ends_at - now)


class Allowance:
    """The budget of one caller and what it has spent."""

    def __init__(self, budget: Budget, clock: Clock, workers: int = 1) -> None:
        self._clock = clock
        periods = {"minute": MINUTE, "day": DAY}
        self.windows = [
            BudgetWindow(unit, period, periods[period], max(min(1, limit), limit // workers))
            for unit, _, period in (field.name.split("_") for field in fields(budget))
            if (limit := getattr(budget, f"{unit}_per_{period}")) is not None
        ]

    def reserve(self, calls: int, values: int) -> None:
        """Spend what an operation may take at most; raises BudgetExceeded and spends nothing."""
        now, amounts = self._clock.monotonic(), {"calls": calls, "values": values}
        for window in self.windows:
            window.begin_if_over(now)
            window.check(amounts[window.unit], now)
        for window in self.windows:
            window.used += amounts[window.unit]

    def correct_calls(self, reserved: int, sent: int) -> None:
        """Replace the calls that were reserved by those that were sent."""
        for window in self.windows:
            if window.unit == "calls":
                window.used = max(0, window.used + sent - reserved)

    @property
    def is_idle(self) -> bool:
        now = self._clock.monotonic()
        return all(now >= window.ends_at for window in self.windows)


class Budgets:
    """`default`: the budget of callers without one, and what the budget of a caller leaves open.

    Each of several `workers` has an equal share of all budgets: they do not know of each other.
    """

    def __init__(self, default: Budget, clock: Clock, workers: int = 1) -> None:
        self._default, self._clock, self._workers = default, clock, workers
        self._allowances: OrderedDict[str, Allowance] = OrderedDict()  # the least recently used first
        self.refused = 0

    def allowance(self, caller: Caller) -> Allowance | None:
        """Return the caller's allowance; None if its budget has no limit."""
        if caller.budget is None and self._default == _UNLIMITED:
            return None
        allowance = self._allowances.get(caller.name)
        if allowance is None:
            allowance = Allowance(_completed(caller.budget, self._default), self._clock, self._workers)
            self._allowances[caller.name] = allowance
            self._evict()
        self._allowances.move_to_end(caller.name)
        return allowance if allowance.windows else None

    def _evict(self) -> None:
        """Forget the oldest allowance whose windows are over, if there are too many; else the oldest."""
        if len(self._allowances) > _MAX_ALLOWANCES:
            idle = next((name for name, allowance in self._allowances.items() if allowance.is_idle), None)
            del self._allowances[next(iter(self._allowances)) if idle is None else idle]


_UNLIMITED: Final = Budget()


def _completed(budget: Budget | None, default: Budget) -> Budget:
    if budget is None:
        return default
    limits = {field.name: getattr(budget, field.name) for field in fields(Budget)}
    return Budget(**{name: getattr(default, name) if limit is None else limit for name, limit in limits.items()})
