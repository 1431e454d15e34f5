"""Verdicts about the bounds, and their table."""

from collections.abc import Iterable
from dataclasses import dataclass

from bench.markdown import table


@dataclass(frozen=True, slots=True)
class Verdict:
    scenario: str
    bound: str
    measured: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Effort:
    """How long and with how much: seconds of the scenarios that go on for a while, and shares of requests that fail."""

    shares: tuple[float, ...]
    failing: float
    dashboard: float
    memory: float


FULL = Effort(shares=(0.0, 0.25, 0.5, 1.0), failing=30.0, dashboard=150.0, memory=600.0)
QUICK = Effort(shares=(0.5, 1.0), failing=12.0, dashboard=125.0, memory=60.0)


def as_table(verdicts: Iterable[Verdict]) -> str:
    rows = [(item.scenario, item.bound, item.measured, "yes" if item.holds else "**no**") for item in verdicts]
    return table(("scenario", "bound", "measured", "holds"), rows)
