"""One client: its handshake, what it sends, and which number it expects next."""

import socket
import struct
import uuid
from collections.abc import Sequence
from typing import Final, NamedTuple

import orjson

from bench.live.chunks import Break, Chunk, Frame, client_frame, parse

_HANDSHAKE: Final = (
    "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n"
)
_PROTOCOL: Final = "Sec-WebSocket-Protocol: graphql-transport-ws\r\n"
_RESET: Final = struct.pack("ii", 1, 0)  # for SO_LINGER: a close leaves no port in TIME_WAIT
_PATIENCE: Final = 30.0  # seconds
ANY_ID: Final = b"00000000-0000-0000-0000-000000000000"


class ReplayScript(NamedTuple):
    """A handshake, and the messages of a client: the first at once, each other after a message of the server.

    Instead of `ANY_ID`, each client has an id of its own in them, as clients of npm do.
    """

    host: str
    port: int
    handshake: bytes
    messages: Sequence[bytes]

    @classmethod
    def of_subscription(cls, host: str, port: int, document: str, after: str | None = None) -> "ReplayScript":
        """Return what subscribes to a document, after the cursor if there is one."""
        payload = {"query": document} | ({} if after is None else {"variables": {"after": after}})
        subscribe = orjson.dumps({"id": ANY_ID.decode(), "type": "subscribe", "payload": payload})
        messages = (b'{"type":"connection_init"}', subscribe)
        handshake = _HANDSHAKE % ("/graphql", host, port, _PROTOCOL)
        return cls(host, port, handshake.encode(), tuple(map(client_frame, messages)))

    @classmethod
    def of_channel(cls, host: str, port: int, target: str, channel: str) -> "ReplayScript":
        """Return what subscribes to a channel of the upstream."""
        subscribe = orjson.dumps({"method": "subscribe", "channels": [channel]})
        return cls(host, port, (_HANDSHAKE % (target, host, port, "")).encode(), (client_frame(subscribe),))


class BenchSocketClient:
    """`expected`: the number of the next event, 0 before the first. `tail`: the start of a frame.

    `former`: the connection that this one takes the place of.
    """

    __slots__ = (
        "_sent",
        "breaks",
        "closed",
        "cursor",
        "dropped",
        "expected",
        "gaps",
        "has_moved",
        "id",
        "problem",
        "recv_into",
        "script",
        "socket",
        "tail",
    )

    def __init__(
        self,
        script: ReplayScript,
        address: str,
        receive_buffer: int | None,
        former: "BenchSocketClient | None" = None,
    ) -> None:
        self.script, self._sent = script, -1  # messages; -1 before the handshake was answered
        self.id = str(uuid.uuid4()).encode()
        self.tail, self.expected, self.gaps, self.dropped = b"", 0, 0, 0
        self.problem = self.closed = ""
        self.breaks: list[Break] = []
        self.cursor, self.has_moved = b"", former is not None
        if former is not None:
            self.expected, self.gaps, self.dropped = former.expected, former.gaps, former.dropped
            self.breaks, self.cursor = former.breaks, former.cursor
        self.socket = socket.socket()
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(_PATIENCE)
        self.socket.bind((address, 0))
        self.socket.connect((script.host, script.port))
        self.socket.sendall(script.handshake)
        self.socket.setblocking(False)
        self.recv_into = self.socket.recv_into

    @property
    def is_subscribed(self) -> bool:
        """Whether all that it has to say was said."""
        return self._sent == len(self.script.messages)

    def go_on(self, data: bytes) -> bytes:
        """Read what the server says before it sends events. Return what else there is."""
        if self._sent < 0:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                return head
            if b" 101 " not in head[:20]:
                self.closed = head.decode(errors="replace")
                return b""
            self._sent = 0
            self._say()
        while data and not self.is_subscribed:
            chunk = parse(data)
            if not chunk.size:
                break
            data = data[chunk.size :]
            self.note(chunk)
            for _ in range(chunk.texts):
                self._say()
        return data

    def _say(self) -> None:
        if not self.is_subscribed:
            self.socket.send(self.script.messages[self._sent].replace(ANY_ID, self.id))
            self._sent += 1

    def note(self, chunk: Chunk) -> None:
        """Take what is in a chunk."""
        for ping in chunk.pings:
            self.socket.send(client_frame(ping, Frame.PONG))
        self.problem = self.problem or chunk.problem
        self.closed = self.closed or chunk.closed
        self.cursor = chunk.cursor or self.cursor
        if chunk.first:
            if not chunk.is_contiguous or self.expected not in (0, chunk.first):
                self.gaps += 1
                if self.expected not in (0, chunk.first):
                    self.breaks.append(Break(self.expected, chunk.first))
                self.breaks += chunk.breaks
            self.expected = chunk.after
        elif self.expected:
            self.expected += chunk.dropped
        self.dropped += chunk.dropped
