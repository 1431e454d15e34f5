"""Queues calls when the quota is exhausted, and admits them by priority and fair share.

Priorities are strict: while an interactive call waits, no refresh starts, and while a refresh waits, no backfill.
Within a priority the clients take turns (weighted round robin). Refreshes and backfills leave the reserve of the window
to interactive calls. What a client requests beyond its share, while others are active, comes last (`client_shares.py`):
waiting calls move there when another client becomes active, and back when the share has room again.

A call that cannot start before its deadline, by the forecast for those ahead of it, is refused at once. One that is
overtaken later is refused as soon as the room changes, so that the deadline also ends calls that are overtaken forever.
"""

import asyncio
import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from cg_client.call import Call
from cg_client.clock import Clock
from cg_client.errors import QueueFull, StartsTooLate
from cg_client.quota.admission import Admission, refusal
from cg_client.quota.client_shares import ClientShares
from cg_client.quota.requester import Priority, Requester
from cg_client.quota.round_robin import EQUAL, RoundRobin, Weights
from cg_client.quota.window import Forecast, PauseReason, QuotaWindow, Usage

MAX_WAITING = 1000


@dataclass(eq=False, slots=True)
class _Waiter:
    """`started` resolves to the time when the call may go, in monotonic seconds; the window counts it from then on.

    `priority` is that of the requester, or EXCESS.
    """

    call: Call
    deadline: float
    requester: Requester
    priority: Priority
    started: asyncio.Future[float] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class AdmissionQueue:
    """A client may take as many waiting in the queue as are free: at most half of them, so that none fills it alone."""

    def __init__(
        self, window: QuotaWindow, clock: Clock, weights: Weights = EQUAL, excess_fraction: float = 1.0
    ) -> None:
        """`excess_fraction`: of the minute, which calls beyond the clients' shares may use."""
        self.window, self._clock = window, clock
        self.weights, self.excess_fraction = weights, excess_fraction
        self.shares = ClientShares(window, weights, excess_fraction)
        self.remaining: Callable[[float], int] = window.remaining
        self._queues = {priority: RoundRobin[_Waiter](weights) for priority in Priority}
        self._not_after = {
            priority: [queue for other, queue in self._queues.items() if other <= priority] for priority in Priority
        }
        self._timer: asyncio.Task[None] | None = None
        self._timer_due = 0.0
        self.size = 0  # calls that wait, read before each call: nothing here has to run while it is 0
        self.refused = dict.fromkeys(Priority, 0)

    @property
    def obstacle(self) -> str | None:
        return None

    def waiting(self, priority: Priority) -> int:
        return len(self._queues[priority])

    def skip(self, requester: Requester) -> Admission | None:
        """Admit an interactive call if nothing waits and there is room for it at once."""
        now = self._clock.monotonic()
        if self.size or requester.priority is not Priority.INTERACTIVE or self.window.available_at(now) > now:
            return None
        self.shares.see(requester.client, now)
        return self.admit(requester.client, now) if self.shares.room(requester.client, now) >= 1 else None

    async def start(self, call: Call, deadline: float, requester: Requester) -> Admission:
        """Wait until the call may go.

        Raises StartsTooLate, with the seconds until it could start, if that is past the deadline or the requester's
        patience.
        """
        now = self._clock.monotonic()
        deadline = min(deadline, now + requester.patience)
        self.shares.see(requester.client, now)
        priority = self._priority(requester, now)
        is_first = not any(self._not_after[priority])
        if is_first and self.window.available_at(now, self._reserve(priority)) <= now:
            return self.admit(requester.client, now)
        return await self._wait(_Waiter(call, deadline, requester, priority))

    def will_refuse(self, _deadline: float, _requester: Requester) -> bool:
        """Nobody has to know that before a call is refused."""
        return False

    def refuse(self, _deadline: float, _requester: Requester) -> StartsTooLate | None:
        return None

    def end(self, admission: Admission) -> None:
        """Count a call that was sent until a minute from now."""
        now = self._clock.monotonic()
        self.window.end(now)
        self.shares.end(admission.client, now)

    def give_back(self, admission: Admission) -> None:
        """Stop counting a call that was not sent."""
        self.window.give_back()
        self.shares.give_back(admission.client)

    def correct(self, started: float, limit: int | None, used: int | None) -> None:
        self.window.correct(started, self._clock.monotonic(), limit, used)
        if self.size:
            self.review()

    def allow(self, limit: int) -> None:
        self.window.set_limit(max(self.window.limit, limit))
        self.review()

    def pause(self, seconds: float, reason: PauseReason) -> None:
        self.window.block(self._clock.monotonic() + seconds, reason)
        self.review()

    def usage(self) -> Usage:
        return self.window.usage(self._clock.monotonic())

    async def close(self) -> None:
        self._stop_timer()

    def evict(self, reason: Exception) -> None:
        """Let all waiting calls raise the reason."""
        for queue in self._queues.values():
            while queue:
                waiter = queue.pop()
                if not waiter.started.done():
                    waiter.started.set_exception(reason)
        self._stop_timer()

    def admit(self, client: str, now: float) -> Admission:
        """Count a call that starts now, whether there is room for it or not."""
        self.window.start()
        self.shares.start(client)
        return Admission(now, client)

    def _priority(self, requester: Requester, now: float) -> Priority:
        """Return the priority of one more call: EXCESS if the share has no room behind the client's waiting ones."""
        room = self.shares.room(requester.client, now)
        return requester.priority if self._count_waiting(requester) < room else Priority.EXCESS

    def _count_waiting(self, requester: Requester) -> int:
        """Return how many calls of the client wait with this priority or a higher one."""
        return sum(self._queues[other].count(requester.client) for other in Priority if other <= requester.priority)

    async def _wait(self, waiter: _Waiter) -> Admission:
        self._check(waiter)
        self.size += 1
        self._push(waiter)
        self._start_next()
        self._set_timer()
        try:
            return Admission(await waiter.started, waiter.requester.client)
        except asyncio.CancelledError:
            self._leave(waiter)
            raise
        finally:
            self.size -= 1

    def _push(self, waiter: _Waiter) -> None:
        self._queues[waiter.priority].push(waiter.requester.client, waiter)

    def _discard(self, waiter: _Waiter) -> None:
        self._queues[waiter.priority].discard(waiter.requester.client, waiter)

    def reprioritize(self, call: Call, requester: Requester) -> None:
        """Give a waiting call to a more urgent requester who also waits for it: its priority, and its share."""
        now = self._clock.monotonic()
        self.shares.see(requester.client, now)
        if not self.size:
            return
        priority = self._priority(requester, now)
        waiting = (waiter for other, queue in self._queues.items() if other > priority for waiter in queue)
        waiter = next((waiter for waiter in waiting if waiter.call == call), None)
        if waiter is not None:
            self._discard(waiter)
            waiter.requester, waiter.priority = requester, priority
            self._push(waiter)
            self._start_next()
            self._set_timer()

    def review(self) -> None:
        """Start and refuse waiting calls; to be called when the room may have changed."""
        self._start_next()
        self._refuse_late()
        self._set_timer()

    def _check(self, waiter: _Waiter) -> None:
        now = self._clock.monotonic()
        at = self._forecast(waiter, now)
        if at > waiter.deadline and at > now:
            raise self._refusal(waiter.priority, at, now)
        waiting = sum(queue.count(waiter.requester.client) for queue in self._queues.values())
        if waiting >= MAX_WAITING - sum(map(len, self._queues.values())):
            self.refused[waiter.priority] += 1
            raise QueueFull(at - now, waiting)

    def _forecast(self, waiter: _Waiter, now: float) -> float:
        """Return when one more call could start behind those ahead of it."""
        client, forecast = waiter.requester.client, self.window.forecast(now)
        for priority in Priority:
            reserve = self._reserve(priority)
            if priority == waiter.priority:
                forecast.add(self._queues[priority].ahead_of(client), reserve)
                break
            forecast.add(len(self._queues[priority]), reserve)
        at = forecast.next(self._reserve(waiter.priority))
        before = self._count_waiting(replace(waiter.requester, priority=Priority.EXCESS))
        return at if waiter.priority is not Priority.EXCESS else min(at, self._return_at(waiter, before, now))

    def _return_at(self, waiter: _Waiter, before: int, now: float) -> float:
        """Return when a call beyond the share could start within it, behind so many others of its client."""
        if waiter.requester.priority is Priority.EXCESS:
            return math.inf
        in_share = self.shares.room_at(waiter.requester.client, now, before)
        return max(in_share, self.window.available_at(now, self._reserve(waiter.requester.priority)))

    def _start_next(self) -> None:
        now = self._clock.monotonic()
        if self._sort(now):
            self._refuse_late()
        for priority, queue in self._queues.items():
            while queue and self.window.available_at(now, self._reserve(priority)) <= now:
                waiter = queue.pop()
                if not waiter.started.done():  # else its caller was just cancelled
                    self.admit(waiter.requester.client, now)
                    waiter.started.set_result(now)

    def _sort(self, now: float) -> bool:
        """Let as many calls of each client as its share has room for wait with their priority; return if any moved."""
        if not self.shares.are_needed and not self._queues[Priority.EXCESS]:
            return False
        waiting = defaultdict[str, list[_Waiter]](list)
        for queue in self._queues.values():
            for waiter in queue:
                waiting[waiter.requester.client].append(waiter)
        moved = False
        for client, waiters in waiting.items():
            room = self.shares.room(client, now)
            for before, waiter in enumerate(sorted(waiters, key=lambda item: item.requester.priority)):
                priority = waiter.requester.priority if before < room else Priority.EXCESS
                if priority is not waiter.priority:
                    self._discard(waiter)
                    waiter.priority, moved = priority, True
                    self._push(waiter)
        return moved

    def _refuse_late(self) -> None:
        """Refuse calls that can no longer start in time, which makes room for the others."""
        now = self._clock.monotonic()
        for waiter, at in list(self._late(self.window.forecast(now), now)):
            self._discard(waiter)
            if not waiter.started.done():
                waiter.started.set_exception(self._refusal(waiter.priority, at, now))

    def _late(self, forecast: Forecast, now: float) -> Iterator[tuple[_Waiter, float]]:
        waiting = defaultdict[str, int](int)
        for priority, queue in self._queues.items():
            reserve = self._reserve(priority)
            for waiter in queue:
                client = waiter.requester.client
                at = forecast.next(reserve)
                if priority is Priority.EXCESS:
                    at = min(at, self._return_at(waiter, waiting[client], now))
                if at > waiter.deadline and at > now:
                    yield waiter, at
                else:
                    waiting[client] += 1
                    forecast.add(reserve=reserve)

    def _leave(self, waiter: _Waiter) -> None:
        """Remove a waiter whose caller was cancelled before its call was sent."""
        started = waiter.started
        if started.cancelled():
            self._discard(waiter)
        elif started.exception() is None:
            self.give_back(Admission(started.result(), waiter.requester.client))
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
        due = self.window.available_at(now, self._reserve(best))
        if best is Priority.EXCESS:
            first = {waiter.requester.client: waiter for waiter in reversed(list(self._queues[best]))}
            due = min(due, *(self._return_at(waiter, 0, now) for waiter in first.values()))
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

    def _refusal(self, priority: Priority, at: float, now: float) -> StartsTooLate:
        self.refused[priority] += 1
        return refusal(priority, at, now, self.window.pause)

    def _reserve(self, priority: Priority) -> int:
        if priority is Priority.EXCESS:
            return max(self.shares.reserve, self.window.reserve)
        return 0 if priority is Priority.INTERACTIVE else self.window.reserve
