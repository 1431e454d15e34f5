"""An outage is counted whole, and logged without a flood."""

from structlog.testing import capture_logs

from cg_client.failures import FailureKind
from server.upstream_observer import LINE_SECONDS, FailureLog
from tests.clock import FakeClock

PRICE, NEWS = "/api/futures/price/history", "/api/article/list"


def test_a_thousand_failures_a_second_have_a_line_for_each_endpoint_and_kind_in_ten_seconds() -> None:
    clock = FakeClock()
    failures = FailureLog(clock.monotonic)
    with capture_logs() as logged:
        for _ in range(1000):
            failures.failed(PRICE, FailureKind.TIMEOUT, {"attempts": 1})
            failures.failed(NEWS, FailureKind.TIMEOUT, {"attempts": 1})
        failures.failed(PRICE, FailureKind.HTTP_ERROR, {"attempts": 1})
        assert len(logged) == 3
        clock.advance(LINE_SECONDS)
        failures.failed(PRICE, FailureKind.TIMEOUT, {"attempts": 3})
    assert [(line["endpoint"], line["attempts"], line.get("suppressed")) for line in logged[3:]] == [(PRICE, 3, 999)]


def test_failures_that_none_follows_are_counted_in_a_line_of_their_own() -> None:
    clock = FakeClock()
    failures = FailureLog(clock.monotonic)
    with capture_logs() as logged:
        for _ in range(5):
            failures.failed(PRICE, FailureKind.TIMEOUT, {})
        failures.review(is_ending=False)
        assert len(logged) == 1
        clock.advance(LINE_SECONDS)
        failures.review(is_ending=False)
        failures.review(is_ending=False)
        failures.failed(PRICE, FailureKind.TIMEOUT, {})
        failures.review(is_ending=True)
    assert [(line["event"], line.get("suppressed")) for line in logged] == [
        ("upstream failure", None),
        ("upstream failures without a line", 4),
        ("upstream failures without a line", 1),
    ]


def test_a_refusal_by_the_plan_is_logged_once_for_each_endpoint() -> None:
    clock = FakeClock()
    failures = FailureLog(clock.monotonic)
    with capture_logs() as logged:
        for _ in range(3):
            failures.failed(PRICE, FailureKind.PLAN_REFUSED, {})
            clock.advance(2 * LINE_SECONDS)
            failures.review(is_ending=False)
    assert len(logged) == 1


def test_what_nobody_has_to_act_on_is_no_warning() -> None:
    with capture_logs() as logged:
        for kind in (FailureKind.NO_DATA, FailureKind.NOT_FOUND, FailureKind.REJECTED, FailureKind.TIMEOUT):
            FailureLog().failed(PRICE, kind, {})
    assert [line["log_level"] for line in logged] == ["info", "info", "info", "warning"]
