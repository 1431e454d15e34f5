"""A connection over WebSocket: uvicorn's protocol with limits, and without tracebacks for what is not a message."""

from asyncio.transports import BaseTransport
from typing import TYPE_CHECKING

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from server.open_connections import OpenConnections, SendProgress

if TYPE_CHECKING:
    from server.server_config import ServerConfig

_INVALID_UTF_8 = 1007  # code of the close frame


class SocketConnection(WebSocketsSansIOProtocol):
    config: "ServerConfig"
    open_connections: OpenConnections
    is_idle = False

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self.open_connections = self.config.open_connections
        self.sending = SendProgress()
        self._since = self.loop.time()
        self.open_connections.add(self, socket=True)

    def connection_lost(self, exc: Exception | None) -> None:
        self.open_connections.remove(self, socket=True)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:  # refused by websockets
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

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

    def end_with_answer(self) -> None:
        """Stay open: uvicorn closes with 1012 once the server is drained."""

    def review(self, now: float) -> None:
        """Abort a handshake that takes too long, and a client that does not read."""
        limits = self.open_connections.limits
        is_waiting = not self.writable.is_set() or self.transport.is_closing()
        self.sending.update(self.transport.get_write_buffer_size() if is_waiting else 0, now)
        is_late = not self.handshake_complete and now - self._since > limits.head_seconds
        if is_late or self.sending.is_stalled(now, limits.send_seconds):
            self.transport.abort()


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
