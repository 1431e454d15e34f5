"""A subscription over WebSocket: its frames are written straight to the connection, without a task."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from server.live.frames import complete_frame, next_frames, next_head
from server.live.result_stream import ResultStream

if TYPE_CHECKING:
    from server.client_pool import KeyUpstream
    from server.http import Request
    from server.live.subscribers import Subscribers

FRAMES: Final = "coinglass.frames"  # the extension of an ASGI scope that has the connection
_GOING_AWAY, _UNAUTHORIZED = 1001, 4401  # codes of a close frame
_RECONNECT: Final = "The server is shutting down. Connect again, to another instance."


class FrameConnection(Protocol):
    """The connection below an ASGI application. It writes whole frames only, as the application's messages are.

    `subscriptions`: how many it carries, because of which a client may take longer to read.
    """

    subscriptions: int

    @property
    def is_open(self) -> bool:
        """Whether messages may be sent: no close frame was."""

    @property
    def is_writable(self) -> bool:
        """Whether the client reads what was written, nearly."""

    def write_frames(self, parts: Sequence[bytes]) -> None: ...

    def call_when_writable(self, resume: Callable[[], None]) -> None:
        """Call once, as soon as `is_writable` is true again."""

    def end(self, code: int, reason: str) -> None:
        """Close, beside the application, which gets the close as its next message."""


class SocketSubscription:
    """Takes nothing while the client does not read: the source keeps the position."""

    __slots__ = ("_connection", "_head", "_id", "_on_end", "_source", "_subscribers", "_upstream", "caller", "opening")

    def __init__(
        self,
        id_: str,
        opening: "Request",
        caller: str,
        source: ResultStream,
        connection: FrameConnection,
        subscribers: "Subscribers",
        upstream: "KeyUpstream",
        on_end: Callable[[str], object],
    ) -> None:
        """`on_end` is called with the id when the source has ended, before the client hears of it."""
        self._id, self._head, self.opening, self.caller = id_, next_head(id_), opening, caller
        self._source: ResultStream | None = source
        self._connection, self._subscribers, self._upstream, self._on_end = connection, subscribers, upstream, on_end
        subscribers.add(self)
        connection.subscriptions += 1
        upstream.acquire()

    def start(self) -> None:
        """Send what there is, and from now on what comes."""
        if self._source is not None:
            self._source.attach(self._send)
            self._send()

    def _send(self) -> None:
        source, connection = self._source, self._connection
        if source is None or not connection.is_open:
            return
        while connection.is_writable:
            bodies = source.take()
            if bodies:
                connection.write_frames(next_frames(self._head, bodies))
            if source.is_ended:
                self._on_end(self._id)
                self.close()
                connection.write_frames((complete_frame(self._id),))
                return
            if not bodies:
                return
        connection.call_when_writable(self._send)

    def close(self) -> None:
        """Take nothing more."""
        if (source := self._source) is not None:
            self._source = None
            source.close()
            self._subscribers.remove(self)
            self._connection.subscriptions -= 1
            self._upstream.release()

    def interrupt(self) -> None:
        """Close the connection without `complete`, after which clients would not subscribe again elsewhere."""
        self._connection.end(_GOING_AWAY, _RECONNECT)

    def expire(self, reason: str) -> None:
        self._connection.end(_UNAUTHORIZED, reason)
