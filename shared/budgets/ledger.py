"""What one caller spends at this replica, as it is stated to the store.

A script reserves what an operation may take; operations that come meanwhile are reserved together by the next. It is
told what was spent as a whole, so that a lost reply, a late one and a store that was emptied do no harm: the next
statement is right again.
"""

import asyncio
import secrets
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from callers.budgets import DAY, MAX_ALLOWANCES, MINUTE, BudgetExceeded, BudgetWindow, Reservation
from cg_client.clock import Clock
from shared.budgets.windows import BudgetVerdicts, SharedWindow
from shared.store.commands import Argument
from shared.store.errors import CommandRefused, StoreAway
from shared.store.script import LuaScript
from shared.store.store import Store

MAX_OPERATIONS: Final = 100  # in one script
_RESERVE = LuaScript("budget_reserve")
_PERIODS: Final = {"minute": MINUTE, "day": DAY}


class Operation(NamedTuple):
    """The most that an operation may take, and the future of its reservation."""

    amounts: dict[str, int]
    reserved: asyncio.Future[list[Reservation]]


class StoreState:
    """What all ledgers know of the store. `replicas`: how many share the budgets, as far as is known.

    `cautious_until`: monotonic seconds until which all replicas have stated what they have spent without the store.
    `counts`: operations that were decided by the store, or without it because it was `away`, `refused` the script, or
    returned what is `unreadable`.
    """

    def __init__(self, store: Store, clock: Clock, replicas: Callable[[], int]) -> None:
        self.store, self.clock, self._replicas = store, clock, replicas
        self.cautious_until = 0.0
        self.changed: OrderedDict[Ledger, None] = OrderedDict()  # those with corrections that the store does not know
        self.counts: Counter[str] = Counter()

    @property
    def replicas(self) -> int:
        return max(1, self._replicas())

    @property
    def is_cautious(self) -> bool:
        return self.clock.monotonic() < self.cautious_until

    def note_change(self, ledger: "Ledger") -> None:
        """State the ledger soon. While the store is away as many wait as there are allowances, the latest."""
        self.changed[ledger] = None
        self.changed.move_to_end(ledger)
        if len(self.changed) > MAX_ALLOWANCES:
            self.changed.popitem(last=False)


