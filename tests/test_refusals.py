"""Every refusal is counted by its code and has a line of the log, over HTTP and WebSocket."""

import asyncio
import json
import socket
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from callers.key_commands import create_key
from server.socket_connection import SocketConnection
from tests.conftest import Graph, StartGraph
from tests.running import LIMIT, watching
from tests.test_callers_over_http import QUERY, conversation
from tests.test_metrics import figures
from tests.test_websocket import PROTOCOL, address, send

TOO_DEEP = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }"
COIN = '{ coin(symbol: "BTC") { openInterest(interval: D1, last: 1) { __typename } } }'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


@pytest.fixture
def key(path: Path) -> str:
    return create_key(path, "dashboard", datetime.now(UTC), scopes=["metrics"])


@pytest.fixture
def keys_graph(start_graph: StartGraph, path: Path, key: str) -> Graph:
    assert key
    return start_graph(callers="keys", key_file=path)


def refused(graph: Graph) -> dict[str, float]:
    """Return the counts by code and status."""
    values = figures(graph)
    return {
        name.removeprefix("refused_total{code=").rstrip("}").replace(",status=", " "): value
        for name, value in values.items()
        if name.startswith("refused_total")
    }


def events(logged: Any, event: str) -> list[dict[str, Any]]:
    return [line for line in logged if line["event"] == event]


def test_requests_that_are_refused_before_the_cache_have_a_line_each(keys_graph: Graph, path: Path, key: str) -> None:
    reader = create_key(path, "reader", datetime.now(UTC))
    keys_graph.http.headers["x-api-key"] = key
    figures(keys_graph)  # so that the new key is noticed at the latest a second later
    with capture_logs() as logged:
        keys_graph.http.get("/metrics", headers={"x-api-key": "cgk_wrong"})
        keys_graph.http.post("/graphql", json={"query": QUERY}, headers={"x-api-key": ""})
        keys_graph.http.post("/graphql", json={"query": QUERY}, headers={"cg-api-key": "a" * 20})
        keys_graph.http.post("/graphql", content=b" " * 2**21)
        foreign = {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}
        keys_graph.http.get("/graphql", params={"query": QUERY}, headers=foreign)
    lines = [(line["code"], line["status"], line["address"]) for line in events(logged, "request")]
    assert lines == [
        ("UNAUTHENTICATED", 401, "127.0.0.1"),
        ("UNAUTHENTICATED", 401, "127.0.0.1"),
        ("FORBIDDEN", 403, "127.0.0.1"),
        ("BAD_USER_INPUT", 413, "127.0.0.1"),
        ("CROSS_SITE_REQUEST", 403, "127.0.0.1"),
    ]
    assert {line["answered_by"] for line in events(logged, "request")} == {"server"}
    assert events(logged, "refused") == []
    assert not any(secret in repr(logged) for secret in (key, reader, "cgk_wrong", "a" * 20))
    assert refused(keys_graph) == {
        "UNAUTHENTICATED 401": 2,
        "FORBIDDEN 403": 1,
        "BAD_USER_INPUT 413": 1,
        "CROSS_SITE_REQUEST 403": 1,
    }


def test_operations_that_are_refused_have_their_code_in_the_line_of_the_request(start_graph: StartGraph) -> None:
    graph = start_graph(calls_per_minute=1)
    with capture_logs() as logged:
        for query in (TOO_DEEP, "{", "{ nothing }", COIN.replace("D1", "H4"), COIN.replace("D1", "H8")):
            graph.ask(query)
    codes = [line.get("code") for line in events(logged, "request")]
    assert codes == ["QUERY_TOO_COMPLEX", "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", None, codes[-1]]
    assert codes[-1] == "CLIENT_RATE_LIMITED"
    assert events(logged, "refused") == []
    counted = refused(graph)
    assert (counted["QUERY_TOO_COMPLEX 200"], counted["CLIENT_RATE_LIMITED 429"]) == (1, 1)


