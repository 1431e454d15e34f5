"""Counts the connections of a process, and reviews them regularly for those that are too slow.

A review at intervals replaces timers of each connection: a request that arrives in one piece starts none.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog

from callers.addresses import Network, caller_at, parse_address
from server.live.subscribers import Subscribers
from server.traffic import Traffic

log = structlog.get_logger(__name__)

_TOO_MANY: Final = (
    "This address has {limit} open {what}, the limit. Close some, or let the operator raise the limit or name the"
    " proxy in COINGLASS_TRUSTED_PROXIES."
)
MAX_UNSENT: Final = 64 * 1024 * 1024  # bytes of a process that stalled clients do not read
_SLOWEST: Final = 4096  # bytes a second; a client that reads less has stalled
_MAX_REFUSED: Final = 200  # connections above the limit that get a 503; those beyond are aborted


@dataclass(frozen=True, kw_only=True)
class ConnectionLimits:
    """Limits of a process. `proxies`: networks of trusted proxies, whose connections are those of many clients.

    Connections to the `admin_port` are never refused: an operator has to see what a process with too many does.
    """

    connections: int = 2000
    per_address: int = 200
    sockets_per_address: int = 50
    head_seconds: float = 10.0
    body_seconds: float = 30.0
    send_seconds: float = 30.0
    proxies: Sequence[Network] = ()
    admin_port: int | None = None

    @property
    def review_seconds(self) -> float:
        """The interval between two reviews."""
        return min(1.0, self.head_seconds / 2, self.body_seconds / 2, self.send_seconds / 2)


class SendProgress:
    """How much a client has yet to read, and since when it reads too slowly."""

    __slots__ = ("_reviewed", "stalled_since", "unsent")

    def __init__(self) -> None:
        self.unsent = 0
        self.stalled_since: float | None = None
        self._reviewed = 0.0

    def update(self, unsent: int, now: float) -> None:
        is_slow = self.unsent - unsent < _SLOWEST * (now - self._reviewed)
        if not (unsent and self.unsent and is_slow):
            self.stalled_since = None
        elif self.stalled_since is None:
            self.stalled_since = self._reviewed
        self.unsent, self._reviewed = unsent, now

    def is_stalled(self, now: float, seconds: float) -> bool:
        return self.stalled_since is not None and now - self.stalled_since > seconds

    def drained(self) -> None:
        """Start again: the client has read nearly everything since the last review."""
        self.unsent, self.stalled_since = 0, None


class LimitedConnection(Protocol):
    """A connection that is counted by its peer's address."""

    transport: asyncio.Transport
    client: tuple[str, int] | None
    server: tuple[str, int | None] | None
    sending: SendProgress

    @property
    def is_idle(self) -> bool:
        """Whether it waits for a request."""

    def review(self, now: float) -> None:
        """Close if a limit of time is exceeded."""

    def end_with_answer(self) -> None:
        """Close with the answer to the request in progress, and tell the client so."""


@dataclass(frozen=True, slots=True)
class ConnectionRefusal:
    status: int
    message: str
    code: str = "BAD_USER_INPUT"


