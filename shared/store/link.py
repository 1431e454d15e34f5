"""One connection to one server, on which many operations are in progress at a time."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from hiredis import pack_command
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import AskError, ResponseError

from cg_client.clock import Clock
from shared.store.commands import Argument, StoreReply
from shared.store.errors import StoreAway
from shared.store.failures import FAILURES, is_away, reason_of, refusal

_MAX_LOOP_DELAY = 0.05  # seconds by which the event loop itself may be late


def ignore(future: "asyncio.Future[Any]") -> None:
    """Retrieve the failure of a future that nobody awaits, so that asyncio does not log it."""
    if not future.cancelled():
        future.exception()


class SentCommand:
    """An operation that has no reply yet."""

    __slots__ = ("future", "hops", "is_extended", "packed", "since")

    def __init__(self, packed: bytes) -> None:
        self.packed = packed
        self.future: asyncio.Future[StoreReply] = asyncio.get_running_loop().create_future()
        self.since = 0.0
        self.is_extended = False
        self.hops = 0  # redirections within a Cluster

    @classmethod
    def unobserved(cls, *words: str) -> "SentCommand":
        """Return an operation whose failure is ignored: the link reports its own loss."""
        command = cls(packed(words))
        command.future.add_done_callback(ignore)
        return command

    def fail(self, reason: str) -> None:
        if not self.future.done():
            self.future.set_exception(StoreAway(reason))


def packed(words: tuple[Argument, ...]) -> bytes:
    """Return a command as it is sent. Raises TypeError for a word that is neither text, bytes nor number."""
    data: bytes = pack_command(words)  # type: ignore[arg-type]  # its stub means a tuple of any length
    return data


Redirect: TypeAlias = Callable[[SentCommand, AskError], None]


class Link:
    """Replies come in the order of the operations. A late one, or any failure, loses the link for all of them.

    A caller that is cancelled leaves its operation in the queue, so that its reply goes to nobody else.
    """

    def __init__(
        self,
        connection: AbstractConnection,
        clock: Clock,
        limit: float,
        on_loss: Callable[[str], None],
        redirect: Redirect | None = None,
    ) -> None:
        """Use a connection that is open; `on_loss` is called once, with the reason."""
        self._connection = connection
        self._clock = clock
        self._limit = limit
        self._on_loss = on_loss
        self._redirect = redirect
        self._pending: deque[SentCommand] = deque()
        self._unsent: list[SentCommand] = []
        self._has_unsent, self._is_busy = asyncio.Event(), asyncio.Event()
        self._reason: str | None = None
        self._tasks = [asyncio.create_task(work()) for work in (self._write, self._read, self._watch)]

    def send(self, command: SentCommand) -> None:
        """Send the operation, whose future gets the reply. Raises StoreAway if the link is lost."""
        if self._reason is not None:
            raise StoreAway(self._reason)
        command.since = self._clock.monotonic()
        self._unsent.append(command)
        self._pending.append(command)
        self._has_unsent.set()
        self._is_busy.set()

    def end(self) -> "Iterable[asyncio.Task[None]]":
        """End the work on the connection, which its owner closes; return what is about to end."""
        self.lose("closed")
        for task in self._tasks:
            task.cancel()
        return self._tasks

    def lose(self, reason: str) -> None:
        if self._reason is not None:
            return
        self._reason = reason
        pending, self._pending = self._pending, deque()
        for command in pending:
            command.fail(reason)
        self._on_loss(reason)

    async def _write(self) -> None:
        """Send all unsent operations in one write; their limit counts from now."""
        try:
            while True:
                await self._has_unsent.wait()
                self._has_unsent.clear()
                commands, self._unsent = self._unsent, []
                now = self._clock.monotonic()
                for command in commands:
                    command.since = now
                data = b"".join([command.packed for command in commands])
                await self._connection.send_packed_command(data, check_health=False)
        except FAILURES as error:
            self.lose(reason_of(error))

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
            self.lose(reason_of(error))
        except IndexError:
            self.lose("COINGLASS_SHARED_URL: the server sent a reply to no operation")

    def _fail(self, error: ResponseError) -> None:
        """Give the error to its operation, send that elsewhere, or lose the link if the error is about all of them."""
        if is_away(error):
            self.lose(reason_of(error))
            return
        command = self._pending.popleft()
        if self._redirect is not None and isinstance(error, AskError):
            self._redirect(command, error)
        elif not command.future.done():
            command.future.set_exception(refusal(error))

    async def _watch(self) -> None:
        """Lose the link when the oldest operation is late."""
        while self._reason is None:
            if not self._pending:
                self._is_busy.clear()
                await self._is_busy.wait()
                continue
            oldest = self._pending[0]
            remaining = oldest.since + self._limit - self._clock.monotonic()
            if remaining > 0:
                await self._clock.sleep(remaining)
            elif remaining < -_MAX_LOOP_DELAY and not oldest.is_extended:
                self._extend(_MAX_LOOP_DELAY - remaining)
            else:
                self.lose(f"COINGLASS_SHARED_URL: no reply within {self._limit:g} seconds")

    def _extend(self, seconds: float) -> None:
        """Extend the limit once: if the event loop was busy, replies that have come are not read yet."""
        for command in self._pending:
            if not command.is_extended:
                command.since += seconds
                command.is_extended = True
