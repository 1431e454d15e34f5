"""Several operations in one request, on a real socket."""

import asyncio
from typing import Any, cast

import httpx
import orjson
import pytest

from served_schema.build import build
from served_schema.limits import DEFAULT
from server.batch import Batching
from server.export.slots import LargeExports
from server.http import Request
from server.operation_runner import OperationOutcome, OperationRunner
from server.operations import OperationRequest
from server.response_limit import ResponseLimit
from server.traffic import Traffic
from server.view import GraphQLView
from tests.conftest import Graph, StartGraph
from tests.server.raw_asgi import http_scope
from tests.test_graphql_over_http import TWO_CALLS, TYPED, large_parts
from tests.test_persisted_queries import ANSWER as PERSISTED
from tests.test_persisted_queries import EXTENSIONS, QUERY

SERIES = '{ coin(symbol: "BTC") { openInterest(interval: %s, last: 1) { __typename } } }'
FOUR_HOURS, EIGHT_HOURS = ({"query": SERIES % interval} for interval in ("H4", "H8"))
TYPENAME = {"data": {"__typename": "Query"}}


def post(graph: Graph, *operations: Any, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return graph.http.post("/graphql", json=list(operations), headers=named)


def code(answer: dict[str, Any]) -> str:
    extension: str = answer["errors"][0]["extensions"]["code"]
    return extension


@pytest.fixture(scope="module")
def batching(start_shared: StartGraph) -> Graph:
    return start_shared(max_batch=3)


def test_batches_are_refused_unless_the_setting_allows_them(shared_graph: Graph) -> None:
    answer = post(shared_graph, {"query": "{ __typename }"})
    assert (answer.status_code, "COINGLASS_MAX_BATCH is 0" in answer.text) == (400, True)


@pytest.mark.parametrize("accept", ["application/json", TYPED])
def test_results_come_in_the_order_of_their_operations_with_status_200(batching: Graph, accept: str) -> None:
    valid, invalid, missing = {"query": "{ __typename }"}, {"query": "{ nothing }"}, {"invalid": "request"}
    answer = post(batching, invalid, valid, missing, accept=accept)
    assert (answer.status_code, answer.headers["content-type"]) == (200, accept)
    first, second, third = answer.json()
    assert (first.keys(), code(first)) == ({"errors"}, "GRAPHQL_VALIDATION_FAILED")
    assert (second, code(third)) == (TYPENAME, "BAD_USER_INPUT")


@pytest.mark.parametrize(
    ("body", "says"),
    [([], "0 operations, and 1 to 3"), ([{"query": "{ a }"}] * 4, "4 operations, and 1 to 3"), ([1], "an object")],
)
def test_a_batch_beyond_the_limit_or_of_other_things_is_refused(batching: Graph, body: list[Any], says: str) -> None:
    answer = post(batching, *body)
    assert answer.status_code == 400
    assert says in answer.json()["errors"][0]["message"]


def test_a_batch_is_not_streamed(batching: Graph) -> None:
    assert post(batching, {"query": "{ __typename }"}, accept="text/event-stream").status_code == 406


def test_persisted_queries_and_variables_work_in_a_batch(batching: Graph) -> None:
    typed = {"query": "query A($n: String!) { __type(name: $n) { name } }", "variables": {"n": "Coin"}}
    first = post(batching, {"query": QUERY, "extensions": EXTENSIONS}, typed).json()
    assert first == [PERSISTED, {"data": {"__type": {"name": "Coin"}}}]
    assert post(batching, {"extensions": EXTENSIONS}).json() == [PERSISTED]


def test_the_calls_of_the_operations_add_up(start_graph: StartGraph) -> None:
    graph = start_graph(max_batch=3)
    graph.data('{ coin(symbol: "BTC") { symbol } }')
    graph.forget()
    answer = post(graph, FOUR_HOURS, EIGHT_HOURS, FOUR_HOURS)
    assert [part["data"]["coin"]["openInterest"]["__typename"] for part in answer.json()] == ["OISeries"] * 3
    assert int(answer.headers["x-upstream-calls"]) == graph.sandbox.calls.total() == 2


def test_each_operation_of_a_dry_run_is_reported_and_nothing_is_sent(start_graph: StartGraph) -> None:
    graph = start_graph(max_batch=3)
    graph.data('{ coin(symbol: "BTC") { symbol } }')
    graph.forget()
    answer = post(graph, FOUR_HOURS, EIGHT_HOURS, x_dry_run="1")
    assert [part["extensions"]["plan"]["callsToFetch"] for part in answer.json()] == [1, 1]
    assert (answer.headers["cache-control"], graph.sandbox.calls.total()) == ("no-store", 0)


def test_the_limit_of_calls_holds_for_the_whole_batch(start_graph: StartGraph) -> None:
    graph = start_graph(max_batch=3, max_calls=1)
    served, refused, simple = post(graph, FOUR_HOURS, EIGHT_HOURS, {"query": "{ __typename }"}).json()
    assert served["data"]["coin"]["openInterest"]["__typename"] == "OISeries"
    assert (code(refused), simple) == ("QUERY_TOO_COMPLEX", TYPENAME)
    message = refused["errors"][0]["message"]
    assert "2 upstream calls, and 1 are allowed (COINGLASS_MAX_CALLS)" in message
    assert "errors" not in graph.ask(EIGHT_HOURS["query"])


def test_each_operation_is_charged_to_the_budget_of_the_caller(start_graph: StartGraph) -> None:
    graph = start_graph(max_batch=3, calls_per_minute=1)
    answer = post(graph, FOUR_HOURS, EIGHT_HOURS)
    served, refused = answer.json()
    assert ("data" in served, code(refused), answer.status_code) == (True, "CLIENT_RATE_LIMITED", 200)
    assert '"calls-per-minute";r=0' in answer.headers["ratelimit"]
    assert 'refused_total{code="CLIENT_RATE_LIMITED",status="200"} 1.0' in graph.http.get("/metrics").text


def test_a_batch_whose_results_are_too_large_is_an_error_for_each(start_graph: StartGraph) -> None:
    graph = start_graph(max_batch=4, max_response_megabytes=1)
    part = {"query": f"{{ {large_parts(2)} }}"}
    assert "errors" not in post(graph, part).json()[0]
    answers = post(graph, part, part, part, {"query": "{ nothing }"}).json()
    assert [code(answer) for answer in answers] == ["QUERY_TOO_COMPLEX"] * 4
    metrics = graph.http.get("/metrics").text
    assert 'refused_total{code="QUERY_TOO_COMPLEX",status="200"} 3.0' in metrics
    assert 'limits_exceeded_total{limit="response_mb"} 3.0' in metrics


def test_an_operation_that_the_budget_refuses_leaves_its_room_to_the_next(start_graph: StartGraph) -> None:
    graph = start_graph(max_batch=3, max_calls=2, calls_per_minute=1)
    refused, served = post(graph, {"query": TWO_CALLS}, FOUR_HOURS).json()
    assert code(refused) == "CLIENT_RATE_LIMITED"
    assert served["data"]["coin"]["openInterest"]["__typename"] == "OISeries"


async def test_the_rest_of_a_batch_ends_with_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of this server in one operation; nobody would hear of what the others find."""
    ended = asyncio.Event()

    async def run(_: Request, operation: OperationRequest, __: object) -> OperationOutcome:
        if operation.text == "fault":
            raise RuntimeError(operation.text)
        try:
            raise await asyncio.get_running_loop().create_future()
        finally:
            ended.set()

    missing = cast("Any", None)
    runner = OperationRunner(build(), missing, missing, Traffic(), missing, missing)
    monkeypatch.setattr(runner, "run", run)
    view = GraphQLView(runner, None, ResponseLimit(1), Batching(2, DEFAULT), LargeExports(1), Traffic(), None)
    request = Request(http_scope(headers=[("content-type", "application/json")]))
    request.body = orjson.dumps([{"query": "waits"}, {"query": "fault"}])
    with pytest.raises(ExceptionGroup):
        await view.handle(request)
    assert ended.is_set()
