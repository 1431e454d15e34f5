"""Keeps us inside the upstream quota of requests a minute.

Nothing says whether CoinGlass counts in fixed or in sliding minutes, so a request is held against us from its start
until a minute after its end: then neither way of counting can find more than the limit. The usage headers correct that
after each answer, upwards for other users of the key and downwards once upstream has begun a new minute. A call that
could not start before its deadline fails at once instead of queueing.

Several processes that use the key as one server have an equal share of its requests each, and need not know of each
other: together they cannot pass the limit.
"""

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cg_client.call import Call
from cg_client.clock import Clock
from cg_client.errors import QuotaExhausted, RequestRefused
from cg_client.transport import Reply

MINUTE = 60.0
_DIGITS = 9  # of a count that can be meant


@dataclass(frozen=True, slots=True)
class Usage:
    """The quota as this process knows it. `resets_in`: seconds until nothing counts any more, if nothing is added.

    `limit` and `used` are those of the process' share; `held`: nothing may start at present, whatever is left of it.
    """

    limit: int
    used: int
    resets_in: float | None
    held: bool = False

    @property
    def remaining(self) -> int:
        """Requests that could start now."""
        return 0 if self.held else max(0, self.limit - self.used)


class QuotaWindow:
    """The running minute. Times are monotonic seconds. `limit` is the key's, which `workers` processes share."""

    def __init__(self, limit: int, workers: int = 1) -> None:
        self.limit = limit
        self._workers = workers
        self._under_way = 0
        self._ended: list[float] = []  # when those ended that still count, the oldest first
        self._blocked_until = 0.0

    @property
    def share(self) -> int:
        """Requests a minute of this process. At least one, so that it still learns of a limit that rises again."""
        return max(1, self.limit // self._workers)

    def start(self) -> None:
        self._under_way += 1

    def end(self, now: float) -> None:
        self._under_way -= 1
        self._ended.append(now)

    def give_back(self) -> None:
        """Of a request that was not sent after all."""
        self._under_way -= 1

    def available_at(self, now: float, ahead: int = 0) -> float:
        """When a call may start that lets `ahead` others go first: never too early, `now` if at once."""
        self._expire(now)
        over = self._used + ahead + 1 - self.share
        if over <= 0:
            return max(now, self._blocked_until)
        frees = [*(end + MINUTE for end in self._ended), *[now + MINUTE] * self._under_way]
        if over > len(frees):  # beyond all that counts now: whole minutes behind those who go first
            frees = frees[-self.share :] or [now]
            rounds, index = divmod(over - 1 - self._used, len(frees))
            return max(frees[index] + (rounds + 1) * MINUTE, self._blocked_until)
        return max(frees[over - 1], self._blocked_until)

    def correct(self, started: float, now: float, limit: int | None, used: int | None) -> None:
        """What the headers of the answer to a request say: the key's limit, and what upstream counts in its minute.

        Of what upstream counts, the shares of the other processes may be theirs. What is beyond them and not ours is
        strangers', and held against us: so we never think to have more left than the key has.
        """
        if limit is not None and limit > 0:
            self.limit = limit
        if used is None:
            return
        self._expire(now)
        beyond_others = min(used, self.limit) - (self.limit - self.share)
        self._ended.extend([now] * (beyond_others - self._used))
        before = bisect_left(self._ended, started)
        del self._ended[: max(0, before - max(0, used - 1))]

    def block(self, until: float) -> None:
        self._blocked_until = max(self._blocked_until, until)

    def usage(self, now: float) -> Usage:
        self._expire(now)
        last = now if self._under_way else max(self._ended, default=None)
        resets_in = None if last is None else last + MINUTE - now
        return Usage(self.share, self._used, resets_in, held=now < self._blocked_until)

    @property
    def _used(self) -> int:
        return len(self._ended) + self._under_way

    def _expire(self, now: float) -> None:
        del self._ended[: bisect_right(self._ended, now, key=lambda end: end + MINUTE)]


class Throttle:
    """Lets a call through when the window has room, in the order of arrival."""

    def __init__(self, send: Callable[[Call, float], Awaitable[Reply]], window: QuotaWindow, clock: Clock) -> None:
        self._send = send
        self._window = window
        self._clock = clock
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def __call__(self, call: Call, deadline: float) -> Reply:
        """Raises QuotaExhausted, with the seconds until a call could start, where that is past the deadline."""
        started = await self._admit(deadline)
        try:
            reply = await self._send(call, deadline)
        except RequestRefused:
            self._window.give_back()
            raise
        except BaseException:
            self._window.end(self._clock.monotonic())
            raise
        self._window.end(self._clock.monotonic())
        self._learn(started, reply)
        return reply

    async def _admit(self, deadline: float) -> float:
        """When the request starts: now, once there is room."""
        self._in_time(self._window.available_at(self._clock.monotonic(), self._waiting), deadline)
        self._waiting += 1
        try:
            async with self._turn:
                while (at := self._window.available_at(now := self._clock.monotonic())) > now:
                    self._in_time(at, deadline)
                    await self._clock.sleep(at - now)
                self._window.start()
                return now
        finally:
            self._waiting -= 1

    def _in_time(self, at: float, deadline: float) -> None:
        now = self._clock.monotonic()
        if at > deadline and at > now:
            raise QuotaExhausted(at - now)

    def _learn(self, started: float, reply: Reply) -> None:
        now = self._clock.monotonic()
        self._window.correct(
            started, now, _count(reply.header("api-key-max-limit")), _count(reply.header("api-key-use-limit"))
        )

    def hold(self, asked: float | None) -> float:
        """Stops all requests for the seconds that upstream asked for, else for a whole minute; says for how many."""
        seconds = MINUTE if asked is None else asked
        self._window.block(self._clock.monotonic() + seconds)
        return seconds

    def usage(self) -> Usage:
        return self._window.usage(self._clock.monotonic())


def _count(value: str | None) -> int | None:
    """A header's figure; None for what is no count of requests."""
    text = (value or "").strip()
    return int(text) if text.isdecimal() and len(text) <= _DIGITS else None
