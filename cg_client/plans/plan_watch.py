"""Keeps the plan of the key up to date, by calling CoinGlass' account endpoint.

Without a declared plan it is requested at the first call, then every five minutes. Evidence against the current plan
brings the request forward: a refusal by CoinGlass, a call that the plan does not include (at most once a minute), or
another limit in the headers (at once).
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import NamedTuple

from cg_client.call import without_counting
from cg_client.clock import Clock
from cg_client.errors import CoinglassError, Unauthorized
from cg_client.plans.gate import Gate
from cg_client.plans.plan_table import Plan
from cg_client.quota.window import MINUTE

PLAN_LIFETIME = 300.0  # seconds
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 10.0  # seconds
_LIMIT_CHANGE_INTERVAL = 5.0  # seconds, so that a limit that changes with each answer does not cost a call each time


class AccountState(NamedTuple):
    """What the account endpoint said: the plan, None for one that is not ours, or that it `fails` for this key.

    It is to be requested again in `seconds`, of a `lifetime`.
    """

    plan: Plan | None
    fails: bool
    seconds: float
    lifetime: float


class PlanWatch:
    """`review_at` is when `review` has something to do, in monotonic seconds."""

    def __init__(self, gate: Gate, request: Callable[[], Awaitable[Plan | None]], clock: Clock) -> None:
        """`request` returns None for a plan that is not one of ours, and raises CoinglassError."""
        self._gate, self._request, self._clock = gate, request, clock
        self._is_declared = gate.key.declared is not None
        self._first = asyncio.Lock()
        self._wait = _FIRST_WAIT
        self._requested_at = self._changed_at = -math.inf
        self._due = -math.inf
        self._again_at = self.review_at = math.inf
        self.task: asyncio.Task[CoinglassError | None] | None = None
        self.on_account: Callable[[AccountState], None] = lambda _: None  # called with what we learnt
        self.on_limit: Callable[[int], None] = lambda _: None  # likewise, of the headers

    @property
    def was_requested(self) -> bool:
        """Whether the plan is known or could not be learnt; False only before the first answer."""
        return self._gate.plan is not None or self._due > -math.inf

    @property
    def is_resolved(self) -> bool:
        """Whether no call has to request the plan: it is known, or was requested lately."""
        return self._gate.plan is not None or self._clock.monotonic() < self._due

    @property
    def _is_reviewed(self) -> bool:
        """Whether the plan is requested now and then: not a declared one, unless the account's contradicts it."""
        key = self._gate.key
        return not self._is_declared or (key.account is not None and bool(key.contradiction))

    async def resolve(self) -> None:
        """Request an unknown plan; only the first request is waited for.

        Without an answer it is requested again after a second, then two, up to ten; after a refusal in a minute.
        """
        if self.is_resolved:
            return
        if self.was_requested:
            self._start()
            return
        async with self._first:
            if not self.was_requested:
                await self.request()

    def review(self) -> None:
        """Request the plan again if that is due."""
        if self._clock.monotonic() >= self.review_at:
            self._start()

    def doubt(self, *, gated: bool) -> None:
        """Request the plan again, once a minute at most: we (`gated`) or CoinGlass refused a call for it."""
        if not (gated and self._is_declared):
            self._start(MINUTE)

    async def review_gated(self) -> None:
        """As `doubt` for a call that we gated, and wait for the plan if it is being requested."""
        self.doubt(gated=True)
        if self.task is not None:
            await asyncio.wait({self.task})

    def limit_is(self, limit: int) -> None:
        """Take over the limit that the headers state. A change of it most likely means another plan."""
        before = self._gate.key.limit
        if limit == before:
            return
        self._gate.know(replace(self._gate.key, limit=limit))
        self.on_limit(limit)
        if before is None or not self._is_reviewed:
            return
        now = self._clock.monotonic()
        if now - self._changed_at >= _LIMIT_CHANGE_INTERVAL and not self._is_running:
            self._changed_at = now
            self._start()
        else:  # once that is done, since its answer may be from before the change
            self._again_at = max(now, self._changed_at + _LIMIT_CHANGE_INTERVAL)
            self._schedule(min(self._due, self._again_at))

    def take_over(self, account: AccountState) -> None:
        """Apply what another replica learnt from the account endpoint, instead of requesting it."""
        now = self._clock.monotonic()
        self._gate.know(replace(self._gate.key, account=account.plan, account_fails=account.fails))
        self._requested_at = max(self._requested_at, now + account.seconds - account.lifetime)
        self._wait = _FIRST_WAIT
        self._schedule(min(now + account.seconds, self._again_at))

    def take_over_limit(self, limit: int) -> None:
        """Apply the limit that another replica read in the headers, which reviews the plan if it has to be."""
        if limit != self._gate.key.limit:
            self._gate.know(replace(self._gate.key, limit=limit))

    def close(self) -> None:
        if self.task is not None:
            self.task.cancel()

    async def request(self) -> CoinglassError | None:
        """Request the plan and schedule the next request; return the failure, if any."""
        self._requested_at, failure = self._clock.monotonic(), None
        self._again_at = math.inf
        try:
            plan = await self._request()
        except CoinglassError as error:
            wait, failure = self._failed(error), error
        else:
            self._gate.know(replace(self._gate.key, account=plan, account_fails=False))
            self._wait, wait = _FIRST_WAIT, PLAN_LIFETIME
        wait = wait if self._gate.plan is not None else min(wait, MINUTE)
        self._schedule(min(self._clock.monotonic() + wait, self._again_at))
        key = self._gate.key
        if failure is None or (key.account_fails and not isinstance(failure, Unauthorized) and not failure.retryable):
            self.on_account(AccountState(key.account, key.account_fails, wait, wait))
        return failure

    def _failed(self, error: CoinglassError) -> float:
        """Return the seconds to wait. A transient failure or a refused key says nothing of the plan."""
        if error.retryable:
            wait, self._wait = self._wait, min(_LONGEST_WAIT, self._wait * 2)
            return wait if self._gate.plan is None else MINUTE
        if not isinstance(error, Unauthorized):
            self._gate.know(replace(self._gate.key, account=None, account_fails=True))
        return PLAN_LIFETIME

    def _schedule(self, due: float) -> None:
        self._due = due
        self.review_at = due if self._is_reviewed else math.inf

    @property
    def _is_running(self) -> bool:
        return self.task is not None and not self.task.done()

    def _start(self, interval: float = 0.0) -> None:
        """Request the plan in the background, unless a request runs or began less than `interval` seconds ago."""
        if not self._is_running and self._clock.monotonic() - self._requested_at >= interval:
            self.task = without_counting(asyncio.get_running_loop().create_task, self.request())
