"""One quota of requests a minute for all replicas, of which each has a safe part while the store is away.

Calls that wait are granted by a script in the store, many of them in one exchange. While the quota has room, each
replica may start some calls without asking. A replica that cannot reach the store goes on with the queue of its own.
"""

import asyncio
import contextlib
from dataclasses import replace
from functools import lru_cache
from typing import Final

import msgspec
import structlog

from cg_client.call import Call
from cg_client.clock import Clock
from cg_client.errors import StartsTooLate
from cg_client.quota.admission import Admission
from cg_client.quota.admission_queue import AdmissionQueue
from cg_client.quota.requester import Priority, Requester
from cg_client.quota.window import PauseReason, Usage
from shared.quota.common_queue import CommonQueue
from shared.quota.contact import HEARTBEAT, QuotaContact
from shared.quota.forecasts import CallForecast
from shared.quota.messages import LATE, QuotaReply, QuotaRequest, ScriptRunner, exchange
from shared.quota.safe_share import FAST_CLOCK
from shared.quota.waiters import ContactChanged, SharedWaiter
from shared.store.errors import CommandRefused, StoreAway
from shared.store.scope import Scope

log = structlog.get_logger(__name__)

LONGEST_CALL: Final = 30.0
MEMBER_LIFETIME_SECONDS: Final = 900.0  # after which a silent replica has ended
_REJOIN_SECONDS = 0.25
_SOONEST = 0.01  # seconds until the next exchange, unless something happens
_REMEMBERED_CLIENTS = 10_000


