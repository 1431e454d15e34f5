"""Subscriptions in one process: the sandbox behind a client, a socket that the test speaks for, and a stepped clock."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, TypeAlias

import httpx

from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.live.channels import Channel
from cg_client.live.events import EventBatch, LiquidationEvent
from cg_client.live.listener import ChannelListener
from cg_client.live.subscription import ChannelHistory
from cg_client.plans.plan_table import Plan
from cg_client.resilience.retry import RetryPolicy
from cg_client.secret import Secret
from cg_client.symbols.listings import Symbols
from live.feeds import Feeds
from live.reopening_socket import ReopeningSocket
from resolvers.context import Context
from resolvers.window_planner import WindowPlanner
from sandbox.app import KEY, Sandbox, create_sandbox
from served_schema.live_operation import LiveOperation
from served_schema.schema import ServedSchema
from server.client_pool import KeyUpstream
from server.live.broadcast import RING_BYTES, BroadcastClient
from server.live.broadcasts import Broadcasts
from server.response_limit import ResponseLimit
from tests.cases import SCHEMA
from tests.clock import SteppedClock

PRICE_PATH = "/api/futures/price/history"
PRICE = """
subscription($after: String, $last: Int = 3) {
  price(exchange: "Binance", symbol: "BTC/USDT", interval: H1, last: $last, after: $after) { __typename
    ... on PriceSeriesUpdate { cursor isSnapshot data { count candles { timestamp close } } }
    ... on StreamStatus { state message cursor gapSeconds dropped periodSeconds } ... on Problem { code message } } }
"""
LIQUIDATIONS = """
subscription($after: String, $minUsd: Float = 0) { liquidationOrders(minUsd: $minUsd, after: $after) { __typename
    ... on LiveLiquidationsUpdate { cursor data { orders { timestamp: time price usd } } }
    ... on StreamStatus { state cursor gapSeconds dropped } ... on Problem { code message } } }
"""
_CYCLES = 60  # of the event loop, in which all that waits for no one has run

Value: TypeAlias = dict[str, Any]


class StubSocket:
    """The channels that are open, and the listeners of each."""

    def __init__(self) -> None:
        self.listeners: dict[Channel, ChannelListener] = {}
        self.opened: list[Channel] = []
        self.is_closed = False
        self.last_message_at: float | None = None

    def open(self, channel: Channel, listener: ChannelListener, _: ChannelHistory | None = None) -> "StubChannel":
        assert channel not in self.listeners, "a channel that is open was opened again"
        self.listeners[channel] = listener
        self.opened.append(channel)
        return StubChannel(self, channel)

    async def close(self) -> None:
        self.is_closed = True

    @property
    def listener(self) -> ChannelListener:
        """The listener of the only channel."""
        (listener,) = self.listeners.values()
        return listener


class StubChannel:
    def __init__(self, socket: StubSocket, channel: Channel) -> None:
        self._socket, self._channel = socket, channel

    def close(self) -> None:
        del self._socket.listeners[self._channel]


class SandboxUpstream(httpx.AsyncBaseTransport):
    """The sandbox, but for the data in `data`, by path, and the statuses in `failing`."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = httpx.ASGITransport(create_sandbox(sandbox))
        self.data: dict[str, Any] = {}
        self.failing: dict[str, httpx.Response] = {}
        self.calls: Counter[str] = Counter()
        self.in_flight = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.calls[path] += 1
        if path in self.failing:
            return self.failing[path]
        if path in self.data:
            return httpx.Response(200, json={"code": "0", "msg": "success", "data": self.data[path]})
        self.in_flight += 1
        try:
            return await self._sandbox.handle_async_request(request)
        finally:
            self.in_flight -= 1


