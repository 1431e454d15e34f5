"""Whom the failure of a fetch holds back, and for how long."""

import pytest

from cg_client.errors import (
    CircuitOpen,
    CoinglassError,
    QueueFull,
    QuotaExhausted,
    RateLimited,
    ShareExhausted,
    UpstreamUnavailable,
)
from cg_client.quota.admission import refusal
from cg_client.quota.requester import Priority, Requester
from cg_client.quota.window import Pause, PauseReason
from cg_client.recent_failures import FAILURE_SECONDS, RecentFailures
from tests.cg_client.conftest import a_call
from tests.clock import FakeClock

ANN, BOB = Requester("ann"), Requester("bob")
REFRESHING = Requester("ann", Priority.REFRESH)
PATIENCE = 1.0


@pytest.fixture
def failures(clock: FakeClock) -> RecentFailures:
    return RecentFailures(clock, PATIENCE)


@pytest.mark.parametrize(
    ("failure", "seconds"),
    [
        (UpstreamUnavailable("down"), 1.0),
        (RateLimited("slower", retry_after=0.5), 0.5),
        (CircuitOpen("futures", 0.25), 0.25),
        (CircuitOpen("futures", 30.0), 1.0),
        (QuotaExhausted(30.0), 1.0),
        (QuotaExhausted(1.5), 0.5),
    ],
)
def test_a_failure_counts_for_a_second_unless_the_next_fetch_could_succeed_sooner(
    failures: RecentFailures, clock: FakeClock, failure: CoinglassError, seconds: float
) -> None:
    failures.note(a_call(), ANN, failure)
    clock.advance(seconds - 0.01)
    assert failures.of(a_call(), BOB) is failure
    clock.advance(0.02)
    assert failures.of(a_call(), BOB) is None


def test_a_refusal_counts_for_nobody_who_could_wait_for_the_quota(failures: RecentFailures) -> None:
    failures.note(a_call(), ANN, QuotaExhausted(0.9))
    assert failures.of(a_call(), ANN) is None


def test_a_refusal_does_not_count_for_more_urgent_requesters(failures: RecentFailures) -> None:
    failure = QuotaExhausted(30.0)
    failures.note(a_call(), REFRESHING, failure)
    assert failures.of(a_call(), ANN) is None
    assert failures.of(a_call(), REFRESHING) is failure


def test_a_failure_of_coinglass_counts_for_more_urgent_requesters_too(failures: RecentFailures) -> None:
    failure = UpstreamUnavailable("down")
    failures.note(a_call(), REFRESHING, failure)
    assert failures.of(a_call(), ANN) is failure


@pytest.mark.parametrize("failure", [ShareExhausted(30.0), QueueFull(30.0, 9)])
def test_the_limits_of_a_client_hold_no_other_back(failures: RecentFailures, failure: CoinglassError) -> None:
    failures.note(a_call(), ANN, failure)
    assert (failures.of(a_call(), ANN), failures.of(a_call(), BOB)) == (failure, None)


def test_the_refusal_of_a_call_beyond_its_share_says_so() -> None:
    no_pause = Pause(0.0, PauseReason.REPLACED)
    kinds = {priority: type(refusal(priority, 30.0, 10.0, no_pause)) for priority in Priority}
    assert [priority for priority, kind in kinds.items() if kind is ShareExhausted] == [Priority.EXCESS]


def test_failures_that_are_over_are_forgotten(failures: RecentFailures, clock: FakeClock) -> None:
    for number in range(1000):
        failures.note(a_call(f"A{number}"), ANN, UpstreamUnavailable("down"))
        clock.advance(FAILURE_SECONDS / 10)
    assert len(failures) <= 11
