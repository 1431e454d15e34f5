"""One WebSocket: reads what the client asks for, and sends what the hub gives it, without making the hub wait."""

import asyncio
import contextlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.delivery import connection_of, reset

MAX_PENDING = 20_000  # messages to a client that does not read


@dataclass(frozen=True, slots=True)
class Close:
    """A close frame to send."""

    code: int
    reason: str


Outgoing: TypeAlias = str | bytes | Close


class Messages(Protocol):
    """What becomes of a client's messages."""

    def opened(self, connection: "LiveConnection") -> None: ...

    def ended(self, connection: "LiveConnection") -> None: ...

    def pinged(self, connection: "LiveConnection") -> None: ...

    def subscribe(self, connection: "LiveConnection", channel: str) -> None: ...

    def unsubscribe(self, connection: "LiveConnection", channel: str) -> None: ...

    def unreadable(self, message: str) -> None: ...


class LiveConnection:
    def __init__(self, websocket: WebSocket, messages: Messages) -> None:
        self._websocket, self._messages = websocket, messages
        self._pending: asyncio.Queue[Outgoing] = asyncio.Queue(MAX_PENDING)
        self.channels: set[str] = set()

    async def serve(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Accept the connection and serve it until it ends."""
        await self._websocket.accept(headers=headers)
        self._messages.opened(self)
        writer = asyncio.create_task(self._write())
        try:
            while (message := await self._websocket.receive())["type"] != "websocket.disconnect":
                self._received(message.get("text") or "")
        finally:
            writer.cancel()
            self._messages.ended(self)

    def send(self, message: Outgoing) -> None:
        """Queue a message; a client that is too far behind loses its connection."""
        try:
            self._pending.put_nowait(message)
        except asyncio.QueueFull:
            self.reset()

    def reset(self) -> None:
        """Reset the connection at once."""
        reset(connection_of(self._websocket.scope))

    def send_half_frame(self) -> None:
        """Send the first half of a text frame, and end the connection without a close frame."""
        payload = json.dumps({"channel": "", "data": []}).encode() * 4
        transport = connection_of(self._websocket.scope)
        transport.write(bytes([0x81, 126]) + len(payload).to_bytes(2) + payload[: len(payload) // 2])
        transport.close()

    def _received(self, text: str) -> None:
        if text == "ping":
            self._messages.pinged(self)
            return
        request = _request(text)
        match request:
            case {"method": "subscribe", "channels": [*channels]}:
                react = self._messages.subscribe
            case {"method": "unsubscribe", "channels": [*channels]}:
                react = self._messages.unsubscribe
            case _:
                self._messages.unreadable(text)
                return
        for channel in channels:
            react(self, str(channel))

    async def _write(self) -> None:
        """Send what is queued until a close frame, which is the last message."""
        with contextlib.suppress(WebSocketDisconnect):
            while not isinstance(message := await self._pending.get(), Close):
                if isinstance(message, str):
                    await self._websocket.send_text(message)
                else:
                    await self._websocket.send_bytes(message)
            await self._websocket.close(message.code, message.reason)


async def until_left(websocket: WebSocket) -> None:
    """Answer nothing until the client has gone."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


def _request(text: str) -> Any:  # noqa: ANN401  # JSON
    try:
        return json.loads(text)
    except ValueError:
        return None
