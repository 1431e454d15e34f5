"""Media types, status codes and methods, as the specification of GraphQL over HTTP has them."""

import json
from typing import Any

import httpx
import pytest

from tests.conftest import Graph, StartGraph

TYPED = "application/graphql-response+json"
QUOTA = "{ upstreamQuota { limit } }"
TYPENAME = {"data": {"__typename": "Query"}}
SERIES = 'coin(symbol: "BTC") { openInterest(interval: %s, last: 1) { __typename } }'
TWO_CALLS = f"{{ a: {SERIES % 'H4'} b: {SERIES % 'H8'} }}"
REQUIRED = "query($n: Int!) { coins(first: $n) { totalCount } }"
HASH = {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}


def large_parts(count: int = 4) -> str:
    """Return fields whose values have some 400 KB each."""
    selection = "... on PriceSeries { candles { time timestamp open high low close } }"
    pair = 'pair(exchange: "Binance", symbol: "BTCUSDT")'
    return " ".join(f"s{n}: {pair} {{ price(interval: M1, last: {4000 + n}) {{ {selection} }} }}" for n in range(count))


def post(graph: Graph, accept: str = TYPED, **body: Any) -> httpx.Response:
    return graph.http.post("/graphql", json=body, headers={"accept": accept})


REFUSED = [
    ({"query": "{"}, 400, "GRAPHQL_PARSE_FAILED"),
    ({"query": "{ nothing }"}, 400, "GRAPHQL_VALIDATION_FAILED"),
    ({"query": REQUIRED}, 400, "BAD_USER_INPUT"),
    ({"query": QUOTA, "operationName": "other"}, 400, "BAD_USER_INPUT"),
    ({"query": "fragment A on Query { __typename }"}, 400, "GRAPHQL_VALIDATION_FAILED"),
    ({"query": "query A { __typename } query B { __typename }"}, 400, "GRAPHQL_VALIDATION_FAILED"),
    ({"query": "subscription { __typename }"}, 400, "GRAPHQL_VALIDATION_FAILED"),
    ({"query": "{ " + " ".join(f"a{n}: __typename" for n in range(200)) + " }"}, 400, "QUERY_TOO_COMPLEX"),
    ({"extensions": HASH}, 400, "PERSISTED_QUERY_NOT_FOUND"),
]


@pytest.mark.parametrize(("body", "status", "code"), REFUSED)
def test_an_operation_that_is_not_executed_has_no_data(
    shared_graph: Graph, body: dict[str, Any], status: int, code: str
) -> None:
    for accept, expected in ((TYPED, status), ("application/json", 200)):
        answer = post(shared_graph, accept, **body)
        assert (answer.status_code, answer.headers["content-type"]) == (expected, accept)
        assert answer.json().keys() == {"errors"}
        assert {error["extensions"]["code"] for error in answer.json()["errors"]} == {code}
        assert "accept" in answer.headers["vary"]


@pytest.mark.parametrize("accept", [TYPED, "application/json"])
def test_an_operation_that_was_executed_has_data_and_status_200(shared_graph: Graph, accept: str) -> None:
    for query in (QUOTA, "{ coins(first: 0) { totalCount } }", '{ coin(symbol: "NOSUCH") { symbol } }'):
        answer = post(shared_graph, accept, query=query)
        assert (answer.status_code, answer.headers["content-type"]) == (200, accept)
        assert "data" in answer.json()


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 400),
        ({"json": {}}, 400),
        ({"json": {"extensions": {"other": 1}}}, 400),
        ({"json": {"query": QUOTA, "extensions": [1]}}, 400),
        ({"json": {"query": QUOTA, "operationName": 1}}, 400),
        ({"json": [{"query": QUOTA}]}, 400),
        ({"json": {"query": QUOTA}, "headers": {"x-dry-run": "perhaps"}}, 400),
        ({"content": QUOTA, "headers": {"content-type": "application/graphql"}}, 415),
        ({"content": json.dumps({"query": QUOTA}), "headers": {}}, 415),
        (
            {"content": json.dumps({"query": QUOTA}), "headers": {"content-type": "application/json; charset=latin1"}},
            415,
        ),
        ({"json": {"query": QUOTA}, "headers": {"content-encoding": "br"}}, 415),
        ({"json": {"query": "x" * 2**21}}, 413),
        ({"json": {"query": QUOTA}, "headers": {"cg-api-key": "a" * 20}}, 403),
    ],
)
def test_a_request_that_is_not_graphql_has_the_status_of_its_fault(
    shared_graph: Graph, request_: dict[str, Any], status: int
) -> None:
    for accept in (TYPED, "application/json"):
        answer = shared_graph.http.post(
            "/graphql", **request_ | {"headers": {**request_.get("headers", {}), "accept": accept}}
        )
        assert (answer.status_code, answer.headers["content-type"]) == (status, accept)
        assert answer.json().keys() == {"errors"}


def test_a_client_that_accepts_no_type_of_ours_gets_406_with_their_names(shared_graph: Graph) -> None:
    for answer in (
        post(shared_graph, "text/plain", query=QUOTA),
        shared_graph.http.get("/graphql", params={"query": QUOTA}, headers={"accept": "text/html"}),
    ):
        assert answer.status_code == 406
        message = answer.json()["errors"][0]["message"]
        assert all(name in message for name in ("application/json", TYPED, "text/event-stream"))


