"""What `make scaling` prints: each part has a name, by which docs/scaling.md shows it."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Final

from bench.markdown import table
from bench.scaling.costs import measured_costs
from bench.scaling.ledger import Outcomes
from bench.scaling.limits import sentences
from bench.scaling.simulation import Setup, Simulated, alone, simulate
from cg_client.plans.plan_table import REQUESTS_PER_MINUTE, Plan

REPLICAS: Final = (1, 2, 3, 5, 10, 20, 50, 100)
_OUTCOMES: Final = tuple(item.name for item in fields(Outcomes))
_HEAD: Final = (*(name.replace("_", " ") for name in _OUTCOMES), "upstream calls/min", "quota used")
_LEAST: Final = 0.0001  # that is printed
_STORE_HEAD: Final = ("store operations/s", "store MB/s", "store's core", "a replica's core")


def in_sum() -> str:
    """100,000 requests/s, shared out to more and more replicas."""
    return _table("replicas", [(str(count), simulate(Setup(count))) for count in REPLICAS])


def each_at_most() -> str:
    """As many requests as keep the core of each replica busy."""
    most = measured_costs().most.value
    requests = most / simulate(Setup(1, requests=most)).replica_cores
    runs = [(count, simulate(Setup(count, requests=count * requests))) for count in (1, 3, 10, 30, 100)]
    return _table("replicas", [(f"{count} ({run.setup.requests:,.0f}/s)", run) for count, run in runs])


def by_plan() -> str:
    plans = [plan for plan in Plan if plan is not Plan.ENTERPRISE]
    setups = [(plan, Setup(10, quota=REQUESTS_PER_MINUTE[plan])) for plan in plans]
    return _table("plan", [(f"{plan.name.title()} ({item.quota:,}/min)", simulate(item)) for plan, item in setups])


def by_series() -> str:
    counts = (100, 300, 1_000, 5_000, 20_000)
    return _table("series", [(f"{count:,}", simulate(Setup(10, series=count))) for count in counts])


def by_memory() -> str:
    sizes = (64, 128, 256, 512, 1_024)
    return _table("COINGLASS_CACHE_MB", [(f"{size:,}", simulate(Setup(10, memory_mb=size))) for size in sizes])


def without_sharing() -> str:
    counts = (1, 2, 3, 5, 10, 20, 30)
    rows = [(str(count), *_outcomes(alone(Setup(count)))) for count in counts]
    return table(("replicas", *_HEAD), rows)


def choices() -> str:
    """Compare the shared tier with ones that make the store do more."""
    rows = []
    for count in (10, 100):
        setup = Setup(count)
        looks_each_time = replace(setup, looks_again=0.0)
        cases = {
            "as in the other tables": setup,
            "each result is announced": replace(setup, notifies_always=True),
            "each look takes a lease": replace(setup, claims=True),
            "a look with each stale request": looks_each_time,
            "the same, and each look sends the stale value": replace(looks_each_time, resends=True),
            "the same, and each look asks for a place in the quota": replace(
                looks_each_time, resends=True, asks_always=True
            ),
        }
        for label, case in cases.items():
            run = simulate(case)
            work = run.work
            parts = (work.looks + work.unclaimed + work.gives_up, work.reads, work.quota, work.notices)
            rows.append((str(count), label, *(f"{part:,.0f}" for part in parts), f"{run.store_cores:.0%}"))
    head = ("replicas", "choice", "looks and leases given up/s", "reads/s", "quota/s", "notices/s", "store's core")
    return table(head, rows)


def costs() -> str:
    rows = [(item.about, f"{item.value:,.15g} {item.unit}", item.source) for item in measured_costs()]
    return table(("cost", "value", "from"), rows)


def limits() -> str:
    return "\n".join(f"- {text}" for text in sentences())


PARTS: Final[Mapping[str, Callable[[], str]]] = {
    "in-sum": in_sum,
    "each-at-most": each_at_most,
    "by-plan": by_plan,
    "by-series": by_series,
    "by-memory": by_memory,
    "choices": choices,
    "without-sharing": without_sharing,
    "limits": limits,
}


def _table(what: str, runs: Sequence[tuple[str, Simulated]]) -> str:
    rows = [(label, *_outcomes(run), *_store(run)) for label, run in runs]
    return table((what, *_HEAD, *_STORE_HEAD), rows)


def _outcomes(run: Simulated) -> Iterator[str]:
    for name in _OUTCOMES:
        yield percent(run.share(name))
    yield f"{run.calls_per_minute:,.0f}"
    yield f"{run.quota_used:.0%}"


def _store(run: Simulated) -> Iterator[str]:
    yield f"{run.operations:,.0f}"
    yield f"{run.bytes / 1e6:,.0f}"
    yield f"{run.store_cores:.0%}"
    yield f"{run.replica_cores / run.setup.replicas:.0%}"


def percent(share: float) -> str:
    """Return the share with the digits that say something."""
    if 0 < share < _LEAST:
        return f"< {_LEAST:.2%}"
    if share == 0 or share >= 0.1:  # noqa: PLR2004  # a tenth
        return f"{share:.0%}"
    return f"{share:.{max(0, -math.floor(math.log10(share)) - 2)}%}"
