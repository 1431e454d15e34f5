"""Limits of connections, on real sockets: size, time, number, and clients that do not read."""

import asyncio
import contextlib
import inspect
import socket
import threading
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from server.connection import MAX_DISCARDED, MAX_HEAD, MAX_HEADERS, MAX_PIPELINED, MAX_URL, HTTPConnection
from server.server_config import ServerConfig
from server.settings import Settings
from server.socket_connection import SocketConnection
from tests.running import LIMIT, configured, uvicorn_errors, watching

GET = b"GET / HTTP/1.1\r\nhost: x\r\n"
POST = b"POST / HTTP/1.1\r\nhost: x\r\n"
BODY = b"hello"


class App:
    """Answers with the length of the body, or with `size` bytes; waits for `open` first."""

    def __init__(self) -> None:
        self.size = 0
        self.open = threading.Event()
        self.open.set()
        self.left = threading.Event()
        self.requests = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        self.requests += 1
        length, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left.set()
                return
            length, more = length + len(message.get("body", b"")), message.get("more_body", False)
        await asyncio.to_thread(self.open.wait, LIMIT)
        body = b"x" * self.size or str(length).encode()
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@contextlib.contextmanager
def serving(app: App, **settings: Any) -> Iterator[tuple[str, int]]:
    with configured(configuration(app, **settings)) as address:
        yield endpoint(address)


def configuration(app: ASGIApp, **settings: Any) -> ServerConfig:
    return ServerConfig(app, Settings(**settings), lifespan="off")


