"""What a dry run says an operation would cost is what it costs, and saying it costs nothing."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import GraphQLNamedType, get_named_type
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from cg_client.plans.plan_table import Plan
from tests.cases import SCHEMA
from tests.conftest import Graph, StartGraph
from tests.test_examples import EXAMPLES

PAIR = 'pair(exchange: "binance", symbol: "BTC/USDT")'
NAMES = f"{{ {PAIR} {{ symbol }} }}"
LONG = f'{{ {PAIR} {{ price(interval: H4, from: "2026-01-01", to: "2026-09-01") {{ __typename }} }} }}'
HEATMAP = f"{{ {PAIR} {{ liquidationHeatmap(range: H24) {{ __typename }} }} }}"
FUNDS = f"{{ {PAIR} {{ fundingRate(interval: H8, last: 2) {{ __typename }} }} }}"
COIN = '{ coin(symbol: "BTC") { market { __typename } } }'
PAIRS = "/api/futures/supported-exchange-pairs"


def dry(graph: Graph, query: str, wish: str = "1", **variables: Any) -> httpx.Response:
    return graph.http.post("/graphql", json={"query": query, "variables": variables}, headers={"x-dry-run": wish})


def plan(graph: Graph, query: str) -> dict[str, Any]:
    """Return the report of the dry run, which must send nothing."""
    before = graph.sandbox.calls.total()
    response = dry(graph, query)
    assert graph.sandbox.calls.total() == before
    assert (response.status_code, response.headers["x-upstream-calls"]) == (200, "0")
    answer = response.json()
    assert answer.keys() == {"data", "extensions"}, answer
    assert answer["data"] is None
    result: dict[str, Any] = answer["extensions"]["plan"]
    assert result["complete"] == (not result["open"])
    for name, status in (("callsToFetch", "FETCH"), ("callsToRefresh", "REFRESH")):
        assert result[name] == sum(call["status"] == status for call in result["calls"])
    return result


def cost(graph: Graph, query: str) -> list[tuple[str, dict[str, str]]]:
    """Return the calls that a real run caused, as the sandbox saw them."""
    graph.forget()
    response = graph.http.post("/graphql", json={"query": query})
    assert int(response.headers["x-upstream-calls"]) == graph.sandbox.calls.total()
    return sorted(graph.sandbox.requests, key=str)


def to_fetch(report: dict[str, Any]) -> list[tuple[str, dict[str, str]]]:
    calls = [(call["endpoint"], call["parameters"]) for call in report["calls"] if call["status"] == "FETCH"]
    return sorted(calls, key=str)


@pytest.mark.parametrize("document", EXAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("plan_of_key", [Plan.HOBBYIST, Plan.STANDARD, Plan.PROFESSIONAL], ids=lambda item: item.name)
def test_an_example_sends_the_calls_that_its_dry_run_reports(
    start_graph: StartGraph, document: Path, plan_of_key: Plan
) -> None:
    """Without cached listings it sends at least these calls; with cached answers none."""
    graph, query = start_graph(plan_of_key), document.read_text()
    cold = plan(graph, query)
    before = to_fetch(cold)
    caused = cost(graph, query)
    assert all(call in caused for call in before)
    assert before == caused or not cold["complete"]
    warm = plan(graph, query)
    assert cost(graph, query) == to_fetch(warm) == []
    assert warm["complete"]


@pytest.mark.parametrize("document", EXAMPLES, ids=lambda path: path.stem)
def test_with_cached_listings_a_dry_run_predicts_every_call(start_graph: StartGraph, document: Path) -> None:
    graph, query = start_graph(), document.read_text()
    listings = (
        "{ coins { edges { cursor } } pairs { edges { cursor } } spotPairs { edges { cursor } } exchanges { name } }"
    )
    graph.data(listings)
    result = plan(graph, query)
    caused = cost(graph, query)
    pages = {endpoint["endpoint"] for endpoint in result["open"]}
    assert {path for path in pages if not path.endswith("coins-markets")} == set()
    assert to_fetch(result) == caused or pages


def test_a_window_in_pages_costs_as_many_calls_as_pages(graph: Graph) -> None:
    graph.data(NAMES)
    result = plan(graph, LONG)
    assert result["complete"]
    assert result["callsToFetch"] > 1
    assert cost(graph, LONG) == to_fetch(result)
    assert {call["status"] for call in plan(graph, LONG)["calls"]} == {"AT_HAND"}


def test_fields_that_depend_on_a_listing_are_reported_as_open(graph: Graph) -> None:
    result = plan(graph, FUNDS)
    assert [(call["endpoint"], call["status"]) for call in result["calls"]] == [(PAIRS, "FETCH")]
    assert [listed["endpoint"] for listed in result["open"]] == [PAIRS]


def test_rows_of_a_paged_list_are_reported_as_open(graph: Graph) -> None:
    graph.data('{ coin(symbol: "BTC") { symbol } }')
    result = plan(graph, COIN)
    assert (result["callsToFetch"], result["complete"]) == (1, False)
    assert [listed["endpoint"] for listed in result["open"]] == ["/api/futures/coins-markets"]
    graph.data(COIN)
    assert plan(graph, COIN)["complete"]


def test_a_field_outside_the_plan_is_reported_with_its_required_plan(start_graph: StartGraph) -> None:
    graph = start_graph(Plan.HOBBYIST)
    graph.data(NAMES)
    result = plan(graph, HEATMAP)
    (refused,) = result["refused"]
    assert (result["calls"], result["complete"], refused["code"]) == ([], True, "PLAN_REQUIRED")
    assert (refused["requiredPlan"], refused["currentPlan"]) == ("PROFESSIONAL", "HOBBYIST")
    assert cost(graph, HEATMAP) == []


@pytest.mark.parametrize(
    "query",
    [
        "{ nope }",
        "{",
        "query ($n: Int!) { coins(first: $n) { edges { cursor } } }",
        "{ coins(first: 0) { totalCount } }",
        '{ pair(exchange: "binance", symbol: "NOSUCH") { symbol } }',
        "{ " + " ".join(f"a{number}: exchanges {{ assets {{ __typename }} }}" for number in range(9)) + " }",
    ],
)
def test_a_wrong_request_has_the_same_errors(graph: Graph, query: str) -> None:
    graph.data(NAMES)
    real, reported = graph.ask(query), dry(graph, query).json()
    assert reported["errors"] == real["errors"]
    assert ("extensions" in reported) == any("path" in error for error in real["errors"])


def test_invalid_input_is_reported_among_the_refusals(graph: Graph) -> None:
    graph.data(NAMES)
    result = plan(graph, f"{{ {PAIR} {{ price(interval: H4, last: 0) {{ __typename }} }} }}")
    (refused,) = result["refused"]
    assert refused.pop("message").startswith("`last` is a number")
    assert refused == {
        "endpoint": "/api/futures/price/history",
        "code": "BAD_USER_INPUT",
        "argument": "last",
        "suggestions": [],
    }
    assert (result["calls"], result["complete"]) == ([], True)


def test_a_name_missing_from_an_old_listing_is_reported_as_open(graph: Graph) -> None:
    unknown = '{ coin(symbol: "NOSUCH") { symbol } }'
    graph.data('{ coin(symbol: "BTC") { symbol } }')
    reported = dry(graph, unknown).json()
    assert [listed["endpoint"] for listed in reported["extensions"]["plan"]["open"]] == ["/api/spot/supported-coins"]


def test_a_dry_run_and_a_real_run_never_share_a_response(graph: Graph) -> None:
    real = graph.http.get("/graphql", params={"query": FUNDS})
    reported = graph.http.get("/graphql", params={"query": FUNDS}, headers={"x-dry-run": "true"})
    assert reported.json()["extensions"]["plan"]["callsToFetch"] == 0
    assert (reported.headers["cache-control"], reported.headers.get("etag"), reported.headers.get("age")) == (
        "no-store",
        None,
        None,
    )
    again = graph.http.get("/graphql", params={"query": FUNDS}, headers={"x-dry-run": "0"})
    assert again.json() == real.json()
    assert "age" in again.headers
    assert "x-dry-run" in real.headers["vary"]


@pytest.mark.parametrize("wish", ["yes", "", "2", "TRUE"])
def test_an_invalid_dry_run_header_is_refused_without_a_call(graph: Graph, wish: str) -> None:
    response = dry(graph, FUNDS, wish)
    assert response.status_code == 400
    assert "X-Dry-Run" in response.json()["errors"][0]["message"]
    assert graph.sandbox.calls.total() == 0


def test_no_field_backed_by_a_call_is_nested_in_another() -> None:
    """Or a call that is not cached would hide further ones, which a dry run says of listings and pages alone."""
    backed = {}
    for kind in SCHEMA._schema.type_map.values():
        for name, field in getattr(kind, "fields", {}).items():
            metadata = getattr(field.extensions.get("strawberry-definition"), "metadata", {})
            if metadata.get("endpoints"):
                backed[f"{kind.name}.{name}"] = get_named_type(field.type)
    hiding = {name for name, payload in backed.items() if backed.keys() & below(payload)}
    assert len(backed) > 100
    assert hiding == set()


def below(payload: GraphQLNamedType) -> set[str]:
    """Return the fields of all types that can be reached from the one."""
    seen: set[str] = set()
    fields: set[str] = set()
    waiting = [payload]
    while waiting:
        kind = waiting.pop()
        if kind.name in seen:
            continue
        seen.add(kind.name)
        waiting.extend(getattr(kind, "types", ()))
        for name, field in getattr(kind, "fields", {}).items():
            fields.add(f"{kind.name}.{name}")
            waiting.append(get_named_type(field.type))
    return fields


async def test_a_websocket_has_no_dry_runs(graph: Graph) -> None:
    address = str(graph.http.base_url).replace("http", "ws", 1) + "/graphql"
    with pytest.raises(InvalidStatus):
        await connect(address, additional_headers={"x-dry-run": "1"}, proxy=None)
