"""Charges operations to the budgets of their callers, and states in headers what is left."""

import contextlib
import math
from collections.abc import Awaitable, Iterator
from typing import Final

from callers.budgets import Allowance, BudgetExceeded, Budgets, Reservation
from cg_client.call import CallCounter
from cg_client.clock import Clock
from served_schema.checks import LimitExceeded
from server.http import NO_STORE, Handler, Header, Request, Response

_TOO_MANY_REQUESTS: Final = 429


class Charge:
    """What one operation takes of its caller's budget. Without an `allowance` nothing is counted.

    With `brings_key` the calls are those of the caller's CoinGlass key, and only values are counted.
    """

    def __init__(self, allowance: Allowance | None, *, brings_key: bool) -> None:
        self._allowance, self._brings_key = allowance, brings_key
        self._reserved: list[Reservation] = []
        self.refusal: BudgetExceeded | None = None

    def reserve(self, calls: int, values: int) -> Awaitable[None] | None:
        """Reserve the most that the operation may take; raises GraphQLError if that exceeds the budget.

        What it returns is to be awaited before the operation goes on: the budget is shared with other replicas.
        """
        if self._allowance is None:
            return None
        with self._refusing():
            reserved = self._allowance.charge(0 if self._brings_key else calls, values)
        if not isinstance(reserved, list):
            return self._reserve(reserved)
        self._reserved = reserved
        return None

    async def _reserve(self, reserved: Awaitable[list[Reservation]]) -> None:
        with self._refusing():
            self._reserved = await reserved

    @contextlib.contextmanager
    def _refusing(self) -> Iterator[None]:
        """Turn a refusal into an error of the operation."""
        try:
            yield
        except BudgetExceeded as exceeded:
            self.refusal = exceeded
            extensions = {"code": "CLIENT_RATE_LIMITED", "retryAfter": exceeded.retry_after}
            raise LimitExceeded(str(exceeded), exceeded.limit, extensions=extensions) from exceeded

    def settle(self, calls: CallCounter) -> None:
        """Count the calls that were sent instead of those that were reserved, and those that are sent from now on."""
        if self._allowance is None or self._brings_key:
            return
        for reservation in self._reserved:
            if reservation.window.unit == "calls":
                reservation.correct(calls.sent)
        self._reserved = []
        calls.on_late = self._allowance.spend_call

    def mark(self, response: Response) -> None:
        """Give the response of a refused operation its status."""
        if self.refusal is None:
            return
        response.status = _TOO_MANY_REQUESTS
        response.headers.append(NO_STORE)
        if self.refusal.retry_after is not None:
            response.headers.append((b"retry-after", b"%d" % math.ceil(self.refusal.retry_after)))


class BudgetHeaders:
    """States budgets and what is left of them, as the IETF's draft of RateLimit headers has it."""

    def __init__(self, handle: Handler, budgets: Budgets, clock: Clock) -> None:
        self._handle, self._budgets, self._clock = handle, budgets, clock

    def __call__(self, request: Request) -> Awaitable[Response]:
        allowance, response = self._budgets.allowance(request.caller), self._handle(request)
        return response if allowance is None else self._with_headers(response, allowance)

    async def _with_headers(self, awaited: Awaitable[Response], allowance: Allowance) -> Response:
        response = await awaited
        response.headers = [*response.headers, *_headers(allowance, self._clock.monotonic())]
        return response


def _headers(allowance: Allowance, now: float) -> list[Header]:
    policies, rates = [], []
    for window in allowance.windows:
        name = f'"{window.unit}-per-{window.period}"'
        policies.append(f"{name};q={window.limit};w={window.seconds}")
        rates.append(f"{name};r={window.left(now)};t={math.ceil(window.seconds_left(now))}")
    return [(b"ratelimit-policy", ", ".join(policies).encode()), (b"ratelimit", ", ".join(rates).encode())]
