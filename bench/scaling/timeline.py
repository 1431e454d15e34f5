"""When each series is fetched: a simulation of the fetches alone, which the quota keeps few.

Between two fetches nothing happens to a series but that its answer ages; how many requests come meanwhile, and to which
replicas, follows from its rate (`ledger.py`). Replicas with a second tier share each answer, each fetch and the quota,
so that these times do not depend on their number.

Where the quota is spent, series without an answer wait for it in a queue, as long as they would start before the
deadline of their callers. Others have a stale answer, and are fetched when there is room. Of equals the next request
decides, so that a popular series comes sooner.
"""

import heapq
import math
import random
from collections import deque
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Final, NamedTuple

from bench.scaling.demand import SEED, Demand
from bench.scaling.minute import SharedMinute
from bench.scaling.weighted_set import WeightedSet
from cg_client.entries import MAX_STALE

DEADLINE: Final = 15.0  # seconds that a caller without an answer waits


class SeriesPhase(Enum):
    """What there is of a series; of a fetch, what there was when it began."""

    COLD = "no answer"
    QUEUED = "no answer, waits for the quota"
    FRESH = "fresh"
    GRACE = "in its grace period"
    STALE = "stale"
    FETCH_COLD = "first fetch"
    FETCH_GRACE = "refresh"
    FETCH_STALE = "fetch"


FETCH: Final = {
    SeriesPhase.QUEUED: SeriesPhase.FETCH_COLD,
    SeriesPhase.GRACE: SeriesPhase.FETCH_GRACE,
    SeriesPhase.STALE: SeriesPhase.FETCH_STALE,
}
DUE: Final = (
    SeriesPhase.COLD,
    SeriesPhase.STALE,
    SeriesPhase.GRACE,
)  # of which the next request begins a fetch, if there is room


class SeriesSpan(NamedTuple):
    """A series in one phase. `published`: when its answer was.

    `open`: for how long the next request would have begun a fetch, or queued it.
    """

    series: int
    phase: SeriesPhase
    start: float
    end: float
    published: float
    open: float


class _Change(NamedTuple):
    at: float
    series: int
    version: int
    phase: SeriesPhase


class Timeline:
    """The fetches of all series from a cold start. `latency`: seconds of a fetch. `starts`: when each began."""

    def __init__(self, demand: Demand, limit: int, latency: float) -> None:
        self._demand, self._latency = demand, latency
        self._minute = SharedMinute(limit)
        self._chance = random.Random(SEED)  # noqa: S311  # keeps no secret
        count = demand.series
        self._phases, self._since, self._published = [SeriesPhase.COLD] * count, [0.0] * count, [-math.inf] * count
        self._versions, self._open_before = [0] * count, [0.0] * count
        self._due = {phase: WeightedSet(demand.rates) for phase in DUE}
        for series in range(count):
            self._due[SeriesPhase.COLD].add(series)
        self._open = dict.fromkeys(SeriesPhase, 0.0)  # for how long, until now
        self._queue: deque[int] = deque()
        self._changes: list[_Change] = []
        self._now = 0.0
        self.starts: list[float] = []

    def spans(self, until: float) -> Iterator[SeriesSpan]:
        """Yield the spans in the order of their ends."""
        while True:
            open_at = self._open_at()
            requests = [(at + self._wait(phase), phase) for phase, at in open_at.items()]
            if self._queue:
                requests.append((self._minute.available_at(self._now), SeriesPhase.QUEUED))
            at, phase = min(requests, key=lambda item: item[0])
            change = self._changes[0].at if self._changes else math.inf
            self._pass(min(at, change, until), open_at)
            if self._now >= until:
                break
            if change <= at:
                yield from self._apply(heapq.heappop(self._changes))
            elif phase is SeriesPhase.QUEUED:
                yield self._start(self._queue.popleft())
            else:
                yield self._request(self._due[phase].draw(self._chance.random()))
        for series in range(self._demand.series):
            yield self._span(series)

    def _open_at(self) -> Mapping[SeriesPhase, float]:
        """Return from when on a request begins or queues a fetch, by phase, if nothing changes until then."""
        now, minute, ahead = self._now, self._minute, len(self._queue)
        start = minute.available_at(now, ahead)
        return {
            SeriesPhase.COLD: max(now, start - DEADLINE),
            SeriesPhase.STALE: start,
            SeriesPhase.GRACE: minute.available_at(now, ahead + minute.reserve),
        }

    def _wait(self, phase: SeriesPhase) -> float:
        total = self._due[phase].total
        return self._chance.expovariate(total) if total > 0 else math.inf

    def _pass(self, until: float, open_at: Mapping[SeriesPhase, float]) -> None:
        for phase, at in open_at.items():
            self._open[phase] += max(0.0, until - max(self._now, at))
        self._now = until

    def _request(self, series: int) -> SeriesSpan:
        phase = self._phases[series]
        self._due[phase].remove(series)
        if phase is not SeriesPhase.COLD:
            return self._start(series)
        span = self._span(series)
        self._queue.append(series)
        self._enter(series, SeriesPhase.QUEUED)
        return span

    def _start(self, series: int) -> SeriesSpan:
        span = self._span(series)
        self._minute.start(self._now)
        self.starts.append(self._now)
        self._enter(series, FETCH[self._phases[series]])
        self._schedule(self._latency, series, SeriesPhase.FRESH)
        return span

    def _apply(self, change: _Change) -> Iterator[SeriesSpan]:
        """Enter a phase, unless a newer answer was fetched meanwhile or is being fetched."""
        series, phase, before = change.series, change.phase, self._phases[change.series]
        is_outdated = change.version != self._versions[series] or before in FETCH.values()
        if is_outdated and phase is not SeriesPhase.FRESH:
            return
        yield self._span(series)
        if before in self._due:
            self._due[before].remove(series)
        self._enter(series, phase)
        if phase in self._due:
            self._due[phase].add(series)
        match phase:
            case SeriesPhase.FRESH:
                self._minute.end(self._now)
                self._versions[series] += 1
                self._published[series] = self._now
                self._schedule(self._demand.lifetimes[series], series, SeriesPhase.GRACE)
            case SeriesPhase.GRACE:
                self._schedule(self._demand.grace(series), series, SeriesPhase.STALE)
            case SeriesPhase.STALE:
                self._schedule(MAX_STALE - self._demand.grace(series), series, SeriesPhase.COLD)

    def _enter(self, series: int, phase: SeriesPhase) -> None:
        self._phases[series], self._since[series] = phase, self._now
        self._open_before[series] = self._open[phase]

    def _schedule(self, seconds: float, series: int, phase: SeriesPhase) -> None:
        heapq.heappush(self._changes, _Change(self._now + seconds, series, self._versions[series], phase))

    def _span(self, series: int) -> SeriesSpan:
        phase = self._phases[series]
        is_open = self._open[phase] - self._open_before[series]
        return SeriesSpan(series, phase, self._since[series], self._now, self._published[series], is_open)
