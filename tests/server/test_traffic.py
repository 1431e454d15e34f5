"""Refusals are counted by code, and logged at most so many times a second."""

import pickle

from structlog.testing import capture_logs

from callers.caller import Caller
from server.http import Request
from server.traffic import MAX_LINES, Traffic
from tests.clock import FakeClock
from tests.server.raw_asgi import http_scope


def test_a_flood_of_refusals_is_counted_but_not_logged_whole() -> None:
    clock = FakeClock()
    traffic = Traffic(clock.monotonic)
    with capture_logs() as logged:
        for _ in range(MAX_LINES + 30):
            traffic.refuse("TOO_MANY_CONNECTIONS", 429, address="192.0.2.7")
        clock.advance(1)
        traffic.refuse("TOO_MANY_CONNECTIONS", 429, address="192.0.2.7")
    assert traffic.refused == {("TOO_MANY_CONNECTIONS", "429"): MAX_LINES + 31}
    assert len(logged) == MAX_LINES + 1
    assert [line.get("left_out") for line in logged[-2:]] == [None, "30"]


def test_the_refusal_of_a_websocket_has_a_line_and_is_counted() -> None:
    traffic, request = Traffic(), Request(http_scope("GET", "/graphql", b"", {}))
    with capture_logs() as logged:
        traffic.refuse_request(request, "UNAUTHENTICATED", 4401)
    assert [(line["event"], line["code"], line["path"]) for line in logged] == [
        ("refused", "UNAUTHENTICATED", "/graphql")
    ]
    assert traffic.refused == {("UNAUTHENTICATED", "4401"): 1}


def test_calls_of_callers_beyond_the_bound_are_counted_together() -> None:
    traffic = Traffic()
    for number in range(300):
        traffic.count_request(Caller(f"caller-{number}"))
        traffic.count_call(Caller(f"caller-{number}"))
    assert (traffic.calls["caller-0"], traffic.calls["others"]) == (1, 100)


def test_the_number_of_counted_callers_is_bounded() -> None:
    traffic = Traffic()
    for number in range(300):
        traffic.count_request(Caller(f"caller-{number}"))
    assert (len(traffic.requests), traffic.requests["others"]) == (201, 100)


def test_counts_reach_a_worker() -> None:
    assert pickle.loads(pickle.dumps(Traffic())).refused == {}  # noqa: S301  # our own bytes
