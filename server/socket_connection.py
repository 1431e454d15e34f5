"""A connection over WebSocket: uvicorn's protocol with limits, and without tracebacks for what is not a message."""

from asyncio.transports import BaseTransport
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request
from websockets.protocol import State

from server.light_sync import LightEvent, LightQueue
from server.live.socket_subscription import FRAMES
from server.open_connections import OpenConnections, SendProgress
from server.socket_messages import cut_reason

if TYPE_CHECKING:
    from server.server_config import ServerConfig

_SWITCHING_PROTOCOLS: Final = 101
_INVALID_UTF_8: Final = 1007  # code of the close frame
_MAX_BUFFERED: Final = 16 * 1024  # bytes that are written before the client has to read
_SUBSCRIBER_PATIENCE: Final = 4  # times the seconds of other clients, until one that does not read is cut off


class SocketConnection(WebSocketsSansIOProtocol):
    config: "ServerConfig"
    open_connections: OpenConnections
    is_idle = False

    def connection_made(self, transport: BaseTransport) -> None:
        self.queue = LightQueue()  # type: ignore[assignment]  # has of asyncio.Queue what uvicorn uses
        self.writable = LightEvent()  # type: ignore[assignment]  # likewise
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(_MAX_BUFFERED)
        self.subscriptions = 0
        self._to_resume: list[Callable[[], None]] = []
        self.open_connections = self.config.open_connections
        self.sending = SendProgress()
        self._since = self.loop.time()
        self.open_connections.add(self, socket=True)

    def connection_lost(self, exc: Exception | None) -> None:
        self.open_connections.remove(self, socket=True)
        super().connection_lost(exc)
        self._break_cycles()

    def _break_cycles(self) -> None:
        """Let the connection be freed at once: a garbage collection is rare, and long with many objects."""
        self._to_resume.clear()
        self.conn.parser.close()
        if self.handshake_initiated:
            self.scope["extensions"] = {}

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:  # refused by websockets
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def handle_connect(self, event: Request) -> None:
        """Let the application write frames beside its messages."""
        super().handle_connect(event)
        if self.response.status_code == _SWITCHING_PROTOCOLS:
            self.scope["extensions"] |= {FRAMES: {"connection": self}}

    def start_keepalive(self) -> None:
        """Drop what only the handshake needs."""
        super().start_keepalive()
        self.request.headers.clear()
        self.response.headers.clear()
        self.scope["headers"].clear()  # type: ignore[attr-defined]  # uvicorn's list, which the application has read

    def send_receive_event_to_app(self) -> None:
        """Close for a text that is not UTF-8, which uvicorn logs with a traceback."""
        if self.curr_msg_data_type == "text" and not _is_utf_8(b"".join(self.frames)):
            self.frames = []
            self.conn.send_close(_INVALID_UTF_8)
            self.handle_parser_exception()
            return
        super().send_receive_event_to_app()

    def pause_writing(self) -> None:
        """Stop reading as well: a client that reads no answers can send no more pings."""
        super().pause_writing()
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.sending.drained()
        if not self.read_paused and not self.transport.is_closing():
            self.transport.resume_reading()
        waiting, self._to_resume = self._to_resume, []
        for resume in waiting:  # each may fill the buffer again
            resume()

    def send_keepalive_ping(self) -> None:
        """Leave out the ping to a client that does not read: it would not see it, and has its own limit."""
        if self.writable.is_set():
            super().send_keepalive_ping()
        else:
            self.schedule_ping()

    def keepalive_timeout(self) -> None:
        if self.writable.is_set():
            self._tell_application(1011)
            super().keepalive_timeout()
        else:
            self.pong_timer = self.pending_ping_payload = None
            self.schedule_ping()

    def handle_parser_exception(self) -> None:
        super().handle_parser_exception()
        self.disconnected = True

    def _tell_application(self, code: int, reason: str = "") -> None:
        """Let the application end: what it sends from now on fails as if the client had left."""
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.disconnected = True

    # Frames of subscriptions. Each write is of whole frames, and so is each of uvicorn's.

    @property
    def is_open(self) -> bool:
        return self.conn.state is State.OPEN and not self.transport.is_closing()

    @property
    def is_writable(self) -> bool:
        return self.writable.is_set()

    def write_frames(self, parts: Sequence[bytes]) -> None:
        if len(parts) == 1:
            self.transport.write(parts[0])
        else:
            self.transport.writelines(parts)

    def call_when_writable(self, resume: Callable[[], None]) -> None:
        self._to_resume.append(resume)

    def end(self, code: int, reason: str) -> None:
        """Close as `websocket.close` does, but without a wait: what the application sends from now on fails."""
        if not self.is_open:
            return
        self.stop_keepalive()
        self._tell_application(code, reason)
        self.conn.send_close(code, cut_reason(reason))
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.close)

    def shutdown(self) -> None:
        """Close with 1012, unless a close frame was sent."""
        if self.handshake_complete and self.conn.state is not State.OPEN:
            self.transport.close()
        else:
            super().shutdown()

    def end_with_answer(self) -> None:
        """Stay open: uvicorn closes with 1012 once the server is drained."""

    def review(self, now: float) -> None:
        """Abort a handshake that takes too long, and a client that does not read."""
        limits = self.open_connections.limits
        is_waiting = not self.writable.is_set() or self.transport.is_closing()
        self.sending.update(self.transport.get_write_buffer_size() if is_waiting else 0, now)
        seconds = limits.send_seconds * (_SUBSCRIBER_PATIENCE if self.subscriptions else 1)
        is_late = not self.handshake_complete and now - self._since > limits.head_seconds
        if is_late or self.sending.is_stalled(now, seconds):
            self.transport.abort()


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
