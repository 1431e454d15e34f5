"""Keeps decoded answers for as long as they hold, and lets concurrent misses share one flight.

After its lifetime an answer is `stale`. For a short grace it is still served at once while one refresh runs; later, and
up to `STALE_AT_MOST`, only when upstream fails in a way that may pass. The store is bounded in bytes of upstream body.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace

from cg_client.anomalies import Anomaly
from cg_client.asker import OURSELVES, Asker
from cg_client.call import Answer, Call, Key, Standing
from cg_client.clock import Clock
from cg_client.endpoint import Endpoint
from cg_client.errors import CoinglassError, StartsTooLate, UpstreamTimeout
from cg_client.tally import uncounted

GRACE_AT_MOST = 30.0  # seconds
STALE_AT_MOST = 3600.0  # seconds


class Fetched(msgspec.Struct, frozen=True):
    """What the layers below bring; `size` in bytes of body, `lifetime` in seconds from now."""

    value: object
    endpoint: Endpoint
    fetched_at: datetime
    sandbox: bool
    size: int
    lifetime: float
    anomalies: tuple[Anomaly, ...] = ()
    path: str = ""


class Entry(msgspec.Struct, frozen=True):
    """A kept answer; the times are monotonic seconds."""

    answer: Answer[Any]
    size: int
    kept_at: float
    fresh_until: float
    grace_until: float
    usable_until: float

    @classmethod
    def of(cls, fetched: Fetched, now: float) -> "Entry":
        fresh = now + fetched.lifetime
        grace = min(fetched.lifetime, GRACE_AT_MOST)
        answer: Answer[Any] = Answer(
            fetched.value,
            fetched.endpoint,
            fetched.fetched_at,
            sandbox=fetched.sandbox,
            fresh_until=fresh,
            anomalies=fetched.anomalies,
            path=fetched.path,
        )
        return cls(answer, fetched.size, now, fresh, fresh + grace, fresh + STALE_AT_MOST)


class Store(Protocol):
    """Where entries are kept; a store shared between processes takes the place of memory here."""

    def get(self, call: Call) -> Entry | None: ...
    def put(self, call: Call, entry: Entry) -> None: ...


class MemoryStore:
    """Drops what was not used for longest when `limit` bytes are passed; what is larger by itself is not kept."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: OrderedDict[Key, Entry] = OrderedDict()
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
            _, dropped = self._entries.popitem(last=False)
            self.size -= dropped.size

    def __len__(self) -> int:
        return len(self._entries)


class _Flight(msgspec.Struct):
    """A fetch under way, the deadline of who began it, and what he waits for, if he does: he may go before it ends."""

    task: asyncio.Task[Answer[Any]]
    deadline: float
    waiter: asyncio.Future[Answer[Any]] | None = None

    def land(self) -> None:
        """Hands over what came of the task."""
        if self.task.cancelled():
            if self.waiter is not None:
                self.waiter.cancel()
            return
        error = self.task.exception()  # a refresh that nobody waits for has been looked at
        if self.waiter is None or self.waiter.done():
            return
        if error is None:
            self.waiter.set_result(self.task.result())
        else:
            self.waiter.set_exception(error)


