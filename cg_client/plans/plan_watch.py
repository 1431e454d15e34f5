"""Keeps what is known of the key's plan up to date, by asking CoinGlass' account endpoint.

Without a declared plan it is asked for at the first request, then each five minutes. What speaks against the plan that
is believed in brings the question forward: a refusal of CoinGlass, a request that the plan does not include (at most
once a minute), another limit in the headers (at once).
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import replace

from cg_client.call_counter import without_counting
from cg_client.clock import Clock
from cg_client.errors import CoinglassError, Unauthorized
from cg_client.plans.gate import Gate
from cg_client.plans.plan import Plan
from cg_client.quota.window import MINUTE

HOLDS = 300.0  # seconds, of a plan that is known
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 10.0  # seconds
_CHANGES_APART = 5.0  # seconds, so that a limit that changes with each answer does not cost a question each time


class PlanWatch:
    def __init__(self, gate: Gate, ask: Callable[[], Awaitable[Plan | None]], clock: Clock) -> None:
        """`ask` gives None for a plan that is not one of ours, and raises CoinglassError."""
        self._gate, self._ask, self._clock = gate, ask, clock
        self._is_declared = gate.key.declared is not None
        self._first = asyncio.Lock()
        self._wait = _FIRST_WAIT
        self._asked_at = self._changed_at = -math.inf
        self._due = -math.inf
        self._again_at = math.inf
        self.task: asyncio.Task[CoinglassError | None] | None = None

    @property
    def was_asked(self) -> bool:
        """Whether the plan is known or could not be learnt; False only before the first answer."""
        return self._gate.plan is not None or self._due > -math.inf

    @property
    def is_settled(self) -> bool:
        """Whether no request has to ask for the plan: it is known, or was asked for lately."""
        return self._gate.plan is not None or self._clock.monotonic() < self._due

    @property
    def _is_reviewed(self) -> bool:
        """A declared plan is held to; only the account's plan that contradicts it is asked for again."""
        key = self._gate.key
        return not self._is_declared or (key.account is not None and bool(key.contradiction))

    async def know(self) -> None:
        """Asks for a plan that is not known. Only the first time is waited for.

        Without an answer it is asked for again after a second, then two, up to ten; after a refusal in a minute.
        """
        if self.is_settled:
            return
        if self.was_asked:
            self._ask_in_background()
            return
        async with self._first:
            if not self.was_asked:
                await self.ask()

    def review(self) -> None:
        """To be called now and then: asks again when that is due."""
        if self._is_reviewed and self.was_asked and self._clock.monotonic() >= self._due:
            self._ask_in_background()

    def doubt(self, *, gated: bool) -> None:
        """Ask again, once a minute at most: a request was refused for the plan, by us (`gated`) or by CoinGlass."""
        if not (gated and self._is_declared):
            self._ask_in_background(MINUTE)

    def limit_is(self, limit: int) -> None:
        """Take over the limit that the headers state. Another one than before most likely means another plan."""
        before = self._gate.key.limit
        if limit == before:
            return
        self._gate.know(replace(self._gate.key, limit=limit))
        if before is None or not self._is_reviewed:
            return
        now = self._clock.monotonic()
        is_under_way = self.task is not None and not self.task.done()
        if now - self._changed_at >= _CHANGES_APART and not is_under_way:
            self._changed_at = now
            self._ask_in_background()
        else:  # asked for once that is done, since its answer may be from before the change
            self._again_at = max(now, self._changed_at + _CHANGES_APART)
            self._due = min(self._due, self._again_at)

    def close(self) -> None:
        if self.task is not None:
            self.task.cancel()

    async def ask(self) -> CoinglassError | None:
        """Asks, and settles when to ask next; gives the failure where there was one."""
        self._asked_at, failure = self._clock.monotonic(), None
        self._again_at = math.inf
        try:
            plan = await self._ask()
        except CoinglassError as error:
            wait, failure = self._failed(error), error
        else:
            self._gate.know(replace(self._gate.key, account=plan, account_fails=False))
            self._wait, wait = _FIRST_WAIT, HOLDS
        due = self._clock.monotonic() + (wait if self._gate.plan is not None else min(wait, MINUTE))
        self._due = min(due, self._again_at)
        return failure

    def _failed(self, error: CoinglassError) -> float:
        """Seconds to wait. What may pass, and a key that is not accepted, say nothing of the plan."""
        if error.retryable:
            wait, self._wait = self._wait, min(_LONGEST_WAIT, self._wait * 2)
            return wait if self._gate.plan is None else MINUTE
        if not isinstance(error, Unauthorized):
            self._gate.know(replace(self._gate.key, account=None, account_fails=True))
        return HOLDS

    def _ask_in_background(self, apart: float = 0.0) -> None:
        """Unless that is under way, or was done less than so many seconds ago."""
        is_under_way = self.task is not None and not self.task.done()
        if not is_under_way and self._clock.monotonic() - self._asked_at >= apart:
            self.task = without_counting(asyncio.get_running_loop().create_task, self.ask())
