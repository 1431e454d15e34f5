"""gql, the Python client, as a subscriber whose connection is cut."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from gql import Client, GraphQLRequest
from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport
from gql.transport.exceptions import TransportConnectionFailed
from gql.transport.websockets import WebsocketsTransport

from tests.conftest import StartGraph
from tests.cutting_proxy import CuttingProxy
from tests.running import LIMIT
from tests.sandbox.live_client import LiveSandbox, upstream
from tests.test_gql_client import Connect, url_of, websocket

TRADES = """subscription Trades($minUsd: Int!, $after: String) {
  futuresTrades(exchange: "Binance", symbol: "BTC/USDT", minUsd: $minUsd, after: $after) {
    __typename
    ... on LiveTradesUpdate { cursor data { trades { price } } }
    ... on StreamStatus { state cursor }
    ... on Problem { code message }
  }
}"""
MIN_USD = 7
CHANNEL = f"futures_trades@Binance_BTCUSDT@{MIN_USD}"
PARTS = (range(1, 301), range(301, 701), range(701, 1001))  # the connection is cut in the second and in the third
AT_ONCE = 20


@pytest.fixture
def sandbox() -> Iterator[LiveSandbox]:
    with upstream() as sandbox:
        yield sandbox


@dataclass
class Received:
    """What the client has received, over all of its connections."""

    prices: list[float] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    cursor: str | None = None
    updates: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, event: dict[str, Any]) -> None:
        if event["__typename"] == "StreamStatus":
            self.states.append(event["state"])
        else:
            self.prices += [trade["price"] for trade in event["data"]["trades"]]
            self.updates += 1
        self.cursor = event["cursor"] or self.cursor
        self.changed.set()

    async def has(self, count: int, state: str = "CONNECTED") -> None:
        while len(self.prices) < count or state not in self.states:
            await asyncio.wait_for(self.changed.wait(), LIMIT)
            self.changed.clear()


async def receive(connect: Connect, url: str, received: Received) -> None:
    """Subscribe again after the last cursor whenever the connection is lost."""
    while True:
        with contextlib.suppress(TransportConnectionFailed):
            async with Client(transport=connect(url)) as session:
                variables = {"minUsd": MIN_USD, "after": received.cursor}
                async for data in session.subscribe(GraphQLRequest(TRADES, variable_values=variables)):
                    received.take(data["futuresTrades"])


async def send(sandbox: LiveSandbox, numbers: range) -> None:
    rows = [
        {
            "base_asset": "BTC",
            "exchange": "Binance",
            "price": number,
            "side": 2,
            "symbol": "BTCUSDT",
            "time": round(time.time() * 1000),
            "volume_usd": 10_000,
        }
        for number in numbers
    ]
    for first in range(0, len(rows), AT_ONCE):
        assert await sandbox.publish(CHANNEL, *rows[first : first + AT_ONCE], separate=True) == 1


@pytest.mark.parametrize(
    "connect",
    [websocket(WebsocketsTransport), websocket(AIOHTTPWebsocketsTransport)],
    ids=["websockets", "aiohttp websockets"],
)
async def test_gql_receives_a_thousand_events_in_order_and_after_cuts_none_is_missing_or_doubled(
    start_graph: StartGraph, sandbox: LiveSandbox, connect: Connect
) -> None:
    await sandbox.control("PUT", "live", {"model": False})
    graph = start_graph(base_url=sandbox.address, socket_url=f"ws{sandbox.address.removeprefix('http')}/ws-api")
    received = Received()
    async with CuttingProxy(urlsplit(url_of(graph)).port or 0).listening() as proxy:
        client = asyncio.create_task(receive(connect, proxy.url, received))
        await received.has(0)
        for part in PARTS:
            cut = proxy.cut() if part.start > 1 else None
            await send(sandbox, part)
            if cut:
                await asyncio.wait_for(cut.wait(), LIMIT)
            await received.has(part.stop - 1)
        client.cancel()
        await asyncio.wait([client])
    assert received.prices == list(range(1, 1001))
    assert set(received.states) == {"CONNECTED"}
    assert received.updates > len(PARTS)
    assert proxy.opened == len(PARTS)
