"""What each answer of CoinGlass means, by the body's code first and the HTTP status second."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cg_client.decoding.anomalies import AnomalyCollector
from cg_client.envelope import MAX_RETRY_AFTER, payload, retry_after
from cg_client.errors import (
    IntervalRefused,
    NoData,
    NotFound,
    PlanRefused,
    ProblemCode,
    RateLimited,
    Unauthorized,
    UnknownPath,
    UpstreamFailed,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from cg_client.transport import UpstreamResponse
from tests.cg_client.conftest import body, decode

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
PAIR_UNKNOWN = "The requested pair does not exist on the exchange. Please check the documentation to view supported ..."
TOO_FINE = "The requested interval is not available for your current API plan."
PATH_UNKNOWN = "Endpoint not found. Please refer to the API documentation: https://docs.coinglass.com/reference"
HTML = b"<html><body>Bad gateway</body></html>"


def failed(status: int, content: bytes, **headers: str) -> UpstreamFailed:
    with pytest.raises(UpstreamFailed) as error:
        payload(
            UpstreamResponse(
                status, content, {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
            )
        )
    return error.value


@pytest.mark.parametrize(
    "content",
    [
        b'{"code":"0","msg":"success","data":[1,2]}',
        b'{"code":"0","msg":"","data":[1,2],"success":true}',
        b'{"code":0,"data":[1,2]}',
        b'{"data":[1,2],"code":"0","msg":null}',
    ],
)
def test_code_zero_is_success_whatever_else_the_envelope_contains(content: bytes) -> None:
    assert decode(payload(UpstreamResponse(200, content)), AnomalyCollector()) == [1, 2]


@pytest.mark.parametrize(
    "content",
    [
        b'{"code":"0","msg":"success"}',
        b'{"code":"0","data":null}',
        b'{"code":"0","data": {} }',
        b'{"data":{ \n },"code":"0"}',
        b'{"code":0,"msg":"","data":null,"success":true}',
    ],
)
def test_an_empty_success_has_no_data(content: bytes) -> None:
    with pytest.raises(NoData, match="without data"):
        payload(UpstreamResponse(200, content))


@pytest.mark.parametrize(
    ("data", "value"), [(b"[]", []), (b"0", 0), (b'""', ""), (b"[{}]", [{}]), (b'{"a":{}}', {"a": {}})]
)
def test_empty_lists_and_short_values_are_payloads(data: bytes, value: object) -> None:
    assert decode(payload(UpstreamResponse(200, b'{"code":"0","data":%b}' % data)), AnomalyCollector()) == value


@pytest.mark.parametrize(
    ("status", "code", "text", "meaning"),
    [
        (200, "401", "Upgrade plan", PlanRefused),
        (401, "401", "Upgrade plan", PlanRefused),
        (200, "40001", "Upgrade plan", PlanRefused),
        (200, "400", "Upgrade plan", PlanRefused),
        (200, "403", TOO_FINE, IntervalRefused),
        (200, "400", TOO_FINE, IntervalRefused),
        (200, "403", "", IntervalRefused),
        (200, "400", "API key missing.", Unauthorized),
        (400, "400", "API key missing.", Unauthorized),
        (200, "400", "Invalid API key provided", Unauthorized),
        (200, "401", "Unauthorized", Unauthorized),
        (401, "", "", Unauthorized),
        (200, "400", "Required String parameter 'exchange_list' is not present", UpstreamRejected),
        (200, "405", "Method not supported", UpstreamRejected),
        (200, "422", "Unprocessable", UpstreamRejected),
        (400, "", "", UpstreamRejected),
        (200, "400", PAIR_UNKNOWN, NotFound),
        (404, "404", PAIR_UNKNOWN, NotFound),
        (404, "404", "Symbol not found", NotFound),
        (404, "404", PATH_UNKNOWN, UnknownPath),
        (200, "404", "Not Found", UnknownPath),
        (404, "404", "No handler for GET /api/futures/supported-exchange-pairs", UnknownPath),
        (404, "0", "success", UnknownPath),
        (200, "500", "Server Error", UpstreamUnavailable),
        (500, "500", "Server Error", UpstreamUnavailable),
        (502, "0", "success", UpstreamUnavailable),
        (503, "", "", UpstreamUnavailable),
        (200, "408", "Request Timeout", UpstreamTimeout),
        (408, "408", "Request Timeout", UpstreamTimeout),
        (429, "429", "Too Many Requests", RateLimited),
        (200, "429", "Too Many Requests", RateLimited),
        (200, "50001", "Too Many Requests", RateLimited),
        (429, "0", "success", RateLimited),
        (200, "400", "Too Many Requests", RateLimited),
        (200, "403", "Rate limit exceeded, please try again later", RateLimited),
        (200, "500", "Requests are too frequent.", RateLimited),
        (200, "401", "API key rate-limited", RateLimited),
        (200, "400", "Parameter 'limit' is too large", UpstreamRejected),
        (403, "403", TOO_FINE, IntervalRefused),
        (403, "400", "Invalid API key provided", Unauthorized),
    ],
)
def test_a_failure_is_classified_by_its_code_and_message(
    status: int, code: str, text: str, meaning: type[UpstreamFailed]
) -> None:
    assert type(failed(status, body(code, text))) is meaning
    if code:
        assert type(failed(status, body(int(code), text))) is meaning


@pytest.mark.parametrize("content", [b"", b"{}", HTML, b'{"msg":"Request Timeout"}'])
def test_a_timeout_in_the_status_alone_can_be_tried_again(content: bytes) -> None:
    assert failed(408, content).retryable


def test_only_a_server_error_in_the_body_may_be_due_to_parameters() -> None:
    in_body, in_status = failed(200, body("500", "Server Error")), failed(503, body("", ""))
    assert isinstance(in_body, UpstreamUnavailable)
    assert isinstance(in_status, UpstreamUnavailable)
    assert (in_body.perhaps_ours, in_status.perhaps_ours) == (True, False)


def test_the_reason_may_be_in_the_message_field() -> None:
    assert isinstance(failed(200, b'{"code":"400","message":"Upgrade plan"}'), PlanRefused)
    assert "exchange_list" in str(failed(200, b'{"code":"400","message":"exchange_list is not present"}'))


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (200, UpstreamUnavailable),
        (302, UpstreamUnavailable),
        (401, UpstreamUnavailable),
        (403, UpstreamUnavailable),
        (404, UnknownPath),
        (429, RateLimited),
        (500, UpstreamUnavailable),
        (502, UpstreamUnavailable),
    ],
)
@pytest.mark.parametrize("content", [b"", HTML, b'{"code":"0","data":[1,', b"[]", b"null", b"\xff\xfe"])
def test_without_an_envelope_the_status_decides(status: int, meaning: type[UpstreamFailed], content: bytes) -> None:
    assert type(failed(status, content)) is meaning


@pytest.mark.parametrize("status", [401, 403])
def test_a_page_of_a_gateway_does_not_mean_a_bad_key(status: int) -> None:
    error = failed(status, HTML)
    assert str(error) == f"A page in front of CoinGlass refused the request (HTTP {status}, no JSON)."
    assert (error.code, error.retryable) == (ProblemCode.UPSTREAM_ERROR, True)


@pytest.mark.parametrize("content", [b'{"message":"Forbidden"}', b"[]"])
def test_a_refusal_in_other_json_is_one_of_a_gateway(content: bytes) -> None:
    assert "HTTP 403, no envelope of CoinGlass" in str(failed(403, content))


@pytest.mark.parametrize("content", [b'{"code":"\xff"}', b'{"code":"400","msg":"\xe9"}'])
def test_invalid_utf_8_is_an_upstream_failure(content: bytes) -> None:
    failed(200, content)


@given(st.integers(200, 599), st.binary() | st.text().map(str.encode))
def test_any_body_is_a_payload_or_a_typed_failure(status: int, content: bytes) -> None:
    with contextlib.suppress(UpstreamFailed, NoData):
        payload(UpstreamResponse(status, content))


def test_a_long_message_of_upstream_is_cut() -> None:
    assert len(str(failed(200, body("400", "x" * 10_000)))) < 400


@pytest.mark.parametrize("content", [body("429", "Too Many Requests"), HTML])
def test_a_rate_limit_states_the_requested_pause(content: bytes) -> None:
    assert failed(429, content, retry_after="7").retry_after == 7
    assert failed(429, content).retry_after is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("2.5", 2.5),
        ("-5", 0.0),
        ("86400", MAX_RETRY_AFTER),
        ("inf", MAX_RETRY_AFTER),
        ("1e999", MAX_RETRY_AFTER),
        ("-inf", 0.0),
        ("nan", None),
        ("soon", None),
        ("", None),
        ("Wed, 01 Jul 2026 12:00:30 GMT", 30.0),
        ("Wed, 01 Jul 2026 14:00:30 +0200", 30.0),
        ("Wed, 01 Jul 2026 11:00:00 GMT", 0.0),
        ("Thu, 02 Jul 2026 12:00:00 GMT", MAX_RETRY_AFTER),
        ("Wed, 99 Jul 2026 12:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_in_both_its_forms_and_bounded(value: str, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


@pytest.mark.parametrize("value", ["Wed, 01 Jul 2026 12:00:30", "Wed, 01 Jul 2026 12:00:30 -0000"])
def test_a_date_without_a_zone_is_read_as_utc(value: str) -> None:
    assert retry_after(value, NOW) == 30.0


@given(st.text() | st.floats().map(str) | st.datetimes().map(lambda time: time.strftime("%a, %d %b %Y %H:%M:%S GMT")))
@example("Wed, 01 Jul 2026 12:00:30 +99999999999999999999")
def test_any_retry_after_is_bounded(value: str) -> None:
    seconds = retry_after(value, NOW)
    assert seconds is None or 0 <= seconds <= MAX_RETRY_AFTER