class Reader:
    """A client that takes what it is woken for, unless it is `slow`."""

    def __init__(self, client: BroadcastClient) -> None:
        self.client = client
        self.slow = False
        self.bodies: list[bytes] = []
        self.wakes = 0
        client.attach(self._wake)

    def _wake(self) -> None:
        self.wakes += 1
        if not self.slow:
            self.read()

    def read(self) -> None:
        """Take what is there, as a slow client does at last."""
        self.slow = False
        while bodies := self.client.take():
            self.bodies += bodies

    @property
    def results(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]

    @property
    def values(self) -> list[Value]:
        """The values of the one field of each result."""
        values = []
        for result in self.results:
            assert "errors" not in result, result
            (value,) = result["data"].values()
            values.append(value)
        return values

    @property
    def kinds(self) -> list[str]:
        """The state of each status, the code of each problem, and what other events are."""
        return [kind_of(value) for value in self.values]

    @property
    def cursor(self) -> str:
        cursor: str = next(value["cursor"] for value in reversed(self.values) if "cursor" in value)
        return cursor

    def forget(self) -> None:
        self.bodies.clear()

    def close(self) -> None:
        self.client.close()


def kind_of(value: Value) -> str:
    if "isSnapshot" in value:
        return "snapshot" if value["isSnapshot"] else "changes"
    kind: str = value.get("state") or value.get("code") or "rows"
    return kind


class LiveRig:
    def __init__(
        self, plan: Plan = Plan.PROFESSIONAL, schema: ServedSchema = SCHEMA, ring_bytes: int = RING_BYTES, **feeds: Any
    ) -> None:
        self.clock = SteppedClock()
        self.sandbox = Sandbox(plan, now=lambda: self.clock.now().timestamp())
        config = ClientConfig(api_key=Secret(KEY), base_url="http://upstream", plan=plan)
        self.rest = SandboxUpstream(self.sandbox)
        self.client = Client(config, clock=self.clock, transport=self.rest, policy=RetryPolicy(attempts=1))
        self.socket = StubSocket()
        self.feeds = Feeds(ReopeningSocket(self.socket, self.clock), self.clock, **feeds)
        self.upstream = KeyUpstream(self.client, Symbols(self.client), WindowPlanner(self.client), self.feeds)
        self.broadcasts = Broadcasts(ResponseLimit(8), ring_bytes)
        self.schema = schema

    async def accept(self, query: str, **variables: Any) -> Any:  # a live operation or a result
        context = Context(self.client, self.upstream.symbols, "test", planner=self.upstream.planner)
        context.live = self.feeds
        return await self.schema.accept_subscription(query, variables, context, None)

    async def operation(self, query: str, **variables: Any) -> LiveOperation:
        accepted = await self.accept(query, **variables)
        assert isinstance(accepted, LiveOperation), accepted
        return accepted

    async def subscribe(self, query: str, **variables: Any) -> Reader:
        reader = Reader(await self.broadcasts.join(await self.operation(query, **variables), self.upstream))
        await self.settle()
        return reader

    async def elapse(self, seconds: float) -> None:
        """Let time pass, second by second, and all happen that it brings."""
        while seconds > 0:
            await self.clock.elapse(min(1.0, seconds))
            await self.settle()
            seconds -= 1.0

    def calls(self, path: str) -> int:
        return self.rest.calls[path]

    async def send(self, events: Sequence[LiquidationEvent]) -> None:
        """Send a batch on the only channel that is open."""
        (channel,) = self.socket.listeners
        self.socket.listener.received(EventBatch(channel=channel, events=events, received_at=self.clock.now()))

    async def settle(self) -> None:
        """Let everything run that can, the requests to CoinGlass and what decides on them included."""
        cycles = _CYCLES
        while cycles:
            await asyncio.sleep(0)
            cycles = _CYCLES if self.rest.in_flight or self.client._coalescer._waiting else cycles - 1

    async def close(self) -> None:
        await self.upstream.close()
        await self.settle()


def liquidation(number: int, usd: float = 1000.0, base: str = "BTC") -> LiquidationEvent:
    """Return an event whose price is its number."""
    return LiquidationEvent(
        exchange="Binance",
        symbol=f"{base}USDT",
        base_asset=base,
        price=float(number),
        side=1,
        value_usd=usd,
        time_ms=1_700_000_000_000 + number,
    )
