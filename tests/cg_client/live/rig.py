"""A WebSocket server in CoinGlass' place, on the loopback, and a listener that records what it is told."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, TypeVar

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from cg_client.errors import CoinglassError, InvalidRequest
from cg_client.live.channels import Channel, ChannelKind
from cg_client.live.events import EventBatch
from cg_client.live.listener import BadFrame, SocketObserver

T = TypeVar("T")

PATIENCE = 10.0  # seconds: a test that waits longer has failed
LIQUIDATIONS = Channel(ChannelKind.LIQUIDATION_ORDERS)
TRADES = Channel(ChannelKind.FUTURES_TRADES, "Binance", "BTCUSDT", 1000)
TICKER = Channel(ChannelKind.FUTURES_TICKER, "Binance", "BTCUSDT")
(TRADES_NAME,) = TRADES.names
(TICKER_NAME,) = TICKER.names
CAMEL, SNAKE = LIQUIDATIONS.names


def subscribe(*names: str) -> dict[str, Any]:
    return {"method": "subscribe", "channels": [*names]}


def unsubscribe(*names: str) -> dict[str, Any]:
    return {"method": "unsubscribe", "channels": [*names]}


def order(number: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a row with the newer names, whose time tells it apart."""
    return {
        "base_asset": "BTC",
        "exchange": "Binance",
        "price": 56738.0,
        "side": 2,
        "symbol": "BTCUSDT",
        "time": 1725416318379 + number,
        "volume_usd": 3858.184,
    } | changes


class Peer:
    """The server's side of one connection."""

    def __init__(self, socket: ServerConnection, *, answers_pings: bool) -> None:
        self.socket, self.answers_pings = socket, answers_pings
        self.pings = 0
        self._texts: asyncio.Queue[str | None] = asyncio.Queue()

    async def serve(self) -> None:
        try:
            async for message in self.socket:
                if message == "ping":
                    self.pings += 1
                    if self.answers_pings:
                        await self.socket.send("pong")
                assert isinstance(message, str)
                self._texts.put_nowait(message)
        finally:
            self._texts.put_nowait(None)

    async def text(self) -> str | None:
        """Return the next text, or None at the end."""
        return await soon(self._texts.get())

    async def message(self) -> Any:
        """Return the next text as JSON."""
        text = await self.text()
        assert text is not None
        return json.loads(text)

    async def send(self, message: Any) -> None:
        await self.socket.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def send_rows(self, name: str, *rows: Any) -> None:
        await self.send({"channel": name, "data": rows})

    def drop(self) -> None:
        self.socket.transport.abort()


class StandIn:
    """Accepts connections; `refusals` are answered first, one for each attempt."""

    def __init__(self) -> None:
        self.url = ""
        self.answers_pings = True
        self.headers: dict[str, str] = {}
        self.refusals: list[tuple[int, str]] = []
        self.retry_after: str | None = None
        self.paths: list[str] = []
        self.peers: list[Peer] = []
        self._new: asyncio.Queue[Peer] = asyncio.Queue()

    async def handle(self, socket: ServerConnection) -> None:
        peer = Peer(socket, answers_pings=self.answers_pings)
        self.peers.append(peer)
        self._new.put_nowait(peer)
        with contextlib.suppress(Exception):
            await peer.serve()

    def check(self, _: ServerConnection, request: Request) -> Response | None:
        self.paths.append(request.path)
        if not self.refusals:
            return None
        status, body = self.refusals.pop(0)
        headers = Headers({"Content-Length": str(len(body.encode())), "Location": "/elsewhere"})
        if self.retry_after is not None:
            headers["Retry-After"] = self.retry_after
        return Response(status, HTTPStatus(status).phrase, headers, body.encode())

    def decorate(self, _: ServerConnection, __: Request, response: Response) -> None:
        response.headers.update(self.headers)

    async def peer(self) -> Peer:
        """Return the next connection."""
        return await soon(self._new.get())

    @property
    def open(self) -> int:
        return sum(peer.socket.state.name == "OPEN" for peer in self.peers)


@contextlib.asynccontextmanager
async def standing_in(**options: Any) -> AsyncIterator[StandIn]:
    stand_in = StandIn()
    async with serve(
        stand_in.handle,
        "127.0.0.1",
        0,
        process_request=stand_in.check,
        process_response=stand_in.decorate,
        compression=None,
        ping_interval=None,
        close_timeout=1,
        max_size=None,
        **options,
    ) as server:
        scheme = "wss" if "ssl" in options else "ws"
        stand_in.url = f"{scheme}://localhost:{server.sockets[0].getsockname()[1]}/ws-api"
        yield stand_in


class RecordingListener:
    """A listener."""

    def __init__(self) -> None:
        self._calls: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self.lost_since: float | None = None

    def received(self, batch: EventBatch) -> None:
        self._calls.put_nowait(("received", batch))

    def connected(self) -> None:
        self._calls.put_nowait(("connected", None))

    def interrupted(self, failure: CoinglassError) -> None:
        self._calls.put_nowait(("interrupted", failure))

    def resumed(self, gap_start: datetime, seconds: float) -> None:
        self._calls.put_nowait(("resumed", (gap_start, seconds)))

    def refused(self, failure: CoinglassError | InvalidRequest, lost_since: float | None) -> None:
        self.lost_since = lost_since
        self._calls.put_nowait(("refused", failure))

    async def next(self, what: str) -> Any:
        """Return the argument of the next call, which must be of this kind."""
        kind, value = await soon(self._calls.get())
        assert kind == what, value
        return value

    async def numbers(self) -> Sequence[int]:
        """Return which of the rows of `order` came next."""
        batch: EventBatch = await self.next("received")
        return [event.time_ms - order()["time"] for event in batch.events]  # type: ignore[union-attr]  # of orders

    @property
    def waiting(self) -> int:
        return self._calls.qsize()


class Counts(SocketObserver):
    def __init__(self) -> None:
        self.connects: list[bool] = []
        self.failures: list[CoinglassError] = []
        self.refusals: list[tuple[ChannelKind, type[Exception]]] = []
        self.bad: list[BadFrame] = []
        self.events: list[tuple[ChannelKind, int]] = []
        self.repeats: list[tuple[ChannelKind, int]] = []

    def connected(self, *, is_reconnect: bool) -> None:
        self.connects.append(is_reconnect)

    def failed(self, failure: CoinglassError) -> None:
        self.failures.append(failure)

    def refused(self, kind: ChannelKind, failure: CoinglassError | InvalidRequest) -> None:
        self.refusals.append((kind, type(failure)))

    def received(self, kind: ChannelKind, events: int) -> None:
        self.events.append((kind, events))

    def repeated(self, kind: ChannelKind, events: int) -> None:
        self.repeats.append((kind, events))

    def ignored(self, reason: BadFrame) -> None:
        self.bad.append(reason)


async def soon(awaitable: Awaitable[T]) -> T:
    async with asyncio.timeout(PATIENCE):
        return await awaitable


async def until(condition: Callable[[], bool]) -> None:
    """Let the event loop run until the condition holds."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110  # of many kinds, which set no event
            await asyncio.sleep(0)
