"""Fixtures over real sockets: a client of the graph, the server, and the sandbox as its upstream."""

import contextlib
import logging
import os
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import structlog

from cg_client.client_config import SOCKET_PATH
from cg_client.plans.plan_table import Plan
from cg_client.secret import Secret
from sandbox.app import KEY, Sandbox, create_sandbox
from sandbox.faults import Fault, FaultKind
from server.app import create_app
from server.log import request_lines
from server.log_redaction import redaction
from server.server_config import ServerConfig, new_connections
from server.settings import Settings
from tests.running import configured, running
from tests.schemas import checked_once

NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # those of the web take longer to read than a server to start
LONGEST = ("test_workers.py", "test_rolling_restart.py", "test_observability.py")  # of what a single test takes


@dataclass
class Graph:
    """A running server and the sandbox behind it."""

    http: httpx.Client
    sandbox: Sandbox

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """Return the whole answer to a query."""
        response = self.http.post("/graphql", json={"query": query, "variables": variables})
        answer: dict[str, Any] = response.json()
        return answer

    def data(self, query: str, **variables: Any) -> dict[str, Any]:
        """Return the data of an answer that must have no errors."""
        answer = self.ask(query, **variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    def calls(self, path: str) -> int:
        """Return the number of requests that the upstream counted for the path."""
        return self.sandbox.calls[path]

    def forget(self) -> None:
        """Reset the counts."""
        self.sandbox.calls.clear()
        self.sandbox.requests.clear()

    def fail(self, kind: FaultKind, path: str = "*", times: int | None = None, **options: Any) -> None:
        self.sandbox.faults.append(Fault(kind, path, times, **options))


StartGraph = Callable[..., Graph]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return one more than there are cores: servers that start, and clocks that run, make tests wait."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests, so that none is left to one worker at the end."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """Undo what a test, or a server that it starts in this process, has set up for the log."""
    handlers, level, configured = logging.root.handlers[:], logging.root.level, structlog.get_config()
    hooks, stream, is_enabled = (
        (sys.excepthook, threading.excepthook, sys.unraisablehook),
        request_lines.stream,
        request_lines.is_enabled,
    )
    yield
    if structlog.get_config() == configured and request_lines.stream is stream:
        return
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    logging.root.handlers[:], request_lines.stream, request_lines.is_enabled = handlers, stream, is_enabled
    logging.root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.configure(**configured)
    redaction.configure([])


@pytest.fixture
def start_graph() -> Iterator[StartGraph]:
    """Start a server and its sandbox; without `declared` the server requests the plan of its key."""
    with _starting() as start:
        yield start


@pytest.fixture(scope="module")
def start_shared() -> Iterator[StartGraph]:
    """As `start_graph`, for servers that all tests of a module share."""
    with _starting() as start:
        yield start


@pytest.fixture(scope="module")
def shared_graph(start_shared: StartGraph) -> Graph:
    """Return a server that the tests of a module share, for what does not depend on what it did before."""
    return start_shared()


@contextlib.contextmanager
def _starting() -> Iterator[StartGraph]:
    with contextlib.ExitStack() as stack:

        def start(
            plan: Plan = Plan.PROFESSIONAL,
            quota: int | None = None,
            *,
            declared: bool = True,
            sandbox: Sandbox | None = None,
            **settings: Any,
        ) -> Graph:
            """With `sandbox` the key's plan is the sandbox's, and `plan` what the server is configured with."""
            sandbox = sandbox or Sandbox(plan, quota=quota)
            upstream = stack.enter_context(running(create_sandbox(sandbox)))
            chosen: dict[str, Any] = {
                "api_key": Secret(KEY),
                "base_url": upstream,
                "socket_url": f"ws{upstream.removeprefix('http')}{SOCKET_PATH}",
                "plan": plan if declared else None,
            } | settings
            with checked_once():
                connections = new_connections(Settings(**chosen))
                app = create_app(Settings(**chosen), connections, warm=False)
            config = ServerConfig(app, Settings(**chosen), connections, lifespan="on")
            config.timeout_graceful_shutdown = 1
            address = stack.enter_context(configured(config))
            http = stack.enter_context(httpx.Client(base_url=address, timeout=60, verify=NO_AUTHORITIES))
            return Graph(http, sandbox)

        yield start


@pytest.fixture
def graph(start_graph: StartGraph) -> Graph:
    """Return a server with everything that CoinGlass has."""
    return start_graph()
