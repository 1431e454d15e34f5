"""The server over a real socket."""

import json
import re

import pytest

from tests.conftest import Graph, StartGraph

QUOTA = "{ upstreamQuota { limit } }"


def test_queries_are_answered_by_get_as_well(graph: Graph) -> None:
    response = graph.http.get("/graphql", params={"query": QUOTA})
    assert response.json() == {"data": {"upstreamQuota": {"limit": 1200}}}


def test_a_browser_gets_a_page_with_the_banner_of_the_sandbox(start_graph: StartGraph) -> None:
    graph = start_graph()
    graph.data('{ pair(exchange: "Binance", symbol: "BTCUSDT") { symbol } }')
    for path in ("/", "/graphql"):
        page = graph.http.get(path, headers={"accept": "text/html"}, follow_redirects=True)
        assert page.headers["content-type"].startswith("text/html")
        assert "explorer-config" in page.text
        assert "Documented sample figures, not a market" in page.text


def test_sandbox_data_is_marked_in_payload_and_header(graph: Graph) -> None:
    query = """{ pair(exchange: "Binance", symbol: "BTCUSDT") { fundingRate(interval: D1) {
      ... on FundingSeries { source { sandbox } } } } }"""
    response = graph.http.post("/graphql", json={"query": query})
    assert response.json()["data"]["pair"]["fundingRate"]["source"] == {"sandbox": True}
    assert response.headers["x-coinglass-source"] == "sandbox"


def test_the_schema_is_served(graph: Graph) -> None:
    assert "type FundingSeries implements" in graph.http.get("/schema.graphql").text


def test_health_and_readiness_are_reported(graph: Graph) -> None:
    assert graph.http.get("/healthz").json() == {"status": "ok"}
    ready = graph.http.get("/readyz")
    assert (ready.status_code, ready.json()["ready"], ready.json()["plan"]) == (200, True, "PROFESSIONAL")


def test_a_request_id_is_created_or_copied_from_the_request(graph: Graph) -> None:
    new_id = graph.http.get("/healthz").headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{32}", new_id)
    assert graph.http.get("/healthz", headers={"x-request-id": "abc-123"}).headers["x-request-id"] == "abc-123"
    forged = graph.http.get("/healthz", headers={"x-request-id": "a b\tc" + "x" * 100}).headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{32}", forged)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b'"x"', "object"),
        (b"3", "object"),
        (b"null", "object"),
        (b"[1, 2]", "atch"),
        (b"[]", "atch"),
        (b"{}", "query"),
        (b'{"query": 3}', "query"),
        (b'{"query": "{ upstreamQuota { limit } }", "variables": 3}', "variables"),
        (b'{"query": "{ upstreamQuota { limit } }", "operationName": ["other"]}', "peration"),
    ],
)
def test_an_invalid_body_is_refused_in_the_shape_of_errors(graph: Graph, body: bytes, says: str) -> None:
    response = graph.http.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert says in error["message"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


def test_other_methods_and_types_are_refused(graph: Graph) -> None:
    assert graph.http.put("/graphql", json={"query": QUOTA}).status_code == 405
    assert graph.http.post("/graphql", content=QUOTA, headers={"content-type": "text/plain"}).status_code == 415


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ upstreamQuota { limit }", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ('{ pair(exchange: "OKX", symbol: "BTC/USDT") { price { __typename } } }', "GRAPHQL_VALIDATION_FAILED"),
        ('{ pair(exchange: "OKX", symbol: "A") { price(interval: H2) { __typename } } }', "GRAPHQL_VALIDATION_FAILED"),
        ("query($n: Int!) { coins(first: $n) { totalCount } }", "BAD_USER_INPUT"),
        ("query A { upstreamQuota { limit } } query B { upstreamQuota { used } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ coins(first: 0) { totalCount } }", "BAD_USER_INPUT"),
        ('{ coins(after: "nonsense") { totalCount } }', "BAD_USER_INPUT"),
    ],
)
def test_invalid_requests_have_stable_codes_and_cost_nothing(graph: Graph, query: str, code: str) -> None:
    answer = graph.ask(query)
    assert {error["extensions"]["code"] for error in answer["errors"]} == {code}
    assert graph.calls("/api/futures/funding-rate/history") == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("interval: H4, last: 0", "`last`"),
        ("interval: H4, last: 100000", "`last`"),
        ('interval: H4, last: 5, from: "2026-01-01T00:00:00Z"', "not `last` and `from`"),
        ('interval: H4, from: "2026-02-01T00:00:00Z", to: "2026-01-01T00:00:00Z"', "after"),
        ('interval: H4, from: "2999-01-01T00:00:00Z"', "future"),
        ('interval: M1, from: "2020-01-01T00:00:00Z"', "20000 points"),
    ],
)
def test_contradictory_windows_are_refused_without_a_request(graph: Graph, arguments: str, says: str) -> None:
    pair = 'pair(exchange: "Binance", symbol: "BTCUSDT")'
    query = f"{{ {pair} {{ fundingRate({arguments}) {{ __typename ... on Problem {{ code message }} }} }} }}"
    result = graph.data(query)["pair"]["fundingRate"]
    assert (result["__typename"], result["code"]) == ("InvalidInput", "BAD_USER_INPUT")
    assert says in result["message"]
    assert graph.calls("/api/futures/funding-rate/history") == 0


