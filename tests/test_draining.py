"""The end of a server while clients go on sending: it drains, and no connection meets a reset."""

import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.types import ASGIApp

from server.graceful import GracefulServer, drop_handshakes
from server.server_config import ServerConfig
from server.settings import Settings
from tests.running import LIMIT
from tests.server.raw_asgi import ignore
from tests.test_cli import serving
from tests.test_graceful_shutdown import is_clean, logged

GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
LONG = "300"  # seconds of draining, which the tests end
ENDS_WITHIN = 10.0  # seconds
linux_only = pytest.mark.skipif("sys.platform != 'linux'")


@contextmanager
def draining(**variables: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Yield a server that drains."""
    variables = {"COINGLASS_DRAIN_SECONDS": LONG} | variables
    with serving("--sandbox", **variables) as (address, process):
        assert httpx.get(f"{address}/readyz").headers.get("connection") is None
        process.send_signal(signal.SIGTERM)
        answer = httpx.get(f"{address}/readyz")
        while answer.status_code == 200:  # the signal is on its way
            answer = httpx.get(f"{address}/readyz")
        assert (answer.status_code, answer.json()["ready"]) == (503, False)
        yield address, process


def connected(address: str) -> socket.socket:
    parts = urlsplit(address)
    assert parts.hostname
    assert parts.port
    return socket.create_connection((parts.hostname, parts.port), timeout=LIMIT)


def test_a_draining_server_is_not_ready_but_answers_on_connections_that_then_end() -> None:
    with draining() as (address, process):
        answer = httpx.post(f"{address}/graphql", json={"query": "{ __typename }"})
        assert answer.json() == {"data": {"__typename": "Query"}}
        assert answer.headers["connection"] == "close"
        assert httpx.get(f"{address}/healthz").status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(ENDS_WITHIN) == 0
        assert is_clean(logged(process))


def test_the_log_says_how_far_the_end_is() -> None:
    with serving("--sandbox", COINGLASS_DRAIN_SECONDS="0.1") as (address, process):
        httpx.get(f"{address}/healthz").raise_for_status()  # a server that has just started ends without draining
        process.send_signal(signal.SIGTERM)
        assert process.wait(ENDS_WITHIN) == 0
        lines = [json.loads(line) for line in logged(process).splitlines() if '"signal"' in line]
    expected_events = ["the server begins to end", "the server accepts no more connections", "the server has ended"]
    assert [line["event"] for line in lines] == expected_events
    assert {(line["signal"], line["pid"]) for line in lines} == {("SIGTERM", process.pid)}
    assert lines[0]["drain_seconds"] == 0.1


def test_a_second_signal_while_the_application_is_imported_is_no_error() -> None:
    settings = Settings()

    def signalled() -> ASGIApp:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGTERM)
        return ignore

    server = GracefulServer(ServerConfig(signalled, settings, factory=True))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.run([listener])
    assert server.force_exit


@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_at_once_whatever_runs(first: signal.Signals) -> None:
    with serving("--sandbox", COINGLASS_DRAIN_SECONDS=LONG) as (address, process), connected(address) as client:
        client.sendall(GET.replace(b"GET", b"POST").replace(b"\r\n\r\n", b"\r\nContent-Length: 9\r\n\r\n"))
        assert httpx.get(f"{address}/healthz").status_code == 200  # so that the request before has arrived
        process.send_signal(first)
        while first == signal.SIGTERM and httpx.get(f"{address}/readyz").status_code == 200:
            pass
        process.send_signal(signal.SIGTERM)
        assert process.wait(ENDS_WITHIN) == 0


def test_an_idle_connection_stays_open_for_one_more_request() -> None:
    with serving("--sandbox", COINGLASS_DRAIN_SECONDS="0") as (address, process), connected(address) as client:
        client.sendall(GET)
        assert b"connection: close" not in client.recv(65536)
        process.send_signal(signal.SIGTERM)
        while is_accepting(address):
            pass
        client.sendall(GET)
        rest = b"".join(iter(lambda: client.recv(65536), b""))
        assert b"HTTP/1.1 200 OK" in rest
        assert b"connection: close" in rest
        assert process.wait(ENDS_WITHIN) == 0


def is_accepting(address: str) -> bool:
    try:
        connected(address).close()
    except ConnectionError:
        return False
    return True


@linux_only
def test_no_connection_enters_the_queue_of_a_socket_that_drops_handshakes() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        with socket.create_connection(address) as early:
            assert drop_handshakes(listener)
            early.sendall(GET)
            accepted, _ = listener.accept()
            assert accepted.recv(65536) == GET
            accepted.close()
            listener.settimeout(0)
            with socket.socket() as late:
                late.settimeout(0)
                assert late.connect_ex(address) != 0
                with pytest.raises(BlockingIOError):
                    listener.accept()


def test_a_rolling_restart_of_a_single_process_is_refused_with_one_line() -> None:
    with serving("--sandbox") as (address, process):
        process.send_signal(signal.SIGUSR2)
        assert httpx.get(f"{address}/healthz").status_code == 200
        process.send_signal(signal.SIGINT)
        assert len(re.findall("COINGLASS_WORKERS", logged(process))) == 1