@dataclass(eq=False)
class OpenConnections:
    """All connections of a process; `sockets` are those that became a WebSocket.

    `subscribers`: the subscriptions that they carry.
    `is_closing`: each answer is the last of its connection. `is_draining`: the server ends, so that it is not ready.
    """

    limits: ConnectionLimits
    traffic: Traffic = field(default_factory=Traffic)
    subscribers: Subscribers = field(default_factory=Subscribers)
    _open: set[LimitedConnection] = field(default_factory=set)
    _by_address: Counter[str] = field(default_factory=Counter)
    _sockets: Counter[str] = field(default_factory=Counter)
    _is_reviewing: bool = False
    is_closing: bool = False
    is_draining: bool = False

    def __len__(self) -> int:
        return len(self._open)

    @property
    def sockets(self) -> int:
        """The number of WebSockets among them."""
        return self._sockets.total()

    @property
    def has_idle(self) -> bool:
        return any(connection.is_idle for connection in self._open)

    def start_closing(self, *, is_ready: bool) -> None:
        """Let each connection end with its next answer. `is_ready`: others go on serving the address."""
        self.is_closing, self.is_draining = True, not is_ready
        for connection in tuple(self._open):
            connection.end_with_answer()

    def add(self, connection: LimitedConnection, *, socket: bool = False) -> ConnectionRefusal | None:
        """Count the connection; returns why it must be refused, if so. It stays counted until it is removed."""
        address = peer(connection)
        self._open.add(connection)
        self._by_address[address] += 1
        self._sockets[address] += socket
        if not self._is_reviewing:
            self._is_reviewing = True
            asyncio.get_running_loop().call_later(self.limits.review_seconds, self._review)
        if connection.server is not None and connection.server[1] == self.limits.admin_port:
            return None
        if len(self._open) > self.limits.connections:
            return self._refuse_more(connection)
        if self._by_address[address] > self.limits.per_address and not self._is_proxy(connection):
            return _too_many("connections", self.limits.per_address)
        return None

    def remove(self, connection: LimitedConnection, *, socket: bool = False) -> None:
        if connection in self._open:
            self._open.remove(connection)
            address = peer(connection)
            _decrement(self._by_address, address)
            if socket:
                _decrement(self._sockets, address)

    def refuse_socket(self, connection: LimitedConnection) -> ConnectionRefusal | None:
        """Return why a connection must not become a WebSocket, if so."""
        address, limit = peer(connection), self.limits.sockets_per_address
        if self._sockets[address] < limit or self._is_proxy(connection):
            return None
        return _too_many("WebSockets", limit)

    def _refuse_more(self, connection: LimitedConnection) -> ConnectionRefusal:
        if len(self._open) > self.limits.connections + _MAX_REFUSED:
            connection.transport.abort()
        message = f"The server has {self.limits.connections} open connections, its limit. Try again in a few seconds."
        return ConnectionRefusal(503, message, "TOO_MANY_CONNECTIONS")

    def _is_proxy(self, connection: LimitedConnection) -> bool:
        if not self.limits.proxies or connection.client is None:
            return False
        address = parse_address(connection.client[0])
        return address is not None and any(address in network for network in self.limits.proxies)

    def _review(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for connection in tuple(self._open):
            connection.review(now)
        self.abort_stalled()
        self._is_reviewing = bool(self._open)
        if self._is_reviewing:
            loop.call_later(self.limits.review_seconds, self._review)

    def abort_stalled(self) -> None:
        """Abort clients that do not read, from the longest stalled one on, until the rest fits into memory."""
        unsent = sum(connection.sending.unsent for connection in self._open)
        stalled = [(item.sending.stalled_since, item) for item in self._open if item.sending.stalled_since is not None]
        for _, connection in sorted(stalled, key=lambda pair: pair[0]):
            if unsent <= MAX_UNSENT:
                return
            unsent -= connection.sending.unsent
            connection.transport.abort()


def _too_many(what: str, limit: int) -> ConnectionRefusal:
    return ConnectionRefusal(429, _TOO_MANY.format(limit=limit, what=what), "TOO_MANY_CONNECTIONS")


def allow_open_files(count: int) -> None:
    """Raise the limit of open files, which is often 1,024, as far as the system allows."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  # not on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if resource.RLIM_INFINITY != soft < count:
        allowed = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        if allowed < count:
            text = "the system allows fewer open files than COINGLASS_MAX_CONNECTIONS needs: raise `ulimit -n`"
            log.warning(text, allowed=allowed, needed=count)


def peer(connection: LimitedConnection) -> str:
    """Return the address, or the network of an IPv6 address, by which the connection is counted."""
    return caller_at(connection.client[0]).name if connection.client else ""


def _decrement(counter: Counter[str], address: str) -> None:
    counter[address] -= 1
    if counter[address] <= 0:
        del counter[address]
