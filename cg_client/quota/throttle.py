"""Sends a call when the quota has room for it, and tells the quota what the answer says of it."""

from collections.abc import Awaitable, Callable
from functools import lru_cache

from cg_client.call import Call
from cg_client.clock import Clock
from cg_client.errors import RequestRefused, UpstreamFailed
from cg_client.quota.admission_queue import AdmissionQueue
from cg_client.quota.requester import SYSTEM, Requester
from cg_client.quota.round_robin import EQUAL, Weights
from cg_client.quota.window import MINUTE, PauseReason, QuotaWindow, Usage
from cg_client.transport import Reply

_DIGITS = 9  # of a count that can be meant


class Throttle:
    """Sends what the admission queue admits; a call is counted in the window until a minute after its end."""

    def __init__(
        self,
        send: Callable[[Call, float], Awaitable[Reply]],
        window: QuotaWindow,
        clock: Clock,
        weights: Weights = EQUAL,
    ) -> None:
        self._send = send
        self._window = window
        self._clock = clock
        self.admission_queue = AdmissionQueue(window, clock, weights)
        self._limit_header: bytes | None = None
        self.on_limit: Callable[[int], None] = lambda _: (
            None
        )  # hears of each limit that the headers did not state before

    async def __call__(self, call: Call, deadline: float, requester: Requester = SYSTEM) -> Reply:
        """Make the call when the quota has room; raises StartsTooLate if that is past the deadline."""
        started = self.admission_queue.start(requester)
        if started is None:
            started = await self.admission_queue.wait(call, deadline, requester)
        try:
            reply = await self._send(call, deadline)
        except BaseException as error:
            self._end(error)
            raise
        self._learn(started, reply)
        return reply

    def _end(self, error: BaseException) -> None:
        """Of a request without an answer, which counts unless CoinGlass cannot have heard of it."""
        if isinstance(error, RequestRefused) or (isinstance(error, UpstreamFailed) and not error.sent):
            self._window.give_back()
            self.admission_queue.review()
        else:
            self._window.end(self._clock.monotonic())

    def _learn(self, started: float, reply: Reply) -> None:
        now = self._clock.monotonic()
        self._window.end(now)
        limit, used = reply.headers.get(b"api-key-max-limit"), reply.headers.get(b"api-key-use-limit")
        self._window.correct(started, now, _count(limit), _count(used))
        self.admission_queue.review()
        if limit != self._limit_header:
            self._tell(limit)

    def _tell(self, header: bytes | None) -> None:
        limit = _count(header)
        if limit:
            self._limit_header = header
            self.on_limit(limit)

    def allow(self, limit: int) -> None:
        """Assume that the key has at least so many requests a minute."""
        self._window.limit = max(self._window.limit, limit)
        self.admission_queue.review()

    def hold(self, asked: float | None) -> float:
        """Stop all requests for the seconds that upstream asked for, or for a minute; returns how many."""
        seconds, reason = (MINUTE, PauseReason.REFUSED) if asked is None else (asked, PauseReason.ASKED)
        self._window.block(self._clock.monotonic() + seconds, reason)
        self.admission_queue.review()
        return seconds

    def usage(self) -> Usage:
        return self._window.usage(self._clock.monotonic())


@lru_cache(1024)  # the limit is mostly the same, and what is used of it never large
def _count(value: bytes | None) -> int | None:
    """Return a header's figure; None if it is not a count of requests."""
    text = (value or b"").strip()
    return int(text) if text.isdigit() and len(text) <= _DIGITS else None
