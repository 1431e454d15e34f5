"""One connection to the server: a request goes out and its answer is read, one after another."""

import asyncio
import math
import select
from typing import cast

import httpx

from cg_client.wire.answer import Answer, AnswerReader, Limits


class HungUp(httpx.RemoteProtocolError):
    """The server had closed the connection while it rested: the request was not heard and can be sent again."""


class Connection(asyncio.Protocol):
    """Whatever ends an exchange early closes the connection, so that no answer can meet the next request."""

    _transport: asyncio.Transport

    def __init__(self, limits: Limits) -> None:
        self._loop = asyncio.get_running_loop()
        self._reader = AnswerReader(limits)
        self._answered: asyncio.Future[None] | None = None
        self._heard_at = self._rests_since = 0.0  # time of the loop, as below
        self._until = self._silence = math.inf
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = math.inf
        self._open = True
        self._has_answered = False
        self.gone: asyncio.Future[None] = self._loop.create_future()

    def rest(self) -> bool:
        """Whether it can, being open, as far as is known without asking the system."""
        self._rests_since = self._loop.time()
        return self._open and not self._transport.is_closing()

    def is_usable(self, longest: float) -> bool:
        """Whether a request can be sent: it rests for less than `longest` seconds, and nothing has come meanwhile.

        What has come and was not read yet is the server's closing.
        """
        rests = self._open and self._loop.time() - self._rests_since < longest
        return rests and not self._transport.is_closing() and not self._pending.poll(0)

    async def ask(
        self, request: bytes, within: float = math.inf, *, silence: float | None = None, without_body: bool = False
    ) -> Answer:
        """Raises HungUp, httpx's other errors of a connection, and ReadTimeout.

        That comes after `within` seconds, and after `silence` seconds in which nothing came.
        """
        self._reader.begin(without_body=without_body)
        self._answered = self._loop.create_future()
        self._heard_at = self._loop.time()
        self._until = self._heard_at + within
        self._silence = math.inf if silence is None else silence
        self._watch()
        try:
            self._transport.write(request)
            await self._answered
        except BaseException:
            self.close()
            self._reader.forget()
            raise
        self._has_answered = True
        if not self._reader.reusable:
            self.close()
        return self._reader.answer()

    def close(self) -> None:
        """At once: what is still under way is of no use to anybody."""
        self._open = False
        self._transport.abort()
        self._stop_timer()

    def fail(self, error: httpx.TransportError) -> None:
        """Closes, and ends the exchange that is under way, if one is, with the error."""
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(error)
        self.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._pending = select.poll()
        self._pending.register(transport.get_extra_info("socket"), select.POLLIN)

    def data_received(self, data: bytes) -> None:
        if self._answered is None or self._answered.done():
            self.close()  # nobody has asked
            return
        try:
            complete = self._reader.feed(data)
        except httpx.RemoteProtocolError as error:
            self.fail(error)
            return
        if complete:
            self._answered.set_result(None)
        else:
            self._heard_at = self._loop.time()

    def eof_received(self) -> None:
        self._open = False

    def connection_lost(self, error: Exception | None) -> None:
        self._open = False
        self._stop_timer()
        self.gone.set_result(None)
        if self._answered is None or self._answered.done():
            return
        if error is None and self._reader.end():
            self._answered.set_result(None)
        else:
            self._answered.set_exception(self._loss(error))

    def _loss(self, error: Exception | None) -> httpx.TransportError:
        # A reset is no hanging up: the server may have read the request, which then counts against the quota.
        silent = not self._reader.heard and (error is None or isinstance(error, BrokenPipeError))
        if silent and self._has_answered:
            return HungUp("The server closed the connection while it rested.")
        if error is not None:
            return httpx.ReadError(f"The connection broke ({type(error).__name__}).")
        return httpx.RemoteProtocolError("The connection ended before the answer was complete.")

    def _watch(self) -> None:
        """Sets the timer, unless it ends early enough: that of an earlier request goes on, and looks what is due."""
        due = min(self._heard_at + self._silence, self._until)
        if due < self._timer_due:
            self._stop_timer()
            self._timer, self._timer_due = self._loop.call_at(due, self._look), due

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer, self._timer_due = None, math.inf

    def _look(self) -> None:
        self._timer, self._timer_due = None, math.inf
        if self._answered is None or self._answered.done():
            return  # it rests
        if min(self._heard_at + self._silence, self._until) <= self._loop.time():
            self.fail(httpx.ReadTimeout("The answer did not come in time."))
        else:
            self._watch()
