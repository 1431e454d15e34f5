"""Limits of WebSockets, and what is not a message, on real sockets."""

import asyncio
import contextlib
import itertools
import json
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode

from sandbox.faults import FaultKind
from server.asgi import MAX_BODY
from server.observation import Observation
from server.socket_connection import SocketConnection
from tests.conftest import Graph, StartGraph
from tests.running import LIMIT, uvicorn_errors, watching
from tests.test_graphql_over_http import large_parts
from tests.test_websocket import PRICE, PROTOCOL, address, send

HANDSHAKE = (
    b"GET /graphql HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"
    b"sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-protocol: graphql-transport-ws\r\n"
)


@contextlib.asynccontextmanager
async def opened(graph: Graph, **options: Any) -> AsyncIterator[ClientConnection]:
    async with connect(address(graph), subprotocols=[PROTOCOL], proxy=None, **options) as client:
        await send(client, {"type": "connection_init"})
        await client.recv()
        yield client


async def receive(client: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(await asyncio.wait_for(client.recv(), LIMIT))
    return message


@pytest.fixture
def uvicorn_log(caplog: pytest.LogCaptureFixture) -> Iterator[list[logging.LogRecord]]:
    with uvicorn_errors(caplog) as records:
        yield records


async def test_more_operations_in_progress_than_the_limit_are_refused_one_by_one(start_graph: StartGraph) -> None:
    graph = start_graph(max_socket_operations=2, deadline_seconds=30)
    graph.data("{ coins(first: 1) { totalCount } }")
    graph.fail(FaultKind.HANG, "/api/futures/price/history", times=2)
    async with opened(graph) as client:
        for number in range(3):
            query = PRICE.replace("20", str(20 + 100 * number))
            await send(client, {"type": "subscribe", "id": str(number), "payload": {"query": query}})
        refused = await receive(client)
        await send(client, {"type": "complete", "id": "0"})
        await send(client, {"type": "subscribe", "id": "3", "payload": {"query": "{ __typename }"}})
        answered = await receive(client)
    error = refused["payload"][0]
    assert (refused["type"], refused["id"], error["extensions"]["code"]) == ("error", "2", "TOO_MANY_OPERATIONS")
    assert "2 operations" in error["message"]
    assert (answered["type"], answered["id"]) == ("next", "3")


async def test_a_result_that_is_too_large_is_an_error_and_is_counted(start_graph: StartGraph) -> None:
    graph = start_graph(max_response_megabytes=1)

    def metrics() -> str:
        return graph.http.get("/metrics").text

    with watching((Observation, "operation_ended")) as until:
        async with opened(graph) as client:
            query = f"{{ {large_parts()} }}"
            await send(client, {"type": "subscribe", "id": "7", "payload": {"query": query}})
            message, end = await receive(client), await receive(client)
        await asyncio.to_thread(until, lambda: 'limits_exceeded_total{limit="response_mb"} 1.0' in metrics())
    assert (message["id"], message["type"], end["type"]) == ("7", "next", "complete")
    assert message["payload"]["errors"][0]["extensions"] == {"code": "QUERY_TOO_COMPLEX"}
    assert 'refused_total{code="QUERY_TOO_COMPLEX",status="next"} 1.0' in metrics()


async def test_more_sockets_of_an_address_than_the_limit_are_refused(start_graph: StartGraph) -> None:
    graph = start_graph(max_sockets_per_address=1)
    closed = itertools.count()
    with watching((SocketConnection, "connection_lost")) as until:
        async with opened(graph):
            with pytest.raises(InvalidStatus, match="429"):
                async with opened(graph):
                    pass
            assert graph.data("{ __typename }")
        await asyncio.to_thread(until, lambda: next(closed) > 0)
        async with opened(graph):
            pass


async def test_a_message_as_large_as_a_body_may_be_is_the_largest(shared_graph: Graph) -> None:
    async with opened(shared_graph) as client:
        await client.send('{"type": "ping"}' + " " * (MAX_BODY - 16))
        assert await receive(client) == {"type": "pong"}
        with contextlib.suppress(ConnectionClosed):
            await client.send(" " * (MAX_BODY + 1))
        await asyncio.wait_for(client.wait_closed(), LIMIT)
    assert client.close_code == 1009


async def test_messages_are_not_compressed(shared_graph: Graph) -> None:
    async with opened(shared_graph, compression="deflate") as client:
        assert client.response is not None
        assert "Sec-WebSocket-Extensions" not in client.response.headers


@pytest.mark.parametrize("parts", [[b"\xff"], [b"\xe2\x82", b"\x28"], [b"{", b"\xed\xa0\x80}"]])
async def test_a_text_that_is_not_utf_8_closes_the_connection_without_a_traceback(
    shared_graph: Graph, parts: list[bytes], uvicorn_log: list[logging.LogRecord]
) -> None:
    async with opened(shared_graph) as client:
        for index, part in enumerate(parts):
            opcode = Opcode.CONT if index else Opcode.TEXT
            frame = Frame(opcode, part, fin=index == len(parts) - 1)
            client.transport.write(frame.serialize(mask=True))
        await asyncio.wait_for(client.wait_closed(), LIMIT)
    assert client.close_code == 1007
    assert uvicorn_log == []


@pytest.mark.parametrize(
    ("opening", "garbage", "expected"),
    [
        (HANDSHAKE + b"\r\n", b"\x00" * 100, b"HTTP/1.1 101"),
        (HANDSHAKE + b"\r\n", b"\xff" * 1000, b"HTTP/1.1 101"),
        (HANDSHAKE + b"\r\n", b"\x81\xff" + b"\xff" * 8 + b"abcd", b"HTTP/1.1 101"),
        (HANDSHAKE + b"\r\n", b"\xc1\x85abcdhello", b"HTTP/1.1 101"),
        (HANDSHAKE.replace(b"GET", b"POST") + b"\r\n", b"", b"HTTP/1.1 405"),
        (HANDSHAKE.replace(b"version: 13", b"version: 8") + b"\r\n", b"", b"HTTP/1.1 400"),
        (HANDSHAKE.replace(b"AAAAA", b"A") + b"\r\n", b"", b"HTTP/1.1 400"),
        (HANDSHAKE.replace(b"/graphql", b"/elsewhere") + b"\r\n", b"", b"HTTP/1.1 403"),
        (HANDSHAKE.replace(b"/graphql", b"/" + b"x" * 9000) + b"\r\n", b"", b"HTTP/1.1 4"),
        (HANDSHAKE + b"a: " + b"x" * 9000 + b"\r\n\r\n", b"", b"HTTP/1.1 431"),
        (HANDSHAKE + b"a: \x01\r\n\r\n", b"", b"HTTP/1.1 4"),
    ],
)
def test_garbage_is_answered_with_a_refusal_or_a_close(
    shared_graph: Graph, opening: bytes, garbage: bytes, expected: bytes, uvicorn_log: list[logging.LogRecord]
) -> None:
    url = shared_graph.http.base_url
    with socket.create_connection((url.host, url.port or 0), timeout=LIMIT) as client:
        client.sendall(opening)
        if garbage:
            assert client.recv(4096).startswith(expected)
            client.sendall(garbage)
            answer = expected + b"".join(iter(lambda: client.recv(4096), b""))
        else:
            answer = b"".join(iter(lambda: client.recv(4096), b""))
    assert answer.startswith(expected)
    assert uvicorn_log == []


def test_a_client_that_reads_no_pongs_can_send_only_so_many_pings(start_graph: StartGraph) -> None:
    graph = start_graph(send_seconds=0.2)
    url = graph.http.base_url
    ping = b"\x89\xfd\x00\x00\x00\x00" + b"x" * 125
    with socket.create_connection((url.host, url.port or 0), timeout=LIMIT) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(HANDSHAKE + b"\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 101")
        with pytest.raises(ConnectionError):
            client.sendall(ping * 1_000_000)
    assert graph.data("{ __typename }")
