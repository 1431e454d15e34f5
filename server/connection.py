"""A connection over HTTP: uvicorn's protocol with limits of size, time and number.

uvicorn limits none of the head, the time of a request, and what a client does not read. What this class overrides is
not public API; `tests/server/test_connections.py` fails if it changes.
"""

import asyncio
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from server.http import refusal
from server.open_connections import ConnectionRefusal, OpenConnections, SendProgress, peer

if TYPE_CHECKING:
    from server.server_config import ServerConfig

MAX_HEAD: Final = 64 * 1024  # bytes
MAX_URL: Final = 16 * 1024
MAX_HEADERS: Final = 100
MAX_PIPELINED: Final = 100  # requests that wait for the response to an earlier one
MAX_DISCARDED: Final = 16 * 1024 * 1024  # bytes that are read after a refusal, so that the client receives it
_LINGER_SECONDS: Final = 2.0  # after a refusal, for the same reason
_SOCKET_HEADER: Final = 8000  # bytes; websockets reads lines of 8,192


class Phase(Enum):
    """What is being read."""

    HEAD = auto()
    BODY = auto()
    NOTHING = auto()  # between requests
    DISCARDED = auto()  # after a refusal


class HTTPConnection(HttpToolsProtocol):
    """`_since`: loop time at which the phase began.

    `_size`: bytes of the pieces that followed the start of a head, or that were discarded; `_piece`: of the last one.
    """

    config: "ServerConfig"
    open_connections: OpenConnections

    # Protocol interface

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self.open_connections = self.config.open_connections
        self.sending = SendProgress()
        self.url, self.headers = b"", []
        self._enter(Phase.HEAD)
        self._size = self._piece = 0
        self._running: RequestResponseCycle | None = None
        refused = self.open_connections.add(self)
        if refused is not None:
            self._refuse(refused)

    def connection_lost(self, exc: Exception | None) -> None:
        self.open_connections.remove(self)
        self._disconnect()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._phase is Phase.DISCARDED:
            self._discard(data)
            return
        self._piece = len(data)
        if self._phase is Phase.HEAD:
            self._size += self._piece
        super().data_received(data)
        if self._phase is Phase.HEAD:
            self._check_head(complete=False)
        elif self._phase is Phase.BODY and self.cycle.response_complete:
            self._discard(data)

    def resume_writing(self) -> None:
        super().resume_writing()
        self.sending.drained()

    def timeout_keep_alive_handler(self) -> None:
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        super().timeout_keep_alive_handler()

    # Callbacks of the parser. What they raise becomes a call of `send_400_response`.

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._enter(Phase.HEAD)
        self._size = 0

    def on_headers_complete(self) -> None:
        self._check_head(complete=True)
        if self._phase is Phase.DISCARDED or len(self.pipeline) >= MAX_PIPELINED:
            raise ValueError("refused")
        self._enter(Phase.BODY)
        self._size = 0
        super().on_headers_complete()
        if self.open_connections.is_closing:
            self.end_with_answer()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._enter(Phase.NOTHING)

    # Refusals

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn's text has no remedy
        if self._phase is not Phase.DISCARDED:
            self._refuse(ConnectionRefusal(400, "This is not a valid HTTP/1.1 request."))

    def handle_websocket_upgrade(self) -> None:
        if any(len(name) + len(value) > _SOCKET_HEADER for name, value in self.headers):
            text = f"A header of a WebSocket's handshake is larger than {_SOCKET_HEADER} bytes. Send shorter ones."
            self._refuse(ConnectionRefusal(431, text))
        elif (refused := self.open_connections.refuse_socket(self)) is not None:
            self._refuse(refused)
        else:
            self.open_connections.remove(self)
            super().handle_websocket_upgrade()
            self.parser = None  # type: ignore[assignment]  # it refers to this object, which is of no more use

    def review(self, now: float) -> None:
        """Close what takes too long: a request, a response, or a client that sends nothing."""
        limits, elapsed = self.open_connections.limits, now - self._since
        self.sending.update(self._stalled_bytes(), now)
        if self.sending.is_stalled(now, limits.send_seconds):
            self.transport.abort()
            return
        match self._phase:
            case Phase.HEAD if not self._is_busy and elapsed > limits.head_seconds:
                if self._piece:
                    self._refuse(_late("head", limits.head_seconds))
                else:
                    self.transport.close()
            case Phase.BODY if not self.pipeline and elapsed > limits.body_seconds:
                self._refuse(_late("body", limits.body_seconds))
            case Phase.NOTHING if self._has_no_timer and elapsed > limits.head_seconds:
                self.transport.close()
            case Phase.DISCARDED if elapsed > _LINGER_SECONDS:
                self.transport.abort()

    def end_with_answer(self) -> None:
        if self._is_busy and not self.cycle.response_started:  # later, the client could not be told
            self.cycle.keep_alive = False

    @property
    def is_idle(self) -> bool:
        return not self._is_busy and self._phase is not Phase.DISCARDED and not self.transport.is_closing()

    @property
    def _is_busy(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete  # type: ignore[redundant-expr]  # None before the first

    @property
    def _has_no_timer(self) -> bool:
        """Whether nothing times an idle connection: any byte stops uvicorn's timer, even that of an empty line."""
        return not self._is_busy and self.timeout_keep_alive_task is None

    def _enter(self, phase: Phase) -> None:
        self._phase, self._since = phase, self.loop.time()

    def _stalled_bytes(self) -> int:
        is_waiting = self.flow.write_paused or self.transport.is_closing()
        return self.transport.get_write_buffer_size() if is_waiting else 0

    def _check_head(self, *, complete: bool) -> None:
        """Refuse a head that is too large. An incomplete one is in the parser: only its pieces can be counted."""
        size = self._size
        if complete and (size or self._piece > MAX_HEAD):
            size = self._head_size()
        if len(self.url) > MAX_URL:
            self._refuse(ConnectionRefusal(414, f"The URL is longer than {MAX_URL} bytes. Send the query by POST."))
        elif len(self.headers) > MAX_HEADERS:
            self._refuse(ConnectionRefusal(431, f"The request has more than {MAX_HEADERS} headers. Send fewer."))
        elif size > MAX_HEAD:
            self._refuse(ConnectionRefusal(431, f"The head is larger than {MAX_HEAD} bytes. Send fewer headers."))

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)  # 4: `: ` and CRLF

    def _refuse(self, refused: ConnectionRefusal) -> None:
        """Answer and close, once the client has had the time to read; only close if another response is in progress."""
        self.open_connections.traffic.refuse(refused.code, refused.status, address=peer(self))
        is_cut = self._is_busy and (self._phase is not Phase.BODY or self.cycle.response_started or self.pipeline)
        self._enter(Phase.DISCARDED)
        self._size = 0
        self._disconnect()
        if is_cut or self.transport.is_closing():
            self.transport.close()
            return
        self.transport.write(self._refusal_bytes(refused))
        self.transport.write_eof()

    def _refusal_bytes(self, refused: ConnectionRefusal) -> bytes:
        response = refusal(refused.status, refused.message, refused.code)
        headers = [*self.server_state.default_headers, *response.headers, (b"connection", b"close")]
        if refused.status in (429, 503):
            headers.append((b"retry-after", b"5"))
        lines = [name + b": " + value + b"\r\n" for name, value in headers]
        return b"".join([STATUS_LINE[refused.status], *lines, b"\r\n", response.body])

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _disconnect(self) -> None:
        """Tell the application that the client left: with pipelined requests, uvicorn tells only the last."""
        for cycle in (self._running, self.cycle):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()

    def _discard(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > MAX_DISCARDED:
            self.transport.abort()


def _late(part: str, seconds: float) -> ConnectionRefusal:
    return ConnectionRefusal(408, f"The request's {part} took longer than {seconds:g} seconds. Send it faster.")
