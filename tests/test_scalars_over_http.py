"""A value that a scalar cannot read is bad input everywhere, with the scalar's message and without a log line."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from graphql import GraphQLError, parse_value
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs
from websockets.asyncio.client import connect

from graph_types.scalars import SCALARS, Timestamp
from tests.conftest import Graph, StartGraph
from tests.test_cli import serving
from tests.test_websocket import PROTOCOL, answers, frames

DATE_TIME = "A DateTime is ISO-8601 text"
NO_TIME = "is not an ISO-8601 time"
PRICE = '{ pair(exchange: "Binance", symbol: "BTCUSDT") { price(interval: H4, from: %s) { __typename } } }'
ORDERS = """{ pair(exchange: "Binance", symbol: "BTCUSDT") {
  largeOrderHistory(from: %s, to: "2026-01-01") { __typename } } }"""
LITERALS = [
    ('"yesterday"', NO_TIME),
    ("1764000000000", f"{DATE_TIME} such as `2026-01-31T00:00:00Z`, not 1764000000000."),
    ("true", "not true."),
    ("1.5", "not 1.5."),
    ('"2026-02-30T00:00:00Z"', NO_TIME),
    ('"0001-01-01T00:00:00+23:59"', NO_TIME),
    ("{year: 2026}", "not { year: 2026 }."),
    ('["2026-01-01"]', DATE_TIME),
    ("NOW", "NOW is not"),
    ("9" * 5000, DATE_TIME),
]


@pytest.fixture(scope="module", name="graph")
def _graph(start_shared: StartGraph) -> Graph:
    return start_shared()


@pytest.mark.parametrize(("literal", "says"), LITERALS, ids=[literal[:30] for literal, _ in LITERALS])
def test_a_wrong_literal_fails_validation_at_its_position(graph: Graph, literal: str, says: str) -> None:
    with capture_logs() as logged:
        answer = graph.ask(PRICE % literal)
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
    assert error["locations"] == [{"line": 1, "column": PRICE.index("%") + 1}]
    assert says in error["message"]
    assert len(error["message"]) < 200
    assert {event["log_level"] for event in logged} <= {"info"}


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("yesterday", NO_TIME),
        (1764000000000, "not 1764000000000."),
        (True, "not true."),
        ("2026-02-30T00:00:00Z", NO_TIME),
        ({"year": 2026}, DATE_TIME),
        (["2026-01-01"], DATE_TIME),
    ],
)
def test_a_wrong_variable_is_bad_input_for_a_cached_document_too(graph: Graph, value: Any, says: str) -> None:
    query = "query($from: DateTime)" + PRICE % "$from"
    graph.data(query, **{"from": "2026-06-01"})
    with capture_logs() as logged:
        answer = graph.ask(query, **{"from": value})
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert says in error["message"]
    assert {event["log_level"] for event in logged} <= {"info"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (ORDERS % "null", "GRAPHQL_VALIDATION_FAILED"),
        ("query($from: DateTime!)" + ORDERS % "$from", "BAD_USER_INPUT"),
        ('query($from: DateTime = "yesterday")' + PRICE % "$from", "GRAPHQL_VALIDATION_FAILED"),
        (f"{{ coins(first: {'9' * 5000}) {{ totalCount }} }}", "GRAPHQL_VALIDATION_FAILED"),
        ("{ _entities(representations: [null]) { __typename } }", "GRAPHQL_VALIDATION_FAILED"),
        ('{ _entities(representations: "BTC") { __typename } }', "BAD_USER_INPUT"),
        ("{ _entities(representations: [COIN]) { __typename } }", "BAD_USER_INPUT"),
    ],
)
def test_other_wrong_values_are_bad_input_too(graph: Graph, query: str, code: str) -> None:
    with capture_logs() as logged:
        answer = graph.ask(query)
    assert {error["extensions"]["code"] for error in answer["errors"]} == {code}
    assert {event["log_level"] for event in logged} <= {"info"}


def test_null_omits_an_optional_time(graph: Graph) -> None:
    assert graph.data(PRICE % "null")["pair"]["price"] == {"__typename": "PriceSeries"}


async def test_over_websocket_a_wrong_literal_is_the_error_of_its_operation(graph: Graph) -> None:
    address = str(graph.http.base_url).replace("http", "ws", 1) + "/graphql"
    async with connect(address, subprotocols=[PROTOCOL], proxy=None) as socket:
        await socket.send(json.dumps({"type": "connection_init"}))
        await socket.recv()
        message = {"type": "subscribe", "id": "1", "payload": {"query": PRICE % '"yesterday"'}}
        await socket.send(json.dumps(message))
        message = json.loads(await asyncio.wait_for(socket.recv(), 10))
    assert message["type"] == "error"
    assert [error["extensions"]["code"] for error in message["payload"]] == ["GRAPHQL_VALIDATION_FAILED"]
    assert NO_TIME in message["payload"][0]["message"]


async def test_over_websocket_invalid_input_is_the_value_of_its_field(graph: Graph) -> None:
    result = answers(await frames(graph, PRICE % '"2999-01-01"'))["0"]
    assert result == {"data": {"pair": {"price": {"__typename": "InvalidInput"}}}}


def test_no_bad_input_is_logged_as_an_error() -> None:
    with serving("--sandbox") as (address, process):
        for literal, _ in LITERALS:
            answer = httpx.post(f"{address}/graphql", json={"query": PRICE % literal}).json()
            assert answer["errors"]
        process.terminate()
        assert process.stderr
        log = process.stderr.read()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert len([line for line in lines if line["event"] == "request" and line["path"] == "/graphql"]) == len(LITERALS)
    assert {line["level"] for line in lines} == {"info"}
    assert "Traceback" not in log


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(JSON.filter(lambda value: isinstance(value, bool) or not isinstance(value, int)))
def test_a_timestamp_takes_integers_alone(value: object) -> None:
    read = SCALARS[Timestamp].parse_value
    assert read
    with pytest.raises(GraphQLError, match="integer of milliseconds"):
        read(value)


@pytest.mark.parametrize("literal", ['"1764000000000"', "true", "1.5", "[1]", "NOW"])
def test_a_timestamp_says_what_is_wrong_with_a_literal_and_where(literal: str) -> None:
    node, read = parse_value(literal), SCALARS[Timestamp].parse_literal
    assert read
    with pytest.raises(GraphQLError, match="integer of milliseconds") as refusal:
        read(node, None)
    assert refusal.value.nodes == [node]
    assert read(parse_value("1764000000000"), None) == 1764000000000
