"""Queues calls when the quota is exhausted, and admits them by priority and fair share.

Priorities are strict: while an interactive call waits, no refresh starts, and while a refresh waits, no backfill.
Within a priority the clients take turns (weighted round robin). Refreshes and backfills leave the reserve of the window
to interactive calls. What a client requests beyond its share, while others are active, comes last (`client_shares.py`).

A call that cannot start before its deadline, by the forecast for those ahead of it, is refused at once. One that is
overtaken later is refused as soon as the room changes, so that the deadline also ends calls that are overtaken forever.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from cg_client.call import Call
from cg_client.clock import Clock
from cg_client.errors import QueueFull, QuotaExhausted, RequestsPaused, StartsTooLate
from cg_client.quota.client_shares import ClientShares
from cg_client.quota.requester import Priority, Requester
from cg_client.quota.round_robin import EQUAL, RoundRobin, Weights
from cg_client.quota.window import Forecast, PauseReason, QuotaWindow

MAX_WAITING = 1000

_SPENT = {
    Priority.INTERACTIVE: "The quota of requests a minute is spent",
    Priority.REFRESH: "What the quota of requests a minute leaves to refreshes is spent",
    Priority.BACKFILL: "What the quota of requests a minute leaves to backfills is spent",
    Priority.EXCESS: "The share of this caller in the quota of requests a minute is spent",
}


@dataclass(eq=False, slots=True)
class _Waiter:
    """`started` resolves to the time when the call may go, in monotonic seconds; the window counts it from then on."""

    call: Call
    deadline: float
    requester: Requester
    started: asyncio.Future[float] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class AdmissionQueue:
    """A client may take as many waiting in the queue as are free: at most half of them, so that none fills it alone."""

    def __init__(self, window: QuotaWindow, clock: Clock, weights: Weights = EQUAL, part: float = 1.0) -> None:
        """`part`: of the minute, which calls beyond the clients' shares may use."""
        self._window, self._clock = window, clock
        self.shares = ClientShares(window, weights, part)
        self._queues = {priority: RoundRobin[_Waiter](weights) for priority in Priority}
        self._not_after = {
            priority: [queue for other, queue in self._queues.items() if other <= priority] for priority in Priority
        }
        self._timer: asyncio.Task[None] | None = None
        self._timer_due = 0.0
        self.size = 0  # calls that wait, read before each call: nothing here has to run while it is 0
        self.refused = dict.fromkeys(Priority, 0)

    def waiting(self, priority: Priority) -> int:
        return len(self._queues[priority])

    async def start(self, call: Call, deadline: float, requester: Requester) -> float:
        """Wait until the call may go, and return when that is.

        Raises StartsTooLate, with the seconds until it could start, if that is past the deadline.
        """
        started = await self._start(call, deadline, self.shares.classify(requester, self._clock.monotonic()))
        self.shares.note_start(requester.client, started)
        return started

    async def _start(self, call: Call, deadline: float, requester: Requester) -> float:
        now = self._clock.monotonic()
        is_first = not any(self._not_after[requester.priority])
        if is_first and self._window.available_at(now, self._reserve(requester.priority)) <= now:
            self._window.start()
            return now
        return await self._wait(call, deadline, requester)

    async def _wait(self, call: Call, deadline: float, requester: Requester) -> float:
        self._check(deadline, requester)
        waiter = _Waiter(call, deadline, requester)
        self.size += 1
        self._queues[requester.priority].push(requester.client, waiter)
        self._start_next()
        self._set_timer()
        try:
            return await waiter.started
        except asyncio.CancelledError:
            self._leave(waiter)
            raise
        finally:
            self.size -= 1

    def reprioritize(self, call: Call, requester: Requester) -> None:
        """Give a waiting call the priority of a more urgent requester who also waits for it."""
        requester = self.shares.classify(requester, self._clock.monotonic())
        for priority, queue in self._queues.items():
            if priority <= requester.priority:
                continue
            waiter = next((waiter for waiter in queue if waiter.call == call), None)
            if waiter is not None:
                queue.discard(waiter.requester.client, waiter)
                waiter.requester = requester
                self._queues[requester.priority].push(requester.client, waiter)
                self._start_next()
                self._set_timer()

    def review(self) -> None:
        """Start and refuse waiting calls; to be called when the room may have changed."""
        self._start_next()
        self._refuse_late()
        self._set_timer()

    def _check(self, deadline: float, requester: Requester) -> None:
        now = self._clock.monotonic()
        at = self._forecast(requester, now)
        if at > deadline and at > now:
            raise self._refusal(requester, at, now)
        waiting = sum(queue.count(requester.client) for queue in self._queues.values())
        if waiting >= MAX_WAITING - sum(map(len, self._queues.values())):
            self.refused[requester.priority] += 1
            raise QueueFull(at - now, waiting)

    def _forecast(self, requester: Requester, now: float) -> float:
        """Return when one more call could start behind those ahead of it."""
        forecast = self._window.forecast(now)
        for priority in Priority:
            reserve = self._reserve(priority)
            if priority == requester.priority:
                forecast.add(self._queues[priority].ahead_of(requester.client), reserve)
                break
            forecast.add(len(self._queues[priority]), reserve)
        return forecast.next(self._reserve(requester.priority))

    def _start_next(self) -> None:
        now = self._clock.monotonic()
        for priority, queue in self._queues.items():
            while queue and self._window.available_at(now, self._reserve(priority)) <= now:
                waiter = queue.pop()
                if not waiter.started.done():  # else its caller was just cancelled
                    self._window.start()
                    waiter.started.set_result(now)

    def _refuse_late(self) -> None:
        """Refuse calls that can no longer start in time, which makes room for the others."""
        now = self._clock.monotonic()
        for waiter, at in list(self._late(self._window.forecast(now), now)):
            self._queues[waiter.requester.priority].discard(waiter.requester.client, waiter)
            if not waiter.started.done():
                waiter.started.set_exception(self._refusal(waiter.requester, at, now))

    def _late(self, forecast: Forecast, now: float) -> Iterator[tuple[_Waiter, float]]:
        for priority, queue in self._queues.items():
            reserve = self._reserve(priority)
            for waiter in queue:
                at = forecast.next(reserve)
                if at > waiter.deadline and at > now:
                    yield waiter, at
                else:
                    forecast.add(reserve=reserve)

    def _leave(self, waiter: _Waiter) -> None:
        """Remove a waiter whose caller was cancelled before its call was sent."""
        started = waiter.started
        if started.cancelled():
            self._queues[waiter.requester.priority].discard(waiter.requester.client, waiter)
        elif started.exception() is None:
            self._window.give_back()
            self._start_next()
            self._refuse_late()
        self._set_timer()

    def _set_timer(self) -> None:
        """Review when the first waiter could start; one with an earlier deadline was refused already."""
        best = next((priority for priority, queue in self._queues.items() if queue), None)
        if best is None:
            self._stop_timer()
            return
        now = self._clock.monotonic()
        due = self._window.available_at(now, self._reserve(best))
        if self._timer is None or due < self._timer_due:
            self._stop_timer()
            self._timer_due = due
            self._timer = asyncio.create_task(self._review_in(due - now))

    async def _review_in(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._timer = None
        self.review()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refusal(self, requester: Requester, at: float, now: float) -> StartsTooLate:
        """Return the refusal. Its reason is the quota only if that has no room when a pause of all requests ends."""
        self.refused[requester.priority] += 1
        pause = self._window.pause
        if at > pause.until:
            return QuotaExhausted(at - now, _SPENT[requester.priority])
        if pause.reason is PauseReason.REPLACED:
            return QuotaExhausted(at - now, pause.reason.value)
        return RequestsPaused(at - now, pause.reason.value)

    def _reserve(self, priority: Priority) -> int:
        if priority is Priority.EXCESS:
            return max(self.shares.reserve, self._window.reserve)
        return 0 if priority is Priority.INTERACTIVE else self._window.reserve
