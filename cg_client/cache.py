"""Caches decoded answers for their lifetime, and coalesces identical calls into one fetch.

After its lifetime an answer is `stale`. For a short grace period it is still served at once while one refresh runs;
later, up to `MAX_STALE`, only when upstream fails in a way that may pass, lets a caller wait for `STALE_PATIENCE`, or
may not be called for `QUOTA_PATIENCE`. The store is bounded in bytes of body.
"""

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from msgspec.structs import replace

from cg_client.call import AnyAnswer, CacheStatus, Call, CallKey, Fetched, Send, without_counting
from cg_client.clock import Clock
from cg_client.entries import Entry, MemoryStore
from cg_client.errors import CoinglassError, ConnectionsBusy, StartsTooLate, UpstreamTimeout
from cg_client.in_flight import Claim, InFlight
from cg_client.lookups import Lookups
from cg_client.quota.admission import RefusalForecast
from cg_client.quota.requester import SYSTEM, Priority, Requester
from cg_client.recent_failures import RecentFailures
from cg_client.second_tier import Lease, Lookup, SecondTier

STALE_PATIENCE = 5.0  # seconds; a healthy CoinGlass answers within 3.5
QUOTA_PATIENCE = 1.0  # seconds
_LEAST_SECONDS = 0.25  # in which no answer of CoinGlass would come: no lease is taken over for so short a time
_ALONE = Lookup()  # without a second tier


