"""A TCP proxy that cuts connections in the middle of what the server sends."""

import asyncio
import contextlib
from collections.abc import AsyncIterator


class CuttingProxy:
    """`opened` counts connections; `url` is that of the server, through this proxy."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._cut: asyncio.Event | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.opened = 0
        self.url = ""

    def cut(self) -> asyncio.Event:
        """Pass on half of the next piece that the server sends, and close the connection; set the event then."""
        self._cut = asyncio.Event()
        return self._cut

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["CuttingProxy"]:
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0) as server:
            self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            try:
                yield self
            finally:
                self._close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._port)
        self._open |= {writer, to_server}
        upwards = asyncio.create_task(_pass_on(reader, to_server))
        try:
            while data := await from_server.read(65_536):
                if self._cut is not None:
                    writer.write(data[: len(data) // 2])
                    await writer.drain()
                    self._cut.set()
                    self._cut = None
                    break
                writer.write(data)
        finally:
            upwards.cancel()
            for each in (writer, to_server):
                each.close()
                self._open.discard(each)

    def _close(self) -> None:
        for writer in list(self._open):
            writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
