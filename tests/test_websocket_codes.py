"""The close codes of graphql-transport-ws, each with one line of the log, on real sockets."""

import asyncio
import logging
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs
from websockets.asyncio.client import connect

from server import socket_view
from server.socket_log import SocketLog
from tests.conftest import Graph, StartGraph
from tests.running import LIMIT, uvicorn_errors, watching
from tests.test_websocket import PRICE, PROTOCOL, address, send

INIT: dict[str, Any] = {"type": "connection_init"}
SUBSCRIBE: dict[str, Any] = {"type": "subscribe", "id": "1", "payload": {"query": PRICE}}


async def lines_and_code(graph: Graph, *messages: dict[str, Any]) -> tuple[list[dict[str, Any]], int | None]:
    """Return the lines of a connection that the server closes, and the code that its client gets."""

    def closed() -> bool:
        return any(line["event"] == "websocket closed" for line in logged)

    with capture_logs() as logged, watching((SocketLog, "finish")) as until:
        async with connect(address(graph), subprotocols=[PROTOCOL], proxy=None) as socket:
            await send(socket, *messages)
            await asyncio.wait_for(socket.wait_closed(), LIMIT)
        await asyncio.to_thread(until, closed)
    return [dict(line) for line in logged], socket.close_code


@pytest.mark.parametrize(
    ("messages", "code", "reason"),
    [
        ([SUBSCRIBE], 4401, "Unauthorized"),
        ([INIT, INIT], 4429, "Too many initialisation requests"),
        ([INIT, SUBSCRIBE, SUBSCRIBE], 4409, "Subscriber for 1 already exists"),
        ([{"type": "unknown"}], 4400, "The text is not a graphql-transport-ws message."),
        ([INIT, {"type": "subscribe", "payload": {}}], 4400, "The text is not a graphql-transport-ws message."),
    ],
)
async def test_a_breach_of_the_protocol_has_its_code_and_one_line(
    shared_graph: Graph,
    caplog: pytest.LogCaptureFixture,
    messages: list[dict[str, Any]],
    code: int,
    reason: str,
) -> None:
    with uvicorn_errors(caplog) as errors:
        (line,), received = await lines_and_code(shared_graph, *messages)
    assert (received, line["code"], line["reason"]) == (code, code, reason)
    assert [record for record in errors if record.levelno >= logging.WARNING] == []


async def test_a_connection_that_never_begins_is_closed(
    start_graph: StartGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_view, "_INIT_TIMEOUT", timedelta(0))
    (line,), code = await lines_and_code(start_graph())
    assert (code, line["code"], line["reason"]) == (4408, 4408, "Connection initialisation timeout")


async def test_a_payload_of_null_is_like_none(shared_graph: Graph) -> None:
    async with connect(address(shared_graph), subprotocols=[PROTOCOL], proxy=None) as socket:
        await send(socket, INIT | {"payload": None}, {"type": "ping", "payload": None})
        received = [await asyncio.wait_for(socket.recv(), LIMIT) for _ in range(2)]
    assert received == ['{"type":"connection_ack"}', '{"type":"pong"}']


async def test_variables_that_do_not_fit_are_an_error_message(shared_graph: Graph) -> None:
    payload = {"query": "query($n: Int!) { coins(first: $n) { totalCount } }"}
    async with connect(address(shared_graph), subprotocols=[PROTOCOL], proxy=None) as socket:
        await send(socket, INIT, SUBSCRIBE | {"payload": payload})
        await asyncio.wait_for(socket.recv(), LIMIT)
        assert '"type":"error"' in str(await asyncio.wait_for(socket.recv(), LIMIT))