class Cache:
    def __init__(
        self,
        fetch: Send[Fetched],
        store: MemoryStore,
        clock: Clock,
        on_join: Callable[[Call, Requester], None] = lambda *_: None,
        is_sending: Callable[[asyncio.Task[AnyAnswer]], bool] = lambda _: False,
        second_tier: SecondTier | None = None,
        on_learned: Callable[[AnyAnswer], None] = lambda _: None,
        refusals: RefusalForecast = RefusalForecast(),  # noqa: B008  # it never changes
    ) -> None:
        """Make a cache in front of `fetch`.

        `on_join` is called with the call and the later requester whenever a fetch in flight is shared. A fetch that
        nobody waits for any more is cancelled, unless `is_sending`: the answer to a request that was sent is cached.
        What memory lacks is looked up in the `second_tier` before it is fetched; `on_learned` is called with an answer
        that was there. After a failure a stale answer is served for a second without either, so that the tier is not
        busy with what no replica can fetch. Whom `refusals` will refuse looks it up without taking the lease.
        """
        self._fetch, self._store, self._clock, self._on_join = fetch, store, clock, on_join
        self._is_sending = is_sending
        self._abandoned: set[asyncio.Task[Any] | None] = set()  # being sent, and not to be sent again
        self._in_flight: dict[CallKey, InFlight] = {}
        self._refusals, self._lookups = refusals, None
        if second_tier is not None:
            self._lookups = Lookups(second_tier, store, self._learn, self._end_lookup, refusals.will_refuse)
            second_tier.on_urgent(self._hurry)
        self._on_learned = on_learned
        self._failures = RecentFailures(clock, QUOTA_PATIENCE)
        self.lookups = Counter(hit=0, stale=0, shared=0, miss=0)

    def peek(self, call: Call, *, grace: bool = True) -> tuple[CacheStatus, Entry | None]:
        """Return what getting the call would do now, without doing it, and its entry, however old."""
        now = self._clock.monotonic()
        entry = self._store.get(call)
        if entry is not None and now < entry.fresh_until:
            return CacheStatus.HIT, entry
        if call.key in self._in_flight or (self._lookups is not None and call in self._lookups):
            return CacheStatus.PENDING, entry
        in_grace = grace and entry is not None and now < entry.grace_until
        return CacheStatus.REFRESH if in_grace else CacheStatus.MISS, entry

    def get(
        self, call: Call, deadline: float, requester: Requester = SYSTEM, *, grace: bool = True
    ) -> asyncio.Future[AnyAnswer]:
        """Return a cached answer, or one that is fetched once for all who wait for it; raises what the fetch raised."""
        now = self._clock.monotonic()
        entry = self._store.get(call)
        answer = None if entry is None else entry.servable(now, grace=grace)
        if answer is not None:
            self.lookups["stale" if answer.stale else "hit"] += 1
            if answer.stale:
                self.refresh(call, deadline, requester)
            return resolved(answer)
        if self._lookups is None or call.key in self._in_flight:
            return self._fetched(call, deadline, requester, grace=grace)
        failed_recently = self._after_failure(call, requester) if grace and entry is not None else None
        if failed_recently is not None:
            self.lookups["stale"] += 1
            return resolved(failed_recently)
        # Not a closure: its cells would make every hit slower.
        resume = partial(self._get_after, call, deadline, requester, grace)
        has_stale = grace and entry is not None and now < entry.usable_until
        return self._lookups.then(call, deadline, _hurried(requester) if has_stale else requester, resume)

    def _after_failure(self, call: Call, requester: Requester) -> AnyAnswer | None:
        """Return the stale answer to serve if a fetch has failed a moment ago."""
        failure = self._failures.of(call, requester)
        return None if failure is None else self._stale(call, failure)

    def _get_after(
        self,
        call: Call,
        deadline: float,
        requester: Requester,
        grace: bool,  # noqa: FBT001  # as `partial` passes it
        lookup: Lookup,
    ) -> asyncio.Future[AnyAnswer]:
        """Return what the second tier has, if it may be served, or what is fetched."""
        now = self._clock.monotonic()
        if lookup.was_fresh and lookup.entry is not None and lookup.entry.fresh_until <= now < deadline:
            return self.get(call, deadline, requester, grace=grace)  # it expired on the way, and nobody has the lease
        entry = self._store.get(call)
        answer = None if entry is None else entry.servable(now, grace=grace)
        if answer is None:
            return self._fetched(call, deadline, requester, lookup, grace=grace)
        self.lookups["stale" if answer.stale else "hit"] += 1
        if answer.stale:
            self._refresh(call, deadline, requester, lookup)
        return resolved(answer)

    def _fetched(
        self, call: Call, deadline: float, requester: Requester, lookup: Lookup = _ALONE, *, grace: bool
    ) -> asyncio.Future[AnyAnswer]:
        """Return the answer of the fetch in flight, or of one that begins."""
        now = self._clock.monotonic()
        entry = self._store.get(call)
        has_stale = grace and entry is not None and now < entry.usable_until
        in_flight = self._in_flight.get(call.key)
        self.lookups["miss" if in_flight is None else "shared"] += 1
        if in_flight is None:
            starter = _hurried(requester) if has_stale else requester
            in_flight, patience = self._start(call, deadline, starter, lookup), STALE_PATIENCE
        else:
            patience = STALE_PATIENCE if self._is_being_sent(in_flight) else QUOTA_PATIENCE
            self._join(in_flight, requester)
        waiter = self._wait(in_flight)  # at once: the fetch may end before a task could begin to wait for it
        by = min(deadline, now + patience) if has_stale else deadline
        if in_flight.deadline == by:
            return waiter
        joined = asyncio.ensure_future(self._joined(call, in_flight, waiter, by, requester))
        joined.add_done_callback(lambda _: waiter.cancel())  # of a task that was cancelled before it began
        return joined

    def _is_being_sent(self, in_flight: InFlight) -> bool:
        """Whether it waits for CoinGlass; a fetch by another replica counts as one that does."""
        return in_flight.claim.lookup.remote is not None or self._is_sending(in_flight.task)

    def refresh(self, call: Call, deadline: float, requester: Requester = SYSTEM) -> None:
        """Fetch in the background, unless that has failed a moment ago."""
        if self._lookups is None or call.key in self._in_flight:
            self._refresh(call, deadline, requester, _ALONE)
            return
        if self._after_failure(call, requester.in_the_background()) is not None:
            return
        without_counting(
            self._lookups.add,
            call,
            deadline,
            requester.in_the_background(),
            lambda lookup: None if lookup is None else self._refresh(call, deadline, requester, lookup),
        )

    def _refresh(self, call: Call, deadline: float, requester: Requester, lookup: Lookup) -> None:
        in_flight = self._in_flight.get(call.key)
        if in_flight is None:
            in_flight = without_counting(self._start, call, deadline, requester.in_the_background(), lookup)
        else:
            self._join(in_flight, requester.in_the_background())
        in_flight.is_background = True
        self._abandoned.discard(in_flight.task)

    def _join(self, in_flight: InFlight, requester: Requester) -> None:
        """Let a fetch be as urgent as a later requester, wherever it waits."""
        in_flight.claim.join(requester)
        self._on_join(in_flight.call, requester)

    def _hurry(self, call: Call, priority: Priority) -> None:
        """Let a fetch be as urgent as somebody in another replica, whose share it does not count in."""
        in_flight = self._in_flight.get(call.key)
        if in_flight is not None:
            self._join(in_flight, dataclasses.replace(in_flight.claim.requester, priority=priority))

    def _learn(self, call: Call, lookup: Lookup) -> None:
        """Cache what the second tier has, unless it is older than what memory has."""
        entry, before = lookup.entry, self._store.get(call)
        if entry is not None and (before is None or entry.fresh_until > before.fresh_until):
            self._store.put(call, entry)
            self._on_learned(entry.answer)

    def _end_lookup(self, call: Call, lookup: Lookup) -> None:
        """Give up a lease that no fetch has taken: those who waited for it have left."""
        in_flight = self._in_flight.get(call.key)
        if in_flight is None or in_flight.claim.lookup is not lookup:
            lookup.drop()

    def _start(self, call: Call, deadline: float, requester: Requester, lookup: Lookup) -> InFlight:
        claim = Claim(lookup, requester)
        task = asyncio.get_running_loop().create_task(self._fetch_and_store(call, deadline, claim))
        in_flight = self._in_flight[call.key] = InFlight(call, task, deadline, claim)
        task.add_done_callback(partial(self._resolve, in_flight))
        return in_flight

    def _wait(self, in_flight: InFlight) -> asyncio.Future[AnyAnswer]:
        waiter: asyncio.Future[AnyAnswer] = in_flight.task.get_loop().create_future()
        in_flight.waiters.append(waiter)
        self._abandoned.discard(in_flight.task)
        waiter.add_done_callback(partial(self._cancel_if_abandoned, in_flight))
        return waiter

    def _cancel_if_abandoned(self, in_flight: InFlight, waiter: asyncio.Future[AnyAnswer]) -> None:
        task = in_flight.task
        if not waiter.cancelled() or not in_flight.is_abandoned or task.done():
            return
        if self._is_sending(task):
            self._abandoned.add(task)
            return
        self._forget(in_flight)  # a later request for the same must not wait for what is being cancelled
        task.cancel()

    def is_awaited(self) -> bool:
        """Whether anybody waits for the fetch of the running task, or it refreshes the cache."""
        return asyncio.current_task() not in self._abandoned

    def _forget(self, in_flight: InFlight) -> None:
        if self._in_flight.get(in_flight.call.key) is in_flight:
            del self._in_flight[in_flight.call.key]

    def _resolve(self, in_flight: InFlight, task: asyncio.Task[AnyAnswer]) -> None:
        """Hand the result of a fetch to those who wait for it."""
        self._forget(in_flight)
        self._abandoned.discard(task)
        in_flight.claim.lookup.drop()
        error = None if task.cancelled() else task.exception()  # reading it marks that of a refresh as handled
        for waiter in in_flight.waiters:
            if waiter.done():
                continue
            if task.cancelled():
                waiter.cancel()
            elif error is not None:
                waiter.set_exception(error)
            else:
                waiter.set_result(task.result())

    async def close(self) -> None:
        """Cancel the fetches that are in flight."""
        if self._lookups is not None:
            await self._lookups.close()
        tasks = [in_flight.task for in_flight in self._in_flight.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _fetch_and_store(self, call: Call, deadline: float, claim: Claim) -> AnyAnswer:
        """Fetch and store; ends by the deadline, since every layer below does."""
        try:
            entry = await self._remote_entry(call, deadline, claim)
            if entry is None:
                entry = await self._new_entry(call, deadline, claim.requester, claim.lookup.lease)
        except CoinglassError as error:
            stale = self._stale(call, error) if error.retryable else None
            if stale is None:
                raise
            if self._lookups is not None and (
                isinstance(error, StartsTooLate) or not self._is_of_caller(error, deadline)
            ):
                self._failures.note(call, claim.requester, error)
            return stale
        return entry.answer

    async def _remote_entry(self, call: Call, deadline: float, claim: Claim) -> Entry | None:
        """Return the answer of another replica; None if this replica has to fetch. Raises what is shared of a failure.

        Ends by the deadline.
        """
        seconds = deadline - self._clock.monotonic()
        has_waited = False
        while True:
            lookup, now = claim.lookup, self._clock.monotonic()
            if lookup.failure is not None:
                raise lookup.failure
            if lookup.entry is not None and (lookup.was_fresh or now < lookup.entry.fresh_until):
                return lookup.entry  # one that has just expired is not fetched without a lease
            if lookup.is_unclaimed and self._lookups is not None:
                refused = self._refusals.refuse(call, deadline, claim.requester)
                if refused is not None:
                    raise refused
                claim.update(await self._lookups.claim(call, deadline, claim.requester))
                continue
            if lookup.remote is None:
                break
            has_waited = True
            try:
                claim.update(await lookup.remote.wait(deadline))
            except TimeoutError:
                raise _timed_out(call, seconds) from None
            self._learn(call, claim.lookup)
        if has_waited and deadline - now < _LEAST_SECONDS:
            raise _timed_out(call, seconds)
        return None

    async def _new_entry(self, call: Call, deadline: float, requester: Requester, lease: Lease | None) -> Entry:
        """Fetch and store, and share the outcome, if it says something of CoinGlass and not of this caller."""
        try:
            fetched = await self._fetch(call, deadline, requester)
        except CoinglassError as error:
            if lease is not None and not self._is_of_caller(error, deadline):
                lease.fail(error)
            raise
        entry = Entry.of(fetched, self._clock.monotonic())
        self._store.put(call, entry)
        if lease is not None:
            lease.finish(entry)
        return entry

    def _is_of_caller(self, failure: CoinglassError, deadline: float) -> bool:
        """Whether a caller with another deadline, or another replica, need not fail so."""
        if isinstance(failure, UpstreamTimeout):
            return not failure.had_enough_time or self._clock.monotonic() >= deadline - _LEAST_SECONDS
        return isinstance(failure, StartsTooLate | ConnectionsBusy)

    def _stale(self, call: Call, failure: CoinglassError) -> AnyAnswer | None:
        """Return the cached answer, past its time, that may be served when a fetch has failed."""
        entry = self._store.get(call)
        if entry is None or self._clock.monotonic() >= entry.usable_until:
            return None
        return replace(entry.answer, stale=True, failure=failure)

    async def _joined(
        self,
        call: Call,
        in_flight: InFlight,
        waiter: asyncio.Future[AnyAnswer],
        deadline: float,
        requester: Requester,
    ) -> AnyAnswer:
        """Wait for a fetch with another deadline; fetch again if it failed only because that deadline passed."""
        seconds = deadline - self._clock.monotonic()
        try:
            async with asyncio.timeout(max(0.0, seconds) if deadline < in_flight.deadline else None):
                return await waiter
        except TimeoutError:
            timeout = _timed_out(call, seconds)
            stale = self._stale(call, timeout)
            if stale is None:
                raise timeout from None
            return stale
        except (UpstreamTimeout, StartsTooLate):
            if in_flight.deadline >= deadline or self._clock.monotonic() >= deadline:
                raise
        return await self._again(call, deadline, requester)

    def _again(self, call: Call, deadline: float, requester: Requester) -> asyncio.Future[AnyAnswer]:
        """Wait for the fetch in flight, or for one that begins."""

        def fetched(lookup: Lookup) -> asyncio.Future[AnyAnswer]:
            in_flight = self._in_flight.get(call.key)
            if in_flight is None:
                in_flight = self._start(call, deadline, requester, lookup)
            else:
                self._join(in_flight, requester)
            return self._wait(in_flight)

        if self._lookups is None or call.key in self._in_flight:
            return fetched(_ALONE)
        return self._lookups.then(call, deadline, requester, fetched)


def _hurried(requester: Requester) -> Requester:
    """Limit how long a requester waits for the quota: a stale answer can serve it."""
    return dataclasses.replace(requester, patience=QUOTA_PATIENCE)


def _timed_out(call: Call, seconds: float) -> UpstreamTimeout:
    timeout = UpstreamTimeout(f"CoinGlass did not answer within {max(0.0, seconds):.1f} s.")
    timeout.endpoint = call.endpoint.path
    return timeout


def resolved(answer: AnyAnswer) -> asyncio.Future[AnyAnswer]:
    """Return a future that has the answer."""
    future: asyncio.Future[AnyAnswer] = asyncio.get_running_loop().create_future()
    future.set_result(answer)
    return future


def failed(error: CoinglassError) -> asyncio.Future[AnyAnswer]:
    """Return a future that has the error."""
    future: asyncio.Future[AnyAnswer] = asyncio.get_running_loop().create_future()
    future.set_exception(error)
    return future
