"""Budgets of callers: windows, reservations, and what they are corrected to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callers import budgets as module
from callers.budgets import DAY, MINUTE, Allowance, BudgetExceeded, Budgets
from callers.caller import Budget, Caller
from tests.clock import FakeClock

UNLIMITED = Budget()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def allowance_of(clock: FakeClock, **limits: int) -> Allowance:
    allowance = Budgets(Budget(**limits), clock).allowance(Caller("ann"))
    assert allowance is not None
    return allowance


def refusal(allowance: Allowance, calls: int, values: int = 0) -> BudgetExceeded:
    with pytest.raises(BudgetExceeded) as exceeded:
        allowance.reserve(calls, values)
    return exceeded.value


def left(allowance: Allowance, clock: FakeClock) -> list[int]:
    return [window.left(clock.monotonic()) for window in allowance.windows]


def test_a_refusal_states_the_figure_the_rest_and_the_wait(clock: FakeClock) -> None:
    allowance = allowance_of(clock, calls_per_minute=10)
    allowance.reserve(7, 0)
    clock.advance(20)
    refused = refusal(allowance, 4)
    assert refused.retry_after == MINUTE - 20
    assert str(refused) == "This operation could take 4 upstream calls, and 3 of your 10 per minute are left."


def test_an_operation_larger_than_the_budget_is_refused_without_a_time(clock: FakeClock) -> None:
    allowance = allowance_of(clock, values_per_day=10)
    refused = refusal(allowance, 0, 11)
    assert refused.retry_after is None
    assert "11 values" in str(refused)
    assert "10 per day" in str(refused)
    assert "Split it up" in str(refused)
    allowance.reserve(0, 10)


def test_a_window_begins_with_the_first_operation_and_another_after_its_end(clock: FakeClock) -> None:
    allowance = allowance_of(clock, calls_per_minute=1)
    clock.advance(1000)
    assert allowance.windows[0].seconds_left(clock.monotonic()) == MINUTE
    allowance.reserve(1, 0)
    clock.advance(MINUTE - 1)
    assert refusal(allowance, 1).retry_after == 1
    clock.advance(1)
    allowance.reserve(1, 0)


def test_a_refused_operation_spends_nothing_in_any_window(clock: FakeClock) -> None:
    allowance = allowance_of(clock, calls_per_minute=10, values_per_day=5)
    refusal(allowance, 3, 6)
    assert left(allowance, clock) == [10, 5]


def test_the_wait_of_a_day_counts(clock: FakeClock) -> None:
    allowance = allowance_of(clock, calls_per_minute=10, calls_per_day=15)
    allowance.reserve(10, 0)
    clock.advance(MINUTE)
    assert refusal(allowance, 6).retry_after == DAY - MINUTE


def test_calls_that_were_not_sent_are_given_back(clock: FakeClock) -> None:
    allowance = allowance_of(clock, calls_per_minute=10)
    (reservation,) = allowance.reserve(10, 0)
    reservation.correct(2)
    assert left(allowance, clock) == [8]


def test_a_reservation_of_a_window_that_is_over_gives_nothing_back_to_the_next(clock: FakeClock) -> None:
    allowance = allowance_of(clock, calls_per_minute=10)
    (late,) = allowance.reserve(10, 0)
    clock.advance(MINUTE)
    allowance.reserve(10, 0)
    late.correct(0)
    assert left(allowance, clock) == [0]


def test_more_calls_than_reserved_are_counted(clock: FakeClock) -> None:
    allowance = allowance_of(clock, calls_per_minute=10)
    (reservation,) = allowance.reserve(1, 0)
    reservation.correct(12)
    assert left(allowance, clock) == [0]
    refusal(allowance, 1)


operations = st.lists(st.tuples(st.integers(0, 12), st.floats(0, 1), st.floats(0, 40)), max_size=40)


@given(operations)
def test_no_window_has_more_calls_than_its_limit(operations: list[tuple[int, float, float]]) -> None:
    """Each operation sends at most what it reserved, and the next begins before it ends."""
    clock = FakeClock()
    allowance = allowance_of(clock, calls_per_minute=10)
    sent: dict[float, int] = {}
    running = []
    for calls, share, seconds in operations:
        try:
            (reservation,) = allowance.reserve(calls, 0)
        except BudgetExceeded:
            continue
        running.append((reservation, int(calls * share)))
        clock.advance(seconds)
        if len(running) > 1:
            ended, amount = running.pop(0)
            ended.correct(amount)
            sent[ended.number] = sent.get(ended.number, 0) + amount
            assert max(sent.values()) <= 10
            assert allowance.windows[0].used >= 0


def test_a_caller_without_any_limit_has_no_allowance(clock: FakeClock) -> None:
    assert Budgets(UNLIMITED, clock).allowance(Caller("ann")) is None
    assert Budgets(UNLIMITED, clock).allowance(Caller("ann", UNLIMITED)) is None
    assert Budgets(UNLIMITED, clock).allowance(Caller("ann", Budget(calls_per_day=1))) is not None


def test_the_default_completes_the_budget_of_a_key(clock: FakeClock) -> None:
    budgets = Budgets(Budget(calls_per_minute=5, values_per_day=100), clock)
    allowance = budgets.allowance(Caller("ann", Budget(calls_per_minute=50)))
    assert allowance is not None
    assert [(window.unit, window.period, window.limit) for window in allowance.windows] == [
        ("calls", "minute", 50),
        ("values", "day", 100),
    ]


def test_each_caller_has_its_allowance_and_keeps_it(clock: FakeClock) -> None:
    budgets = Budgets(Budget(calls_per_minute=5), clock)
    ann, again, bob = (budgets.allowance(Caller(name)) for name in ("ann", "ann", "bob"))
    assert ann is again is not bob


def test_a_changed_budget_applies_to_what_was_spent(clock: FakeClock) -> None:
    budgets = Budgets(UNLIMITED, clock)
    before = budgets.allowance(Caller("ann", Budget(calls_per_minute=5)))
    assert before is not None
    before.reserve(5, 0)
    after = budgets.allowance(Caller("ann", Budget(calls_per_minute=8)))
    assert after is not None
    assert left(after, clock) == [3]


def test_the_number_of_allowances_is_bounded(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ALLOWANCES", 2)
    budgets = Budgets(Budget(calls_per_minute=5), clock)
    first, second = (budgets.allowance(Caller(name)) for name in ("ann", "bob"))
    assert budgets.allowance(Caller("ann")) is first
    budgets.allowance(Caller("cat"))
    assert budgets.allowance(Caller("ann")) is first
    assert budgets.allowance(Caller("bob")) is not second
