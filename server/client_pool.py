"""Pools the clients of callers' CoinGlass keys: one client with its listings and window plans for each key.

A key is looked up by a keyed hash. A new key is on probation until CoinGlass has accepted it once: random keys replace
each other there, and no client of an accepted key.
"""

import asyncio
import contextlib
import hmac
import itertools
import secrets
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from cg_client.client import Client
from cg_client.clock import Clock
from cg_client.live.listener import SocketObserver
from cg_client.live.socket import UpstreamSocket
from cg_client.secret import Secret
from cg_client.symbols.listings import Symbols
from live.feeds import Feeds
from live.reopening_socket import ReopeningSocket
from resolvers.window_planner import WindowPlanner
from server.log_redaction import redaction

if TYPE_CHECKING:
    from server.sharing import KeySharing  # imported only where replicas share a store

IDLE_SECONDS = 600.0  # without an operation, until a client is closed
_SWEEP_SECONDS = 60.0
_PROBATION_SHARE = 4  # one in so many clients is of a key that CoinGlass has not accepted yet


@dataclass(eq=False, slots=True)
class KeyUpstream:
    """What operations use of CoinGlass with one key.

    `scope` separates the key's cached responses from those of others; it is empty for the server's key. A client with
    `uses` is not closed.
    """

    client: Client
    symbols: Symbols
    planner: WindowPlanner
    feeds: Feeds
    scope: str = ""
    uses: int = 0
    used_at: float = 0.0
    sharing: "KeySharing | None" = None
    starting: asyncio.Task[None] | None = None

    @classmethod
    def of(
        cls, client: Client, observer: SocketObserver, scope: str = "", sharing: "KeySharing | None" = None
    ) -> "KeyUpstream":
        socket = sharing.channels if sharing else ReopeningSocket(UpstreamSocket(client, observer), client.clock)
        feeds = Feeds(socket, client.clock)
        return cls(client, Symbols(client), WindowPlanner(client), feeds, scope, sharing=sharing)

    async def start(self) -> None:
        """Learn what other replicas know of the key. That of a caller joins their quota when a call needs it."""
        if self.sharing is not None:
            await self.sharing.start(joins_quota=not self.scope)

    async def close(self) -> None:
        if self.starting is not None:
            self.starting.cancel()
            await asyncio.wait([self.starting])
        await self.feeds.close()
        await (self.client if self.sharing is None else self.sharing).close()

    def acquire(self) -> None:
        """Keep the client from being closed until as many calls of `release`."""
        self.uses += 1

    def release(self) -> None:
        self.uses -= 1
        self.used_at = self.client.clock.monotonic()

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        self.acquire()
        try:
            yield
        finally:
            self.release()

    async def while_streaming(self, stream: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        async with contextlib.aclosing(stream):
            with self.in_use():
                async for part in stream:
                    yield part


_Members: TypeAlias = OrderedDict[bytes, KeyUpstream]  # by the hash of the key, the least recently used first


class PoolFull(Exception):
    """Every client that could make room is in use."""


class ClientPool:
    """At most `size` clients, of which a quarter are on probation. The least recently used idle one makes room."""

    def __init__(self, connect: Callable[[Secret, str], KeyUpstream], clock: Clock, size: int) -> None:
        """`connect` gets a key, and the scope of its cached responses."""
        self._connect, self._clock = connect, clock
        self._max_probation = max(1, size // _PROBATION_SHARE)
        self._max_accepted = max(1, size - self._max_probation)
        self.accepted: _Members = OrderedDict()
        self.probation: _Members = OrderedDict()
        self.evicted = self.refused = 0
        self._hash_key = secrets.token_bytes(32)
        self._serial = itertools.count()  # a second client of a key does not share responses with the first
        self._tasks: set[asyncio.Task[None]] = set()

    def upstream(self, key: Secret) -> KeyUpstream:
        """Return what the key's operations use; raises PoolFull."""
        digest = hmac.digest(self._hash_key, key.reveal().encode(), "sha256")
        for members in (self.accepted, self.probation):
            upstream = members.get(digest)
            if upstream is not None:
                members.move_to_end(digest)
                return upstream
        self._promote()
        if not self._make_room(self.probation, self._max_probation):
            self.refused += 1
            raise PoolFull
        redaction.add(key)
        upstream = self._connect(key, f"{digest.hex()}.{next(self._serial)}")
        upstream.used_at = self._clock.monotonic()
        self.probation[digest] = upstream
        if upstream.sharing is not None:
            upstream.starting = self._run(upstream.start())
        return upstream

    def _promote(self) -> None:
        """End the probation of keys that CoinGlass has accepted, as far as there is room."""
        for digest, upstream in list(self.probation.items()):
            if upstream.client.is_accepted and self._make_room(self.accepted, self._max_accepted):
                self.accepted[digest] = self.probation.pop(digest)

    def _make_room(self, members: _Members, limit: int) -> bool:
        if len(members) < limit:
            return True
        idle = next((digest for digest, upstream in members.items() if not upstream.uses), None)
        if idle is None:
            return False
        self.evicted += 1
        self._close(members.pop(idle))
        return True

    def bump_revisions(self) -> None:
        """Let no response that was cached before be served."""
        for members in (self.accepted, self.probation):
            for upstream in members.values():
                upstream.client.revision.bump()

    def close_idle(self) -> None:
        latest = self._clock.monotonic() - IDLE_SECONDS
        for members in (self.accepted, self.probation):
            for digest, upstream in list(members.items()):
                if not upstream.uses and upstream.used_at <= latest:
                    self._close(members.pop(digest))

    def _close(self, upstream: KeyUpstream) -> None:
        redaction.discard(upstream.client.config.api_key)
        self._run(upstream.close())

    def _run(self, starting_or_closing: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(starting_or_closing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def watch(self) -> None:
        """Close idle clients for as long as the server runs."""
        while True:
            await self._clock.sleep(_SWEEP_SECONDS)
            self.close_idle()

    async def close(self) -> None:
        for members in (self.accepted, self.probation):
            while members:
                self._close(members.popitem()[1])
        await asyncio.gather(*self._tasks, return_exceptions=True)
