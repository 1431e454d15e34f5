"""A charge that other replicas have a say in is awaited before anything is spent."""

import asyncio
from collections.abc import Awaitable

import pytest
from graphql import GraphQLError

from callers.budgets import Allowance, BudgetExceeded, Budgets, BudgetWindow, Reservation, Reserved
from callers.caller import Budget, Caller
from cg_client.call import CallCounter
from served_schema.checks import LimitExceeded
from served_schema.limits import Limits
from server.batch import BatchCharge, BatchCost
from server.budgets import Charge
from server.http import Response
from tests.clock import FakeClock


class SlowAllowance(Allowance):
    """Decides when the test lets it."""

    def __init__(self) -> None:
        super().__init__(None, Budget(calls_per_minute=10), FakeClock())
        self.decided = asyncio.Event()

    def charge(self, calls: int, values: int) -> Reserved:
        return self._decide(calls, values)

    async def _decide(self, calls: int, values: int) -> list[Reservation]:
        await self.decided.wait()
        return self.reserve(calls, values)


async def finish(reserving: Awaitable[None] | None) -> None:
    assert reserving is not None
    await reserving


def used(allowance: Allowance) -> int:
    (window,) = allowance.windows
    return window.used


async def test_what_was_reserved_is_corrected_at_the_end() -> None:
    allowance = SlowAllowance()
    charge = Charge(allowance, brings_key=False)
    reserving = charge.reserve(7, 0)
    allowance.decided.set()
    await finish(reserving)
    assert used(allowance) == 7
    charge.settle(CallCounter(sent=2))
    assert used(allowance) == 2


async def test_a_refusal_is_an_error_with_a_time_and_a_status() -> None:
    allowance = SlowAllowance()
    charge = Charge(allowance, brings_key=False)
    allowance.decided.set()
    with pytest.raises(LimitExceeded) as refused:
        await finish(charge.reserve(11, 0))
    assert refused.value.extensions == {"code": "CLIENT_RATE_LIMITED", "retryAfter": None}
    response = Response(200, b"", [])
    charge.mark(response)
    assert response.status == 429


async def test_an_operation_with_the_caller_s_key_is_charged_no_calls() -> None:
    allowance = SlowAllowance()
    allowance.decided.set()
    await finish(Charge(allowance, brings_key=True).reserve(11, 0))
    assert used(allowance) == 0


async def test_an_operation_of_a_batch_that_is_refused_takes_no_room_of_it() -> None:
    allowance, cost = SlowAllowance(), BatchCost(Limits(calls=12))
    allowance.decided.set()
    with pytest.raises(LimitExceeded):
        await finish(BatchCharge(cost, Charge(allowance, brings_key=False)).reserve(11, 0))
    await finish(BatchCharge(cost, Charge(allowance, brings_key=False)).reserve(9, 0))
    with pytest.raises(GraphQLError, match="batch could cause 13 upstream calls"):
        cost.add(4, 0)


def test_without_other_replicas_nothing_is_awaited() -> None:
    allowance = Budgets(Budget(calls_per_minute=10), FakeClock()).allowance(Caller("ann"))
    charge = Charge(allowance, brings_key=False)
    assert charge.reserve(3, 0) is None
    assert isinstance(allowance, Allowance)
    window: BudgetWindow = allowance.windows[0]
    assert window.used == 3
    with pytest.raises(LimitExceeded) as refused:
        charge.reserve(8, 0)
    assert isinstance(refused.value.__cause__, BudgetExceeded)
