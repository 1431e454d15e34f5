"""A failure that replicas share is the one that was raised, with all that its class states."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_client.dry_client import CallPlan, DryRunMiss
from cg_client.errors import (
    BadArgument,
    BeyondRetention,
    CircuitOpen,
    CoinglassError,
    ConnectionsBusy,
    GateSource,
    HistoryTooDeep,
    IntervalRefused,
    IntervalTooFine,
    InvalidRequest,
    NoData,
    NoQuotaPart,
    NotFound,
    PayloadMismatch,
    PlanRefused,
    PlanRequired,
    QueueFull,
    QuotaExhausted,
    RateLimited,
    RequestsPaused,
    ShareExhausted,
    StreamSilent,
    Unauthorized,
    UnavailableReason,
    UnknownExchange,
    UnknownName,
    UnknownPath,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from cg_client.failures import kind_of
from cg_client.intervals import Interval
from cg_client.plans.plan_table import Plan
from cg_client.secret import Secret
from shared.answers.codec import AnswerCodec
from shared.codec_errors import Unencodable, UnreadableValue
from shared.failure_codec import KINDS, Failure, decode_failure, encode_failure
from tests.shared.replicas import shared_call

DEEP = datetime(2026, 1, 1, tzinfo=UTC)
FAILURES: list[Failure] = [
    PlanRequired("plan", required=Plan.STARTUP, current=Plan.HOBBYIST, decided_by=GateSource.UPSTREAM),
    IntervalTooFine(
        "interval", floor=Interval.H4, required=Plan.STARTUP, current=None, decided_by=GateSource.CATALOGUE
    ),
    HistoryTooDeep("history", available_from=DEEP, required=Plan.STANDARD, current=Plan.HOBBYIST),
    BeyondRetention("retention", available_from=DEEP),
    QuotaExhausted(3.0),
    QueueFull(3.0, 5),
    ShareExhausted(3.0),
    NoQuotaPart("This server has no part of the quota"),
    RequestsPaused(3.0, "CoinGlass requested a pause"),
    CircuitOpen("futures/price", 3.0),
    ConnectionsBusy("futures/price"),
    PlanRefused("Upgrade plan"),
    IntervalRefused("interval"),
    Unauthorized("key"),
    NotFound("gone"),
    UnknownPath("no path"),
    RateLimited("slow down", 12.5),
    UpstreamTimeout("late", had_enough_time=False),
    UpstreamUnavailable("down", perhaps_ours=True, reason=UnavailableReason.CONNECT),
    UpstreamRejected("bad parameter"),
    PayloadMismatch("data[0].price", "no figure"),
    NoData("none"),
    StreamSilent(),
    InvalidRequest("no such thing", lasting=False),
    UnknownName("no such coin", ["BTC", "ETH"], "symbol"),
    UnknownExchange("no such exchange", ["Binance"], "Binanc"),
    BadArgument("too many", "last", ["100"]),
]


def shared(failure: Failure) -> Failure:
    return decode_failure(encode_failure(failure))


def same(first: Failure | None, second: Failure | None) -> bool:
    if first is None or second is None:
        return first is second
    stated = [{name: value for name, value in vars(error).items() if name != "before"} for error in (first, second)]
    chained = same(getattr(first, "before", None), getattr(second, "before", None))
    return type(first) is type(second) and str(first) == str(second) and stated[0] == stated[1] and chained


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_a_failure_is_shared_as_it_is(failure: Failure) -> None:
    failure.endpoint = "/api/test"
    if isinstance(failure, CoinglassError):
        failure.attempts = 2
    result = shared(failure)
    assert same(result, failure)
    assert result.code is failure.code
    if isinstance(failure, CoinglassError):
        assert isinstance(result, CoinglassError)
        assert (result.retryable, kind_of(result)) == (failure.retryable, kind_of(failure))


def test_every_class_of_failures_is_tried() -> None:
    tried = {type(failure).__name__ for failure in FAILURES}
    assert {"CoinglassError", "RequestRefused", "Gated", "StartsTooLate", "UpstreamFailed"} == KINDS.keys() - tried


def test_the_failures_of_earlier_attempts_are_shared() -> None:
    failures = [RateLimited("one"), UpstreamTimeout("two"), UpstreamUnavailable("three")]
    failures[1].before, failures[2].before = failures[0], failures[1]
    failures[1].sent, failures[1].seconds = False, 2.5
    assert same(shared(failures[2]), failures[2])


def test_an_invalid_request_is_no_failure_of_a_call() -> None:
    codec = AnswerCodec(Secret("key"), "https://h")
    digest = codec.digest(shared_call())
    assert digest is not None
    signed = codec._sign(encode_failure(BadArgument("no")), digest)
    with pytest.raises(UnreadableValue):
        codec.decode_failure(signed, digest)


def test_a_failure_of_a_dry_run_is_not_shared() -> None:
    with pytest.raises(Unencodable):
        encode_failure(DryRunMiss(CallPlan(), shared_call()))


@given(st.binary(max_size=100))
def test_bytes_of_no_failure_are_unreadable(data: bytes) -> None:
    with pytest.raises(UnreadableValue):
        decode_failure(data)


@pytest.mark.parametrize(
    "stated",
    [
        {"kind": "KeyboardInterrupt", "message": ""},
        {"kind": "NotFound"},
        {"kind": "NotFound", "message": "", "attempts": "three"},
        {"kind": "NotFound", "message": "", "args": []},
    ],
    ids=repr,
)
def test_a_failure_with_anything_else_is_unreadable(stated: dict[str, object]) -> None:
    with pytest.raises(UnreadableValue):
        decode_failure(msgspec.msgpack.encode(stated))
