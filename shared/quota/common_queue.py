"""The queue of a replica in contact: the script starts its calls, or tells when they could start."""

import asyncio
from collections.abc import Callable
from typing import Final

from cg_client.call import Call
from cg_client.clock import Clock
from cg_client.errors import QueueFull, StartsTooLate
from cg_client.quota.admission import Admission, refusal
from cg_client.quota.admission_queue import MAX_WAITING, AdmissionQueue
from cg_client.quota.requester import Priority, Requester
from shared.quota.contact import HEARTBEAT, QuotaContact
from shared.quota.forecasts import CallForecast, QuotaForecasts
from shared.quota.ledger import DigestOf
from shared.quota.messages import QuotaReply, QuotaRequest
from shared.quota.waiters import ContactChanged, SharedWaiter, SharedWaiters

_MAX_ROUNDS: Final = 2  # exchanges in which a call waits for a forecast


class CommonQueue:
    """Starts a call at once while slots are leased to this replica, else when the script grants it."""

    def __init__(
        self,
        local: AdmissionQueue,
        contact: QuotaContact,
        digest: DigestOf,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        """`wake` lets an exchange follow, which `request` and `apply` are for."""
        self._local, self._contact, self._clock, self._wake = local, contact, clock, wake
        self._waiters = SharedWaiters(local.weights, digest)
        self.forecasts = QuotaForecasts()

    def __len__(self) -> int:
        return len(self._waiters)

    def count(self, priority: Priority) -> int:
        return self._waiters.count(priority)

    def request(self, now: float) -> QuotaRequest:
        """Return the request of an exchange that begins now."""
        if len(self._waiters):
            self._contact.leased = 0  # nothing may start without asking: what waits here may have these slots, too
        candidates = [] if self._contact.is_alone else self.forecasts.candidates(now)
        return self._contact.request(now, self._waiters.report(now), candidates)

    def apply(self, reply: QuotaReply, sent: float, now: float) -> None:
        self.forecasts.learn(reply, sent, now)
        self._admit_granted(reply, now)
        self._refuse_late(reply, now)

    def evict(self) -> None:
        """Let calls wait elsewhere, since the contact is lost."""
        self.forecasts.forget()
        self.forecasts.release()
        self._waiters.evict(ContactChanged())

    def take(self, requester: Requester, now: float) -> Admission | None:
        """Start a call without asking, if nothing waits."""
        if not self._may_take(now):
            return None
        self._contact.leased -= 1
        self._wake()
        return self._admit(requester, now)

    async def start(self, waiter: SharedWaiter, now: float) -> Admission:
        return self.take(waiter.requester, now) or await self._wait(waiter)

    def late_forecast(self, deadline: float, requester: Requester, now: float) -> CallForecast | None:
        """Return the forecast by which a call that begins now is refused without an exchange."""
        if self._may_take(now):
            return None
        forecast = self.forecasts.find(self._waiters.group_of(requester), now, now)
        is_late = forecast is not None and forecast.at > min(deadline, now + requester.patience)
        return forecast if is_late else None

    def refuse(self, requester: Requester, forecast: CallForecast, now: float) -> StartsTooLate:
        """Count a refusal, and return it."""
        self._local.refused[forecast.priority] += 1
        weight = self._local.weights.get(requester.client, 1)
        self.forecasts.note_refusal(self._waiters.group_of(requester), weight, now)
        return refusal(forecast.priority, forecast.at, now, self._local.window.pause)

    def give_back(self, admission: Admission) -> None:
        self._contact.ledger.give_back(admission.client)
        self._local.give_back(admission)
        self.forecasts.forget()
        self._wake()

    def reprioritize(self, call: Call, requester: Requester) -> None:
        waiter = self._waiters.find(call, requester.priority)
        if waiter is not None and self._waiters.discard(waiter):
            waiter.requester = requester
            self._waiters.push(waiter)
            self.forecasts.forget()
            self._wake()

    def _may_take(self, now: float) -> bool:
        is_open = not self._contact.is_stale(now) and now >= self._local.window.pause.until
        return self._contact.leased > 0 and is_open and not len(self._waiters)

    def _admit(self, requester: Requester, now: float) -> Admission:
        self._local.shares.see(requester.client, now)
        self._contact.ledger.start(requester.client)
        return self._local.admit(requester.client, now)

    async def _wait(self, waiter: SharedWaiter) -> Admission:
        waiting = self._waiters.count_of(waiter.requester.client)
        if waiting >= MAX_WAITING - len(self._waiters):
            self._local.refused[waiter.requester.priority] += 1
            raise QueueFull(max(self._seconds_until_last(waiter), HEARTBEAT), waiting)
        await self._check_forecast(waiter)
        self._waiters.push(waiter)
        self._wake()
        try:
            return await waiter.admitted
        except asyncio.CancelledError:
            if self._waiters.discard(waiter):
                self._wake()
            self.forecasts.forget()
            if not waiter.admitted.cancelled() and waiter.admitted.exception() is None:
                self.give_back(waiter.admitted.result())
            raise

    async def _check_forecast(self, waiter: SharedWaiter) -> None:
        """Refuse a call that cannot start in time; if others like it just were, wait for their forecast."""
        group, rounds = self._waiters.group_of(waiter.requester), _MAX_ROUNDS
        while True:
            now = self._clock.monotonic()
            forecast = self.forecasts.find(group, waiter.since, now)
            if forecast is not None and forecast.at > waiter.deadline:
                raise self.refuse(waiter.requester, forecast, now)
            if forecast is not None or rounds == 0 or not self.forecasts.is_candidate(group):
                return
            rounds -= 1
            self._wake()
            await self.forecasts.reply()
            if self._contact.is_alone:
                raise ContactChanged

    def _seconds_until_last(self, waiter: SharedWaiter) -> float:
        """Return in how many seconds the last call of the waiter's group could start, as the last reply told."""
        client, priority = self._waiters.group_of(waiter.requester)
        forecasts = self._contact.reply.forecasts
        times = [item.times[-1] for item in forecasts if (item.client, item.priority) == (client, priority)]
        return max(times, default=0.0)

    def _admit_granted(self, reply: QuotaReply, now: float) -> None:
        for client, priority, count in reply.granted:
            for waiter in self._waiters.group(client, priority)[:count]:
                self._waiters.discard(waiter)
                if not waiter.admitted.done():  # else its caller was just cancelled
                    waiter.admitted.set_result(self._admit(waiter.requester, now))

    def _refuse_late(self, reply: QuotaReply, now: float) -> None:
        """Refuse calls that can no longer start in time."""
        for group in reply.forecasts:
            waiters = self._waiters.group(group.client, group.priority)
            for number, (waiter, seconds) in enumerate(zip(waiters, group.times, strict=False)):
                if now + seconds > waiter.deadline:
                    priority = Priority.EXCESS if number >= group.in_share else waiter.requester.priority
                    self._waiters.discard(waiter)
                    refused = self.refuse(waiter.requester, CallForecast(now + seconds, priority), now)
                    if not waiter.admitted.done():
                        waiter.admitted.set_exception(refused)
                    self.forecasts.forget()
                    self._wake()  # it makes room for the others
