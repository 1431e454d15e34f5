"""Caches decoded answers for their lifetime, and coalesces identical calls into one fetch.

After its lifetime an answer is `stale`. For a short grace period it is still served at once while one refresh runs;
later, up to `MAX_STALE`, only when upstream fails in a way that may pass, lets a caller wait for `STALE_PATIENCE`, or
may not be called for `QUOTA_PATIENCE`. The store is bounded in bytes of body.
"""

import asyncio
import dataclasses
from collections import Counter, OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace

from cg_client.call import AnyAnswer, CacheStatus, Call, CallKey, Send, without_counting
from cg_client.clock import Clock
from cg_client.errors import CoinglassError, StartsTooLate, UpstreamTimeout
from cg_client.quota.requester import SYSTEM, Requester

MAX_GRACE = 30.0  # seconds
MAX_STALE = 3600.0  # seconds
STALE_PATIENCE = 5.0  # seconds; a healthy CoinGlass answers within 3.5
QUOTA_PATIENCE = 1.0  # seconds


class Fetched(msgspec.Struct, frozen=True):
    """What the layers below return: an answer, its `size` in bytes of body, and its `lifetime` in seconds from now."""

    answer: AnyAnswer
    size: int
    lifetime: float


class Entry(msgspec.Struct, frozen=True):
    """A cached answer; the times are monotonic seconds."""

    answer: AnyAnswer
    size: int
    stored_at: float
    fresh_until: float
    grace_until: float
    usable_until: float

    def servable(self, now: float, *, grace: bool = True) -> AnyAnswer | None:
        """Return the answer if it may be served without waiting; within the grace period it is stale."""
        if now < self.fresh_until:
            return self.answer
        return replace(self.answer, stale=True) if grace and now < self.grace_until else None

    @classmethod
    def of(cls, fetched: Fetched, now: float) -> "Entry":
        fresh = now + fetched.lifetime
        grace = min(fetched.lifetime, MAX_GRACE)
        answer = replace(fetched.answer, fresh_until=fresh)
        return cls(answer, fetched.size, now, fresh, fresh + grace, fresh + MAX_STALE)


