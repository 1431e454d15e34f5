"""The window says when there is room: never too early, and at once where there is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_client.quota.window import MINUTE, QuotaWindow

NOW = 1000.0
seconds = st.floats(0, 90, allow_nan=False).map(lambda value: round(value, 2))


def window_of(limit: int, ages: list[float], in_flight: int = 0, blocked: float = 0.0) -> QuotaWindow:
    """Return a window in which requests ended `ages` seconds ago."""
    window = QuotaWindow(limit)
    for age in sorted(ages, reverse=True):
        window.start()
        window.end(NOW - age)
    for _ in range(in_flight):
        window.start()
    window.block(NOW + blocked)
    return window


states = st.builds(window_of, st.integers(1, 12), st.lists(seconds, max_size=20), st.integers(0, 4), seconds)


@pytest.mark.parametrize(
    ("limit", "workers", "reserve"),
    [(30, 1, 6), (80, 1, 16), (300, 1, 60), (1200, 1, 240), (30, 4, 1), (30, 30, 0), (4, 1, 0), (5, 1, 1), (1, 1, 0)],
)
def test_a_fifth_of_the_share_is_reserved_for_interactive_calls(limit: int, workers: int, reserve: int) -> None:
    window = QuotaWindow(limit, workers)
    assert window.reserve == reserve < window.share


def test_the_reserve_follows_the_limit() -> None:
    window = QuotaWindow(30)
    window.correct(NOW, NOW, 300, None)
    assert window.reserve == 60


@given(states, st.integers(1, 40), st.booleans())
def test_the_forecast_predicts_the_actual_starts(window: QuotaWindow, calls: int, background: bool) -> None:
    """Calls that start one after the other, each as soon as it may, and end at once if none is in flight."""
    keep = window.reserve if background else 0
    window._releases.extend([NOW + MINUTE] * window._in_flight)
    window._in_flight = 0
    forecast, now = window.forecast(NOW), NOW
    for _ in range(calls):
        now = window.available_at(now, keep)
        assert forecast.next(keep) == now
        forecast.add(reserve=keep)
        window.start()
        window.end(now)


@given(states, st.integers(0, 20), st.integers(0, 20))
def test_forecast_times_ascend_even_if_later_calls_respect_the_reserve(
    window: QuotaWindow, all_of_it: int, keeping: int
) -> None:
    forecast, times = window.forecast(NOW), []
    for keep in [*[0] * all_of_it, *[window.reserve] * keeping]:
        times.append(forecast.next(keep))
        forecast.add(reserve=keep)
    assert times == sorted(times)


@given(states)
def test_the_stated_time_is_never_too_early(window: QuotaWindow) -> None:
    for keep in (0, window.reserve):
        at = window.available_at(NOW, keep)
        assert window.forecast(NOW).next(keep) == at
        assert at >= max(NOW, window.pause.until)
        in_flight = window._in_flight if at < NOW + MINUTE else 0
        assert sum(release > at for release in window._releases) + in_flight < window.share - keep


def test_a_returned_start_does_not_count() -> None:
    window = window_of(1, [])
    window.start()
    assert window.available_at(NOW) == NOW + MINUTE
    window.give_back()
    assert window.available_at(NOW) == NOW
    assert window.usage(NOW).used == 0
