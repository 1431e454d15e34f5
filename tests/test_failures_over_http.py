"""Every way in which CoinGlass, or the way to it, can fail: the right problem, and no more attempts than can help."""

import pytest

from cg_client.plans.plan_table import Plan
from sandbox.faults import FaultKind
from tests.conftest import Graph, StartGraph

FUNDING = "/api/futures/funding-rate/history"
QUERY = """
{ pair(exchange: "Binance", symbol: "BTCUSDT") {
    fundingRate(interval: H4, last: 2) { __typename
      ... on FundingSeries { count source { freshness } }
      ... on Problem { code message endpoint }
      ... on PlanGated { reason decidedBy }
      ... on Unavailable { retryable retryAfter } }
    openInterest(interval: H4, last: 2) { __typename } } }
"""
# What comes of each fault, how often it is tried, and whether trying later can help.
FAULTS = [
    (FaultKind.PLAN, "PLAN_REQUIRED", 1, None),
    (FaultKind.INTERVAL, "INTERVAL_TOO_FINE", 1, None),
    (FaultKind.KEY_MISSING, "UNAUTHORIZED", 1, False),
    (FaultKind.KEY_INVALID, "UNAUTHORIZED", 1, False),
    (FaultKind.PARAMETER_MISSING, "UPSTREAM_ERROR", 1, False),
    (FaultKind.PAIR_UNKNOWN, "NOT_FOUND", 1, False),
    (FaultKind.NOT_FOUND, "NOT_FOUND", 1, False),
    (FaultKind.SERVER_ERROR, "UPSTREAM_ERROR", 2, True),
    (FaultKind.HTTP_500, "UPSTREAM_ERROR", 3, True),
    (FaultKind.HTTP_502_HTML, "UPSTREAM_ERROR", 3, True),
    (FaultKind.NOT_JSON, "UPSTREAM_ERROR", 3, True),
    (FaultKind.CUT_JSON, "UPSTREAM_ERROR", 3, True),
    (FaultKind.EMPTY, "UPSTREAM_ERROR", 3, True),
    (FaultKind.TRUNCATED, "UPSTREAM_ERROR", 3, True),
    (FaultKind.RESET, "UPSTREAM_ERROR", 3, True),
    (FaultKind.RATE_LIMITED, "RATE_LIMITED", 1, True),
    (FaultKind.RATE_LIMITED_IN_BODY, "RATE_LIMITED", 1, True),
    (FaultKind.RATE_LIMITED_OLD_CODE, "RATE_LIMITED", 1, True),
    (FaultKind.RATE_LIMITED_BY_TEXT, "RATE_LIMITED", 1, True),
    (FaultKind.HTTP_403_HTML, "UPSTREAM_ERROR", 3, True),
    (FaultKind.NULL, "NO_DATA", 1, False),
    (FaultKind.NO_DATA, "NO_DATA", 1, False),
    (FaultKind.LENGTH_TOO_LONG, "UPSTREAM_ERROR", 3, True),
    (FaultKind.LENGTH_TOO_SHORT, "UPSTREAM_ERROR", 3, True),
    (FaultKind.OVERSIZED, "UPSTREAM_ERROR", 3, True),
    (FaultKind.GZIP_BOMB, "UPSTREAM_ERROR", 3, True),
    (FaultKind.WRONG_SHAPE, "BAD_PAYLOAD", 1, False),
]


@pytest.mark.parametrize(("kind", "code", "attempts", "retryable"), FAULTS)
def test_each_failure_becomes_its_problem_after_the_useful_attempts(
    graph: Graph, kind: FaultKind, code: str, attempts: int, retryable: bool | None
) -> None:
    graph.fail(kind, FUNDING, seconds=0.01)
    pair = graph.data(QUERY)["pair"]
    funding = pair["fundingRate"]
    assert (funding["code"], funding["endpoint"]) == (code, FUNDING)
    assert graph.calls(FUNDING) == attempts
    assert funding.get("retryable") == retryable
    assert funding["__typename"] == ("PlanGated" if retryable is None else "Unavailable")
    if retryable is None:
        assert funding["decidedBy"] == "UPSTREAM"
    if code == "BAD_PAYLOAD":
        assert "`data`" in funding["message"]
    if code != "RATE_LIMITED":  # which holds all requests of the key
        assert pair["openInterest"]["__typename"] == "OISeries"


def test_an_unreadable_figure_is_null_and_reported(graph: Graph) -> None:
    query = """{ pair(exchange: "Binance", symbol: "BTCUSDT") { fundingRate(interval: H8, last: 3) {
        ... on FundingSeries { columns { open close } source { anomalies { kind field count sample } } } } } }"""
    regular = graph.data(query)["pair"]["fundingRate"]
    assert regular["source"]["anomalies"] == []
    graph.fail(FaultKind.WRONG_TYPE, FUNDING)
    unusual = graph.data(query.replace("H8", "H4"))["pair"]["fundingRate"]
    assert [close is None for close in unusual["columns"]["close"]] == [False, False, True]
    assert None not in unusual["columns"]["open"]
    (anomaly,) = unusual["source"]["anomalies"]
    assert (anomaly["kind"], anomaly["field"], anomaly["count"]) == ("VALUE_UNREADABLE", "close", 1)


