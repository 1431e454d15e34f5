"""One connection to one server, on which many operations are in progress at a time."""

import asyncio
from collections import deque
from collections.abc import Callable

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ResponseError

from cg_client.clock import Clock
from shared.commands import Argument, StoreReply
from shared.errors import StoreAway
from shared.failures import FAILURES, is_away, refusal

_CYCLES = 5  # of the event loop, in which replies that have arrived are read


class _Sent:
    """An operation that has no reply yet."""

    __slots__ = ("future", "since")

    def __init__(self, future: "asyncio.Future[StoreReply]", since: float) -> None:
        self.future = future
        self.since = since


class Link:
    """Replies come in the order of the operations. A late one, or any failure, loses the link for all of them.

    A caller that is cancelled leaves its operation in the queue, so that its reply goes to nobody else.
    """

    def __init__(
        self, connection: AbstractConnection, clock: Clock, limit: float, on_loss: Callable[[str], None]
    ) -> None:
        """Use a connection that is open; `on_loss` is called once, with the reason."""
        self._connection = connection
        self._clock = clock
        self._limit = limit
        self._on_loss = on_loss
        self._pending: deque[_Sent] = deque()
        self._unsent: list[bytes] = []
        self._unstamped: list[_Sent] = []
        self._has_unsent, self._is_busy = asyncio.Event(), asyncio.Event()
        self._reason: str | None = None
        self._tasks = [asyncio.create_task(work()) for work in (self._write, self._read, self._watch)]

    def send(self, command: tuple[Argument, ...]) -> "asyncio.Future[StoreReply]":
        """Return the reply to come. Raises StoreAway if the link is lost."""
        if self._reason is not None:
            raise StoreAway(self._reason)
        packed = self._connection.pack_command(*command)
        sent = _Sent(asyncio.get_running_loop().create_future(), self._clock.monotonic())
        self._unsent += packed
        self._unstamped.append(sent)
        self._pending.append(sent)
        self._has_unsent.set()
        self._is_busy.set()
        return sent.future

    async def close(self, reason: str = "closed") -> None:
        self._lose(reason)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._connection.disconnect(nowait=True)

    async def _write(self) -> None:
        try:
            while True:
                await self._has_unsent.wait()
                self._has_unsent.clear()
                packed, self._unsent = b"".join(self._unsent), []
                now = self._clock.monotonic()
                for sent in self._unstamped:
                    sent.since = now
                self._unstamped.clear()
                await self._connection.send_packed_command(packed, check_health=False)
        except FAILURES as error:
            self._lose(str(error))

    async def _read(self) -> None:
        try:
            while self._reason is None:
                try:
                    reply = await self._connection.read_response(disable_decoding=True, disconnect_on_error=False)
                except ResponseError as error:
                    self._fail(error)
                else:
                    future = self._pending.popleft().future
                    if not future.done():
                        future.set_result(reply)
        except FAILURES as error:
            self._lose(str(error))
        except IndexError:
            self._lose("the server sent a reply to no operation")

    def _fail(self, error: ResponseError) -> None:
        """Give the error to its operation, or lose the link if it is about all of them."""
        if is_away(error):
            self._lose(str(error))
            return
        future = self._pending.popleft().future
        if not future.done():
            future.set_exception(refusal(error))

    async def _watch(self) -> None:
        """Lose the link when the oldest operation is late.

        A process that was busy itself finds replies that came in time unread: the loop reads them first.
        """
        while self._reason is None:
            if not self._pending:
                self._is_busy.clear()
                await self._is_busy.wait()
            elif (seconds := self._pending[0].since + self._limit - self._clock.monotonic()) > 0:
                await self._clock.sleep(seconds)
            else:
                oldest = self._pending[0]
                for _ in range(_CYCLES):
                    await asyncio.sleep(0)
                if self._pending and self._pending[0] is oldest and self._is_late(oldest):
                    self._lose(f"no reply within {self._limit:g} seconds")

    def _is_late(self, sent: _Sent) -> bool:
        return self._clock.monotonic() >= sent.since + self._limit

    def _lose(self, reason: str) -> None:
        if self._reason is not None:
            return
        self._reason = reason
        pending, self._pending = self._pending, deque()
        for sent in pending:
            if not sent.future.done():
                sent.future.set_exception(StoreAway(reason))
        self._on_loss(reason)
