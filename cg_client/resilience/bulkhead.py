"""Keeps one slow group of endpoints from using all connections.

There are as many slots as connections, and a group may use three for each that is free: three quarters of all if it is
alone, and less the more the others use, so that two hanging groups leave some to a third. Without a slot a call waits
in the order of arrival, but passes those whose group has its share. No call waits for a connection further down, where
waiting would look like slowness of CoinGlass.
"""

import asyncio
import itertools
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable
from operator import itemgetter
from typing import Generic, TypeVar

from cg_client.call import Call
from cg_client.clock import Clock
from cg_client.errors import ConnectionsBusy

T = TypeVar("T")

PER_FREE_SLOT = 3
LEAST_SECONDS = 0.1  # before the deadline: with less left a call would spend a request on an answer that comes too late
MAX_QUEUE = 2000  # waiting calls of one group: a hundred cold dashboards of twenty series


class Bulkhead(Generic[T]):
    """Counts by group: `in_use` slots, `waiting` calls now, and `waits` and `refused` in all."""

    def __init__(
        self, send: Callable[[Call, float], Awaitable[T]], slots: int, clock: Clock, *, queue: int = MAX_QUEUE
    ) -> None:
        self._send, self._clock, self._queue = send, clock, queue
        self._free = slots
        self.in_use: Counter[str] = Counter()
        self.waits: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._queues: dict[str, OrderedDict[asyncio.Future[None], int]] = {}  # with the order of arrival
        self._arrivals = itertools.count()
        self.waiting: Counter[str] = Counter()

    async def __call__(self, call: Call, deadline: float) -> T:
        """Make the call when a slot is free; raises ConnectionsBusy if none is before the deadline."""
        group = call.endpoint.group
        if self.in_use[group] < PER_FREE_SLOT * self._free:
            self._free -= 1
            self.in_use[group] += 1
        else:
            await self._wait(group, deadline)
        try:
            return await self._send(call, deadline)
        finally:
            self._release(group)

    def _release(self, group: str) -> None:
        self._free += 1
        self.in_use[group] -= 1
        while self._queues and (waiting := self._next()) is not None:
            waiter, group = waiting
            self._leave_queue(waiter, group)
            self._free -= 1
            self.in_use[group] += 1
            waiter.set_result(None)

    def _next(self) -> tuple[asyncio.Future[None], str] | None:
        """Return the longest waiting call whose group has room."""
        groups = [group for group in self._queues if self.in_use[group] < PER_FREE_SLOT * self._free]
        able = [first for group in groups if (first := self._first(group)) is not None]
        if not able:
            return None
        _, waiter, group = min(able, key=itemgetter(0))
        return waiter, group

    def _first(self, group: str) -> tuple[int, asyncio.Future[None], str] | None:
        """Return the first waiter of the group that did not time out; one that did has yet to leave the queue."""
        queue = self._queues[group].items()
        return next(((number, waiter, group) for waiter, number in queue if not waiter.done()), None)

    def _leave_queue(self, waiter: asyncio.Future[None], group: str) -> bool:
        """Remove the waiter from the queue of its group; return whether it was there."""
        queue = self._queues.get(group, OrderedDict())
        was_queued = queue.pop(waiter, None) is not None
        if was_queued and not queue:
            del self._queues[group]
        return was_queued

    async def _wait(self, group: str, deadline: float) -> None:
        """Wait for a slot and take it."""
        left = deadline - self._clock.monotonic() - LEAST_SECONDS
        if left <= 0 or self.waiting[group] >= self._queue:
            self.refused[group] += 1
            raise ConnectionsBusy(group)
        self.waits[group] += 1
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(group, OrderedDict())[waiter] = next(self._arrivals)
        self.waiting[group] += 1
        try:
            async with asyncio.timeout(left):
                await waiter
        except BaseException as error:
            if not self._leave_queue(waiter, group):  # the slot was granted too late
                self._release(group)
            if not isinstance(error, TimeoutError):
                raise
            self.refused[group] += 1
            raise ConnectionsBusy(group) from error
        finally:
            self.waiting[group] -= 1
