"""Cached responses over HTTP: which are cached, for how long, and what invalidates them."""

from typing import Any

import httpx
import pytest

from cg_client.endpoints.futures import funding_rate, open_interest
from cg_client.plans.plan_table import Plan
from sandbox.faults import FaultKind
from tests.conftest import Graph, StartGraph
from tests.running import LIMIT

FUNDING = "/api/futures/funding-rate/exchange-list"
RATES = """{ coin(symbol: "BTC") { currentFundingRates { __typename
  ... on CurrentFundingRates { source { freshness } } ... on Problem { code } } } }"""
PRICE = """{ pair(exchange: "Binance", symbol: "BTCUSDT") { price(interval: H1) {
  ... on PriceSeries { candles { time open } } } } }"""
HEATMAP = '{ pair(exchange: "Binance", symbol: "BTCUSDT") { liquidationHeatmap(range: H24) { __typename } } }'


def header(graph: Graph, query: str, name: str) -> str | None:
    result: str | None = graph.http.get("/graphql", params={"query": query}).headers.get(name)
    return result


def entities(graph: Graph, method: str) -> httpx.Response:
    parts = "currentFundingRates { __typename } openInterestByExchange { __typename }"
    key = '{ __typename: "Coin", symbol: "BTC" }'
    query = f"{{ _entities(representations: [{key}]) {{ ... on Coin {{ {parts} }} }} }}"
    options: dict[str, Any] = {"params" if method == "GET" else "json": {"query": query}}
    return graph.http.request(method, "/graphql", **options)


def age(graph: Graph, query: str) -> str | None:
    return header(graph, query, "age")


def test_an_answer_is_cached_and_says_for_how_long(graph: Graph) -> None:
    first = graph.http.get("/graphql", params={"query": RATES})
    again = graph.http.get("/graphql", params={"query": RATES})
    assert first.json() == again.json()
    assert "age" not in first.headers
    assert 0 <= int(again.headers["age"]) <= 2
    assert first.headers["cache-control"] == again.headers["cache-control"]
    assert first.headers["cache-control"].startswith("public, max-age=")
    assert again.headers["x-coinglass-source"] == "sandbox"
    assert first.headers["x-request-id"] != again.headers["x-request-id"]
    unchanged = graph.http.get("/graphql", params={"query": RATES}, headers={"if-none-match": first.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


@pytest.mark.parametrize("encoding", ["gzip", "zstd", "identity"])
def test_a_cached_answer_is_the_same_in_each_encoding(graph: Graph, encoding: str) -> None:
    simple = graph.http.post("/graphql", json={"query": PRICE}, headers={"accept-encoding": "identity"})
    other = graph.http.post("/graphql", json={"query": PRICE}, headers={"accept-encoding": encoding})
    assert other.json() == simple.json()
    assert other.headers.get("content-encoding", "identity") == encoding


def test_a_failure_is_not_cached(graph: Graph) -> None:
    graph.fail(FaultKind.SERVER_ERROR, FUNDING)
    assert header(graph, RATES, "cache-control") == "no-store"
    graph.sandbox.faults.clear()
    assert graph.data(RATES)["coin"]["currentFundingRates"]["source"] == {"freshness": "FRESH"}
    assert age(graph, '{ coin(symbol: "BTC") { currentFundingRates { __typename } } }') is None


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_entities_state_how_long_they_may_be_cached(graph: Graph, method: str) -> None:
    cache_control = entities(graph, method).headers["cache-control"]
    refresh = min(item.refresh.total_seconds() for item in (funding_rate.EXCHANGE_LIST, open_interest.EXCHANGE_LIST))
    visibility, _, seconds = cache_control.partition(", max-age=")
    assert visibility == "public"
    assert refresh - LIMIT <= int(seconds) <= refresh


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_entities_of_which_a_part_is_unavailable_are_not_to_be_cached(graph: Graph, method: str) -> None:
    graph.fail(FaultKind.SERVER_ERROR, FUNDING)
    answer = entities(graph, method)
    (coin,) = answer.json()["data"]["_entities"]
    assert {name: part["__typename"] for name, part in coin.items()} == {
        "currentFundingRates": "Unavailable",
        "openInterestByExchange": "OpenInterestByExchange",
    }
    assert answer.headers["cache-control"] == "no-store"


def test_an_answer_that_the_plan_limits_is_cached_by_this_server_alone(start_graph: StartGraph) -> None:
    graph = start_graph(Plan.HOBBYIST)
    answers = [graph.http.post("/graphql", json={"query": HEATMAP}) for _ in range(2)]
    assert [answer.headers["cache-control"] for answer in answers] == ["no-store", "no-store"]
    assert "PlanGated" in answers[0].text
    assert "age" in answers[1].headers


@pytest.mark.parametrize("query", ["{ upstreamQuota { used } }", "{ nope }", '{ coin(symbol: "NOSUCH") { symbol } }'])
def test_momentary_and_wrong_answers_are_not_cached(graph: Graph, query: str) -> None:
    assert [header(graph, query, "cache-control") for _ in range(2)] == ["no-store", "no-store"]


def test_a_refusal_by_coinglass_takes_effect_at_once(graph: Graph) -> None:
    graph.data(HEATMAP)
    assert [age(graph, HEATMAP) is None for _ in range(2)] == [True, False]
    graph.fail(FaultKind.PLAN, "/api/futures/liquidation/heatmap/model1", times=1)
    other = HEATMAP.replace("BTCUSDT", "ETHUSDT")  # what is refused is the range, whatever the pair
    assert graph.data(other)["pair"]["liquidationHeatmap"]["__typename"] == "PlanGated"
    again = graph.http.get("/graphql", params={"query": HEATMAP}).json()
    assert again["data"]["pair"]["liquidationHeatmap"]["__typename"] == "PlanGated"


def test_a_learned_plan_takes_effect_at_once(start_graph: StartGraph) -> None:
    graph = start_graph(Plan.HOBBYIST, declared=False)
    assert graph.data(HEATMAP)["pair"]["liquidationHeatmap"]["__typename"] == "PlanGated"
    assert header(graph, HEATMAP, "cache-control") == "no-store"
    assert age(graph, HEATMAP) is not None


def test_an_unchanging_answer_is_cached_for_minutes_only(graph: Graph) -> None:
    assert header(graph, "{ __typename }", "cache-control") == "public, max-age=299"


def test_a_browser_gets_a_page_and_an_unknown_hash_an_error(graph: Graph) -> None:
    page = graph.http.get("/graphql", headers={"accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    unknown = graph.http.get("/graphql", params={"extensions": '{"persistedQuery": {"version": 1, "sha256Hash": "0"}}'})
    assert unknown.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