def test_a_depth_that_coinglass_lacks_is_refused(graph: Graph) -> None:
    query = """{ pair(exchange: "OKX", symbol: "BTC/USDT") { orderbook(interval: H4, depthPercent: 4) {
      ... on InvalidInput { message argument suggestions } } } }"""
    result = graph.data(query)["pair"]["orderbook"]
    assert "depthPercent is one of 0.25" in result["message"]
    assert (result["argument"], result["suggestions"]) == ("depthPercent", ["3", "5", "2"])


def test_an_operation_that_would_cost_too_much_is_refused_before_it_costs_anything(start_graph: StartGraph) -> None:
    graph = start_graph(max_calls=10)
    answer = graph.ask("{ coins(first: 11) { nodes { openInterest(interval: D1) { __typename } } } }")
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"QUERY_TOO_COMPLEX"}
    assert graph.sandbox.calls.total() == 0
    assert "errors" not in graph.ask("{ coins(first: 10) { nodes { openInterest(interval: D1) { __typename } } } }")


@pytest.mark.parametrize(
    "query",
    [
        "{ a: __typename " + "quota { limit } " * 7000 + "}",
        "{ ...A } fragment A on Query { ...B ...B } fragment B on Query { upstreamQuota { limit } } " + "# x\n" * 10,
        '{ exchange(name: "Binance") ' + "{ pairs { nodes { venue " * 9 + "{ name }" + " } } }" * 9 + " }",
    ],
    ids=["tokens", "fragments", "depth"],
)
def test_a_document_out_of_bounds_is_answered_quickly(graph: Graph, query: str) -> None:
    answer = graph.ask(query)
    if "errors" in answer:
        codes = {error["extensions"]["code"] for error in answer["errors"]}
        assert codes <= {"QUERY_TOO_COMPLEX", "GRAPHQL_PARSE_FAILED"}
    else:
        assert answer["data"]["upstreamQuota"]["limit"] == 1200


def test_cyclic_fragments_are_a_validation_error(graph: Graph) -> None:
    answer = graph.ask("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }")
    assert "GRAPHQL_VALIDATION_FAILED" in json.dumps(answer)


def test_null_variables_of_a_get_are_accepted(graph: Graph) -> None:
    answer = graph.http.get("/graphql", params={"query": "{ __typename }", "variables": "null"})
    assert answer.json() == {"data": {"__typename": "Query"}}
