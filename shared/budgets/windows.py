"""The windows of a caller's budget as one replica sees them, and their statements to the store."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from callers.budgets import BudgetExceeded, BudgetWindow
from cg_client.secret import Secret
from shared.store.commands import Argument, StoreReply
from shared.store.scope import Scope

_UNITS = {"calls": 1, "values": 2}
_NO_KEY = Secret("coinglass-graphql")


@dataclass(slots=True)
class SharedWindow(BudgetWindow):
    """`used` is the total as far as this replica knows, and `spent` what of it is its own.

    `id`: when the window ends by the store's clock, in milliseconds; 0 for one that began without the store. Without
    the store the replica may spend `allotment` from the `baseline` of `spent` on: an equal part of what was left.
    """

    name: str = ""
    id: int = 0
    spent: int = 0
    allotment: int | None = None
    baseline: int = 0
    on_spend: Callable[[], None] = lambda: None

    def begin_if_over(self, now: float) -> None:
        number = self.number
        BudgetWindow.begin_if_over(self, now)
        if self.number != number:
            self.id, self.spent, self.allotment = 0, 0, None

    def spend(self, amount: int) -> None:
        if amount:
            self.used += amount
            self.spent += amount
            self.on_spend()

    def check_alone(self, amount: int, replicas: int, now: float, earlier: int) -> None:
        """Raise BudgetExceeded for what exceeds this replica's part, of which `earlier` operations take some."""
        left = max(0, self._left_alone(replicas, now) - earlier)
        if amount > left:
            raise self.exceeded(amount, left, now)

    def _left_alone(self, replicas: int, now: float) -> int:
        """Return what this replica may spend without the store; a budget of which nothing is spent has room for one."""
        if now >= self.ends_at:
            return _part(self.limit, 0, replicas)
        allotment = self.allot(replicas) if self.allotment is None else self.allotment
        return max(0, allotment - (self.spent - self.baseline))

    def allot(self, replicas: int, reserved: int = 0) -> int:
        """Set and return this replica's part of what was left before it reserved so many."""
        self.baseline = self.spent - reserved
        self.allotment = allotment = _part(self.limit, self.used - reserved, replicas)
        return allotment

    def refused(self, amount: int, now: float) -> BudgetExceeded:
        """Return the refusal by the store, which knew no less than the total here."""
        return self.exceeded(amount, min(self.left(now), max(0, amount - 1)), now)

    def statement(self, now: float) -> Sequence[Argument]:
        """Return what the script is told of the window."""
        left = 0 if self.id else max(0, round((self.ends_at - now) * 1000))
        return _UNITS[self.unit], self.seconds * 1000, self.limit, self.id, left, self.spent, self.used

    def take_over(self, state: "WindowState", stated: int, reserved: int, now: float) -> None:
        """Apply what the script returned, which was told `stated` as spent and reserved some more."""
        since = self.spent - stated if state.continues else 0  # what was corrected after the statement
        if not state.continues:
            self.number, self.allotment = self.number + 1, None
        if not state.ends:
            self.id, self.ends_at, self.used, self.spent = 0, now, 0, 0
            return
        if state.ends != self.id:
            self.id, self.ends_at = state.ends, now + state.milliseconds / 1000
        self.used = state.total + since
        self.spent = (stated if state.continues else 0) + reserved + since


def _part(limit: int, used: int, replicas: int) -> int:
    part = max(0, limit - used) // replicas
    return part if used else max(part, min(1, limit))


class WindowState(NamedTuple):
    """A window as the script returns it."""

    ends: int
    milliseconds: int
    total: int
    continues: bool


class BudgetVerdicts(NamedTuple):
    """What the script returns: the windows, and for each operation the index of the window that refuses it, or None."""

    windows: Sequence[WindowState]
    refusing: Sequence[int | None]

    @classmethod
    def of(cls, reply: StoreReply, windows: int, operations: int) -> "BudgetVerdicts | None":
        """Read a reply; None if it is not one to so many windows and operations."""
        if not isinstance(reply, list) or len(reply) != windows + operations:
            return None
        states = []
        for row in reply[:windows]:
            match row:
                case [int(ends), int(milliseconds), int(total), int(continues)]:
                    states.append(WindowState(ends, milliseconds, total, bool(continues)))
        indexes = [verdict - 1 if verdict else None for verdict in reply[windows:] if isinstance(verdict, int)]
        return cls(states, indexes) if (len(states), len(indexes)) == (windows, operations) else None


class BudgetNames:
    """Names the windows of callers so that nobody without the key can tell of whom they are.

    The names depend on the server's CoinGlass key and address, not on a key that a caller brings. Without a key they
    can be guessed by those who may read the store and know the caller's name.
    """

    def __init__(self, api_key: Secret, base_url: str) -> None:
        self._key, self._base_url = api_key or _NO_KEY, base_url

    def window(self, caller: str, unit: str, period: str) -> str:
        scope = Scope.of(self._key, f"{self._base_url.rstrip('/')} budget {caller}")
        return scope.name("budget", unit, period)
