"""Clients of subscriptions over WebSocket, server-sent events and multipart, which keep what they were sent."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

ENDS: Final = (
    "... on StreamStatus { state message cursor gapStart gapSeconds dropped periodSeconds } ... on Problem { code }"
)
LIQUIDATIONS: Final = (
    "subscription { e: liquidationOrders { __typename"
    " ... on LiveLiquidationsUpdate { cursor data { orders { usd } source { fetchedAt } } }"
    f" {ENDS} }} }}"
)
STREAMS: Final = {"SSE": "text/event-stream", "multipart": "multipart/mixed;subscriptionSpec=1.0"}
_PROTOCOL: Final = Subprotocol("graphql-transport-ws")
_addresses = itertools.count(1)


@dataclass(frozen=True, slots=True)
class ReceivedValues:
    """An event of a subscription. `at`: in monotonic seconds."""

    at: float
    event: dict[str, Any]

    @property
    def kind(self) -> str:
        """Return the state of the stream, the code of a problem, or the type of an update."""
        kind: str = self.event.get("state") or self.event.get("code") or self.event["__typename"]
        return kind


@dataclass(eq=False, slots=True)
class Watch:
    """One subscription. `end`: how it was ended, if it was; `errors`: results without an event."""

    label: str
    received: list[ReceivedValues] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    end: str = ""

    def take(self, body: Any) -> None:  # noqa: ANN401  # JSON
        event = (body.get("data") or {}).get("e") if isinstance(body, dict) else None
        if event is None:
            self.errors.append(str(body)[:300])
        else:
            self.received.append(ReceivedValues(time.monotonic(), event))

    def since(self, at: float) -> Iterator[ReceivedValues]:
        """Return what came from then on."""
        return itertools.takewhile(lambda item: item.at >= at, reversed(self.received))

    def kinds(self, at: float = 0.0) -> list[str]:
        return [item.kind for item in self.since(at)][::-1]


@dataclass(eq=False, slots=True)
class SocketClient:
    """A connection of graphql-transport-ws with its subscriptions."""

    socket: ClientConnection
    watches: dict[str, Watch] = field(default_factory=dict)
    close_code: int | None = None

    async def subscribe(self, document: str, variables: dict[str, Any] | None = None) -> Watch:
        id_ = str(len(self.watches))
        watch = self.watches[id_] = Watch(f"WebSocket {id_}")
        payload = {"query": document, "variables": variables or {}}
        await self.socket.send(orjson.dumps({"type": "subscribe", "id": id_, "payload": payload}).decode())
        return watch

    async def complete(self, watch: Watch) -> None:
        id_ = next(key for key, item in self.watches.items() if item is watch)
        await self.socket.send(orjson.dumps({"type": "complete", "id": id_}).decode())

    async def read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for text in self.socket:
                self._take(orjson.loads(text))
        self.close_code = self.socket.close_code
        for watch in self.watches.values():
            watch.end = watch.end or f"closed {self.close_code}"

    def _take(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "next":
                self.watches[message["id"]].take(message["payload"])
            case "error":
                watch = self.watches[message["id"]]
                watch.errors.append(str(message["payload"])[:300])
                watch.end = "error"
            case "complete":
                self.watches[message["id"]].end = "complete"


@contextlib.asynccontextmanager
async def socket_client(url: str) -> AsyncIterator[SocketClient]:
    """Connect as a caller of its own."""
    address = url.replace("http", "ws", 1) + "/graphql"
    options: dict[str, Any] = {"subprotocols": [_PROTOCOL], "proxy": None, "max_size": None, "compression": None}
    async with connect(address, additional_headers=client_address(), **options) as socket:
        await socket.send('{"type": "connection_init"}')
        await socket.recv()
        client = SocketClient(socket)
        async with _running(client.read()):
            yield client


@contextlib.asynccontextmanager
async def stream_client(url: str, kind: str, document: str) -> AsyncIterator[Watch]:
    """Subscribe by a POST of a caller of its own; `kind` is one of STREAMS."""
    watch = Watch(kind)
    http = httpx.AsyncClient(trust_env=False, timeout=None)  # noqa: S113  # endless
    async with http, _running(_read_stream(http, url, watch, document)):
        yield watch


async def _read_stream(http: httpx.AsyncClient, url: str, watch: Watch, document: str) -> None:
    headers = {"accept": STREAMS[watch.label], **client_address()}
    try:
        async with http.stream("POST", f"{url}/graphql", json={"query": document}, headers=headers) as response:
            async for line in response.aiter_lines():
                _take_line(watch, line)
        watch.end = watch.end or "ended"
    except httpx.HTTPError as error:
        watch.end = f"cut: {type(error).__name__}"


def _take_line(watch: Watch, line: str) -> None:
    """Read a line of either format; each result is on one."""
    if line == "event: complete":
        watch.end = "complete"
    elif line.startswith(": ") and line != ": ping":
        watch.end = "interrupted"
    elif line.startswith("data: {"):
        watch.take(orjson.loads(line[len("data: ") :]))
    elif line.startswith("{") and line != "{}":
        part = orjson.loads(line)
        if part["payload"] is None:
            watch.end = "interrupted"
        else:
            watch.take(part["payload"])


def client_address() -> dict[str, str]:
    """Return the header by which the server takes a connection for another caller's."""
    number = next(_addresses)
    return {"x-forwarded-for": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}


@contextlib.asynccontextmanager
async def _running(work: Any) -> AsyncIterator[None]:  # noqa: ANN401  # a coroutine
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], bool], seconds: float) -> float | None:
    """Return after how many seconds the condition was true; None if it was not by then."""
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > seconds:
            return None
        await asyncio.sleep(0.02)
    return time.monotonic() - started
