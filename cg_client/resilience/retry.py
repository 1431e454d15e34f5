"""Retries what can succeed: transport errors, timeouts, server errors and rate limits.

Retries are bounded by attempts, by the deadline, and by a budget that keeps them within a fifth of the calls, so that a
failing upstream does not get three times the load. Backoff is exponential with full jitter.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from cg_client.call import Call, Send
from cg_client.clock import Clock
from cg_client.errors import CoinglassError, RateLimited, RequestRefused, UpstreamFailed, UpstreamUnavailable
from cg_client.failures import CallObserver
from cg_client.quota.requester import SYSTEM, Requester
from cg_client.quota.window import MINUTE

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    attempts: int = 3
    first_wait: float = 0.25  # seconds; doubled for each further attempt
    longest_wait: float = 2.0
    jitter: Callable[[], float] = random.random  # from 0 to 1

    def attempts_for(self, error: UpstreamFailed) -> int:
        """Return how many attempts to make: fewer if the cause may be our parameters."""
        if not error.retryable:
            return 1
        return min(2, self.attempts) if isinstance(error, UpstreamUnavailable) and error.perhaps_ours else self.attempts


class RetryBudget:
    """A retry budget (token bucket): each call deposits a fraction of a retry, each retry withdraws one.

    It starts with `initial` retries, so that a first call can be repeated, and has at most `capacity`. Of n calls in a
    row at most `capacity` + `share` * n are retried, and `initial` + `share` * n of the first ones: within a fifth of
    all from 40 calls on.
    """

    def __init__(self, share: float = 0.15, capacity: float = 5.0, initial: float = 2.0) -> None:
        self._share, self._capacity, self._tokens = share, capacity, min(initial, capacity)

    def deposit(self) -> None:
        self._tokens = min(self._capacity, self._tokens + self._share)

    def withdraw(self) -> bool:
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Retry(Generic[T]):
    def __init__(
        self,
        attempt: Send[T],
        clock: Clock,
        policy: RetryPolicy,
        budget: RetryBudget,
        is_awaited: Callable[[], bool] = lambda: True,
    ) -> None:
        """`is_awaited`: whether anybody still waits for the call of the running task."""
        self._attempt, self._clock, self._policy, self._budget = attempt, clock, policy, budget
        self._is_awaited = is_awaited
        self.observer = CallObserver()

    async def __call__(self, call: Call, deadline: float, requester: Requester = SYSTEM) -> T:
        """Make the call; raises the last failure if another attempt cannot help or is not allowed."""
        self._budget.deposit()
        attempt = 1
        before: UpstreamFailed | None = None
        try:
            while True:
                try:
                    return await self._attempt(call, deadline, requester)
                except UpstreamFailed as error:
                    error.attempts = attempt
                    if error is not before:
                        error.before, before = before, error
                    wait = self._wait(error, attempt)
                    if attempt >= self._policy.attempts_for(error) or self._clock.monotonic() + wait >= deadline:
                        raise
                    if not self._is_awaited() or not self._budget.withdraw():
                        raise
                    self.observer.retried(call, error, attempt)
                except CoinglassError as error:
                    error.attempts = attempt - isinstance(error, RequestRefused)
                    raise
                await self._clock.sleep(wait)
                attempt += 1
        finally:
            before = None  # whose traceback refers to this frame

    def _wait(self, error: UpstreamFailed, attempt: int) -> float:
        """Return seconds; after a rate limit those that CoinGlass requested, or the minute of the throttle's pause."""
        if isinstance(error, RateLimited):
            return MINUTE if error.retry_after is None else error.retry_after
        longest = min(self._policy.longest_wait, self._policy.first_wait * 2.0 ** (attempt - 1))
        return self._policy.jitter() * longest
