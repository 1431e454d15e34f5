"""Sends bytes to the server and records how it reacts."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

import orjson

ATTACKER: Final = "127.0.0.2"  # another address than that of the normal client
PATIENCE: Final = 15.0  # seconds
_BUFFER: Final = 2**22


@dataclass(frozen=True, slots=True)
class Reaction:
    """`seconds`: from the last byte that was sent until the answer was complete or the connection closed.

    `elapsed`: the same, from the first byte.
    """

    text: str
    seconds: float
    elapsed: float
    accepted: bool


@dataclass(frozen=True, slots=True)
class ServerAddress:
    host: str
    port: int

    async def connect(self, source: str = ATTACKER) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self.host, self.port, limit=_BUFFER, local_addr=(source, 0))

    async def send(self, pieces: AsyncIterator[bytes]) -> Reaction:
        """Send the pieces on a new connection while reading; an answer ends the sending."""
        reader, writer = await self.connect()
        started = last_byte = time.perf_counter()

        async def write() -> None:
            nonlocal last_byte
            async for piece in pieces:
                writer.write(piece)
                await writer.drain()
                last_byte = time.perf_counter()

        writing = asyncio.create_task(write())
        try:
            async with asyncio.timeout(PATIENCE):
                text, accepted = await _answer(reader)
        except TimeoutError:
            text, accepted = "no answer", False
        finished = time.perf_counter()
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        writer.transport.abort()
        return Reaction(text, max(0.0, finished - last_byte), finished - started, accepted)


async def _answer(reader: asyncio.StreamReader) -> tuple[str, bool]:
    """Read one response or the end of the connection."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        status, length = int(head.split(b" ", 2)[1]), _length(head)
        body = await reader.readexactly(length)
    except asyncio.IncompleteReadError:
        return "closed", True
    except ConnectionError:
        return "reset", True
    return judge(status, body)


def judge(status: int, body: bytes) -> tuple[str, bool]:
    """Return the answer in short, and whether it is acceptable: refused, or answered although it was unusual."""
    if status >= 500 and status != 503:  # noqa: PLR2004  # HTTP
        return str(status), False
    codes = {error.get("extensions", {}).get("code") for error in _errors(body)}
    if "INTERNAL_SERVER_ERROR" in codes:
        return f"{status} INTERNAL_SERVER_ERROR", False
    return " ".join([str(status), *sorted(map(str, codes))]), True


def _errors(body: bytes) -> list[dict[str, dict[str, str]]]:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return []
    return answer.get("errors") or [] if isinstance(answer, dict) else []


def _length(head: bytes) -> int:
    return int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]) if b"content-length:" in head else 0
