"""Only what can succeed is tried again, and not for ever."""

import asyncio
import dataclasses
from collections.abc import Callable, Iterable
from itertools import repeat
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_client.call import Call
from cg_client.errors import (
    CoinglassError,
    IntervalRefused,
    NotFound,
    PayloadMismatch,
    PlanRefused,
    QuotaExhausted,
    RateLimited,
    Unauthorized,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from cg_client.quota.requester import Requester
from cg_client.resilience.retry import Retry, RetryBudget, RetryPolicy
from tests.cg_client.conftest import a_call
from tests.clock import FakeClock

AGES = 1e9


class FailingAttempts:
    """Raises the given failures, one for each attempt, and then answers."""

    def __init__(self, failures: Iterable[CoinglassError]) -> None:
        self.failures = iter(failures)
        self.count = 0

    async def __call__(self, _call: Call, _deadline: float, _requester: Requester) -> str:
        self.count += 1
        await asyncio.sleep(0)
        failure = next(self.failures, None)
        if failure is not None:
            raise failure
        return "answer"


def retry_of(
    attempts: FailingAttempts,
    clock: FakeClock,
    *,
    jitter: Callable[[], float] = lambda: 1.0,
    policy: RetryPolicy | None = None,
    budget: RetryBudget | None = None,
) -> Retry[str]:
    return Retry(attempts, clock, dataclasses.replace(policy or RetryPolicy(), jitter=jitter), budget or RetryBudget())


@pytest.mark.parametrize(
    ("failure", "count"),
    [
        (PlanRefused("no"), 1),
        (IntervalRefused("no"), 1),
        (Unauthorized("no"), 1),
        (NotFound("no"), 1),
        (UpstreamRejected("no"), 1),
        (QuotaExhausted(1.0), 1),
        (PayloadMismatch("data", "no list"), 1),
        (UpstreamUnavailable("no", perhaps_ours=True), 2),
        (UpstreamUnavailable("no"), 3),
        (UpstreamTimeout("no"), 3),
        (RateLimited("no", 1.0), 3),
    ],
    ids=repr,
)
async def test_a_lasting_failure_is_retried_up_to_the_attempts_of_its_kind(
    clock: FakeClock, failure: CoinglassError, count: int
) -> None:
    attempts = FailingAttempts([failure] * 9)
    with pytest.raises(type(failure)) as raised:
        await retry_of(attempts, clock)(a_call(), AGES)
    assert raised.value is failure
    assert attempts.count == count


async def test_the_first_success_ends_the_retries(clock: FakeClock) -> None:
    attempts = FailingAttempts([UpstreamTimeout("late"), UpstreamUnavailable("down")])
    assert await retry_of(attempts, clock)(a_call(), AGES) == "answer"
    assert attempts.count == 3


async def test_a_permanent_failure_is_not_retried(clock: FakeClock) -> None:
    attempts = FailingAttempts([UpstreamTimeout("late"), NotFound("gone")])
    with pytest.raises(NotFound):
        await retry_of(attempts, clock)(a_call(), AGES)
    assert attempts.count == 2


@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
async def test_waits_double_up_to_a_bound_with_full_jitter(clock: FakeClock, jitter: float) -> None:
    attempts = FailingAttempts([UpstreamTimeout("late")] * 6)
    policy = RetryPolicy(attempts=7, first_wait=0.25, longest_wait=2.0)
    budget = RetryBudget(capacity=6.0, initial=6.0)
    await retry_of(attempts, clock, jitter=lambda: jitter, policy=policy, budget=budget)(a_call(), AGES)
    assert clock.slept == [jitter * wait for wait in (0.25, 0.5, 1.0, 2.0, 2.0, 2.0)]


@given(st.randoms(use_true_random=False))
async def test_no_wait_is_longer_than_its_bound_whatever_the_jitter(random: Random) -> None:
    clock = FakeClock()
    retry = retry_of(FailingAttempts([UpstreamTimeout("late")] * 2), clock, jitter=random.random)
    await retry(a_call(), AGES)
    assert all(0 <= wait <= bound for wait, bound in zip(clock.slept, (0.25, 0.5), strict=True))


@pytest.mark.parametrize(("seconds", "count"), [(0.2, 1), (0.25, 1), (0.3, 2), (0.75, 2), (0.8, 3)])
async def test_no_retry_starts_after_the_deadline(clock: FakeClock, seconds: float, count: int) -> None:
    attempts = FailingAttempts([UpstreamTimeout("late")] * 9)
    with pytest.raises(UpstreamTimeout):
        await retry_of(attempts, clock)(a_call(), clock.monotonic() + seconds)
    assert attempts.count == count


async def test_retry_waits_as_long_as_a_rate_limit_requests(clock: FakeClock) -> None:
    attempts = FailingAttempts([RateLimited("slow down", 7.0), RateLimited("slow down", 0.0)])
    await retry_of(attempts, clock, jitter=lambda: 0.1)(a_call(), AGES)
    assert clock.slept == [7.0, 0.0]


async def test_a_rate_limit_without_a_stated_time_is_valid_for_the_minute(clock: FakeClock) -> None:
    await retry_of(FailingAttempts([RateLimited("slow down")]), clock)(a_call(), AGES)
    assert clock.slept == [60.0]


async def test_a_rate_limit_that_outlasts_the_deadline_is_raised_at_once(clock: FakeClock) -> None:
    attempts = FailingAttempts([RateLimited("slow down", 20.0)])
    with pytest.raises(RateLimited):
        await retry_of(attempts, clock)(a_call(), clock.monotonic() + 15)
    assert (attempts.count, clock.slept) == (1, [])


async def test_a_spent_budget_stops_retries_until_calls_have_filled_it(clock: FakeClock) -> None:
    attempts = FailingAttempts([UpstreamTimeout("late")] * 4)
    retry = retry_of(attempts, clock, budget=RetryBudget(share=0.25, capacity=2.0))
    counts = []
    for _ in range(2):
        before = attempts.count
        with pytest.raises(UpstreamTimeout):
            await retry(a_call(), AGES)
        counts.append(attempts.count - before)
    assert counts == [3, 1]
    for _ in range(3):
        await retry(a_call(), AGES)
    attempts.failures = iter([UpstreamTimeout("late")])
    assert await retry(a_call(), AGES) == "answer"


@given(st.integers(1, 200), st.sampled_from([0.0, 0.1, 0.2, 0.5]), st.integers(0, 20))
def test_retries_are_never_more_than_the_capacity_and_the_share_of_the_calls(
    calls: int, share: float, capacity: int
) -> None:
    budget, retries = RetryBudget(share, float(capacity)), 0
    for _ in range(calls):
        budget.deposit()
        retries += budget.withdraw() + budget.withdraw()
    assert retries <= capacity + share * calls + 1e-6


@given(st.integers(1, 60), st.integers(0, 100))
async def test_a_failing_upstream_gets_15_percent_more_calls_and_a_few_from_the_first_call_on(
    calls: int, well: int
) -> None:
    """With everything failing, and after a while in which all was well, which saves no more than the capacity."""
    attempts = FailingAttempts([])
    retry, bound = retry_of(attempts, FakeClock()), 2.0 if well == 0 else 5.0
    for _ in range(well):
        await retry(a_call(), AGES)
    attempts.failures, attempts.count = repeat(UpstreamUnavailable("down")), 0
    for count in range(1, calls + 1):
        with pytest.raises(UpstreamUnavailable):
            await retry(a_call(), AGES)
        assert attempts.count - count <= bound + 0.15 * count + 1e-6


async def test_a_burst_of_calls_that_all_fail_shares_the_budget(clock: FakeClock) -> None:
    attempts = FailingAttempts(repeat(UpstreamUnavailable("down")))
    retry = retry_of(attempts, clock)
    await asyncio.gather(*(retry(a_call(), AGES) for _ in range(300)), return_exceptions=True)
    assert attempts.count - 300 <= 5


def test_tokens_do_not_exceed_the_capacity() -> None:
    budget = RetryBudget(share=0.5, capacity=1.0)
    for _ in range(100):
        budget.deposit()
    assert [budget.withdraw(), budget.withdraw()] == [True, False]


def test_the_default_budget_keeps_retries_within_a_fifth_from_two_hundred_calls_on() -> None:
    budget, retries = RetryBudget(), 0
    for _ in range(200):
        budget.deposit()
        while budget.withdraw():
            retries += 1
    assert 30 <= retries <= 40