class Cache:
    def __init__(
        self,
        fetch: Callable[[Call, float, Asker], Awaitable[Fetched]],
        store: Store,
        clock: Clock,
        join: Callable[[Call, Asker], None] = lambda *_: None,
    ) -> None:
        """`join` hears of those who wait for a flight that was begun for somebody else."""
        self._fetch, self._store, self._clock, self._join = fetch, store, clock, join
        self._flights: dict[Key, _Flight] = {}

    def fresh(self, call: Call) -> Answer[Any] | None:
        """A kept answer that is within its time."""
        entry = self._store.get(call)
        return entry.answer if entry is not None and self._clock.monotonic() < entry.fresh_until else None

    def foresee(self, call: Call, *, grace: bool = True) -> tuple[Standing, Answer[Any] | None]:
        """How the call stands, without asking, and the answer that asking would bring at once."""
        now = self._clock.monotonic()
        entry = self._store.get(call)
        if entry is not None and now < entry.fresh_until:
            return Standing.AT_HAND, entry.answer
        flies = call.key in self._flights
        if grace and entry is not None and now < entry.grace_until:
            return Standing.IN_FLIGHT if flies else Standing.REFRESH, replace(entry.answer, stale=True)
        return Standing.IN_FLIGHT if flies else Standing.FETCH, None

    async def __call__(
        self, call: Call, deadline: float, asker: Asker = OURSELVES, *, grace: bool = True
    ) -> Answer[Any]:
        """A kept answer, or one that is fetched once for all who wait for it; raises what the fetch raised."""
        found = self.ask(call, deadline, asker, grace=grace)
        return found if isinstance(found, Answer) else await found

    def ask(
        self, call: Call, deadline: float, asker: Asker = OURSELVES, *, grace: bool = True
    ) -> Answer[Any] | Awaitable[Answer[Any]]:
        """The same without waiting: who waits may go, the flight goes on for the others."""
        now = self._clock.monotonic()
        entry = self._store.get(call)
        if entry is not None and now < entry.fresh_until:
            return entry.answer
        under_way = self._flights.get(call.key)
        if grace and entry is not None and now < entry.grace_until:
            self.refresh(call, deadline, asker)
            return replace(entry.answer, stale=True)
        if under_way is not None:
            self._join(call, asker)
            return self._joined(call, under_way, deadline, asker)
        flight = self._depart(call, deadline, asker)
        flight.waiter = flight.task.get_loop().create_future()
        return flight.waiter

    def refresh(self, call: Call, deadline: float, asker: Asker = OURSELVES) -> None:
        """Fetches what nobody waits for."""
        if call.key in self._flights:
            self._join(call, asker.in_the_background())
        else:
            uncounted(self._depart, call, deadline, asker.in_the_background())

    def is_free(self, call: Call) -> bool:
        """Whether asking sends nothing: the answer is at hand or under way."""
        return call.key in self._flights or self.fresh(call) is not None

    def _depart(self, call: Call, deadline: float, asker: Asker) -> _Flight:
        task = asyncio.get_running_loop().create_task(self._fly(call, deadline, asker))
        task.add_done_callback(lambda _: self._flights.pop(call.key).land())
        flight = self._flights[call.key] = _Flight(task, deadline)
        return flight

    async def close(self) -> None:
        """Ends the fetches that nobody waits for any more."""
        tasks = [flight.task for flight in self._flights.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _fly(self, call: Call, deadline: float, asker: Asker) -> Answer[Any]:
        """Ends by the deadline, since every layer below does."""
        try:
            fetched = await self._fetch(call, deadline, asker)
        except CoinglassError as error:
            return self._instead(call, error)
        entry = Entry.of(fetched, self._clock.monotonic())
        self._store.put(call, entry)
        return entry.answer

    def _instead(self, call: Call, error: CoinglassError) -> Answer[Any]:
        """The kept answer, past its time, where the failure may pass; otherwise raises the failure."""
        entry = self._store.get(call)
        if entry is None or not error.retryable or self._clock.monotonic() >= entry.usable_until:
            raise error
        return replace(entry.answer, stale=True)

    async def _joined(self, call: Call, flight: _Flight, deadline: float, asker: Asker) -> Answer[Any]:
        """The answer of a flight that somebody else began; once more where it ended for the want of his time alone."""
        seconds = deadline - self._clock.monotonic()
        try:
            async with asyncio.timeout(max(0.0, seconds) if deadline < flight.deadline else None):
                return await asyncio.shield(flight.task)
        except TimeoutError:
            timeout = UpstreamTimeout("CoinGlass did not answer within the time of this operation.")
            timeout.endpoint = call.endpoint.path
            return self._instead(call, timeout)
        except (UpstreamTimeout, StartsTooLate):
            if flight.deadline >= deadline or self._clock.monotonic() >= deadline:
                raise
        again = self._flights.get(call.key) or self._depart(call, deadline, asker)
        return await asyncio.shield(again.task)
