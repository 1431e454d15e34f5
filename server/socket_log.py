"""One line of the log for each WebSocket that closes."""

import time

import structlog
from starlette.types import Message, Receive, Send

from server.http import Request

log = structlog.get_logger(__name__)

_NO_CODE = 1005  # of a close frame without a code, as RFC 6455 has it


class SocketLog:
    """Sees the messages between server and application. `operations`: how many were begun."""

    def __init__(self, opening: Request, receive: Receive, send: Send) -> None:
        self.opening, self._receive, self._send = opening, receive, send
        self._since = time.perf_counter()
        self._is_open = False
        self._code: int | None = None
        self._reason: str | None = None  # of this server
        self.operations = 0

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "websocket.disconnect" and self._code is None:
            self._code = message.get("code", _NO_CODE)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "websocket.accept":
            self._is_open = True
        elif message["type"] == "websocket.close":
            self._code, self._reason = message.get("code", _NO_CODE), message.get("reason")
        await self._send(message)

    def finish(self) -> None:
        """Log the end of a connection; a handshake that was refused has a line of its refusal."""
        if self._is_open:
            log.info(
                "websocket closed",
                code=self._code,
                **({"reason": self._reason} if self._reason else {}),
                operations=self.operations,
                seconds=round(time.perf_counter() - self._since, 1),
                address=self.opening.client_address,
                caller=self.opening.caller.name,
                request_id=self.opening.request_id,
            )
