"""A TCP proxy that slows what it passes on, or passes on nothing while all connections stay open."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator


class DelayingProxy:
    """`delay` is in seconds, in each direction; `url` is that of the server, through this proxy."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._open = asyncio.Event()
        self._open.set()
        self.delay = 0.0
        self.url = ""

    def partition(self) -> None:
        """Pass on nothing, new connections included, and reset none: as a network that loses all packets."""
        self._open.clear()

    def heal(self) -> None:
        """Pass on what came in the meantime, as retransmissions do."""
        self._open.set()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["DelayingProxy"]:
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0) as server:
            self.url = f"valkey://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            try:
                yield self
            finally:
                for task in self._tasks:
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)
                for writer in self._writers:
                    writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers |= {writer, to_server}
        for source, target in ((reader, to_server), (from_server, writer)):
            pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
            for work in (self._receive(source, pieces), self._pass_on(pieces, target)):
                task = asyncio.create_task(work)
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _receive(self, source: asyncio.StreamReader, pieces: "asyncio.Queue[tuple[float, bytes]]") -> None:
        data = b"-"
        while data:
            with contextlib.suppress(ConnectionError):
                data = b""
                data = await source.read(65_536)
            pieces.put_nowait((time.monotonic() + self.delay, data))

    async def _pass_on(self, pieces: "asyncio.Queue[tuple[float, bytes]]", target: asyncio.StreamWriter) -> None:
        while True:
            due, data = await pieces.get()
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            await self._open.wait()
            if not data:
                break
            target.write(data)
        target.close()
        self._writers.discard(target)
