"""All connections to the store from one return until the next loss."""

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from redis.asyncio.connection import AbstractConnection

from cg_client.clock import Clock
from cg_client.live.timers import within
from shared.store.address import Address, HostPort, StoreKind
from shared.store.cluster import ClusterLinks
from shared.store.commands import Argument, StoreReply
from shared.store.connections import all_or_none, connect, new_connection, request
from shared.store.discovery import ask_sentinel, check_server, find_primary, find_slots
from shared.store.errors import StoreAway
from shared.store.failures import FAILURES
from shared.store.host_names import resolve
from shared.store.link import Link, SentCommand, ignore, packed
from shared.store.subscriptions import Callbacks, NoticeLink

_CYCLES = 5  # of the event loop, in which a process that was busy itself reads what has come
_NOT_OPEN = "the store is not connected yet"


class Links(Protocol):
    """The link to the server, or those to the nodes of a Cluster."""

    def send(self, command: SentCommand, words: tuple[Argument, ...]) -> None: ...

    def server_of(self, name: str) -> HostPort | None: ...

    def ping(self) -> "list[asyncio.Future[StoreReply]]": ...

    def lose(self, reason: str) -> None: ...

    def end(self) -> "Iterable[asyncio.Task[None]]": ...


class StoreSession:
    """Lost as a whole if a link or the connection for notices is lost; a lost blocking read is retried."""

    def __init__(self, address: Address, clock: Clock, limit: float) -> None:
        self._address = address
        self._clock = clock
        self._limit = limit
        self._links: Links | None = None
        self._notices: NoticeLink | None = None
        self._primary: HostPort | None = None
        self._sentinels = itertools.cycle(address.endpoints if address.kind is StoreKind.SENTINEL else ())
        self._connections: list[AbstractConnection] = []
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def open(self, callbacks: Callbacks) -> None:
        """Connect. Raises one of FAILURES."""
        if self._address.kind is StoreKind.CLUSTER:
            ranges = await find_slots(self._address)
            connection = await self._connect_to_store(ranges[0].server)
            self._links = ClusterLinks(self.connect, ranges, self._clock, self._limit, self.lose)
        else:
            self._primary = await find_primary(self._address)
            opening = self._connect_to_store(self._primary), self.connect(self._primary)
            connection, link_connection = await all_or_none(*opening)
            self._links = _OneLink(link_connection, self._primary, self._clock, self._limit, self.lose)
        self._notices = NoticeLink(connection, callbacks, self.lose)

    async def _connect_to_store(self, server: HostPort | None) -> AbstractConnection:
        connection = await self.connect(server)
        check_server(self._address, await request(connection, "HELLO"))
        return connection

    async def connect(self, server: HostPort | None) -> AbstractConnection:
        """Return an open connection, which ends with the session at the latest. Raises one of FAILURES."""
        if self.lost.done():
            raise StoreAway(self.lost.result())
        connection = new_connection(self._address, server)
        self._connections.append(connection)
        try:
            await connect(connection, server)
        except BaseException:  # also a cancellation
            await self.disconnect(connection)
            raise
        return connection

    async def connect_for(self, name: str) -> AbstractConnection:
        """Return an open connection to the server that has the name. Raises StoreAway and one of FAILURES."""
        return await self.connect(self._open_links.server_of(name))

    async def disconnect(self, connection: AbstractConnection) -> None:
        self._connections.remove(connection)
        await connection.disconnect(nowait=True)

    def change_notices(self, verb: bytes, channel: bytes) -> None:
        """Subscribe to a channel or no longer; a link that is not open yet begins with all that have callbacks."""
        if self._notices is not None:
            self._notices.send(verb, channel)

    def send(self, words: tuple[Argument, ...]) -> "asyncio.Future[StoreReply]":
        """Return the reply to come. Raises StoreAway."""
        command = SentCommand(packed(words))
        self._open_links.send(command, words)
        return command.future

    async def ping(self) -> None:
        """Wait for replies on all connections. Raises StoreAway if one is lost or late, and loses the session then."""
        replies = asyncio.gather(*self._open_links.ping(), self.notices.ping())
        replies.add_done_callback(ignore)
        timer = asyncio.ensure_future(self._clock.sleep(self._limit))
        try:
            either: set[asyncio.Future[Any]] = {replies, timer}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            for _ in range(_CYCLES):
                await asyncio.sleep(0)
            if not replies.done():
                self.lose(f"COINGLASS_SHARED_URL: no reply within {self._limit:g} seconds")
            await replies
        finally:
            timer.cancel()
            replies.cancel()

    async def check_primary(self) -> None:
        """Ask a sentinel, another one each time, whether another server is the primary by now: lose the session then.

        A primary that the sentinels cannot reach does not know that it was replaced, and goes on accepting writes.
        """
        for sentinel in itertools.islice(self._sentinels, 1):
            with contextlib.suppress(*FAILURES, TimeoutError):
                primary = await within(self._clock, self._limit, ask_sentinel(self._address, sentinel))
                if await within(self._clock, self._limit, self._is_other(primary)):
                    self.lose(f"COINGLASS_SHARED_URL: the sentinels name another primary, {primary}")

    async def _is_other(self, server: HostPort) -> bool:
        """Return whether the server is not the primary under another name, as each sentinel has its own."""
        current = self._primary
        if current is None or server.port != current.port:
            return True
        return server != current and not await resolve(server) & await resolve(current)

    @property
    def notices(self) -> NoticeLink:
        if self._notices is None:
            raise StoreAway(_NOT_OPEN)
        return self._notices

    async def close(self) -> None:
        """Close all connections, before anything is awaited that a cancellation could interrupt."""
        self.lose("COINGLASS_SHARED_URL: the store is closed")
        tasks = [task for link in (self._links, self._notices) if link is not None for task in link.end()]
        for connection in tuple(self._connections):  # one that is being opened is removed meanwhile
            await connection.disconnect(nowait=True)
        await asyncio.gather(*tasks, return_exceptions=True)

    def lose(self, reason: str) -> None:
        """Fail everything that is in progress."""
        if self.lost.done():
            return
        self.lost.set_result(reason)
        for link in (self._links, self._notices):
            if link is not None:
                link.lose(reason)

    @property
    def _open_links(self) -> Links:
        if self._links is None:
            raise StoreAway(_NOT_OPEN)
        return self._links


class _OneLink:
    """The link to a server that has all names."""

    def __init__(
        self,
        connection: AbstractConnection,
        server: HostPort | None,
        clock: Clock,
        limit: float,
        on_loss: Callable[[str], None],
    ) -> None:
        self._link = Link(connection, clock, limit, on_loss)
        self._server = server
        self.lose, self.end = self._link.lose, self._link.end

    def send(self, command: SentCommand, words: tuple[Argument, ...]) -> None:  # noqa: ARG002  # a Cluster looks at them
        self._link.send(command)

    def ping(self) -> "list[asyncio.Future[StoreReply]]":
        command = SentCommand.unobserved("PING")
        self._link.send(command)
        return [command.future]

    def server_of(self, name: str) -> HostPort | None:  # noqa: ARG002  # as above
        return self._server
