"""Where the next limit lies, in sentences whose figures are simulated."""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from bench.scaling.costs import Costs, measured_costs
from bench.scaling.simulation import Setup, Simulated, simulate

_REPLICAS: Final = 10  # of the setup that the sentences are about
_LARGE_MB: Final = 1_024


def sentences() -> Iterator[str]:
    costs = measured_costs()
    small, large = simulate(Setup(_REPLICAS)), simulate(Setup(_REPLICAS, memory_mb=_LARGE_MB))
    yield _of_quota(small)
    for run in (small, large):
        yield _of_replicas(run, costs.share.value)
    for run in (small, large):
        yield _of_store(run.setup, costs)
    yield _of_many_replicas(large, costs.share.value)


def _of_quota(run: Simulated) -> str:
    demand = run.setup.demand
    calls = sum(60 / (lifetime + 1 / rate) for lifetime, rate in zip(demand.lifetimes, demand.rates, strict=True))
    fresh = 1 - run.share("stale") - run.share("refused")
    return (
        f"Quota: to keep all {demand.series:,} series fresh takes {calls:,.0f} upstream calls a minute. With"
        f" {run.setup.quota:,}, {fresh:.0%} of the requests get a fresh answer, whatever the number of replicas."
    )


def _of_replicas(run: Simulated, share: float) -> str:
    setup = run.setup
    count = math.ceil(run.replica_cores / share)
    return (
        f"Replicas with {setup.memory_mb:,} MB each: {setup.requests:,.0f} requests/s take {run.replica_cores:.1f}"
        f" cores, so {count} replicas that are {share:.0%} busy."
    )


def _of_store(setup: Setup, costs: Costs) -> str:
    """Say which of the store's core and its network ends the growth, and at how many requests."""
    share, network = costs.share.value, costs.network.value
    run = simulate(_replicas_for(setup, share))
    requests = setup.requests / max(run.store_cores / share, run.bytes / network)  # the load is almost in proportion
    run = simulate(_replicas_for(replace(setup, requests=requests), share))
    what = "core" if run.store_cores / share >= run.bytes / network else "network"
    return (
        f"Store, with {setup.memory_mb:,} MB in each replica: its {what} is the next limit, at {_round(requests):,}"
        f" requests/s of {run.setup.replicas} replicas ({run.operations:,.0f} operations/s,"
        f" {run.bytes / 1e6:,.0f} MB/s, {run.store_cores:.0%} of a core)."
    )


def _replicas_for(setup: Setup, share: float) -> Setup:
    """Return the setup with as many replicas as its requests need."""
    return replace(setup, replicas=max(1, math.ceil(simulate(setup).replica_cores / share)))


def _of_many_replicas(run: Simulated, share: float) -> str:
    """Say from how many replicas on the store is busy with their number, at the same requests in sum."""
    setup = run.setup
    by_replica = (_with(setup, 100).store_cores - _with(setup, 50).store_cores) / 50
    count = _REPLICAS
    while _with(setup, count).store_cores <= share:
        count = round(count * 1.1)
    return (
        f"Number of replicas, with {setup.memory_mb:,} MB each: from 50 to 100 of them, each adds {by_replica:.2%} of"
        f" the store's core (looks, places in the quota, notices and events), at the same {setup.requests:,.0f}"
        f" requests/s in sum. The core is {share:.0%} busy at about {_round(count):,} replicas."
    )


def _with(setup: Setup, replicas: int) -> Simulated:
    return simulate(replace(setup, replicas=replicas))


def _round(value: float) -> int:
    """Return two digits of the value."""
    return round(round(value), 1 - math.floor(math.log10(value)))
