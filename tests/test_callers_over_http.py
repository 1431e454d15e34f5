"""Callers with keys and tokens over HTTP and WebSocket, against a server on real sockets."""

import asyncio
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from callers import key_file
from callers.key_commands import create_key, revoke_keys
from tests.callers.issuer import AUDIENCE, ISSUER, SigningKey
from tests.conftest import Graph, StartGraph
from tests.running import running
from tests.test_cli import serving
from tests.test_metrics import figures
from tests.test_websocket import PROTOCOL, address, send

QUERY = "{ upstreamQuota { limit } }"
PRICE = '{ pair(exchange: "Binance", symbol: "BTCUSDT") { price(interval: H1, last: 2) { __typename } } }'
SIGNING = SigningKey("first")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


@pytest.fixture
def key(path: Path) -> str:
    return create_key(path, "dashboard", datetime.now(UTC), scopes=["metrics"])


@pytest.fixture
def keys_graph(start_graph: StartGraph, path: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> Graph:
    """Return a server that looks at the file of keys at each request."""
    assert key
    monkeypatch.setattr(key_file, "_CHECK_SECONDS", 0.0)
    return start_graph(callers="keys", key_file=path)


@pytest.fixture
def jwks_url() -> Iterator[str]:
    async def app(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps({"keys": [SIGNING.public]}).encode()})

    with running(app) as served_at:
        yield f"{served_at}/jwks.json"


def test_a_key_opens_the_graph_and_nothing_else_does(keys_graph: Graph, key: str) -> None:
    http = keys_graph.http
    refused = http.post("/graphql", json={"query": QUERY})
    assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
    assert refused.headers["www-authenticate"] == 'Bearer realm="coinglass-graphql"'
    answers = [
        http.post("/graphql", json={"query": QUERY}, headers=headers)
        for headers in ({"authorization": f"Bearer {key}"}, {"x-api-key": key})
    ]
    assert [answer.json()["data"] for answer in answers] == [{"upstreamQuota": {"limit": 1200}}] * 2
    assert http.get("/healthz").status_code == 200
    assert http.get("/metrics").status_code == 401
    http.headers["x-api-key"] = key
    counted = figures(keys_graph)
    assert (counted["caller_requests_total{caller=dashboard}"], counted["unauthenticated_total"]) == (3, 2)


def test_callers_share_cached_answers(keys_graph: Graph, path: Path, key: str) -> None:
    create_key(path, "reports", datetime.now(UTC))
    other = create_key(path, "reports", datetime.now(UTC))
    answers = [
        keys_graph.http.post("/graphql", json={"query": PRICE}, headers={"x-api-key": each}) for each in (key, other)
    ]
    assert [answer.headers["x-upstream-calls"] for answer in answers] == ["2", "0"]
    assert {answer.headers["cache-control"].split(",")[0] for answer in answers} == {"private"}


def test_neither_log_nor_answers_nor_metrics_contain_a_key(keys_graph: Graph, key: str) -> None:
    with capture_logs() as logs:
        texts = [
            keys_graph.http.post("/graphql", json={"query": QUERY}, headers=headers).text
            for headers in ({"authorization": f"Bearer {key}"}, {"x-api-key": key + "x"}, {"authorization": key})
        ]
    texts.append(keys_graph.http.get("/metrics", headers={"x-api-key": key}).text)
    assert "dashboard" in {entry.get("caller") for entry in logs}
    assert key[12:] not in "".join(texts) + repr(logs)


def test_a_token_opens_the_graph(start_graph: StartGraph, jwks_url: str) -> None:
    graph = start_graph(callers="jwt", jwt_issuer=ISSUER, jwt_audience=AUDIENCE, jwks_url=jwks_url)
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ann@example.com", "exp": int(time.time()) + 600}
    token, forged = (key.sign(claims | {"scope": "metrics"}).decode() for key in (SIGNING, SigningKey("first")))
    with capture_logs() as logs:
        graph.http.headers["authorization"] = f"Bearer {token}"
        assert graph.data(QUERY) == {"upstreamQuota": {"limit": 1200}}
        metrics = graph.http.get("/metrics").text
        refused = graph.http.post("/graphql", json={"query": QUERY}, headers={"authorization": f"Bearer {forged}"})
    assert 'coinglass_graphql_caller_requests_total{caller="ann@example.com"} 2.0' in metrics
    assert (refused.status_code, refused.json()["errors"][0]["message"]) == (401, "The token's signature is wrong.")
    written = repr(logs) + metrics + refused.text
    assert "ann@example.com" in repr(logs)
    assert not any(part in written for text in (token, forged) for part in text.split("."))


