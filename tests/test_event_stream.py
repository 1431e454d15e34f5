"""Results as server-sent events (graphql-sse, distinct connections), on a real socket."""

import json
from typing import Any

import httpx
import pytest

from sandbox.faults import FaultKind
from server.asgi import HTTPAdapter
from server.live.stream_formats import EventStream
from tests.conftest import Graph, StartGraph
from tests.running import watching
from tests.test_graphql_over_http import TWO_CALLS, large_parts

EVENTS = {"accept": "text/event-stream"}
QUOTA = "{ upstreamQuota { limit } }"
RATES = '{ coin(symbol: "BTC") { currentFundingRates { ... on Problem { code } } } }'


def events(response: httpx.Response) -> list[tuple[str, Any]]:
    """Return the events of a stream, with their data from JSON."""
    assert response.headers["content-type"] == "text/event-stream"
    pairs = []
    for block in response.text.split("\r\n\r\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\r\n") if line and not line.startswith(":"))
        if fields:
            pairs.append((fields["event"], json.loads(fields["data"] or "null")))
    return pairs


def post(graph: Graph, query: str) -> httpx.Response:
    return graph.http.post("/graphql", json={"query": query}, headers=EVENTS)


def test_a_query_is_answered_by_one_event_and_the_end(shared_graph: Graph) -> None:
    expected = [("next", {"data": {"upstreamQuota": {"limit": 1200}}}), ("complete", None)]
    answer = post(shared_graph, QUOTA)
    assert (answer.status_code, events(answer)) == (200, expected)
    assert events(shared_graph.http.get("/graphql", params={"query": QUOTA}, headers=EVENTS)) == expected


@pytest.mark.parametrize(
    ("query", "code"), [("{", "GRAPHQL_PARSE_FAILED"), ("{ nothing }", "GRAPHQL_VALIDATION_FAILED")]
)
def test_an_operation_that_is_not_executed_is_an_event_without_data(shared_graph: Graph, query: str, code: str) -> None:
    (_, result), end = events(post(shared_graph, query))
    assert (result.keys(), end) == ({"errors"}, ("complete", None))
    assert result["errors"][0]["extensions"]["code"] == code


def test_a_mutation_by_get_is_an_event(shared_graph: Graph) -> None:
    answer = shared_graph.http.get("/graphql", params={"query": "mutation { __typename }"}, headers=EVENTS)
    assert "By GET" in events(answer)[0][1]["errors"][0]["message"]


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"query": 1}'])
def test_a_request_that_is_not_graphql_opens_no_stream(shared_graph: Graph, body: bytes) -> None:
    headers = EVENTS | {"content-type": "application/json"}
    answer = shared_graph.http.post("/graphql", content=body, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/json")


def test_the_budget_of_the_caller_holds_and_counts_the_refusal(start_graph: StartGraph) -> None:
    graph = start_graph(calls_per_minute=1)
    result = events(post(graph, TWO_CALLS))[0][1]
    assert result["errors"][0]["extensions"]["code"] == "CLIENT_RATE_LIMITED"
    assert 'refused_total{code="CLIENT_RATE_LIMITED",status="200"} 1.0' in graph.http.get("/metrics").text


def test_the_limit_of_responses_holds(start_graph: StartGraph) -> None:
    graph = start_graph(max_response_megabytes=1)
    with watching((HTTPAdapter, "_end")) as until:
        result = events(post(graph, f"{{ {large_parts()} }}"))[0][1]
        until(lambda: 'limits_exceeded_total{limit="response_mb"} 1.0' in graph.http.get("/metrics").text)
    assert 'refused_total{code="QUERY_TOO_COMPLEX",status="200"} 1.0' in graph.http.get("/metrics").text
    assert (result.keys(), result["errors"][0]["extensions"]["code"]) == ({"errors"}, "QUERY_TOO_COMPLEX")


def test_a_dry_run_is_reported(shared_graph: Graph) -> None:
    answer = shared_graph.http.post("/graphql", json={"query": RATES}, headers=EVENTS | {"x-dry-run": "1"})
    assert events(answer)[0][1]["extensions"]["plan"]["callsToFetch"] > 0


def test_pings_keep_the_connection_until_the_deadline(start_graph: StartGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EventStream, "heartbeat_seconds", 0.05)
    graph = start_graph(deadline_seconds=0.5)
    graph.data('{ coin(symbol: "BTC") { symbol } }')
    graph.fail(FaultKind.HANG, times=1)
    answer = post(graph, RATES)
    assert answer.text.startswith(": ping\r\n\r\n")
    assert events(answer)[0][1]["data"]["coin"]["currentFundingRates"]["code"] == "TIMEOUT"