def endpoint(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    return str(parts.hostname), int(parts.port or 0)


@pytest.fixture
def app() -> App:
    return App()


@pytest.fixture
def server(app: App) -> Iterator[tuple[str, int]]:
    with serving(app) as address:
        yield address


def connect(address: tuple[str, int]) -> socket.socket:
    return socket.create_connection(address, timeout=LIMIT)


def whole_answer(client: socket.socket) -> bytes:
    """Read until the server closes."""
    return b"".join(iter(lambda: client.recv(2**20), b""))


def answer_to(address: tuple[str, int], *pieces: bytes) -> bytes:
    with connect(address) as client:
        for piece in pieces:
            client.sendall(piece)
        return whole_answer(client)


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def test_a_request_is_answered(server: tuple[str, int]) -> None:
    answer = answer_to(server, POST + b"connection: close\r\ncontent-length: 5\r\n\r\n" + BODY)
    assert (status(answer), answer[-1:]) == (200, b"5")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (GET + b"a: " + b"x" * MAX_HEAD + b"\r\n\r\n", 431),
        (GET + b"a: " + b"x" * MAX_HEAD, 431),
        (GET + b"a: b\r\n" * MAX_HEADERS + b"\r\n", 431),
        (b"GET /" + b"x" * MAX_URL + b" HTTP/1.1\r\nhost: x\r\n\r\n", 414),
        (b"GET /" + b"x" * MAX_URL, 414),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"hello\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nhost\r\n\r\n", 400),
        (POST + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n", 400),
        (POST + b"content-length: -1\r\n\r\n", 400),
    ],
    ids=range(10),
)
@pytest.mark.parametrize("after", [b"", b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"], ids=["first", "later"])
def test_an_invalid_head_is_refused_and_the_connection_closed(
    server: tuple[str, int], app: App, head: bytes, expected: int, after: bytes
) -> None:
    with connect(server) as client:
        if after:
            client.sendall(after)
            assert client.recv(1000).endswith(b"0")
        client.sendall(head if head.endswith(b"\n\r\n") or len(head) < 100 else head[:-1])
        if not head.endswith(b"\n\r\n"):
            client.sendall(head[-1:] * 2**19)  # an incomplete head is measured in the pieces that follow its first
        answer = whole_answer(client)
    assert status(answer) == expected
    assert b'"code":"BAD_USER_INPUT"' in answer
    assert app.requests == bool(after)


def test_a_head_within_the_limits_is_answered(server: tuple[str, int]) -> None:
    fill = b"a: " + b"x" * (MAX_HEAD - 1000) + b"\r\n"
    answer = answer_to(server, GET + b"connection: close\r\n" + b"b: c\r\n" * (MAX_HEADERS - 3) + fill + b"\r\n")
    assert status(answer) == 200


def test_a_large_body_is_no_large_head(server: tuple[str, int]) -> None:
    size = 4 * MAX_HEAD
    request = POST + b"content-length: %d\r\n\r\n" % size + b"x" * size
    last = GET + b"connection: close\r\n\r\n"
    assert answer_to(server, request * 3 + last).count(b"HTTP/1.1 200 OK") == 4


def test_a_slow_head_is_refused(app: App) -> None:
    with serving(app, head_seconds=0.1) as server:
        assert status(answer_to(server, GET)) == 408
        with connect(server) as client:
            client.sendall(GET + b"\r\n")
            assert client.recv(1000).endswith(b"0")
            client.sendall(GET)
            assert status(whole_answer(client)) == 408


@pytest.mark.parametrize("sent", [b"", b"\r\n" * 10])
def test_a_connection_that_begins_no_request_is_closed(app: App, sent: bytes) -> None:
    with serving(app, head_seconds=0.1) as server, connect(server) as idle:
        idle.sendall(sent)
        assert b"HTTP/1.1 2" not in whole_answer(idle)


def test_a_connection_with_empty_lines_after_its_request_is_closed(app: App) -> None:
    with serving(app, head_seconds=0.1) as server:
        assert answer_to(server, GET + b"\r\n", b"\r\n" * 10).count(b"HTTP/1.1") == 1


def test_a_slow_body_is_refused_and_the_application_is_told(app: App) -> None:
    with serving(app, body_seconds=0.1) as server:
        assert status(answer_to(server, POST + b"content-length: 5\r\n\r\nhel")) == 408
        assert app.left.wait(LIMIT)
        assert status(answer_to(server, POST + b"transfer-encoding: chunked\r\n\r\n5\r\nhel")) == 408


def test_a_request_that_takes_longer_than_its_body_may_is_answered(app: App) -> None:
    app.open.clear()
    with serving(app, body_seconds=0.1, head_seconds=0.1) as server, connect(server) as client, connect(server) as late:
        client.sendall(GET + b"connection: close\r\n\r\n")
        assert whole_answer(late) == b""  # at least one review has taken place
        app.open.set()
        assert status(whole_answer(client)) == 200


def test_more_connections_than_the_limit_are_refused(app: App) -> None:
    with serving(app, max_connections=2) as server, connect(server) as first, connect(server) as second:
        for client in (first, second):
            client.sendall(GET + b"\r\n")
            assert status(client.recv(1000)) == 200
        answer = answer_to(server)
        assert (status(answer), b"2 open connections" in answer, b"retry-after" in answer) == (503, True, True)
        assert b'"code":"TOO_MANY_CONNECTIONS"' in answer
        first.close()
        second.sendall(GET + b"\r\n")
        assert status(second.recv(1000)) == 200
        with connect(server) as third:
            third.sendall(GET + b"\r\n")
            assert status(third.recv(1000)) == 200


def test_more_connections_of_an_address_than_its_limit_are_refused(app: App) -> None:
    with serving(app, max_connections_per_address=1) as server, connect(server) as first:
        first.sendall(GET + b"\r\n")
        assert status(first.recv(1000)) == 200
        assert status(answer_to(server)) == 429
        with socket.create_connection(server, timeout=LIMIT, source_address=("127.0.0.2", 0)) as other:
            other.sendall(GET + b"\r\n")
            assert status(other.recv(1000)) == 200


def test_the_connections_of_a_trusted_proxy_are_those_of_many_clients(app: App) -> None:
    proxies = (ip_network("127.0.0.1"),)
    with (
        serving(app, max_connections_per_address=1, trusted_proxies=proxies) as server,
        connect(server) as first,
        connect(server) as second,
    ):
        for client in (first, second):
            client.sendall(GET + b"\r\n")
            assert status(client.recv(1000)) == 200


def test_a_client_that_does_not_read_is_cut_off(app: App) -> None:
    app.size = 64 * 2**20
    config = configuration(app, send_seconds=0.1)
    with (
        watching((HTTPConnection, "connection_lost")) as until,
        configured(config) as address,
        connect(endpoint(address)) as client,
    ):
        client.sendall(GET + b"\r\n")
        client.recv(1)
        until(lambda: not len(config.open_connections))
        assert len(whole_answer(client)) < app.size


@pytest.mark.parametrize("count", [MAX_PIPELINED + 2, 3])
def test_pipelined_requests_of_a_connection_that_is_closed_end_without_a_traceback(
    app: App, count: int, caplog: pytest.LogCaptureFixture
) -> None:
    app.open.clear()
    config = configuration(app)
    with (
        uvicorn_errors(caplog) as errors,
        watching((HTTPConnection, "connection_lost")) as until,
        configured(config) as address,
    ):
        with connect(endpoint(address)) as client:
            client.sendall((GET + b"\r\n") * count)
            if count > MAX_PIPELINED:
                assert whole_answer(client) == b""
        until(lambda: not len(config.open_connections))
        app.open.set()
    assert app.requests <= 1
    assert errors == []


def test_a_client_that_goes_on_sending_after_a_refusal_is_cut_off(server: tuple[str, int]) -> None:
    with connect(server) as client:
        client.sendall(b"hello\r\n\r\n")
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            client.sendall(b"x" * 10 * MAX_DISCARDED)


@pytest.mark.parametrize(
    ("extended", "owner", "extensions"),
    [
        (HTTPConnection, HttpToolsProtocol, {"review", "end_with_answer"}),
        (
            SocketConnection,
            WebSocketsSansIOProtocol,
            {"review", "end_with_answer", "write_frames", "call_when_writable", "end"},
        ),
    ],
)
def test_uvicorn_has_the_methods_that_are_overridden(extended: type, owner: type, extensions: set[str]) -> None:
    public = {name for name, value in vars(extended).items() if inspect.isfunction(value) and name[0] != "_"}
    assert public - vars(owner).keys() == extensions
    assert hasattr(HttpToolsProtocol, "_start_asgi_task")


@pytest.mark.parametrize(
    ("owner", "names"),
    [
        (HttpToolsProtocol, "cycle pipeline flow loop url headers server_state timeout_keep_alive_task client"),
        (RequestResponseCycle, "disconnected message_event response_started response_complete"),
        (
            WebSocketsSansIOProtocol,
            "conn writable read_paused handshake_initiated handshake_complete frames curr_msg_data_type client",
        ),
        (
            WebSocketsSansIOProtocol,
            "queue scope request response close_timer close_timeout pong_timer pending_ping_payload transport",
        ),
    ],
)
def test_uvicorn_has_the_attributes_that_are_read(owner: type, names: str) -> None:
    source = inspect.getsource(owner)
    assert [name for name in names.split() if f"self.{name}" not in source] == []
