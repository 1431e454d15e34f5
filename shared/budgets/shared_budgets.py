"""One budget for each caller over all replicas.

The store decides about each operation of a caller with a budget before it is executed. Without the store each replica
has an equal part of what was left, and for a moment after its return, in which all state what they have spent, both are
checked.
"""

import asyncio
import contextlib
import itertools
from collections.abc import Callable
from functools import partial
from typing import Final

from callers.budgets import Allowance, Budgets, Reservation, Reserved
from callers.caller import Budget, Caller
from cg_client.clock import Clock
from shared.budgets.ledger import Ledger, StoreState
from shared.budgets.windows import BudgetNames
from shared.store.commands import Commands
from shared.store.store import Store

CAUTIOUS_SECONDS: Final = 3.0  # after a return; others are back after an attempt in vain, a pause and a flush
FLUSH_SECONDS: Final = 0.2
_MAX_FLUSHED: Final = 2048  # callers whose corrections are sent without a pause
_AT_A_TIME: Final = 64  # ledgers
_CLOSING_SECONDS: Final = 1.0


class SharedAllowance(Allowance):
    """The budget of one caller, of which all replicas spend."""

    def __init__(self, source: Budget | None, budget: Budget, state: StoreState, ledger: Ledger) -> None:
        super().__init__(source, budget, state.clock)
        self._state = state
        self._use_ledger(ledger)

    def _use_ledger(self, ledger: Ledger) -> None:
        ledger.set_limits(self.windows)
        self.ledger, self.windows = ledger, [*ledger.windows]

    def charge(self, calls: int, values: int) -> Reserved:
        """Reserve by the store, or without it at once; raises BudgetExceeded."""
        amounts, now = {"calls": calls, "values": values}, self._clock.monotonic()
        for window in self.windows:
            if amounts[window.unit] > window.limit:
                raise window.exceeded(amounts[window.unit], window.left(now), now)
        return self.reserve(calls, values) if self._state.store.is_away else self.ledger.reserve(amounts)

    def reserve(self, calls: int, values: int) -> list[Reservation]:
        """Reserve of this replica's part, without the store; raises BudgetExceeded."""
        return self.ledger.reserve_alone({"calls": calls, "values": values})

    def take_over(self, other: Allowance) -> None:
        """Go on with the ledger of another allowance of the caller."""
        if isinstance(other, SharedAllowance):
            self._use_ledger(other.ledger)


class SharedBudgets(Budgets):
    """`replicas` returns how many are known to share the store.

    `counts`: how many operations were decided by the store (`shared`) and without it.
    """

    def __init__(
        self, default: Budget, clock: Clock, store: Store, names: BudgetNames, replicas: Callable[[], int]
    ) -> None:
        super().__init__(default, clock)
        self._names, self._state = names, StoreState(store, clock, replicas)
        self.counts = self._state.counts
        self._task: asyncio.Task[None] | None = None
        self._end = store.on_return(self._return)

    async def start(self) -> None:
        self._task = asyncio.create_task(self._flush_all())

    async def close(self) -> None:
        """State the last corrections, so that what was not spent is free for other replicas."""
        self._end()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSING_SECONDS):
                await self._flush()
                await self._flush()  # what was corrected while a script ran

    def _allowance_of(self, caller: Caller, budget: Budget) -> Allowance:
        ledger = Ledger(self._state, partial(self._names.window, caller.name))
        return SharedAllowance(caller.budget, budget, self._state, ledger)

    async def _return(self, _: Commands) -> None:
        """State soon what was spent, of which the store may not know, and leave others what they have not stated."""
        self._state.cautious_until = self._clock.monotonic() + CAUTIOUS_SECONDS
        for allowance in self._allowances.values():
            if isinstance(allowance, SharedAllowance) and allowance.ledger.is_used:
                allowance.ledger.note_change()

    async def _flush_all(self) -> None:
        while True:
            await self._state.store.clock.sleep(FLUSH_SECONDS)
            await self._flush()

    async def _flush(self) -> None:
        """State the corrections that no operation has stated meanwhile."""
        ledgers = [*itertools.islice(self._state.changed, _MAX_FLUSHED)]
        for start in range(0, len(ledgers), _AT_A_TIME):
            if self._state.store.is_away:
                return
            # Not `gather`, which would cancel them with this task, and the operations that wait for them.
            await asyncio.wait([ledger.report() for ledger in ledgers[start : start + _AT_A_TIME]])
