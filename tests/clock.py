"""A clock that tests set: a sleep advances it at once."""

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta

from cg_client.clock import Clock

START = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
_CYCLES = 5  # of the event loop, in which everything that can run does, before time moves on


class FakeClock(Clock):
    """`monotonic` and `now` advance together; sleepers wake one by one in the order of their times."""

    def __init__(self, now: datetime = START, monotonic: float = 1000.0) -> None:
        self._now = now
        self._monotonic = monotonic
        self._passed = 0.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._waker: asyncio.Task[None] | None = None
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self._monotonic + self._passed

    def now(self) -> datetime:
        return self._now + timedelta(seconds=self._passed)

    def advance(self, seconds: float) -> None:
        self._passed += seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._passed + max(0.0, seconds), next(self._order), woken))
        if self._waker is None or self._waker.done():
            self._waker = asyncio.create_task(self._wake())
        await woken

    async def _wake(self) -> None:
        while self._sleepers:
            for _ in range(_CYCLES):
                await asyncio.sleep(0)
            due, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                self._passed = max(self._passed, due)
                woken.set_result(None)


class SteppedClock(Clock):
    """Stands still until a test lets time pass; then sleepers wake in the order of their times."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now
        self._passed = 0.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def monotonic(self) -> float:
        return 1000.0 + self._passed

    def now(self) -> datetime:
        return self._now + timedelta(seconds=self._passed)

    def jump(self, step: timedelta) -> None:
        """Set the wall clock forward or back."""
        self._now += step

    @property
    def sleeping(self) -> int:
        return sum(not woken.done() for _, _, woken in self._sleepers)

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._passed + max(0.0, seconds), next(self._order), woken))
        await woken

    async def elapse(self, seconds: float) -> None:
        end = self._passed + seconds
        await self._run_ready()
        while self._sleepers and self._sleepers[0][0] <= end + 1e-6:  # sums of seconds are not exact
            due, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                self._passed = max(self._passed, due)
                woken.set_result(None)
                await self._run_ready()
        self._passed = max(self._passed, end)

    async def _run_ready(self) -> None:
        for _ in range(5 * _CYCLES):  # so that what was woken can go to sleep again
            await asyncio.sleep(0)
