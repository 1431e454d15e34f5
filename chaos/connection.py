"""A caller of the server over one persistent connection, with a minimum of code around the socket.

httpx would need as much CPU for a thousand callers as the server that answers them.
"""

import asyncio
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

PATIENCE = 40.0  # seconds after which a request counts as hanging
_BUFFER = 2**20


@dataclass(frozen=True, slots=True)
class CallerReply:
    """`status` 0: no whole answer came, and the body says what came instead. `seconds` from sending to the end."""

    status: int
    body: bytes
    seconds: float

    @property
    def cut(self) -> bool:
        """Whether an answer had begun and did not end."""
        return self.status == 0 and self.body.startswith(b"cut")


class CallerConnection:
    """Connects with the first request, and again after the connection was closed.

    `address`: by which the server identifies the caller, as if a proxy that it trusts had forwarded the request.
    """

    def __init__(self, url: str, address: str = "") -> None:
        at = urlsplit(url)
        self._host, self._port = at.hostname, at.port
        self._head = f"POST /graphql HTTP/1.1\r\nhost: {at.netloc}\r\ncontent-type: application/json\r\n"
        self._head += f"x-forwarded-for: {address}\r\n" if address else ""
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None or self._streams[0].at_eof():
            self.close()
            self._streams = await asyncio.open_connection(self._host, self._port, limit=_BUFFER)
        return self._streams

    def request(self, body: bytes) -> bytes:
        return f"{self._head}content-length: {len(body)}\r\n\r\n".encode() + body

    async def ask(self, body: bytes, patience: float = PATIENCE) -> CallerReply:
        started = time.perf_counter()
        begun = False
        try:
            async with asyncio.timeout(patience):
                reader, writer = await self.connect()
                started = time.perf_counter()
                writer.write(self.request(body))
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                begun = True
                status, length = int(head.split(b" ", 2)[1]), _length(head)
                answer = await reader.readexactly(length)
        except (OSError, EOFError, TimeoutError) as error:
            self.close()
            text = f"{'cut' if begun else 'refused'}: {type(error).__name__}"
            return CallerReply(0, text.encode(), time.perf_counter() - started)
        return CallerReply(status, answer, time.perf_counter() - started)

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def _length(head: bytes) -> int:
    return int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