class Ledger:
    """What one caller has spent, in all windows that its budget has or had. `windows`: those that it has now."""

    def __init__(self, state: StoreState, name_of: Callable[[str, str], str]) -> None:
        self._state, self._name_of = state, name_of
        self._replica = secrets.token_hex(8)  # of this ledger alone: one that replaces it must not correct its figures
        self._all: dict[tuple[str, str], SharedWindow] = {}
        self.windows: Sequence[SharedWindow] = []
        self._waiting: list[Operation] = []
        self._task: asyncio.Task[None] | None = None
        self._statements = 0

    def set_limits(self, windows: Sequence[BudgetWindow]) -> None:
        self.windows = [self._window(window.unit, window.period, window.limit) for window in windows]

    def _window(self, unit: str, period: str, limit: int) -> SharedWindow:
        window = self._all.get((unit, period))
        if window is None:
            name = self._name_of(unit, period)
            window = self._all[unit, period] = SharedWindow(unit, period, _PERIODS[period], limit, name=name)
            window.on_spend = self.note_change
        window.limit = limit
        return window

    def note_change(self) -> None:
        self._state.note_change(self)

    @property
    def is_used(self) -> bool:
        """Whether the store should know something of it."""
        now = self._state.clock.monotonic()
        return any(window.used and window.ends_at > now for window in self._all.values())

    async def reserve(self, amounts: dict[str, int]) -> list[Reservation]:
        """Reserve by the next script; raises BudgetExceeded. What is not waited for any more is given back."""
        operation = Operation(amounts, asyncio.get_running_loop().create_future())
        self._waiting.append(operation)
        self.report()
        try:
            return await operation.reserved
        except asyncio.CancelledError:
            self._abandon(operation)
            raise

    def _abandon(self, operation: Operation) -> None:
        if operation in self._waiting:
            self._waiting.remove(operation)
        elif operation.reserved.done() and not operation.reserved.cancelled() and not operation.reserved.exception():
            self._give_back(operation.reserved.result())

    def _give_back(self, reservations: Sequence[Reservation]) -> None:
        for reservation in reservations:
            reservation.correct(0)

    def report(self) -> asyncio.Task[None]:
        """State to the store what was spent, with the operations that wait."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._report_all())
        return self._task

    async def _report_all(self) -> None:
        while True:
            operations, self._waiting = self._waiting[:MAX_OPERATIONS], self._waiting[MAX_OPERATIONS:]
            if self._state.is_cautious:
                operations = self._within_part(operations)
            await self._run(operations)
            if not self._waiting:
                return

    def _within_part(self, operations: list[Operation]) -> list[Operation]:
        """Refuse the operations that exceed the part of this replica, with those before them."""
        now, passed, earlier = self._state.clock.monotonic(), [], Counter[str]()
        for operation in operations:
            try:
                self._check_alone(operation.amounts, now, earlier)
            except BudgetExceeded as exceeded:
                exceeded.retry_after = self._state.cautious_until - now
                _refuse(operation, exceeded)
            else:
                passed.append(operation)
                earlier.update(operation.amounts)
        return passed

    async def _run(self, operations: list[Operation]) -> None:
        windows, state = self.windows, self._state
        self._statements += 1
        args: list[Argument] = [self._replica, self._statements]
        now, stated = state.clock.monotonic(), [window.spent for window in windows]
        for window in windows:
            args += window.statement(now)
        for operation in operations:
            args += operation.amounts["calls"], operation.amounts["values"]
        state.changed.pop(self, None)
        try:
            reply = await state.store.run(_RESERVE, [window.name for window in windows], args)
        except (StoreAway, CommandRefused) as error:
            return self._decide_alone(operations, "away" if isinstance(error, StoreAway) else "refused")
        verdicts = BudgetVerdicts.of(reply, len(windows), len(operations))
        if verdicts is None:
            return self._decide_alone(operations, "unreadable")
        self._state.counts["shared"] += len(operations)
        self._take_over(windows, stated, operations, verdicts)
        return None

    def _take_over(
        self,
        windows: Sequence[SharedWindow],
        stated: Sequence[int],
        operations: list[Operation],
        verdicts: BudgetVerdicts,
    ) -> None:
        state, now = self._state, self._state.clock.monotonic()
        decided = list(zip(operations, verdicts.refusing, strict=True))
        for window, told, new in zip(windows, stated, verdicts.windows, strict=True):
            reserved = sum(operation.amounts[window.unit] for operation, refusing in decided if refusing is None)
            window.take_over(new, told, reserved, now)
            if not state.is_cautious:
                window.allotment = None
            elif window.allotment is None:
                window.allot(state.replicas, reserved)
        for operation, refusing in decided:
            if refusing is not None:
                window = windows[refusing]
                _refuse(operation, window.refused(operation.amounts[window.unit], now))
            else:
                reserved_in = [Reservation(item, item.number, operation.amounts[item.unit]) for item in windows]
                if operation.reserved.done():  # nobody waits any more
                    self._give_back(reserved_in)
                else:
                    operation.reserved.set_result(reserved_in)

    def _decide_alone(self, operations: Sequence[Operation], reason: str) -> None:
        self.note_change()
        self._state.counts[reason] += len(operations)
        for operation in operations:
            if operation.reserved.done():
                continue
            try:
                operation.reserved.set_result(self.reserve_alone(operation.amounts))
            except BudgetExceeded as exceeded:
                _refuse(operation, exceeded)

    def reserve_alone(self, amounts: dict[str, int]) -> list[Reservation]:
        """Reserve of this replica's part; raises BudgetExceeded."""
        now = self._state.clock.monotonic()
        for window in self.windows:
            window.begin_if_over(now)
        self._check_alone(amounts, now, {})
        for window in self.windows:
            window.spend(amounts[window.unit])
        return [Reservation(window, window.number, amounts[window.unit]) for window in self.windows]

    def _check_alone(self, amounts: dict[str, int], now: float, earlier: Mapping[str, int]) -> None:
        """Raise BudgetExceeded for what exceeds this replica's part, of which `earlier` operations take some."""
        for window in self.windows:
            window.check_alone(amounts[window.unit], self._state.replicas, now, earlier.get(window.unit, 0))


def _refuse(operation: Operation, exceeded: BudgetExceeded) -> None:
    if not operation.reserved.done():
        operation.reserved.set_exception(exceeded)
