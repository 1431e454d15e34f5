"""A client of the sandbox's WebSocket, and the routes that control it."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from sandbox.app import KEY, Sandbox, create_sandbox
from tests.running import LIMIT, running

START = 1_795_000_000.0
LIQUIDATIONS = "liquidationOrders"
TRADES = "futures_trades@Binance_BTCUSDT@10000"
SPOT_TRADES = "spot_trades@Coinbase_BTC-USD@0"
TICKER = "futures_ticker@Binance_BTCUSDT"
EVENT = {
    "baseAsset": "BTC",
    "exName": "Binance",
    "price": 56738.0,
    "side": 2,
    "symbol": "BTCUSDT",
    "time": 1725416318379,
    "volUsd": 3858.184,
}


@dataclass(frozen=True, slots=True)
class LiveSandbox:
    address: str

    @contextlib.asynccontextmanager
    async def connected(self, *channels: str, key: str = KEY) -> AsyncIterator[ClientConnection]:
        """Open a WebSocket that has subscribed to the channels."""
        address = f"{self.address.replace('http', 'ws', 1)}/ws-api?cg-api-key={key}"
        async with connect(
            address, proxy=None, compression=None, ping_interval=None, max_size=None, max_queue=None
        ) as socket:
            await request(socket, "subscribe", *channels)
            await answered(socket)
            yield socket

    async def control(self, method: str, route: str, body: object = None) -> Any:
        async with httpx.AsyncClient(trust_env=False, timeout=LIMIT) as http:
            answer = await http.request(method, f"{self.address}/_sandbox/{route}", json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    async def state(self) -> dict[str, Any]:
        state: dict[str, Any] = await self.control("GET", "live")
        return state

    async def publish(self, channel: str, *events: object, **options: object) -> int:
        body = {"channel": channel, "data": events, **options}
        subscribers: int = (await self.control("POST", "events", body))["subscribers"]
        return subscribers


@contextlib.contextmanager
def upstream(sandbox: Sandbox | None = None, *others: Sandbox) -> Iterator[LiveSandbox]:
    with running(create_sandbox(sandbox or Sandbox(), *others)) as address:
        yield LiveSandbox(address)


def fast_clock() -> Callable[[], float]:
    """Return a clock in which a second passes in twenty milliseconds."""
    start = time.monotonic()
    return lambda: START + 50 * (time.monotonic() - start)


async def request(socket: ClientConnection, method: str, *channels: str) -> None:
    await socket.send(json.dumps({"method": method, "channels": channels}))


async def answered(socket: ClientConnection) -> list[str | bytes]:
    """Return what arrives up to the answer to a ping, by when all messages sent before have been handled."""
    await socket.send("ping")
    received: list[str | bytes] = []
    while (message := await asyncio.wait_for(socket.recv(), LIMIT)) != "pong":
        received.append(message)
    return received


async def next_message(socket: ClientConnection) -> Any:
    return json.loads(await asyncio.wait_for(socket.recv(), LIMIT))
