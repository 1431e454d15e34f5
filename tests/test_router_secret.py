"""A shared secret that admits only the router of a federation, over real sockets."""

import json
from typing import Any, cast

import pytest
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from callers.key_commands import create_key
from cg_client.secret import Secret
from server.http import Handler, Request
from server.router_secret import only_router
from server.settings import Settings, SettingsError
from server.traffic import Traffic
from tests.clock import START
from tests.conftest import Graph, StartGraph
from tests.server.raw_asgi import http_scope, ignore, receiving
from tests.test_websocket import PROTOCOL, address, send

SECRET = "0123456789abcdef" * 2
QUERY = "{ upstreamQuota { limit } }"
ANSWER = {"data": {"upstreamQuota": {"limit": 1200}}}
ROUTER = {"router-authorization": SECRET}


@pytest.fixture
def routed(start_graph: StartGraph) -> Graph:
    return start_graph(router_secret=Secret(SECRET))


def post(graph: Graph, headers: dict[str, str]) -> Any:
    return graph.http.post("/graphql", json={"query": QUERY}, headers=headers)


@pytest.mark.parametrize(
    "headers", [{}, {"router-authorization": ""}, {"router-authorization": SECRET[:-1]}, {"authorization": SECRET}]
)
def test_operations_without_the_secret_are_refused(routed: Graph, headers: dict[str, str]) -> None:
    refused = post(routed, headers)
    assert (refused.status_code, refused.headers["cache-control"]) == (401, "no-store")
    (error,) = refused.json()["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert "`Router-Authorization`" in error["message"]
    assert routed.http.get("/graphql", params={"query": QUERY}, headers=headers).status_code == 401


def test_the_router_is_served_and_pages_stay_open(routed: Graph) -> None:
    assert post(routed, ROUTER).json() == ANSWER
    statuses = {path: routed.http.get(path).status_code for path in ("/healthz", "/readyz", "/metrics")}
    assert set(statuses.values()) == {200}


def test_a_stored_response_is_for_the_router_alone(routed: Graph) -> None:
    parameters = {"query": '{ coin(symbol: "BTC") { currentFundingRates { __typename } } }'}
    first, again = (routed.http.get("/graphql", params=parameters, headers=ROUTER) for _ in range(2))
    assert first.headers["cache-control"].startswith("public")
    assert "age" in again.headers
    assert "router-authorization" in again.headers["vary"]
    assert routed.http.get("/graphql", params=parameters).status_code == 401


def test_callers_behind_the_router_still_need_their_keys(start_graph: StartGraph, tmp_path: Any) -> None:
    path = tmp_path / "keys.json"
    key = create_key(path, "dashboard", START)
    graph = start_graph(router_secret=Secret(SECRET), callers="keys", key_file=path)
    statuses = [
        post(graph, headers).status_code for headers in ({"x-api-key": key}, ROUTER, ROUTER | {"x-api-key": key})
    ]
    assert statuses == [401, 401, 200]


async def test_only_the_router_opens_a_socket(routed: Graph) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(address(routed), subprotocols=[PROTOCOL], proxy=None)
    assert refused.value.response.status_code == 401
    assert b"`Router-Authorization`" in (refused.value.response.body or b"")
    async with connect(address(routed), subprotocols=[PROTOCOL], additional_headers=ROUTER, proxy=None) as socket:
        await send(socket, {"type": "connection_init"})
        assert json.loads(await socket.recv()) == {"type": "connection_ack"}


def test_the_secret_is_in_no_log_error_or_repr(routed: Graph) -> None:
    with capture_logs() as logs:
        texts = [post(routed, headers).text for headers in (ROUTER, {"router-authorization": SECRET + "x"})]
    settings = Settings.from_env({"COINGLASS_ROUTER_SECRET": SECRET})
    assert Secret(SECRET) in settings.secret_values()
    assert SECRET not in "".join(texts) + repr(logs) + repr(settings)
    for wrong in (SECRET[:-1], SECRET + " ", SECRET + "ü"):
        with pytest.raises(SettingsError, match=r"COINGLASS_ROUTER_SECRET .*openssl rand") as fault:
            Settings.from_env({"COINGLASS_ROUTER_SECRET": wrong})
        assert wrong not in str(fault.value)


async def test_the_opening_request_of_a_socket_is_read_once() -> None:
    """A second one would have another id."""
    openings = []

    class Sockets:
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...

        async def handle(self, opening: Request, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # the signature of a handler
            openings.append(opening.request_id)

    secret, scope = Secret("s" * 32), http_scope(headers=[("router-authorization", "s" * 32), ("x-request-id", "one")])
    _, sockets = only_router(cast("Handler", None), Sockets(), secret, Traffic())
    await sockets(scope, receiving(), ignore)
    assert openings == ["one"]
