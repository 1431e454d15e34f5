"""Which outcome each request has, and what the store has to do, for a number of replicas.

The requests of a span are shared out by expectation: those to a series come at random to replicas at random, so a
replica that has not got the answer yet, or has evicted it, gets it from the second tier with its next request.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields

from bench.scaling.demand import Demand
from bench.scaling.timeline import SeriesPhase, SeriesSpan
from cg_client.recent_failures import FAILURE_SECONDS

_RENEWS_EVERY = 1.0  # seconds


@dataclass(frozen=True, slots=True)
class SimulatedCluster:
    """`entries`: series that a replica's memory has room for.

    While the quota is spent, a replica looks again after `looks_again` seconds at the earliest whether a stale series
    was fetched, and with each request for one without an answer. `claims`: each such look takes a lease. `resends`:
    each sends the stale value again. `asks_always`: each asks for a place in the quota, too. `notifies_always`: a
    holder announces each result, not only those that others wait for.
    """

    replicas: int
    entries: int
    looks_again: float = FAILURE_SECONDS
    claims: bool = False
    resends: bool = False
    asks_always: bool = False
    notifies_always: bool = False


@dataclass(slots=True)
class Outcomes:
    """Requests. `memory` and `second_tier` are fresh; `waited`: for a fetch that another request began."""

    memory: float = 0.0
    second_tier: float = 0.0
    waited: float = 0.0
    fetched: float = 0.0
    stale: float = 0.0
    refused: float = 0.0

    @property
    def total(self) -> float:
        return math.fsum(getattr(self, item.name) for item in fields(self))


@dataclass(slots=True)
class StoreWork:
    """Operations of the store. `reads`: looks that get a value; `unclaimed`: looks that get neither value nor lease.

    `gives_up`: leases for which the quota has no room.
    """

    looks: float = 0.0
    unclaimed: float = 0.0
    reads: float = 0.0
    finishes: float = 0.0
    gives_up: float = 0.0
    quota: float = 0.0
    notices: float = 0.0  # by replica that gets them
    renewals: float = 0.0


class RequestLedger:
    """Adds up the spans from `since` until `until`."""

    def __init__(self, demand: Demand, cluster: SimulatedCluster, latency: float, since: float, until: float) -> None:
        self._rates, self._cluster, self._latency = demand.rates, cluster, latency
        self._since, self._until = since, until
        self._memory = demand.seconds_in_memory(cluster.entries, cluster.replicas)
        self.outcomes, self.work, self.calls = Outcomes(), StoreWork(), 0

    def add(self, spans: Iterable[SeriesSpan]) -> None:
        for span in spans:
            start, end = max(span.start, self._since), min(span.end, self._until)
            if start < end:
                self._add(span, start, end)

    def _add(self, span: SeriesSpan, start: float, end: float) -> None:
        match span.phase:
            case SeriesPhase.FRESH:
                self._fresh(span, start, end)
            case SeriesPhase.QUEUED:
                self.outcomes.waited += self._rates[span.series] * (end - start)
            case SeriesPhase.COLD | SeriesPhase.GRACE | SeriesPhase.STALE:
                opens = max(start, end - span.open)
                self._without_room(span, start, opens)
                self._with_room(span, opens, end)
            case _:
                self._in_flight(span, start, end)

    def _fresh(self, span: SeriesSpan, start: float, end: float) -> None:
        misses, requests = self._misses(span, start, end), self._rates[span.series] * (end - start)
        self.outcomes.second_tier += misses
        self.outcomes.memory += requests - misses
        self.work.reads += misses

    def _without_room(self, span: SeriesSpan, start: float, end: float) -> None:
        """Add the requests while the quota is spent."""
        rate = self._rates[span.series]
        requests = rate * (end - start)
        if span.phase is SeriesPhase.COLD:
            self.outcomes.refused += requests
            looks = requests
        else:
            self.outcomes.stale += requests
            self.work.reads += self._misses(span, start, end)
            looks = self._looks(rate, start, end)
        if self._cluster.resends and span.phase is not SeriesPhase.COLD:
            self.work.reads += looks
        elif self._cluster.claims:
            self.work.looks += looks
        else:
            self.work.unclaimed += looks
        if self._cluster.claims:
            self.work.gives_up += looks
        if self._cluster.asks_always:
            self.work.quota += looks

    def _looks(self, rate: float, start: float, end: float) -> float:
        """Return how often the replicas look for a stale series that cannot be fetched."""
        return (end - start) / (self._cluster.looks_again / self._cluster.replicas + 1 / rate)

    def _with_room(self, span: SeriesSpan, start: float, end: float) -> None:
        """Add the time until a request comes, which begins a fetch: one request is expected in it."""
        requests = self._rates[span.series] * (end - start)
        self.work.looks += requests
        if span.phase is SeriesPhase.GRACE:
            self.outcomes.stale += requests
        else:
            self.outcomes.fetched += requests

    def _in_flight(self, span: SeriesSpan, start: float, end: float) -> None:
        rate, replicas = self._rates[span.series], self._cluster.replicas
        requests = rate * (end - start)
        if span.phase is SeriesPhase.FETCH_GRACE:
            self.outcomes.stale += requests
        else:
            self.outcomes.waited += requests
        if not self._since <= span.end < self._until:
            return
        others = (replicas - 1) * self._chance_of_request(rate / replicas)
        self.work.looks += others
        self.work.reads += others
        self.work.finishes += 1
        self.work.quota += 2  # its start and its end
        self.work.renewals += self._latency // _RENEWS_EVERY
        anyone = 1.0 if self._cluster.notifies_always else self._chance_of_request(rate * (replicas - 1) / replicas)
        self.work.notices += anyone * replicas
        if not self._cluster.asks_always:
            self.work.quota += replicas - 1  # at most: the others ask for the same room, and are refused
        self.calls += 1

    def _chance_of_request(self, rate: float) -> float:
        """Return how likely a request comes while a fetch is in flight."""
        return -math.expm1(-rate * self._latency)

    def _misses(self, span: SeriesSpan, start: float, end: float) -> float:
        """Return how many requests find the replica's memory without the answer that was published."""
        replicas = self._cluster.replicas
        rate = self._rates[span.series] / replicas
        holders = 1 + (replicas - 1) * self._chance_of_request(rate)
        first, last = start - span.published, end - span.published
        young, old = min(last, self._memory) - min(first, self._memory), max(0.0, last - max(first, self._memory))
        evicted = rate * old * math.exp(-rate * self._memory) if old else 0.0
        new = math.exp(-rate * min(first, self._memory)) * -math.expm1(-rate * young)
        return (replicas - holders) * new + replicas * evicted
