"""A server that says the very bytes a test wants, on a real socket of the loopback."""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias

Step: TypeAlias = Callable[[asyncio.StreamWriter], Awaitable[None]]


def ok(body: bytes, *fields: bytes) -> bytes:
    """Return a whole answer with a length."""
    return b"\r\n".join([b"HTTP/1.1 200 OK", b"content-length: %d" % len(body), *fields, b"", body])


def says(*pieces: bytes) -> Step:
    """Send the pieces one after another."""

    async def step(writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)

    return step


def says_and_closes(*pieces: bytes) -> Step:
    async def step(writer: asyncio.StreamWriter) -> None:
        await says(*pieces)(writer)
        writer.close()

    return step


async def resets(writer: asyncio.StreamWriter) -> None:
    """Break the connection hard."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Halt:
    """A step that sends bytes and waits for `go` before it continues."""

    def __init__(self, first: bytes, rest: bytes) -> None:
        self.reached, self.go = asyncio.Event(), asyncio.Event()
        self._first, self._rest = first, rest

    async def __call__(self, writer: asyncio.StreamWriter) -> None:
        writer.write(self._first)
        await writer.drain()
        self.reached.set()
        await self.go.wait()
        writer.write(self._rest)
        await writer.drain()


class ScriptedServer:
    """Answers each request of any connection with the next step, and further ones with the last."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.requests: list[bytes] = []
        self.opened = 0  # connections in all
        self.open, self.most_open = 0, 0  # at a time
        self.changed = asyncio.Condition()  # notified when a connection opens or ends
        self.port = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def targets(self) -> list[str]:
        """What was requested, in order."""
        return [request.split(b" ")[1].decode("ascii") for request in self.requests]

    async def all_closed(self) -> None:
        """Wait until no connection is open."""
        async with asyncio.timeout(5), self.changed:
            await self.changed.wait_for(lambda: self.open == 0)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        await self._count(1)
        try:
            while not writer.is_closing():
                self.requests.append(await reader.readuntil(b"\r\n\r\n"))
                await (self.steps.pop(0) if len(self.steps) > 1 else self.steps[0])(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            self._tasks.discard(task)
            await self._count(-1)

    async def _count(self, change: int) -> None:
        async with self.changed:
            self.open += change
            self.opened += change > 0
            self.most_open = max(self.most_open, self.open)
            self.changed.notify_all()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def scripted(*steps: Step, tls: ssl.SSLContext | None = None) -> AsyncIterator[ScriptedServer]:
    server = ScriptedServer(*steps)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        await server.stop()
