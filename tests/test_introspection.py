"""Introspection over HTTP: bounded, off the event loop, and its switches."""

import asyncio
import contextlib
import threading
from typing import Any

import pytest
from graphql import get_introspection_query

from execution.engine import Engine
from served_schema import introspection_cache
from served_schema.federation import Schema
from tests.conftest import Graph, StartGraph
from tests.execution.test_documents import ask

WHOLE = get_introspection_query()
NAME = "{ __schema { queryType { name } } }"
TYPENAME = {"data": {"__typename": "Query"}}


def code(answer: dict[str, Any]) -> str:
    extension: str = answer["errors"][0]["extensions"]["code"]
    return extension


def nested(levels: int) -> str:
    return "{ __schema { types { " + "fields { type { " * levels + "name" + " } }" * levels + " } } }"


@pytest.mark.parametrize(
    "query",
    [
        nested(3),
        nested(5),
        "{ __schema { types { ...A } } } fragment A on __Type { possibleTypes { interfaces { fields { name } } } }",
        "{" + " ".join(f"a{n}: __schema {{ types {{ fields {{ args {{ name }} }} }} }}" for n in range(60)) + "}",
        "{" + " ".join(f"a{n}: _service {{ sdl }}" for n in range(11)) + "}",
        "{ upstreamQuota { limit } __schema { types { fields { args { name } } } } }",
    ],
)
def test_introspection_beyond_the_limits_is_refused(shared_graph: Graph, query: str) -> None:
    answer = shared_graph.ask(query)
    assert code(answer) == "QUERY_TOO_COMPLEX"
    assert "are allowed" in answer["errors"][0]["message"]


def test_the_usual_introspection_is_answered(shared_graph: Graph) -> None:
    assert shared_graph.data(WHOLE)["__schema"]["queryType"]["name"] == "Query"
    assert shared_graph.data(nested(1))["__schema"]["types"]
    assert shared_graph.data("{ upstreamQuota { limit } __schema { queryType { name } } }")["upstreamQuota"]


async def test_introspection_runs_outside_of_the_event_loops_thread_and_is_cached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads = []
    encoded = introspection_cache._encoded

    def seen(run: Any) -> Any:
        threads.append(threading.current_thread())
        return encoded(run)

    monkeypatch.setattr(introspection_cache, "_encoded", seen)
    engine = Engine(0)
    first, again = await asyncio.gather(ask(engine, WHOLE), ask(engine, WHOLE))
    assert first.errors is None
    assert first.data == again.data
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()


async def test_results_depend_on_the_operation_and_its_variables() -> None:
    engine = Engine(0)
    query = "query($name: String!) { __type(name: $name) { name } }"
    names = [(await ask(engine, query, {"name": name})).data for name in ("UpstreamQuota", "Coin", "UpstreamQuota")]
    assert names == [{"__type": {"name": name}} for name in ("UpstreamQuota", "Coin", "UpstreamQuota")]


async def test_errors_of_introspection_are_reported_each_time() -> None:
    engine = Engine(0)
    query = "query($name: String!) { __type(name: $name) { name } }"
    for _ in range(2):
        assert (await ask(engine, query, {})).errors


async def test_the_cache_of_results_is_bounded() -> None:
    engine = Engine(0)
    for number in range(12):
        await ask(engine, f"# {number}\n{WHOLE}")
    cache = engine.schema._introspected
    assert 0 < cache._bytes <= introspection_cache._CACHE_BYTES
    assert cache._bytes == sum(size for _, size in cache._results.values())
    assert len(cache._results) < 12


def test_the_sdl_is_printed_once(start_graph: StartGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    printed = []
    as_str = Schema.as_str

    def counted(self: Schema) -> str:
        printed.append(self)
        return as_str(self)

    monkeypatch.setattr(Schema, "as_str", counted)
    monkeypatch.setattr("tests.conftest.checked_once", contextlib.nullcontext)  # whose types print the SDL of another
    graph = start_graph()
    aliases = "{" + " ".join(f"a{n}: _service {{ sdl }}" for n in range(10)) + "}"
    answers = set()
    for _ in range(2):
        answers |= {item["sdl"] for item in graph.data(aliases).values()}
    assert answers == {graph.http.get("/schema.graphql?subgraph").text}
    assert graph.http.get("/schema.graphql").text not in answers
    assert len(printed) == 1


def test_introspection_can_be_switched_off(start_graph: StartGraph) -> None:
    graph = start_graph(introspection=False)
    for query in (NAME, '{ ...A } fragment A on Query { __type(name: "Coin") { name } }', "{ _service { sdl } }"):
        assert code(graph.ask(query)) == "INTROSPECTION_DISABLED"
    assert graph.ask("{ __typename }") == TYPENAME
    assert graph.data("{ upstreamQuota { __typename } }") == {"upstreamQuota": {"__typename": "UpstreamQuota"}}
    assert [graph.http.get(f"/schema.graphql{query}").status_code for query in ("", "?subgraph")] == [404, 404]
    assert graph.http.get("/", headers={"accept": "text/html"}, follow_redirects=True).status_code == 200


def test_the_sdl_has_a_switch_for_gateways(start_graph: StartGraph) -> None:
    graph = start_graph(introspection=False, sdl=True)
    assert "type Query" in graph.data("{ _service { sdl } }")["_service"]["sdl"]
    assert graph.http.get("/schema.graphql").status_code == 200
    assert code(graph.ask(NAME)) == "INTROSPECTION_DISABLED"
    without = start_graph(sdl=False)
    assert code(without.ask("{ _service { sdl } }")) == "INTROSPECTION_DISABLED"
    assert without.data(NAME)


def test_the_explorer_can_be_switched_off(start_graph: StartGraph) -> None:
    page = {"accept": "text/html"}
    without = start_graph(explorer=False).http
    paths = ("/", "/graphql", "/light", "/explorer/licences.md")
    assert [without.get(path, headers=page).status_code for path in paths] == [404] * 4
    assert "explorer-config" in start_graph().http.get("/", headers=page).text


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ quotas { limit } }", {}),
        ("{ upstreamQuota { limits } }", {}),
        ('{ pair(exchang: "Binance", symbol: "BTCUSDT") { base } }', {}),
        ("query($m: Margin!) { coins(first: 1) { __typename } }", {}),
        ('{ pair(exchange: "Binance", symbol: "BTCUSDT") { price(interval: H11, last: 1) { __typename } } }', {}),
        ('query($m: Interval!) { coin(symbol: "BTC") { fundingRate(interval: $m) { __typename } } }', {"m": "H11"}),
    ],
)
def test_suggestions_can_be_switched_off(start_graph: StartGraph, query: str, variables: dict[str, Any]) -> None:
    silent, default = (start_graph(**settings).ask(query, **variables) for settings in ({"suggestions": False}, {}))
    assert "Did you mean" not in str(silent["errors"])
    assert [error["message"].split(" Did you mean")[0] for error in default["errors"]] == [
        error["message"] for error in silent["errors"]
    ]