class MemoryStore:
    """Evicts the least recently used entries beyond `limit` bytes; never stores an entry larger than that."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: OrderedDict[CallKey, Entry] = OrderedDict()
        self.size = 0

    def get(self, call: Call) -> Entry | None:
        entry = self._entries.get(call.key)
        if entry is not None:
            self._entries.move_to_end(call.key)
        return entry

    def put(self, call: Call, entry: Entry) -> None:
        replaced = self._entries.pop(call.key, None)
        self.size -= replaced.size if replaced else 0
        if entry.size > self._limit:
            return
        self._entries[call.key] = entry
        self.size += entry.size
        while self.size > self._limit and self._entries:
            _, evicted = self._entries.popitem(last=False)
            self.size -= evicted.size

    def __len__(self) -> int:
        return len(self._entries)


class _InFlight(msgspec.Struct, eq=False):
    """A running fetch, and the deadline of the caller that started it. Those who wait may be cancelled earlier.

    `is_background`: a refresh, which goes on if nobody waits.
    """

    call: Call
    task: asyncio.Task[AnyAnswer]
    deadline: float
    is_background: bool = False
    waiters: list[asyncio.Future[AnyAnswer]] = []

    @property
    def is_abandoned(self) -> bool:
        return not self.is_background and all(waiter.done() for waiter in self.waiters)


class Cache:
    def __init__(
        self,
        fetch: Send[Fetched],
        store: MemoryStore,
        clock: Clock,
        on_join: Callable[[Call, Requester], None] = lambda *_: None,
        is_sending: Callable[[asyncio.Task[AnyAnswer]], bool] = lambda _: False,
    ) -> None:
        """Make a cache in front of `fetch`.

        `on_join` is called with the call and the later requester whenever a fetch in flight is shared. A fetch that
        nobody waits for any more is cancelled, unless `is_sending`: the answer to a request that was sent is cached.
        """
        self._fetch, self._store, self._clock, self._on_join = fetch, store, clock, on_join
        self._is_sending = is_sending
        self._abandoned: set[asyncio.Task[Any] | None] = set()  # being sent, and not to be sent again
        self._in_flight: dict[CallKey, _InFlight] = {}
        self.lookups = Counter(hit=0, stale=0, shared=0, miss=0)

    def peek(self, call: Call, *, grace: bool = True) -> tuple[CacheStatus, Entry | None]:
        """Return what getting the call would do now, without doing it, and its entry, however old."""
        now = self._clock.monotonic()
        entry = self._store.get(call)
        if entry is not None and now < entry.fresh_until:
            return CacheStatus.HIT, entry
        if call.key in self._in_flight:
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
        has_stale = grace and entry is not None and now < entry.usable_until
        in_flight = self._in_flight.get(call.key)
        self.lookups["miss" if in_flight is None else "shared"] += 1
        if in_flight is None:
            hurried = dataclasses.replace(requester, patience=QUOTA_PATIENCE) if has_stale else requester
            in_flight, patience = self._start(call, deadline, hurried), STALE_PATIENCE
        else:
            patience = STALE_PATIENCE if self._is_sending(in_flight.task) else QUOTA_PATIENCE
            self._on_join(call, requester)
        waiter = self._wait(in_flight)  # at once: the fetch may end before a task could begin to wait for it
        by = min(deadline, now + patience) if has_stale else deadline
        if in_flight.deadline == by:
            return waiter
        joined = asyncio.ensure_future(self._joined(call, in_flight, waiter, by, requester))
        joined.add_done_callback(lambda _: waiter.cancel())  # of a task that was cancelled before it began
        return joined

    def refresh(self, call: Call, deadline: float, requester: Requester = SYSTEM) -> None:
        """Fetch in the background."""
        in_flight = self._in_flight.get(call.key)
        if in_flight is None:
            in_flight = without_counting(self._start, call, deadline, requester.in_the_background())
        else:
            self._on_join(call, requester.in_the_background())
        in_flight.is_background = True
        self._abandoned.discard(in_flight.task)

    def _start(self, call: Call, deadline: float, requester: Requester) -> _InFlight:
        task = asyncio.get_running_loop().create_task(self._fetch_and_store(call, deadline, requester))
        in_flight = self._in_flight[call.key] = _InFlight(call, task, deadline)
        task.add_done_callback(partial(self._resolve, in_flight))
        return in_flight

    def _wait(self, in_flight: _InFlight) -> asyncio.Future[AnyAnswer]:
        waiter: asyncio.Future[AnyAnswer] = in_flight.task.get_loop().create_future()
        in_flight.waiters.append(waiter)
        self._abandoned.discard(in_flight.task)
        waiter.add_done_callback(partial(self._cancel_if_abandoned, in_flight))
        return waiter

    def _cancel_if_abandoned(self, in_flight: _InFlight, waiter: asyncio.Future[AnyAnswer]) -> None:
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

    def _forget(self, in_flight: _InFlight) -> None:
        if self._in_flight.get(in_flight.call.key) is in_flight:
            del self._in_flight[in_flight.call.key]

    def _resolve(self, in_flight: _InFlight, task: asyncio.Task[AnyAnswer]) -> None:
        """Hand the result of a fetch to those who wait for it."""
        self._forget(in_flight)
        self._abandoned.discard(task)
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
        tasks = [in_flight.task for in_flight in self._in_flight.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _fetch_and_store(self, call: Call, deadline: float, requester: Requester) -> AnyAnswer:
        """Fetch and store; ends by the deadline, since every layer below does."""
        try:
            fetched = await self._fetch(call, deadline, requester)
        except CoinglassError as error:
            stale = self._stale(call, error) if error.retryable else None
            if stale is None:
                raise
            return stale
        entry = Entry.of(fetched, self._clock.monotonic())
        self._store.put(call, entry)
        return entry.answer

    def _stale(self, call: Call, failure: CoinglassError) -> AnyAnswer | None:
        """Return the cached answer, past its time, that may be served when a fetch has failed."""
        entry = self._store.get(call)
        if entry is None or self._clock.monotonic() >= entry.usable_until:
            return None
        return replace(entry.answer, stale=True, failure=failure)

    async def _joined(
        self,
        call: Call,
        in_flight: _InFlight,
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
        again = self._in_flight.get(call.key) or self._start(call, deadline, requester)
        return await self._wait(again)


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
