"""One simulated cluster: what its requests come to, and how busy that keeps replicas and store."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final, TypeVar

from bench.scaling.costs import Costs, measured_costs
from bench.scaling.demand import Demand
from bench.scaling.ledger import Outcomes, RequestLedger, SimulatedCluster, StoreWork
from bench.scaling.timeline import SeriesSpan, Timeline
from cg_client.recent_failures import FAILURE_SECONDS
from shared.quota.contact import HEARTBEAT

SINCE, UNTIL = 300.0, 600.0  # seconds after a start with empty caches
MEGABYTE: Final = 2**20
_MEMORY_FOR_ALL_MB: Final = 1_000_000

Sums = TypeVar("Sums", Outcomes, StoreWork)


@dataclass(frozen=True)
class Setup:
    """`quota`: requests a minute. `memory_mb`: COINGLASS_CACHE_MB of a replica. The rest as in `SimulatedCluster`."""

    replicas: int
    requests: float = 100_000.0
    series: int = 5_000
    quota: int = 1_200
    memory_mb: int = 64
    looks_again: float = FAILURE_SECONDS
    claims: bool = False
    resends: bool = False
    asks_always: bool = False
    notifies_always: bool = False

    @property
    def demand(self) -> Demand:
        return Demand(self.requests, self.series)


@dataclass(frozen=True)
class Simulated:
    """Rates of a second."""

    setup: Setup
    costs: Costs
    outcomes: Outcomes
    work: StoreWork
    calls_per_minute: float

    def share(self, outcome: str) -> float:
        part: float = getattr(self.outcomes, outcome)
        return part / self.outcomes.total

    @property
    def quota_used(self) -> float:
        return self.calls_per_minute / self.setup.quota

    @cached_property
    def operations(self) -> float:
        """Return the operations of the store, and the messages that it sends by itself."""
        work, events = self.work, self.costs.events.value
        answers = work.looks + work.unclaimed + work.reads + work.finishes + work.gives_up + work.quota + work.renewals
        return answers + work.notices + events * (1 + self.setup.replicas)

    @cached_property
    def bytes(self) -> float:
        costs, values = self.costs, self.work.reads + self.work.finishes
        events = costs.events.value * (1 + self.setup.replicas)
        return values * costs.value.value + events * costs.event_size.value + self.operations * costs.small.value

    @cached_property
    def store_cores(self) -> float:
        costs, work, events = self.costs, self.work, self.costs.events.value
        microseconds = (
            (work.looks + work.gives_up + work.renewals) * costs.look.value
            + work.unclaimed * costs.unclaimed.value
            + work.reads * costs.read.value
            + work.finishes * costs.finish.value
            + work.quota * costs.quota.value
            + work.notices * costs.notice.value
            + events * (costs.event.value + self.setup.replicas * costs.event_read.value)
        )
        return microseconds / 1e6

    @cached_property
    def replica_cores(self) -> float:
        """Return the cores that all replicas together need, without subscribers."""
        costs, outcomes = self.costs, self.outcomes
        milliseconds = (
            outcomes.memory * costs.hit.value
            + (outcomes.second_tier + outcomes.waited) * costs.tier.value
            + outcomes.fetched * costs.fetch.value
            + outcomes.stale * costs.stale.value
            + outcomes.refused * costs.hit.value
        )
        return milliseconds / 1e3


def simulate(setup: Setup, costs: Costs | None = None) -> Simulated:
    costs = costs or measured_costs()
    entries = int(setup.memory_mb * MEGABYTE / costs.body.value)
    choices = (setup.looks_again, setup.claims, setup.resends, setup.asks_always, setup.notifies_always)
    cluster = SimulatedCluster(setup.replicas, entries, *choices)
    latency = costs.latency.value
    ledger = RequestLedger(setup.demand, cluster, latency, SINCE, UNTIL)
    ledger.add(_spans(setup.demand, setup.quota, latency))
    seconds = UNTIL - SINCE
    ledger.work.quota += setup.replicas * seconds / HEARTBEAT
    outcomes, work = _per_second(ledger.outcomes, seconds), _per_second(ledger.work, seconds)
    return Simulated(setup, costs, outcomes, work, ledger.calls / seconds * 60)


def alone(setup: Setup, costs: Costs | None = None) -> Simulated:
    """Simulate as many replicas that share nothing but the quota, in equal parts, each with memory for all series."""
    count = setup.replicas
    part = dataclasses.replace(
        setup,
        replicas=1,
        requests=setup.requests / count,
        quota=setup.quota // count,
        memory_mb=_MEMORY_FOR_ALL_MB,
    )
    each = simulate(part, costs)
    outcomes = Outcomes(**{name: value * count for name, value in dataclasses.asdict(each.outcomes).items()})
    return Simulated(setup, each.costs, outcomes, StoreWork(), each.calls_per_minute * count)


@cache
def _spans(demand: Demand, quota: int, latency: float) -> Sequence[SeriesSpan]:
    return [span for span in Timeline(demand, quota, latency).spans(UNTIL) if span.end > SINCE]


def _per_second(sums: Sums, seconds: float) -> Sums:
    return type(sums)(**{name: value / seconds for name, value in dataclasses.asdict(sums).items()})
