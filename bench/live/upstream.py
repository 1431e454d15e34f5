"""CoinGlass' WebSocket for the benchmark: numbered events at a fixed rate, and counts of sockets and subscriptions.

The price of an event is its number in its channel, and its value is when it was sent: `now_us`. The channels take
turns. `GET /_bench/live` returns the counts; `?rate=100&rows=1` also sets the messages per second, of all channels
together, and the events in each.
"""

import asyncio
import json
import sys
import threading
import time
from collections import Counter, defaultdict
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import uvloop
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.protocol import State

from bench.live.channels import CHANNELS
from cg_client.client_config import SOCKET_PATH

COUNTS: Final = "/_bench/live"
_ROW: Final = '{"baseAsset":"BTC","exName":"%s","symbol":"%s","side":2,"time":%d,"price":%d,"volUsd":%d}'


def now_us() -> int:
    """Return the microseconds of a clock that all processes of the machine share."""
    return time.monotonic_ns() // 1000


class LiveUpstream:
    """Counts by key; sends to whoever has subscribed."""

    def __init__(self) -> None:
        self._opened: Counter[str] = Counter()
        self._open: Counter[str] = Counter()
        self._subscribed: Counter[str] = Counter()
        self._channels: dict[ServerConnection, set[str]] = defaultdict(set)
        self._sent = [0 for _ in CHANNELS]
        self._rate, self._rows = 5.0, 1
        self._worst_delay = 0.0
        self._change = asyncio.Event()

    async def answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer what is no handshake."""
        target = urlsplit(request.path)
        if target.path == SOCKET_PATH:
            return None
        query = parse_qs(target.query)
        if "rate" in query:
            self._rate, self._rows = float(query["rate"][0]), int(query["rows"][0])
            self._worst_delay = 0.0
            self._change.set()
        return connection.respond(HTTPStatus.OK, json.dumps(self._counts()))

    async def serve(self, connection: ServerConnection) -> None:
        assert connection.request is not None  # noqa: S101  # of a connection that is open
        key = parse_qs(urlsplit(connection.request.path).query)["cg-api-key"][0]
        self._opened[key] += 1
        self._open[key] += 1
        try:
            async for message in connection:
                if message == "ping":
                    await connection.send("pong")
                else:
                    self._change_channels(key, self._channels[connection], json.loads(message))
        finally:
            self._open[key] -= 1
            self._channels.pop(connection, None)

    def _change_channels(self, key: str, channels: set[str], message: dict[str, Any]) -> None:
        if message["method"] == "subscribe":
            self._subscribed[key] += len(message["channels"])
            channels.update(message["channels"])
        else:
            channels.difference_update(message["channels"])

    async def send(self) -> None:
        """Send at the rate, whatever becomes of the messages."""
        clock = asyncio.get_running_loop().time
        due, turn = clock(), 0
        while True:
            due += 1 / self._rate
            try:
                await asyncio.wait_for(self._change.wait(), max(0.0, due - clock()))
                self._change.clear()
                due = clock()
            except TimeoutError:
                self._worst_delay = max(self._worst_delay, clock() - due)
                self._send(turn)
                turn = (turn + 1) % len(CHANNELS)

    def _send(self, index: int) -> None:
        channel, number, now = CHANNELS[index], self._sent[index], now_us()
        self._sent[index] += self._rows
        rows = [
            _ROW % (channel.exchange, channel.symbol, time.time() * 1000, number + offset, now)
            for offset in range(1, self._rows + 1)
        ]
        text = f'{{"channel":"{channel.name}","data":[{",".join(rows)}]}}'
        for connection, channels in list(self._channels.items()):
            if channel.name in channels and connection.state is State.OPEN:
                connection.protocol.send_text(text.encode())
                connection.transport.writelines(connection.protocol.data_to_send())

    def _counts(self) -> dict[str, Any]:
        subscriptions: Counter[str] = Counter()
        for connection, channels in self._channels.items():
            assert connection.request is not None  # noqa: S101  # as above
            subscriptions[parse_qs(urlsplit(connection.request.path).query)["cg-api-key"][0]] += len(channels)
        return {
            "open": self._open,
            "opened": self._opened,
            "subscriptions": subscriptions,
            "subscribed": self._subscribed,
            "sent": self._sent,
            "worst_delay": self._worst_delay,
        }


async def _serve() -> None:
    """Until its standard input ends, so that it cannot outlive the benchmark."""
    upstream, loop = LiveUpstream(), asyncio.get_running_loop()
    ended = loop.create_future()
    threading.Thread(target=_end_with_input, args=[loop, ended], daemon=True).start()
    async with serve(upstream.serve, "127.0.0.1", 0, process_request=upstream.answer, compression=None) as server:
        sys.stderr.write(f"upstream serves at http://127.0.0.1:{server.sockets[0].getsockname()[1]}/\n")
        sending = asyncio.create_task(upstream.send())
        await asyncio.wait((ended, sending), return_when=asyncio.FIRST_COMPLETED)


def _end_with_input(loop: asyncio.AbstractEventLoop, ended: asyncio.Future[None]) -> None:
    sys.stdin.buffer.read()
    loop.call_soon_threadsafe(ended.set_result, None)


if __name__ == "__main__":
    uvloop.run(_serve())
