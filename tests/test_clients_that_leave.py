"""A client that leaves takes along the calls that only it waited for, unless they were sent."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from callers.key_commands import create_key
from cg_client.plans.plan_table import Plan
from cg_client.quota.round_robin import RoundRobin
from sandbox.app import Sandbox
from server.asgi import HTTPAdapter
from tests.conftest import Graph, StartGraph
from tests.running import watching
from tests.test_metrics import figures
from tests.test_quota_over_http import DelayedAnswers, parts_of
from tests.test_websocket import PROTOCOL, address, send

QUOTA, SERIES = 12, 40
QUERY = f"{{ {parts_of('fundingRate', SERIES)} }}"


@asynccontextmanager
async def over_http(graph: Graph, method: str, **content: Any) -> AsyncIterator[None]:
    async with httpx.AsyncClient(base_url=graph.http.base_url, timeout=60) as http:
        request = asyncio.create_task(http.request(method, "/graphql", **content))
        yield
        request.cancel()


by_post = partial(over_http, method="POST", json={"query": QUERY})
as_events = partial(by_post, headers={"accept": "text/event-stream"})
by_get = partial(over_http, method="GET", params={"query": QUERY})


@asynccontextmanager
async def over_websocket(graph: Graph) -> AsyncIterator[None]:
    async with connect(address(graph), subprotocols=[PROTOCOL], proxy=None) as socket:
        await send(socket, {"type": "connection_init"})
        await socket.recv()
        await send(socket, {"type": "subscribe", "id": "1", "payload": {"query": QUERY}})
        yield


@asynccontextmanager
async def completed(graph: Graph) -> AsyncIterator[None]:
    """Let a client that stays connected complete its operation."""
    async with connect(address(graph), subprotocols=[PROTOCOL], proxy=None) as socket:
        await send(socket, {"type": "connection_init"})
        await socket.recv()
        await send(socket, {"type": "subscribe", "id": "1", "payload": {"query": QUERY}})
        yield
        await send(socket, {"type": "complete", "id": "1"}, {"type": "ping"})
        assert json.loads(await socket.recv()) == {"type": "pong"}


async def test_what_was_sent_for_a_client_that_left_counts_for_it(start_graph: StartGraph, tmp_path: Path) -> None:
    headers = {"x-api-key": create_key(tmp_path / "keys.json", "ann", datetime.now(UTC), scopes=["metrics"])}
    graph = start_graph(callers="keys", key_file=tmp_path / "keys.json")
    graph.http.headers.update(headers)
    graph.sandbox.faults[:] = [delay := DelayedAnswers()]
    with watching((Sandbox, "_answer"), (HTTPAdapter, "_end")) as until:
        async with over_http(graph, "POST", json={"query": QUERY}, headers=headers):
            await asyncio.to_thread(until, lambda: len(graph.sandbox.requests) > 0)
        await asyncio.to_thread(until, lambda: figures(graph)["requests_in_flight"] == 1)
    assert figures(graph)["caller_upstream_calls_total{caller=ann}"] > 0
    delay.opened.set()


@pytest.mark.parametrize("asking", [by_post, by_get, as_events, over_websocket, completed])
async def test_what_a_client_leaves_behind_is_not_sent(
    start_graph: StartGraph, asking: Callable[[Graph], AbstractAsyncContextManager[None]]
) -> None:
    graph = start_graph(Plan.HOBBYIST, quota=QUOTA, deadline_seconds=7200.0)
    graph.data('{ pair(exchange: "Binance", symbol: "BTCUSDT") { symbol } }')
    sandbox, delay = graph.sandbox, DelayedAnswers()
    sandbox.faults[:] = [delay]

    def queued() -> float:
        return figures(graph)["quota_waiting{priority=interactive}"]

    with watching((Sandbox, "_answer"), (RoundRobin, "push"), (RoundRobin, "discard")) as until:
        async with asking(graph):
            await asyncio.to_thread(until, lambda: len(sandbox.requests) == QUOTA and queued() == 1 + SERIES - QUOTA)
        await asyncio.to_thread(until, lambda: queued() == 0)
    sandbox.faults.clear()
    sandbox.quota.limit = 1000
    delay.opened.set()
    graph.data('{ pair(exchange: "Binance", symbol: "BTCUSDT") { price(interval: D1) { __typename } } }')
    assert len(sandbox.requests) == QUOTA + 1
