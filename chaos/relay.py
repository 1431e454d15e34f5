"""A TCP proxy before the store, whose replies come late, or through which nothing passes."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Final

_PIECE: Final = 65_536  # bytes


class Relay:
    """`delay`: seconds by which the store's replies are late. While `is_cut`, nothing passes and nothing is closed."""

    def __init__(self, port: int) -> None:
        self._target = port
        self.port = 0
        self.delay = 0.0
        self._passes = asyncio.Event()
        self._passes.set()
        self._writers: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        self._passes.clear()

    def mend(self) -> None:
        self._passes.set()

    def close(self) -> None:
        for writer in [*self._writers]:
            writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._passes.wait()
        try:
            from_store, to_store = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.close()
            return
        self._writers |= {writer, to_store}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._upwards(reader, to_store))
                group.create_task(self._downwards(from_store, writer))
        except* OSError:
            pass
        finally:
            for each in (writer, to_store):
                each.close()
                self._writers.discard(each)

    async def _upwards(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(_PIECE):
            await self._passes.wait()
            writer.write(data)
        writer.close()

    async def _downwards(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass each piece on when it is due, while the next ones are read."""
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pass_on(pieces, writer))
            while data := await reader.read(_PIECE):
                pieces.put_nowait((time.monotonic() + self.delay, data))
            pieces.put_nowait((0.0, b""))

    async def _pass_on(self, pieces: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        while True:
            due, data = await pieces.get()
            await asyncio.sleep(due - time.monotonic())
            await self._passes.wait()
            if not data:
                writer.close()
                return
            writer.write(data)


@contextlib.asynccontextmanager
async def relay(port: int) -> AsyncIterator[Relay]:
    """Listen for the store on `port`."""
    between = Relay(port)
    server = await asyncio.start_server(between.serve, "127.0.0.1", 0)
    between.port = server.sockets[0].getsockname()[1]
    try:
        yield between
    finally:
        between.mend()
        server.close()
        between.close()
