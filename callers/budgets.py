"""What each caller has spent of its budget, in windows of a minute and of a day that begin with its first operation."""

from collections import OrderedDict
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, fields
from typing import Final, NamedTuple, TypeAlias

from callers.caller import Budget, Caller
from cg_client.clock import Clock

MINUTE, DAY = 60, 86_400  # seconds
MAX_ALLOWANCES: Final = 65_536


class BudgetExceeded(Exception):
    """`retry_after`: seconds until the window ends; None for an operation that no window has room for.

    `limit`: the name of the budget, such as `calls_per_day`.
    """

    def __init__(self, message: str, retry_after: float | None, limit: str) -> None:
        super().__init__(message)
        self.retry_after, self.limit = retry_after, limit


@dataclass(slots=True)
class BudgetWindow:
    """`unit` is `calls` or `values`; times are monotonic seconds. `number`: of all windows that began, which it is."""

    unit: str
    period: str
    seconds: int
    limit: int
    used: int = 0
    ends_at: float = 0.0
    number: int = 0

    def begin_if_over(self, now: float) -> None:
        if now >= self.ends_at:
            self.used, self.ends_at = 0, now + self.seconds
            self.number += 1

    def spend(self, amount: int) -> None:
        """Count so many more, or fewer, as spent."""
        self.used += amount

    def left(self, now: float) -> int:
        return self.limit if now >= self.ends_at else max(0, self.limit - self.used)

    def seconds_left(self, now: float) -> float:
        """Return the seconds until the window ends; of one that has not begun, how long it will be."""
        return self.seconds if now >= self.ends_at else self.ends_at - now

    def check(self, amount: int, now: float) -> None:
        """Raise BudgetExceeded if the window has no room for so many."""
        if amount and self.used + amount > self.limit:
            raise self.exceeded(amount, self.left(now), now)

    def exceeded(self, amount: int, left: int, now: float) -> BudgetExceeded:
        """Return the refusal of so many, of which so many are left."""
        name = f"{self.unit}_per_{self.period}"
        what = "upstream calls" if self.unit == "calls" else "values"
        if amount > self.limit:
            message = f"This operation could take {amount} {what}, and your budget is {self.limit} per {self.period}."
            return BudgetExceeded(f"{message} Split it up.", None, name)
        rest = f"{left} of your {self.limit} per {self.period} are left"
        message = f"This operation could take {amount} {what}, and {rest}."
        return BudgetExceeded(message, self.seconds_left(now), name)


class Reservation(NamedTuple):
    """What an operation reserved in one window, which may be over when the operation ends."""

    window: BudgetWindow
    number: int
    amount: int

    def correct(self, amount: int) -> None:
        """Replace what was reserved by what was spent, in the window in which it was reserved."""
        if self.window.number == self.number:
            self.window.spend(amount - self.amount)


Reserved: TypeAlias = list[Reservation] | Awaitable[list[Reservation]]


class Allowance:
    """The budget of one caller and what it has spent. `source`: the budget of the caller before it was completed."""

    def __init__(self, source: Budget | None, budget: Budget, clock: Clock, workers: int = 1) -> None:
        self.source, self._clock = source, clock
        periods = {"minute": MINUTE, "day": DAY}
        self.windows = [
            BudgetWindow(unit, period, periods[period], max(min(1, limit), limit // workers))
            for unit, _, period in (field.name.split("_") for field in fields(budget))
            if (limit := getattr(budget, f"{unit}_per_{period}")) is not None
        ]

    def charge(self, calls: int, values: int) -> Reserved:
        """As `reserve`, at once or when those with whom the budget is shared agree."""
        return self.reserve(calls, values)

    def reserve(self, calls: int, values: int) -> list[Reservation]:
        """Spend what an operation may take at most; raises BudgetExceeded and spends nothing."""
        now, amounts = self._clock.monotonic(), {"calls": calls, "values": values}
        for window in self.windows:
            window.begin_if_over(now)
            window.check(amounts[window.unit], now)
        return self._spend(amounts)

    def _spend(self, amounts: Mapping[str, int]) -> list[Reservation]:
        for window in self.windows:
            window.spend(amounts[window.unit])
        return [Reservation(window, window.number, amounts[window.unit]) for window in self.windows]

    def spend_call(self) -> None:
        """Count a call of an operation that has ended."""
        for window in self.windows:
            if window.unit == "calls":
                window.begin_if_over(self._clock.monotonic())
                window.spend(1)

    def take_over(self, other: "Allowance") -> None:
        """Take over what another allowance of the caller has spent."""
        for window in self.windows:
            for before in other.windows:
                if (before.unit, before.period) == (window.unit, window.period):
                    window.used, window.ends_at, window.number = before.used, before.ends_at, before.number


class Budgets:
    """`default`: the budget of callers without one, and what the budget of a caller leaves open.

    Each of several `workers` has an equal share of all budgets: they do not know of each other.
    """

    def __init__(self, default: Budget, clock: Clock, workers: int = 1) -> None:
        self._default, self._clock, self._workers = default, clock, workers
        self._allowances: OrderedDict[str, Allowance] = OrderedDict()  # the least recently used first

    def allowance(self, caller: Caller) -> Allowance | None:
        """Return the caller's allowance; None if its budget has no limit."""
        if caller.budget is None and self._default == _UNLIMITED:
            return None
        allowance = self._allowances.get(caller.name)
        if allowance is None or allowance.source is not caller.budget:
            allowance = self._new_allowance(caller, allowance)
        self._allowances.move_to_end(caller.name)
        return allowance if allowance.windows else None

    def _new_allowance(self, caller: Caller, former: Allowance | None) -> Allowance:
        """Make the allowance of a new caller, or of one whose budget has changed."""
        allowance = self._allowance_of(caller, _completed(caller.budget, self._default))
        if former is not None:
            allowance.take_over(former)
        self._allowances[caller.name] = allowance
        if len(self._allowances) > MAX_ALLOWANCES:
            self._allowances.popitem(last=False)
        return allowance

    def _allowance_of(self, caller: Caller, budget: Budget) -> Allowance:
        return Allowance(caller.budget, budget, self._clock, self._workers)


_UNLIMITED: Final = Budget()


def _completed(budget: Budget | None, default: Budget) -> Budget:
    if budget is None:
        return default
    limits = {field.name: getattr(budget, field.name) for field in fields(Budget)}
    return Budget(**{name: getattr(default, name) if limit is None else limit for name, limit in limits.items()})
