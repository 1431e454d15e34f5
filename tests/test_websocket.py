"""Queries over WebSocket, by graphql-transport-ws, on a real socket."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from cg_client.plans.plan_table import Plan
from sandbox.faults import FaultKind
from server.origins import Origins
from tests.conftest import Graph, StartGraph
from tests.test_cli import serving
from tests.test_quota_over_http import hundred_series

PROTOCOL = Subprotocol("graphql-transport-ws")
PRICE = """{ pair(exchange: "Binance", symbol: "BTCUSDT") { price(interval: H1, last: 20) {
  ... on PriceSeries { candles { time close } } ... on Problem { code } } } }"""


def address(graph: Graph) -> str:
    return str(graph.http.base_url).replace("http", "ws", 1) + "/graphql"


async def send(socket: ClientConnection, *messages: dict[str, Any]) -> None:
    for message in messages:
        await socket.send(json.dumps(message))


async def frames(graph: Graph, *queries: str, **headers: str) -> Sequence[str | bytes]:
    """Send the queries at the same time and return all frames until every one is complete."""
    opening = {name.replace("_", "-"): value for name, value in headers.items()}
    async with connect(address(graph), subprotocols=[PROTOCOL], additional_headers=opening, proxy=None) as socket:
        await send(socket, {"type": "connection_init"})
        received = [await socket.recv()]
        for name, query in enumerate(queries):
            await send(socket, {"type": "subscribe", "id": str(name), "payload": {"query": query}})
        while sum('"complete"' in str(frame) for frame in received) < len(queries):
            received.append(await asyncio.wait_for(socket.recv(), 10))
        return received


def answers(received: Sequence[str | bytes]) -> dict[str, Any]:
    messages = [json.loads(frame) for frame in received]
    return {message["id"]: message["payload"] for message in messages if message["type"] == "next"}


async def test_a_query_is_answered_in_text_frames_as_over_http(graph: Graph) -> None:
    received = await frames(graph, PRICE)
    assert all(isinstance(frame, str) for frame in received)
    assert answers(received)["0"]["data"] == graph.data(PRICE)


async def test_an_unknown_operation_name_is_an_error_of_that_operation_alone(graph: Graph) -> None:
    async with connect(address(graph), subprotocols=[PROTOCOL], proxy=None) as socket:
        await send(socket, {"type": "connection_init"})
        await socket.recv()
        payload = {"query": "query A { __typename }", "operationName": "C"}
        await send(socket, {"type": "subscribe", "id": "0", "payload": payload})
        refused = json.loads(await socket.recv())
        await send(socket, {"type": "subscribe", "id": "1", "payload": payload | {"operationName": "A"}})
        answered = json.loads(await socket.recv())
    assert (refused["type"], refused["payload"][0]["extensions"]["code"]) == ("error", "BAD_USER_INPUT")
    assert answered["payload"]["data"] == {"__typename": "Query"}


async def test_queries_of_one_connection_share_their_calls(graph: Graph) -> None:
    received = answers(await frames(graph, *[PRICE] * 10))
    assert len(received) == 10
    assert all(answer == received["0"] for answer in received.values())
    assert graph.calls("/api/futures/price/history") == 1


async def test_an_error_has_its_code(graph: Graph) -> None:
    received = answers(await frames(graph, '{ coin(symbol: "NOSUCH") { symbol } }'))
    assert received["0"]["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_each_operation_of_a_connection_has_its_deadline(start_graph: StartGraph) -> None:
    graph = start_graph(deadline_seconds=0.5)
    graph.data("{ coins(first: 1) { totalCount } }")
    async with connect(address(graph), subprotocols=[PROTOCOL], proxy=None) as socket:
        await send(socket, {"type": "connection_init"})
        await socket.recv()
        graph.fail(FaultKind.HANG, "/api/futures/price/history", times=1)
        codes = []
        for name in ("first", "second"):
            await send(socket, {"type": "subscribe", "id": name, "payload": {"query": PRICE}})
            message = json.loads(await asyncio.wait_for(socket.recv(), 10))
            await socket.recv()
            codes.append(message["payload"]["data"]["pair"]["price"].get("code"))
    assert codes == ["TIMEOUT", None]


async def test_the_operations_of_a_connection_have_the_priority_that_it_was_opened_with(
    start_graph: StartGraph,
) -> None:
    graph = start_graph(Plan.HOBBYIST)
    received = answers(await frames(graph, hundred_series(), x_priority="backfill"))["0"]["data"].values()
    served = [part for part in received if part["fundingRate"]["__typename"] == "FundingSeries"]
    assert len(served) == 23  # of 30: one was for the listing, six are reserved for interactive calls


async def test_a_page_of_another_origin_is_refused(graph: Graph) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        await connect(address(graph), subprotocols=[PROTOCOL], origin="https://elsewhere.example", proxy=None)  # type: ignore[arg-type]  # a text is an origin


NO_MESSAGES = [
    "hello",
    "[]",
    "null",
    "",
    "1",
    '"text"',
    "{}",
    '{"type": []}',
    json.dumps({"type": "x" * 500}),
    '{"type": "complete", "id": {}}',
    '{"type": "complete"}',
    '{"type": "complete", "id": ""}',
    json.dumps({"type": "subscribe", "id": "x" * 257, "payload": {"query": "{ __typename }"}}),
    '{"type": "next", "id": "1", "payload": {}}',
    '{"type": "ping", "payload": []}',
    '{"type": "pong", "payload": "x"}',
    '{"type": "connection_init", "payload": [1]}',
    '{"type": "connection_init", "payload": "key"}',
    '{"type": "subscribe", "payload": {"query": "{ upstreamQuota { used } }"}}',
    '{"type": "subscribe", "id": "", "payload": {"query": "{ upstreamQuota { used } }"}}',
    '{"type": "subscribe", "id": "1", "payload": []}',
    '{"type": "subscribe", "id": "1", "payload": {}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": "{ upstreamQuota { used } }", "extensions": "x"}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": "{ upstreamQuota { used } }", "variables": "{}"}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": ["{ upstreamQuota { used } }"]}}',
    '{"type": "subscribe", "id": [], "payload": {"query": "{ upstreamQuota { used } }"}}',
    '{"type": "subscribe", "id": "1"}',
    '{"type": "subscribe", "id": "1", "payload": null}',
    '{"type": "subscribe", "id": "1", "payload": {"query": 5}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": ""}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": "{ upstreamQuota { used } }", "variables": [1]}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": "{ upstreamQuota { used } }", "operationName": 5}}',
]


async def closed_with(address: str, text: str | bytes, *, greeted: bool) -> int | None:
    """Return the code with which the server closes the connection after the text."""
    async with connect(address, subprotocols=[PROTOCOL], proxy=None) as socket:
        if greeted:
            await send(socket, {"type": "connection_init"})
            await socket.recv()
        await socket.send(text)
        await asyncio.wait_for(socket.wait_closed(), 10)
        return socket.close_code


@pytest.mark.parametrize("greeted", [False, True])
@pytest.mark.parametrize("text", [*NO_MESSAGES, b"{}"])
async def test_an_invalid_message_closes_the_connection(
    shared_graph: Graph, text: str | bytes, *, greeted: bool
) -> None:
    with capture_logs() as logged:
        assert await closed_with(address(shared_graph), text, greeted=greeted) == 4400
    assert [event for event in logged if event["log_level"] != "info"] == []


async def test_an_invalid_message_leaves_the_line_of_its_connection_alone() -> None:
    with serving("--sandbox") as (http, process):
        socket = f"{http.replace('http', 'ws', 1)}/graphql"
        codes = [await closed_with(socket, text, greeted=False) for text in NO_MESSAGES]
        process.terminate()
        assert process.stderr
        log = process.stderr.read()
    assert codes == [4400] * len(NO_MESSAGES)
    assert "Traceback" not in log
    assert {line.partition('"event": "')[2].partition('"')[0] for line in log.splitlines() if "4400" in line} == {
        "websocket closed"
    }
    assert log.count("4400") == len(NO_MESSAGES)


async def test_an_operation_before_connection_init_is_refused(graph: Graph) -> None:
    subscribe = {"type": "subscribe", "id": "1", "payload": {"query": PRICE, "variables": None, "operationName": None}}
    assert await closed_with(address(graph), json.dumps(subscribe), greeted=False) == 4401


async def test_a_ping_is_answered(graph: Graph) -> None:
    async with connect(address(graph), subprotocols=[PROTOCOL], proxy=None) as socket:
        await send(socket, {"type": "ping"}, {"type": "pong"}, {"type": "ping", "payload": {"a": 1}})
        assert [json.loads(await asyncio.wait_for(socket.recv(), 10)) for _ in range(2)] == [{"type": "pong"}] * 2


async def test_a_reason_to_close_fits_into_its_frame(graph: Graph) -> None:
    long = {"type": "subscribe", "id": "é" * 200, "payload": {"query": PRICE}}
    async with connect(address(graph), subprotocols=[PROTOCOL], proxy=None) as socket:
        await send(socket, {"type": "connection_init"}, long, long)
        await asyncio.wait_for(socket.wait_closed(), 10)
        assert (socket.close_code, str(socket.close_reason)[:14]) == (4409, "Subscriber for")


@pytest.mark.parametrize(
    ("allowed", "origin"),
    [
        ("https://app.example.com", "https://evil.example"),
        ("https://app.example.com", "null"),
        (None, "https://app.example.com"),
    ],
)
async def test_a_page_of_a_foreign_origin_cannot_connect(
    start_graph: StartGraph, allowed: str | None, origin: str
) -> None:
    graph = start_graph(allowed_origins=None if allowed is None else Origins.parse(allowed))
    with pytest.raises(InvalidStatus, match="403"):
        await frames(graph, origin=origin)


async def test_pages_of_this_server_and_of_allowed_origins_can_connect(start_graph: StartGraph) -> None:
    graph = start_graph(allowed_origins=Origins.parse("https://*.example.com"))
    for origin in ("https://app.example.com", str(graph.http.base_url).rstrip("/")):
        assert answers(await frames(graph, "{ __typename }", origin=origin))["0"] == {"data": {"__typename": "Query"}}
