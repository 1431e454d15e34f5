"""The same replicas, request by request: slow, and without an expectation, so that it checks the simulation.

Each replica has an LRU memory of its own. They share answers, fetches and the quota as `timeline.py` describes.
"""

import heapq
import math
import random
from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field
from itertools import accumulate

from bench.scaling.demand import SEED, Demand
from bench.scaling.ledger import Outcomes
from bench.scaling.minute import SharedMinute
from bench.scaling.timeline import DEADLINE
from cg_client.entries import MAX_STALE


@dataclass(slots=True)
class SeriesFetch:
    """A fetch, and the replicas that wait for it. It is `pending` until the quota has room."""

    series: int
    is_pending: bool
    replicas: set[int] = field(default_factory=set)


class RequestByRequest:
    """`entries`: of each replica's memory. `starts`: when each fetch began."""

    def __init__(self, demand: Demand, replicas: int, entries: int, limit: int, latency: float) -> None:
        self._demand, self._entries, self._latency = demand, entries, latency
        self._minute = SharedMinute(limit)
        self._memories = [OrderedDict[int, float]() for _ in range(replicas)]  # when the answer was published
        self._published = defaultdict[int, float](lambda: -math.inf)
        self._fetches: dict[int, SeriesFetch] = {}
        self._ends: list[tuple[float, int]] = []
        self._now = 0.0
        self.outcomes = Outcomes()
        self.starts: list[float] = []

    def run(self, seconds: float, since: float = 0.0) -> None:
        """Simulate that time; outcomes count from `since` on."""
        chance, demand, now = random.Random(SEED), self._demand, 0.0  # noqa: S311  # keeps no secret
        numbers, totals = range(demand.series), list(accumulate(demand.rates))
        while (now := now + chance.expovariate(demand.requests)) < seconds:
            (series,) = chance.choices(numbers, cum_weights=totals)
            replica = chance.randrange(len(self._memories))
            self._advance(now)
            outcome = self._request(series, replica, now)
            if now >= since:
                setattr(self.outcomes, outcome, getattr(self.outcomes, outcome) + 1)

    def _advance(self, now: float) -> None:
        """End the fetches that are due, and begin those for which there is room."""
        while True:
            pending = next((fetch for fetch in self._fetches.values() if fetch.is_pending), None)
            room = self._minute.available_at(self._now) if pending is not None else math.inf
            end = self._ends[0][0] if self._ends else math.inf
            if min(room, end) > now:
                self._now = now
                return
            self._now = min(room, end)
            if end <= room or pending is None:
                self._end(*heapq.heappop(self._ends))
            else:
                self._start(pending, room)

    def _request(self, series: int, replica: int, now: float) -> str:
        memory, age = self._memories[replica], now - self._published[series]
        lifetime, grace = self._demand.lifetimes[series], self._demand.grace(series)
        if age < lifetime:
            is_hit = memory.get(series) == self._published[series]
            self._remember(series, replica)
            return "memory" if is_hit else "second_tier"
        if age < MAX_STALE + lifetime:
            self._remember(series, replica)
        fetch = self._fetches.get(series)
        if fetch is not None:
            fetch.replicas.add(replica)
            return "stale" if age < lifetime + grace else "waited"
        room = self._minute.available_at(now, self._minute.reserve if age < lifetime + grace else 0)
        if age < MAX_STALE + lifetime and room > now:
            return "stale"
        if room > now and self._forecast(now) > now + DEADLINE:
            return "refused"
        fetch = self._fetches[series] = SeriesFetch(series, is_pending=room > now, replicas={replica})
        if not fetch.is_pending:
            self._start(fetch, now)
        return "stale" if age < lifetime + grace else "fetched"

    def _forecast(self, now: float) -> float:
        """Return when one more fetch could begin, behind those that are pending."""
        pending = sum(fetch.is_pending for fetch in self._fetches.values())
        return self._minute.available_at(now, pending)

    def _start(self, fetch: SeriesFetch, now: float) -> None:
        self._minute.start(now)
        self.starts.append(now)
        fetch.is_pending = False
        heapq.heappush(self._ends, (now + self._latency, fetch.series))

    def _end(self, now: float, series: int) -> None:
        self._minute.end(now)
        self._published[series] = now
        for replica in self._fetches.pop(series).replicas:
            self._remember(series, replica)

    def _remember(self, series: int, replica: int) -> None:
        memory = self._memories[replica]
        memory[series] = self._published[series]
        memory.move_to_end(series)
        if len(memory) > self._entries:
            memory.popitem(last=False)