def test_both_types_are_cached_apart_and_their_etags_differ(shared_graph: Graph) -> None:
    query = "{ __typename a: __typename }"
    answers = [post(shared_graph, accept, query=query) for _ in range(2) for accept in (TYPED, "application/json")]
    assert [answer.headers["content-type"] for answer in answers] == [TYPED, "application/json"] * 2
    assert ["age" in answer.headers for answer in answers] == [False, False, True, True]
    assert answers[2].headers["etag"] != answers[3].headers["etag"]
    assert {answer.content for answer in answers} == {answers[0].content}


def test_headers_that_lead_to_one_type_share_a_cached_response(shared_graph: Graph) -> None:
    query = "{ __typename b: __typename }"
    post(shared_graph, f"{TYPED}, application/json, text/event-stream, multipart/mixed", query=query)
    assert "age" in post(shared_graph, f"{TYPED},application/json;q=0.9", query=query).headers


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_another_method_is_refused_with_those_that_are_allowed(shared_graph: Graph, method: str) -> None:
    answer = shared_graph.http.request(method, "/graphql", json={"query": QUOTA})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST, OPTIONS")
    assert "POST" in answer.json()["errors"][0]["message"]


def test_head_is_answered_as_get_without_the_body(shared_graph: Graph) -> None:
    for parameters in ({"query": "{ __typename }"}, {"query": "{"}, {}):
        head, get = (shared_graph.http.request(method, "/graphql", params=parameters) for method in ("HEAD", "GET"))
        assert (head.status_code, head.headers["content-type"]) == (get.status_code, get.headers["content-type"])
        assert head.content == b""


def test_options_states_the_methods(shared_graph: Graph) -> None:
    answer = shared_graph.http.options("/graphql")
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, POST, OPTIONS")


@pytest.mark.parametrize("query", ["mutation { __typename }", "mutation A { a } query B { __typename }"])
def test_a_mutation_by_get_is_refused_by_its_method(shared_graph: Graph, query: str) -> None:
    name = {"operationName": "A"} if "A" in query else {}
    answer = shared_graph.http.get("/graphql", params={"query": query} | name)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (405, "BAD_USER_INPUT")
    assert "allow" in answer.headers


@pytest.mark.parametrize(
    "parameters",
    [
        [("query", "{ __typename }"), ("query", QUOTA)],
        [("query", "{ __typename }"), ("variables", "{")],
        [("query", "{ __typename }"), ("variables", "[]")],
        [("variables", "{}")],
    ],
)
def test_faulty_parameters_of_a_get_are_refused(shared_graph: Graph, parameters: Any) -> None:
    answer = shared_graph.http.get("/graphql", params=parameters, headers={"accept": TYPED})
    assert (answer.status_code, answer.headers["content-type"]) == (400, TYPED)


def test_empty_and_foreign_parameters_of_a_get_are_ignored(shared_graph: Graph) -> None:
    parameters: Any = [("query", "{ __typename }"), ("operationName", ""), ("variables", ""), ("a", "1"), ("a", "2")]
    assert shared_graph.http.get("/graphql", params=parameters).json() == TYPENAME


def test_operations_are_served_at_one_path(shared_graph: Graph) -> None:
    refused = shared_graph.http.post("/", json={"query": QUOTA})
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
    assert "/graphql" in refused.json()["errors"][0]["message"]
    page = shared_graph.http.get("/", params={"query": "{ __typename }"})
    assert page.headers["content-type"].startswith("text/html")


def test_a_spent_budget_has_status_429_in_both_types(start_graph: StartGraph) -> None:
    graph = start_graph(calls_per_minute=1)
    for accept in (TYPED, "application/json"):
        answer = post(graph, accept, query=TWO_CALLS)
        assert (answer.status_code, answer.headers["content-type"]) == (429, accept)
        assert answer.json().keys() == {"errors"}


def test_a_response_that_is_too_large_is_an_error_without_data(start_graph: StartGraph) -> None:
    graph = start_graph(max_response_megabytes=1)
    query = f"{{ {large_parts()} }}"
    for accept, status in ((TYPED, 400), ("application/json", 200)):
        answer = post(graph, accept, query=query)
        assert (answer.status_code, answer.json().keys()) == (status, {"errors"})
        assert "COINGLASS_MAX_RESPONSE_MB" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-16", "application/json; a=b; charset=latin1"])
def test_another_charset_is_refused_also_if_the_same_body_is_cached(graph: Graph, content_type: str) -> None:
    body = json.dumps({"query": "{ __typename }"})
    statuses = [
        graph.http.post("/graphql", content=body, headers={"content-type": kind}).status_code
        for kind in (content_type, "application/json", content_type)
    ]
    assert statuses == [415, 200, 415]


def test_the_light_page_is_for_get_alone(start_graph: StartGraph) -> None:
    refused = start_graph(explorer=True).http.post("/light")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
    assert start_graph(explorer=False).http.post("/light").status_code == 404
