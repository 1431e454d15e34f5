"""A bounded number of connections to one server, kept open between requests and given out in the order of arrival.

There are as many places as connections are allowed. Who takes a connection holds its place, and gives both back; a
place without a connection is filled by who gets it next.
"""

import asyncio
import ssl
from collections import deque

import httpx

from cg_client.wire.answer import Limits
from cg_client.wire.connection import Connection
from cg_client.wire.dial import dial

IDLE_SECONDS = 30.0  # servers and the boxes on the way often close or forget after a minute


class Pool:
    def __init__(self, url: httpx.URL, places: int, limits: Limits, tls: ssl.SSLContext | None = None) -> None:
        """`tls` None takes certifi's authorities, as httpx does, when the first connection needs them."""
        self._host, self._secure = url.raw_host.decode("ascii"), url.scheme == "https"
        self._port = url.port or (443 if self._secure else 80)
        self._limits = limits
        self._tls = tls
        self._free = places  # that were never taken
        self._idle: list[Connection] = []  # the one used last at the end
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._all: set[Connection] = set()
        self._closed = False

    def at_hand(self) -> Connection | None:
        """A resting connection, if one can be used; the others are left to `take`."""
        if self._idle and self._idle[-1].is_usable(IDLE_SECONDS):
            return self._idle.pop()
        return None

    async def take(self, *, fresh: bool, connect: float | None, wait: float | None) -> Connection:
        """A connection that is open, a new one if `fresh`; `connect` and `wait` (for a place) are seconds.

        Raises httpx's PoolTimeout, ConnectTimeout and ConnectError.
        """
        kept = await self._place(wait)
        if kept is not None:
            if not fresh and kept.is_usable(IDLE_SECONDS):
                return kept
            kept.close()
        try:
            return await self._connect(connect)
        except BaseException:
            self._pass_on(None)
            raise

    def give_back(self, connection: Connection) -> None:
        self._pass_on(connection if connection.rest() else None)

    async def close(self) -> None:
        """Ends everything that is under way, and returns when all sockets are closed."""
        self._closed = True
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_exception(_closed())
        for connection in list(self._all):
            connection.fail(httpx.ReadError("The client is closed."))
        if self._all:
            await asyncio.wait([connection.gone for connection in self._all])

    async def _place(self, wait: float | None) -> Connection | None:
        """A place, with the connection in it if there is one."""
        if self._closed:
            raise _closed()
        if self._idle:
            return self._idle.pop()
        if self._free:
            self._free -= 1
            return None
        try:
            async with asyncio.timeout(wait):
                return await self._turn()
        except TimeoutError as error:
            raise httpx.PoolTimeout("No connection became free in time.") from error

    async def _turn(self) -> Connection | None:
        waiter: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._pass_on(waiter.result())  # came too late for this one
            raise

    def _pass_on(self, connection: Connection | None) -> None:
        """The place and what is in it, to who waits longest."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        if connection is None:
            self._free += 1
        else:
            self._idle.append(connection)

    async def _connect(self, seconds: float | None) -> Connection:
        try:
            async with asyncio.timeout(seconds):
                connection = await self._open()
        except TimeoutError as error:
            raise httpx.ConnectTimeout("No connection could be made in time.") from error
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(f"No connection could be made ({type(error).__name__}).") from error
        if self._closed:
            connection.close()
            raise _closed()
        self._all.add(connection)
        connection.gone.add_done_callback(lambda _: self._all.discard(connection))
        return connection

    async def _open(self) -> Connection:
        tls = self._context() if self._secure else None
        opened = await dial(self._host, self._port)
        _, connection = await asyncio.get_running_loop().create_connection(  # closes the socket where it fails
            lambda: Connection(self._limits), sock=opened, ssl=tls, server_hostname=self._host if tls else None
        )
        return connection

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = httpx.create_ssl_context(trust_env=False)
            self._tls.set_alpn_protocols(["http/1.1"])
        return self._tls


def _closed() -> httpx.ConnectError:
    return httpx.ConnectError("The client is closed.")
