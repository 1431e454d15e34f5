"""Many connections at the same time: clients that do not read, and clients that send nothing."""

import asyncio
import contextlib
import socket
import time
from typing import Final

from abuse.reaction import Reaction, ServerAddress
from cg_client.intervals import Interval
from chaos.parts import closed, document, on_pair, price

SEND_SECONDS: Final = 3.0
_READERS: Final = 40
_PIPELINED: Final = 20
_IDLE: Final = 2000
_ADDRESSES: Final = 20  # of the idle ones; an address may open 200
_SPARE: Final = 3.0  # seconds for a review and a busy machine


async def slow_readers(target: ServerAddress) -> Reaction:
    """Request large responses, each another one, many on a connection, and read none of them."""
    started = time.perf_counter()
    loop = asyncio.get_running_loop()
    clients = [_small_buffer() for _ in range(_READERS)]
    with contextlib.ExitStack() as stack:
        for number, client in enumerate(clients):
            stack.enter_context(client)
            await loop.sock_connect(client, (target.host, target.port))
            await loop.sock_sendall(client, _large_request(number) * _PIPELINED)
        closed_ = [False]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SEND_SECONDS + 4 * _SPARE):
                closed_ = await asyncio.gather(*map(_wait_until_closed, clients))
    elapsed = time.perf_counter() - started
    return Reaction(f"{sum(closed_)} of {_READERS} cut off", elapsed, elapsed, all(closed_))


async def idle_sockets(target: ServerAddress, seconds: float) -> Reaction:
    """Open connections from many addresses, send nothing, and wait for the server to close all of them."""
    started = time.perf_counter()
    sources = [f"127.0.0.{3 + number % _ADDRESSES}" for number in range(_IDLE)]
    streams = await asyncio.gather(*map(target.connect, sources), return_exceptions=True)
    opened = [stream for stream in streams if not isinstance(stream, BaseException)]
    try:
        async with asyncio.timeout(seconds + 4 * _SPARE):
            ends = await asyncio.gather(*(reader.read() for reader, _ in opened), return_exceptions=True)
        text, accepted = f"{len(ends)} of {_IDLE} closed", len(ends) == _IDLE
    except TimeoutError:
        text, accepted = "some stay open", False
    finally:
        for _, writer in opened:
            writer.transport.abort()
    elapsed = time.perf_counter() - started
    return Reaction(text, elapsed, elapsed, accepted)


def _small_buffer() -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setblocking(False)  # positional only
    client.bind(("127.0.0.2", 0))
    return client


def _large_request(number: int) -> bytes:
    window = closed(Interval.H1, 1000 - number)
    parts = [on_pair(f"p{part}", "Binance", coin, price(window)) for part, coin in enumerate(("BTC", "ETH", "SOL"))]
    body = document(parts)
    head = b"POST /graphql HTTP/1.1\r\nhost: server\r\ncontent-type: application/json\r\n"
    return head + b"content-length: %d\r\n\r\n" % len(body) + body


async def _wait_until_closed(client: socket.socket) -> bool:
    """Wait for the reset, which a client notices by sending; it reads nothing."""
    loop = asyncio.get_running_loop()
    try:
        while True:
            await asyncio.sleep(0.2)
            await loop.sock_sendall(client, b"\r\n")
    except ConnectionError:
        return True