def test_the_line_of_a_caller_with_a_key_has_the_address(start_graph: StartGraph, path: Path, key: str) -> None:
    from_proxy = start_graph(callers="keys", key_file=path, trusted_proxies=(ip_network("127.0.0.1"),))
    with capture_logs() as logged:
        headers = {"x-api-key": key, "x-forwarded-for": "192.0.2.7"}
        from_proxy.http.post("/graphql", json={"query": QUERY}, headers=headers)
    (line,) = events(logged, "request")
    assert (line["caller"], line["address"]) == ("dashboard", "192.0.2.7")


async def test_a_websocket_has_a_line_when_it_closes_and_its_operations_are_counted(
    keys_graph: Graph, key: str
) -> None:
    with capture_logs() as logged, watching((SocketConnection, "connection_lost")) as until:
        await conversation(keys_graph, {"apiKey": key})
        await asyncio.to_thread(until, lambda: bool(events(logged, "websocket closed")))
    (line,) = events(logged, "websocket closed")
    assert (line["caller"], line["address"], line["operations"], line["code"]) == ("dashboard", "127.0.0.1", 1, 1000)
    keys_graph.http.headers["x-api-key"] = key
    values = figures(keys_graph)
    assert (values["caller_requests_total{caller=dashboard}"], values["websocket_operations_total"]) == (2, 1)


async def test_a_websocket_without_credentials_is_counted_and_hears_of_the_first_message(
    keys_graph: Graph, key: str
) -> None:
    with capture_logs() as logged:
        closed = await conversation(keys_graph, {})
    assert '{"apiKey": "…"}' in closed["reason"]
    assert closed["reason"].endswith("`Authorization: Bearer …`.")
    assert [(line["code"], line["status"]) for line in events(logged, "refused")] == [("UNAUTHENTICATED", 4403)]
    keys_graph.http.headers["x-api-key"] = key
    assert refused(keys_graph) == {"UNAUTHENTICATED 4403": 1}
    assert figures(keys_graph)["unauthenticated_total"] == 1


async def test_an_operation_that_a_websocket_refuses_is_counted(graph: Graph) -> None:
    async with connect(address(graph), subprotocols=[PROTOCOL], proxy=None) as client:
        await send(client, {"type": "connection_init"})
        await asyncio.wait_for(client.recv(), LIMIT)
        await send(client, {"type": "subscribe", "id": "0", "payload": {"query": TOO_DEEP}})
        answer = json.loads(await asyncio.wait_for(client.recv(), LIMIT))
        assert answer["type"] == "error"
        assert figures(graph)["client_connections{protocol=websocket}"] == 1
    assert refused(graph) == {"QUERY_TOO_COMPLEX error": 1}


async def test_a_foreign_page_s_websocket_has_one_line_that_names_the_setting(
    graph: Graph, caplog: pytest.LogCaptureFixture
) -> None:
    with capture_logs() as logged, pytest.raises(InvalidStatus):
        await connect(
            address(graph), subprotocols=[PROTOCOL], additional_headers={"origin": "https://evil.example"}, proxy=None
        )
    (line,) = events(logged, "refused")
    assert (line["code"], line["origin"]) == ("CROSS_SITE_REQUEST", "https://evil.example")
    assert "COINGLASS_ALLOWED_ORIGINS" in line["remedy"]
    assert refused(graph) == {"CROSS_SITE_REQUEST 403": 1}
    assert events(logged, "websocket closed") == []
    assert [record for record in caplog.records if record.name == "strawberry.ws"] == []


def test_connections_above_the_limit_are_counted(start_graph: StartGraph) -> None:
    graph = start_graph(max_connections_per_address=1)
    graph.http.get("/healthz")  # which stays open
    host = urlsplit(str(graph.http.base_url))
    with capture_logs() as logged, socket.create_connection((str(host.hostname), host.port or 0), LIMIT) as second:
        answer = second.recv(4096)
    assert b" 429 " in answer.splitlines()[0]
    assert b'"code":"TOO_MANY_CONNECTIONS"' in answer
    assert [(line["code"], line["status"]) for line in events(logged, "refused")] == [("TOO_MANY_CONNECTIONS", 429)]
    assert refused(graph) == {"TOO_MANY_CONNECTIONS 429": 1}
    assert figures(graph)["client_connections{protocol=http}"] == 1