class SharedQuota:
    """Puts the common quota before a replica's own queue, in which calls wait while the replica is alone."""

    def __init__(
        self,
        local: AdmissionQueue,
        store: ScriptRunner,
        scope: Scope,
        clock: Clock,
        *,
        replica: str,
        longest: float = LONGEST_CALL,
        recovery_seconds: float | None = None,
        member_lifetime_seconds: float = MEMBER_LIFETIME_SECONDS,
    ) -> None:
        """`scope`: of the key. `replica`: stable, so that a restarted one takes its predecessor's place.

        `longest`: seconds that a call may last, from its admission on. `recovery_seconds`: for which a store without
        data, which may just have lost them, grants nothing to the others; None is as long as what it granted may count.
        """
        self._local, self._store, self._name, self._clock = local, store, scope.name("quota"), clock
        local.window.minute *= FAST_CLOCK
        now = clock.monotonic()
        digest = lru_cache(_REMEMBERED_CLIENTS)(scope.client)
        self.contact = QuotaContact(replica, local, digest, now, longest, recovery_seconds, member_lifetime_seconds)
        self.refused = local.refused
        self.exchanges = 0
        self._common = CommonQueue(local, self.contact, digest, clock, self._wake)
        self._is_exchanging = self._is_pending = self._is_closed = False
        self._timer: asyncio.Task[None] | None = None
        self._due = 0.0
        self.contact.safe_share.divide(now)

    async def open(self) -> None:
        """Make contact, as the first call does otherwise; without success the replica is alone, and attempts go on."""
        self._stop_timer()
        await self._exchange(self._store)

    async def on_return(self, commands: ScriptRunner) -> None:
        """Report to a store that has just returned, before anybody else uses it."""
        if self.contact.has_begun and not self._is_closed and not self._is_exchanging:
            self._stop_timer()
            await self._exchange(commands)

    def on_loss(self) -> None:
        """Go on alone; to be called when the store goes away."""
        self._lose()

    async def close(self) -> None:
        """Leave, so that the others have the quota for themselves."""
        self._is_closed = True
        self._stop_timer()
        now = self._clock.monotonic()
        if not self.contact.is_alone:
            self._lose()
        if self.contact.has_begun:
            with contextlib.suppress(StoreAway, CommandRefused):
                await exchange(self._store, self._name, self.contact.request(now, (), leave=True))
        await self._local.close()

    @property
    def obstacle(self) -> str | None:
        return self.contact.obstacle

    @property
    def size(self) -> int:
        return len(self._common) + self._local.size

    def waiting(self, priority: Priority) -> int:
        return self._common.count(priority) + self._local.waiting(priority)

    def skip(self, requester: Requester) -> Admission | None:
        if self.contact.is_alone:
            admission = self._local.skip(requester)
            if admission is not None:
                self.contact.ledger.start(requester.client)
            return admission
        if requester.priority is not Priority.INTERACTIVE:
            return None
        return self._common.take(requester, self._clock.monotonic())

    async def start(self, call: Call, deadline: float, requester: Requester) -> Admission:
        since = self._clock.monotonic()
        deadline = min(deadline, since + requester.patience)
        waiter = SharedWaiter(call, deadline, replace(requester, patience=float("inf")), since)
        while True:
            with contextlib.suppress(ContactChanged):
                return await self._start(waiter)
            waiter = SharedWaiter(call, deadline, waiter.requester, since)  # whose priority may have been raised

    async def _start(self, waiter: SharedWaiter) -> Admission:
        now = self._clock.monotonic()
        if not self.contact.is_alone and self.contact.is_stale(now):
            self._lose()
        if not self.contact.is_alone:
            return await self._common.start(waiter, now)
        if self._timer is None and not self._is_exchanging:
            self._schedule(0)
        try:
            admission = await self._local.start(waiter.call, waiter.deadline, waiter.requester)
        except StartsTooLate as refused:
            raise self.contact.safe_share.explain(refused) from None
        self.contact.ledger.start(waiter.requester.client)
        return admission

    def will_refuse(self, deadline: float, requester: Requester) -> bool:
        return self._late_forecast(deadline, requester, self._clock.monotonic()) is not None

    def refuse(self, deadline: float, requester: Requester) -> StartsTooLate | None:
        now = self._clock.monotonic()
        forecast = self._late_forecast(deadline, requester, now)
        return None if forecast is None else self._common.refuse(requester, forecast, now)

    def _late_forecast(self, deadline: float, requester: Requester, now: float) -> CallForecast | None:
        return None if self.contact.is_alone else self._common.late_forecast(deadline, requester, now)

    def end(self, admission: Admission) -> None:
        self.contact.ledger.end(admission.client, self._clock.monotonic())
        self._local.end(admission)
        self._wake()

    def give_back(self, admission: Admission) -> None:
        self._common.give_back(admission)

    def reprioritize(self, call: Call, requester: Requester) -> None:
        self._local.reprioritize(call, requester)
        self._common.reprioritize(call, requester)

    def review(self) -> None:
        if self.contact.is_alone:
            self._local.review()
        else:
            self._wake()

    def correct(self, started: float, limit: int | None, used: int | None) -> None:
        self.contact.learn(started, limit, used)
        self._common.forecasts.forget()
        if self.contact.is_alone:
            self._local.correct(started, limit, used)
        else:
            self._wake()

    def allow(self, limit: int) -> None:
        self.contact.allow(limit)
        self._common.forecasts.forget()
        if self.contact.is_alone:
            self._local.allow(limit)
        else:
            self._wake()

    def pause(self, seconds: float, reason: PauseReason) -> None:
        self.contact.pause(self._clock.monotonic() + seconds, reason)
        self._local.pause(seconds, reason)
        self._common.forecasts.forget()
        self._wake()

    def usage(self) -> Usage:
        contact, now = self.contact, self._clock.monotonic()
        if not contact.has_begun:
            return replace(self._local.usage(), limit=self._local.window.limit)
        if contact.is_alone:
            return replace(self._local.usage(), replicas=contact.replicas, is_alone=True)
        resets_in = contact.reply.resets_in
        return Usage(
            self._local.window.limit,
            contact.reply.used,
            None if resets_in is None else max(0.0, resets_in - (now - contact.confirmed_at)),
            is_paused=now < self._local.window.pause.until,
            replicas=contact.replicas,
        )

    def remaining(self, now: float) -> int:
        if not self.contact.has_begun:
            return self.usage().remaining
        if self.contact.is_alone:
            return self._local.remaining(now)
        is_paused = now < self._local.window.pause.until
        return 0 if is_paused else max(0, self._local.window.limit - self.contact.reply.used)

    def _wake(self) -> None:
        """Exchange at once, with all that happens in this cycle of the event loop."""
        if self._is_exchanging:
            self._is_pending = True
        elif not self.contact.is_alone:
            self._schedule(0)

    def _schedule(self, seconds: float) -> None:
        due = self._clock.monotonic() + seconds
        if self._is_closed or (self._timer is not None and self._due <= due):
            return
        self._stop_timer()
        self._due = due
        self._timer = asyncio.create_task(self._exchange_in(seconds))

    async def _exchange_in(self, seconds: float) -> None:
        if seconds > 0:
            await self._clock.sleep(seconds)
        if self.contact.is_alone:
            self.contact.safe_share.divide(self._clock.monotonic())
            self._local.review()
        await self._exchange(self._store)

    def _stop_timer(self) -> None:
        if self._timer is not None and not self._timer.done():
            self._timer.cancel()
        self._timer = None

    async def _exchange(self, store: ScriptRunner) -> None:
        self._is_exchanging, succeeded = True, False
        try:
            self._is_pending = succeeded = True
            while self._is_pending and succeeded and not self._is_closed:
                self._is_pending = succeeded = False
                succeeded = await self._exchange_once(store)
        finally:  # whatever fails, or is cancelled
            self._is_exchanging, self._timer = False, None
            self._schedule(self._next_in(succeeded=succeeded))

    def _next_in(self, *, succeeded: bool) -> float:
        now = self._clock.monotonic()
        if not self.contact.is_alone:
            return max(_SOONEST, min(HEARTBEAT, self.contact.reply.next or HEARTBEAT))
        seconds = _REJOIN_SECONDS if succeeded else HEARTBEAT
        rises_in = self.contact.safe_share.rises_at - now
        return min(seconds, rises_in) if rises_in > 0 else seconds

    async def _exchange_once(self, store: ScriptRunner) -> bool:
        """Return whether the store has answered."""
        sent = self._clock.monotonic()
        request = self._common.request(sent)
        self.exchanges += 1
        try:
            reply = await exchange(store, self._name, request)
        except Exception as error:
            if not isinstance(error, StoreAway | CommandRefused | msgspec.DecodeError):
                log.exception("an exchange about the quota failed")
            self.contact.safe_share.expect_nothing()
            self._lose()
            return False
        now = self._clock.monotonic()
        if request.alone is not self.contact.is_alone:  # the store went away meanwhile
            return True
        if now - sent > LATE:
            self._lose()
            return True
        self._apply(request, reply, sent, now)
        return True

    def _apply(self, request: QuotaRequest, reply: QuotaReply, sent: float, now: float) -> None:
        self.contact.safe_share.note_name(is_taken=reply.status == "busy", now=now)
        if reply.status != "ok":
            if not request.alone:
                self._lose()
                self._is_pending = True
            return
        self.contact.confirm(request, reply, sent, now)
        if not request.alone:
            self._is_pending |= self.contact.share(request, reply)
            self._common.apply(reply, sent, now)
        elif reply.ready:
            self.contact.join(sent)
            self._local.evict(ContactChanged())
            self._is_pending = True
        else:
            self.contact.safe_share.divide(now)
            self._local.review()

    def _lose(self) -> None:
        """Go on alone, from the next call on."""
        if self.contact.is_alone:
            return
        self.contact.leave(self._clock.monotonic())
        self._common.evict()
        if not self._is_exchanging:
            self._schedule(0)
