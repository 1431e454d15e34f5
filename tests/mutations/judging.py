"""What a mutation of one place may cost: the value itself or, of what a row is nothing without, the row."""

import functools
from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.mutations.graph import Findings, Graph, Outcome
from tests.mutations.mutations import altered, name_of, removed
from tests.mutations.places import Place, changed

MISSING = object()


class Judge:
    """Compares answers to mutated bodies with the answer to the body as it is documented."""

    def __init__(self, graph: Graph, data: Any, base: Outcome) -> None:
        self.graph, self.data, self.base = graph, data, base
        self._without: dict[Place, Outcome] = {}

    @classmethod
    async def of(cls, graph: Graph, data: Any) -> "Judge":
        base = await graph.outcome(data)
        assert base.problem is None, base.problem
        return cls(graph, data, base)

    async def footprint(self, places: Iterable[Place]) -> list[Place] | None:
        """Where in the answer the values come out: what differs when they are others.

        None where there is then no answer, since its row is found by the value.
        """
        data = self.data
        for place in places:
            data = changed(data, place, functools.partial(altered, self.graph.path, name_of(place)))
        outcome = await self.graph.outcome(data)
        if outcome.problem is not None and outcome.problem.startswith("NO_DATA"):
            return None
        assert outcome.problem is None, outcome.problem
        assert outcome.found == self.base.found, (outcome.found, "of values that are right")
        return differing(self.base, outcome)

    async def without(self, row: Place) -> Outcome:
        """Return the outcome of the body without the row."""
        if row not in self._without:
            self._without[row] = await self.graph.outcome(removed(self.data, row))
        return self._without[row]

    def new(self, outcome: Outcome) -> Findings:
        """Return the anomalies that the documented body does not have."""
        return Counter(outcome.found) - self.base.found


def differing(base: Outcome, outcome: Outcome) -> list[Place]:
    places = [*base.values, *(place for place in outcome.values if place not in base.values)]
    return [place for place in places if base.values.get(place, MISSING) != outcome.values.get(place, MISSING)]


def faults_of_nulls(base: Outcome, footprint: Iterable[Place], outcome: Outcome, text: object = None) -> list[str]:
    """How the answer differs from the documented one with null (or the `text`) at these places, and nowhere else."""
    if outcome.problem is not None:
        return [outcome.problem]
    expected, faults = set(footprint), []
    for place in expected:
        if place in outcome.values and outcome.values[place] not in (None, text):
            faults.append(f"{place} is {outcome.values[place]!r}")
        if place not in outcome.values and not _above(place, outcome):
            faults.append(f"{place} is gone")
    return faults + [
        f"{place} was {base.values.get(place)!r}, and is {outcome.values.get(place)!r}"
        for place in differing(base, outcome)
        if place not in expected and not _hides_only(place, outcome, base, expected)
    ]


def _above(place: Place, outcome: Outcome) -> bool:
    """Whether something above the place is null."""
    return any(outcome.values.get(place[:number], MISSING) is None for number in range(len(place)))


def _hides_only(place: Place, outcome: Outcome, base: Outcome, expected: set[Place]) -> bool:
    """Whether the place is a null above places of which all are expected to be null, or is hidden by such a one."""
    for number in range(len(place) + 1):
        above = place[:number]
        if outcome.values.get(above, MISSING) is None:
            hidden = {one for one in base.values if one[:number] == above}
            return bool(hidden) and hidden <= expected
    return False


def in_place(base: Outcome, without: Outcome, number: int) -> Outcome:
    """Return the right heatmap without one candle: the others keep their places on the time axis."""
    values = {place: value for place, value in base.values.items() if place[0] != "candles"}
    values |= {place: value for place, value in without.values.items() if place[0] == "candles"}
    for place, value in base.values.items():
        if place[2:] == ("timeIndex",) and value == number:
            values |= {(*place[:2], "time"): None, (*place[:2], "timestamp"): None}
    values |= {("times", number): None, ("timestamps", number): None}
    return Outcome(values, None, without.found)


def faults_of_without(expected: Outcome, outcome: Outcome) -> list[str]:
    """How the answer differs from that to a body in which the row was never sent."""
    if outcome.problem != expected.problem and (outcome.problem is None or expected.problem is None):
        return [f"{outcome.problem} in place of {expected.problem}"]
    return [
        f"{place} is {outcome.values.get(place)!r}, not {expected.values.get(place)!r}"
        for place in differing(expected, outcome)
    ]


def faults_of_refusal(name: str, outcome: Outcome) -> list[str]:
    """How the answer differs from a refusal that names the field."""
    if outcome.problem is not None and outcome.problem.startswith("BAD_PAYLOAD") and name in outcome.problem:
        return []
    return [f"{outcome.problem} in place of BAD_PAYLOAD that names it"]
