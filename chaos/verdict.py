"""Verdicts about the bounds, and their table."""

from collections.abc import Iterable
from dataclasses import dataclass

from bench.markdown import table
from chaos.stores import StoreProduct


@dataclass(frozen=True, slots=True)
class Verdict:
    scenario: str
    bound: str
    measured: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Effort:
    """How long and with how much: seconds of the scenarios that go on for a while, and shares of requests that fail.

    `fault`: seconds that a store of replicas is out of order, `before_fault` those until the replicas are not new,
    `after_fault` those until a burst would show; `kills`: of replicas; `store`: the kind of these scenarios.
    """

    shares: tuple[float, ...]
    failing: float
    dashboard: float
    memory: float
    before_fault: float
    fault: float
    after_fault: float
    kills: int
    store: StoreProduct = StoreProduct.VALKEY


FULL = Effort(
    shares=(0.0, 0.25, 0.5, 1.0),
    failing=30.0,
    dashboard=150.0,
    memory=600.0,
    before_fault=62.0,
    fault=30.0,
    after_fault=65.0,
    kills=30,
)
QUICK = Effort(
    shares=(0.5, 1.0), failing=12.0, dashboard=125.0, memory=60.0, before_fault=3.0, fault=6.0, after_fault=4.0, kills=3
)


def as_table(verdicts: Iterable[Verdict]) -> str:
    rows = [(item.scenario, item.bound, item.measured, "yes" if item.holds else "**no**") for item in verdicts]
    return table(("scenario", "bound", "measured", "holds"), rows)
