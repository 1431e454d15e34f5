"""Notices that replicas publish to each other, on a connection of their own."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from redis.asyncio.connection import AbstractConnection

from shared.store.errors import StoreAway
from shared.store.failures import FAILURES, reason_of
from shared.store.link import packed

Callback: TypeAlias = Callable[[bytes], None]
Callbacks: TypeAlias = Mapping[bytes, Sequence[Callback]]


class NoticeLink:
    """Passes each message on to the callbacks of its channel, as they are when it comes."""

    def __init__(self, connection: AbstractConnection, callbacks: Callbacks, on_loss: Callable[[str], None]) -> None:
        """Use a connection that is open; `on_loss` is called once, with the reason."""
        self._connection = connection
        self._callbacks = callbacks
        self._on_loss = on_loss
        self._loop = asyncio.get_running_loop()  # which reports a callback that fails
        self._reason: str | None = None
        self._pongs: list[asyncio.Future[None]] = []
        self._unsent: asyncio.Queue[tuple[bytes | str, ...]] = asyncio.Queue()
        self._tasks = [asyncio.create_task(work()) for work in (self._write, self._read)]
        if callbacks:
            self.send(b"SUBSCRIBE", *callbacks)

    def send(self, *command: bytes) -> None:
        self._unsent.put_nowait(command)

    def ping(self) -> "asyncio.Future[None]":
        """Return what is done once everything that was sent before has been executed."""
        if self._reason is not None:
            raise StoreAway(self._reason)
        pong: asyncio.Future[None] = self._loop.create_future()
        self._pongs.append(pong)
        self.send(b"PING")
        return pong

    def end(self) -> "Iterable[asyncio.Task[None]]":
        """End the work on the connection, which its owner closes; return what is about to end."""
        self.lose("closed")
        for task in self._tasks:
            task.cancel()
        return self._tasks

    async def _write(self) -> None:
        try:
            while True:
                data = packed(await self._unsent.get())
                await self._connection.send_packed_command(data, check_health=False)
        except FAILURES as error:
            self.lose(reason_of(error))

    async def _read(self) -> None:
        """Read pushes, which are lists, and replies to PING, which are not."""
        try:
            while self._reason is None:
                reply = await self._connection.read_response(
                    disable_decoding=True, disconnect_on_error=False, push_request=True
                )
                if not isinstance(reply, list):
                    self._receive_pong()
                elif reply[0] == b"message":
                    self._pass_on(reply[1], reply[2])
        except FAILURES as error:
            self.lose(reason_of(error))

    def _receive_pong(self) -> None:
        if self._pongs and not (pong := self._pongs.pop(0)).done():
            pong.set_result(None)

    def _pass_on(self, channel: bytes, message: bytes) -> None:
        for callback in tuple(self._callbacks.get(channel, ())):
            self._loop.call_soon(callback, message)

    def lose(self, reason: str) -> None:
        if self._reason is not None:
            return
        self._reason = reason
        for pong in self._pongs:
            if not pong.done():
                pong.set_exception(StoreAway(reason))
        self._on_loss(reason)
