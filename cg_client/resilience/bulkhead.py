"""Keeps one slow group of endpoints from using all connections.

There are as many places as connections, and a group may hold three for each that is free: three quarters of all where
it is alone, and less the more others hold. So two groups that hang leave some to a third. Who finds no place
waits in the order of arrival, past those whose group has its share. Nobody waits for a connection further down, where
waiting would look like CoinGlass' slowness.
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

PER_FREE_PLACE = 3
LEAST_SECONDS = 0.1  # before the deadline: who got a place later would spend a request on an answer that comes too late
MAX_QUEUE = 2000  # calls of one group that wait: a hundred dashboards of twenty series, all cold


class Bulkhead(Generic[T]):
    """By group: `in_use` are the places held and `waiting` the calls that wait now; `waits` and `refused` only grow."""

    def __init__(
        self, send: Callable[[Call, float], Awaitable[T]], places: int, clock: Clock, *, queue: int = MAX_QUEUE
    ) -> None:
        self._send, self._clock, self._queue = send, clock, queue
        self._free = places
        self.in_use: Counter[str] = Counter()
        self.waits: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._queues: dict[str, OrderedDict[asyncio.Future[None], int]] = {}  # with the order of arrival
        self._arrivals = itertools.count()
        self.waiting: Counter[str] = Counter()

    async def __call__(self, call: Call, deadline: float) -> T:
        """Make the call when a place is free; raises ConnectionsBusy if none is before the deadline."""
        group = call.endpoint.group
        if self._has_room(group):
            self._take(group)
        else:
            await self._turn(group, deadline)
        try:
            return await self._send(call, deadline)
        finally:
            self._give_back(group)

    def _has_room(self, group: str) -> bool:
        return self.in_use[group] < PER_FREE_PLACE * self._free

    def _take(self, group: str) -> None:
        self._free -= 1
        self.in_use[group] += 1

    def _give_back(self, group: str) -> None:
        self._free += 1
        self.in_use[group] -= 1
        if self._queues:
            self._let_in()

    def _let_in(self) -> None:
        """Whoever of those that wait can start; nobody who can is left waiting."""
        while (found := self._next()) is not None:
            waiter, group = found
            self._taken_out(waiter, group)
            self._take(group)
            waiter.set_result(None)

    def _next(self) -> tuple[asyncio.Future[None], str] | None:
        """Who waits longest of all whose group has room."""
        able = [found for group in self._queues if self._has_room(group) and (found := self._first(group)) is not None]
        if not able:
            return None
        _, waiter, group = min(able, key=itemgetter(0))
        return waiter, group

    def _first(self, group: str) -> tuple[int, asyncio.Future[None], str] | None:
        """Not one that is done: it was given up, and has yet to leave."""
        queue = self._queues[group].items()
        return next(((number, waiter, group) for waiter, number in queue if not waiter.done()), None)

    def _taken_out(self, waiter: asyncio.Future[None], group: str) -> bool:
        """Whether it stood in the queue of its group."""
        queue = self._queues.get(group, OrderedDict())
        stood = queue.pop(waiter, None) is not None
        if stood and not queue:
            del self._queues[group]
        return stood

    async def _turn(self, group: str, deadline: float) -> None:
        """Wait for a place and take it."""
        left = deadline - self._clock.monotonic() - LEAST_SECONDS
        if left <= 0 or self.waiting[group] >= self._queue:
            self.refused[group] += 1
            raise ConnectionsBusy(group)
        self.waits[group] += 1
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        timer = loop.call_later(left, _give_up, waiter)
        self._queues.setdefault(group, OrderedDict())[waiter] = next(self._arrivals)
        self.waiting[group] += 1
        try:
            await waiter
        except BaseException as error:
            self._leave(waiter, group)
            if not isinstance(error, TimeoutError):
                raise
            self.refused[group] += 1
            raise ConnectionsBusy(group) from error
        finally:
            timer.cancel()
            self.waiting[group] -= 1

    def _leave(self, waiter: asyncio.Future[None], group: str) -> None:
        """Give back a place that was granted too late."""
        if not self._taken_out(waiter, group):
            self._give_back(group)


def _give_up(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError())