@pytest.mark.parametrize(("kind", "error"), [(FaultKind.RESET, "ReadError"), (FaultKind.TRUNCATED, "ReadError")])
def test_the_sandbox_really_breaks_the_connection(graph: Graph, kind: FaultKind, error: str) -> None:
    graph.fail(kind, FUNDING)
    assert graph.data(QUERY)["pair"]["fundingRate"]["message"] == f"The connection to CoinGlass failed ({error})."


def test_a_hanging_upstream_is_a_timeout_within_the_deadline(start_graph: StartGraph) -> None:
    graph = start_graph(deadline_seconds=1.0, attempt_seconds=0.4)
    graph.fail(FaultKind.HANG, FUNDING, seconds=5.0)
    answer = graph.data(QUERY)["pair"]
    assert (answer["fundingRate"]["code"], answer["fundingRate"]["retryable"]) == ("TIMEOUT", True)
    assert answer["openInterest"]["__typename"] == "OISeries"
    assert 2 <= graph.calls(FUNDING) <= 3


def test_a_slowly_sent_body_is_read_to_its_end(graph: Graph) -> None:
    graph.fail(FaultKind.DRIPS, FUNDING, seconds=0.2)
    assert graph.data(QUERY)["pair"]["fundingRate"]["__typename"] == "FundingSeries"
    assert graph.calls(FUNDING) == 1


def test_a_slowly_sent_body_is_not_awaited_beyond_the_deadline(start_graph: StartGraph) -> None:
    graph = start_graph(deadline_seconds=1.0, attempt_seconds=0.4)
    graph.fail(FaultKind.DRIPS, FUNDING, seconds=5.0)
    answer = graph.data(QUERY)["pair"]
    assert (answer["fundingRate"]["code"], answer["openInterest"]["__typename"]) == ("TIMEOUT", "OISeries")


@pytest.mark.parametrize(
    "kind", [FaultKind.HTTP_500, FaultKind.RESET, FaultKind.TRUNCATED, FaultKind.CUT_JSON, FaultKind.SERVER_ERROR]
)
def test_a_temporary_failure_is_hidden_by_retries(graph: Graph, kind: FaultKind) -> None:
    graph.fail(kind, FUNDING, times=1)
    assert graph.data(QUERY)["pair"]["fundingRate"]["__typename"] == "FundingSeries"
    assert graph.calls(FUNDING) == 2


def test_a_rate_limit_with_retry_after_is_waited_out(graph: Graph) -> None:
    graph.fail(FaultKind.RATE_LIMITED, FUNDING, times=1, retry_after="1")
    assert graph.data(QUERY)["pair"]["fundingRate"]["__typename"] == "FundingSeries"
    assert graph.calls(FUNDING) == 2


def test_after_a_rate_limit_without_a_time_nothing_is_sent_for_the_minute(graph: Graph) -> None:
    graph.fail(FaultKind.RATE_LIMITED, FUNDING, times=1)
    assert graph.data(QUERY)["pair"]["fundingRate"]["code"] == "RATE_LIMITED"
    graph.forget()
    again = graph.data(QUERY)["pair"]["fundingRate"]
    assert again["code"] == "RATE_LIMITED"
    assert "quota" not in again["message"]
    assert 0 < again["retryAfter"] <= 60
    assert graph.sandbox.calls.total() == 0


DETAIL = "/api/etf/bitcoin/detail"
FUND = """query($ticker: String!) {
  etf(asset: BTC) { detail(ticker: $ticker) {
    __typename ... on Unavailable { code retryable } ... on InvalidInput { code argument } } } }
"""


def test_an_unknown_fund_is_a_mistake_of_the_caller(graph: Graph) -> None:
    assert graph.data(FUND, ticker="NOPE")["etf"]["detail"] == {
        "__typename": "InvalidInput",
        "code": "BAD_USER_INPUT",
        "argument": "ticker",
    }
    assert graph.calls(DETAIL) == 3
    assert graph.data(FUND, ticker="IBIT")["etf"]["detail"]["__typename"] == "FundDetail"


def test_an_outage_makes_no_fund_unknown(graph: Graph) -> None:
    graph.fail(FaultKind.SERVER_ERROR, DETAIL)
    detail = graph.data(FUND, ticker="NOPE")["etf"]["detail"]
    assert (detail["code"], detail["retryable"]) == ("UPSTREAM_ERROR", True)


def test_retries_spend_the_quota_like_any_request(start_graph: StartGraph) -> None:
    graph = start_graph(Plan.HOBBYIST)
    graph.data('{ pair(exchange: "Binance", symbol: "BTCUSDT") { symbol } }')
    graph.fail(FaultKind.HTTP_500, FUNDING)
    before = graph.data("{ upstreamQuota { used } }")["upstreamQuota"]["used"]
    graph.data('{ pair(exchange: "Binance", symbol: "BTCUSDT") { fundingRate(interval: H4) { __typename } } }')
    assert graph.data("{ upstreamQuota { used } }")["upstreamQuota"]["used"] - before == graph.calls(FUNDING) == 3


def test_a_failing_upstream_does_not_keep_the_server_from_starting(start_graph: StartGraph) -> None:
    graph = start_graph(declared=False)
    graph.fail(FaultKind.HTTP_500)
    answer = graph.data(QUERY)["pair"]["fundingRate"]
    assert answer["__typename"] == "Unavailable"
    graph.sandbox.faults.clear()
    assert graph.data(QUERY)["pair"]["fundingRate"]["__typename"] == "FundingSeries"