def test_without_the_issuer_s_keys_the_answer_is_503(start_graph: StartGraph) -> None:
    graph = start_graph(callers="jwt", jwt_issuer=ISSUER, jwt_audience=AUDIENCE, jwks_url="http://127.0.0.1:9/jwks")
    answer = graph.http.post(
        "/graphql", json={"query": QUERY}, headers={"authorization": f"Bearer {SIGNING.sign({}).decode()}"}
    )
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert graph.http.get("/healthz").status_code == 200
    assert graph.http.get("/readyz").status_code == 200  # else an outage of the issuer would stop every server


async def conversation(graph: Graph, payload: object = None, **headers: str) -> dict[str, Any]:
    """Open a connection and execute a query; return its data, or the code and reason of the close."""
    opening = {name.replace("_", "-"): value for name, value in headers.items()}
    async with connect(address(graph), subprotocols=[PROTOCOL], additional_headers=opening, proxy=None) as socket:
        try:
            await send(socket, {"type": "connection_init"} | ({} if payload is None else {"payload": payload}))
            await asyncio.wait_for(socket.recv(), 10)
            await send(socket, {"type": "subscribe", "id": "0", "payload": {"query": QUERY}})
            answer: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), 10))["payload"]["data"]
        except ConnectionClosed as closed:
            return {"code": socket.close_code, "reason": socket.close_reason, "error": closed}
        return answer


async def test_a_socket_is_opened_by_its_first_message_or_its_handshake(keys_graph: Graph, key: str) -> None:
    bearer = f"Bearer {key}"
    for payload in ({"authorization": bearer}, {"Authorization": bearer}, {"apiKey": key}, {"x-api-key": key}):
        assert await conversation(keys_graph, payload) == {"upstreamQuota": {"limit": 1200}}
    for headers in ({"authorization": bearer}, {"x_api_key": key}):
        assert await conversation(keys_graph, **headers) == {"upstreamQuota": {"limit": 1200}}


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (None, "The request has no credentials."),
        ({}, "The request has no credentials."),
        ({"authorization": 1, "apiKey": None}, "The request has no credentials."),
        ({"apiKey": "cgk_wrong"}, "This server has no such key."),
        ({"apiKey": "ü"}, "This server has no such key."),
    ],
)
async def test_a_socket_without_a_valid_key_is_closed(keys_graph: Graph, payload: object, reason: str) -> None:
    closed = await conversation(keys_graph, payload)
    assert closed["code"] == 4403
    assert closed["reason"].startswith(reason)


async def test_a_revoked_key_ends_the_next_operation(keys_graph: Graph, path: Path, key: str) -> None:
    async with connect(address(keys_graph), subprotocols=[PROTOCOL], proxy=None) as socket:
        await send(socket, {"type": "connection_init", "payload": {"apiKey": key}})
        assert json.loads(await asyncio.wait_for(socket.recv(), 10)) == {"type": "connection_ack"}
        revoke_keys(path, "dashboard", datetime.now(UTC))
        await send(socket, {"type": "subscribe", "id": "0", "payload": {"query": QUERY}})
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(socket.recv(), 10)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason[:8]) == (4401, "The key ")


async def test_an_open_server_ignores_credentials(graph: Graph) -> None:
    assert await conversation(graph, {"authorization": "Bearer nothing"}) == {"upstreamQuota": {"limit": 1200}}


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_forwarded_address_of_a_peer_that_is_not_trusted_is_ignored(workers: str) -> None:
    with serving("--sandbox", COINGLASS_WORKERS=workers) as (at, process):
        headers = {"x-forwarded-for": "192.0.2.7", "x-client-id": "ann"}
        httpx.post(f"{at}/graphql", json={"query": QUERY}, headers=headers, timeout=120)  # a worker may still start
        assert process.stderr
        logged = next(json.loads(line) for line in process.stderr if '"event":"request"' in line.replace(": ", ":"))
    assert (logged["caller"], logged["client_id"]) == ("127.0.0.1", "ann")
