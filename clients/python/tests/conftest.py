"""A server with its sandbox in a separate process, and clients whose waits take no time."""

import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from coinglass_graphql_client import Client

ROOT = Path(__file__).parents[3]
COMMAND = os.environ.get("COINGLASS_GRAPHQL", str(ROOT / ".venv/bin/coinglass-graphql"))

ClientOf = Callable[[httpx.BaseTransport], Client]


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """Yield the address of a server that has the sandbox behind it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [COMMAND, "serve", "--sandbox", "--host", "127.0.0.1", "--port", str(port)]
    env = os.environ | {"COINGLASS_KEY_HEADER": "on", "COINGLASS_DRAIN_SECONDS": "0"}
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        try:
            lines: list[str] = []
            for line in process.stderr:
                lines.append(line)
                if f":{port}/" in line:
                    break
            else:
                pytest.fail(f"the server did not start: {''.join(lines)}")
            log = threading.Thread(target=process.stderr.read)  # so that the server never waits for a full pipe
            log.start()
            yield f"http://127.0.0.1:{port}"
            process.terminate()
            log.join()
        finally:
            process.kill()


@pytest.fixture
def client(url: str) -> Iterator[Client]:
    with Client(url) as client:
        yield client


@pytest.fixture
def waits() -> list[float]:
    """Return the seconds that the clients of `client_of` would have waited."""
    return []


@pytest.fixture
def client_of(url: str, waits: list[float]) -> Iterator[ClientOf]:
    """Make clients with another transport."""
    clients: list[Client] = []

    def make(transport: httpx.BaseTransport) -> Client:
        client = Client(url, transport=transport)
        client._sleep = waits.append
        clients.append(client)
        return client

    yield make
    for each in clients:
        each.close()
