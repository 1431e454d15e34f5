"""What a mutation of one value may remove: the value or, if its row needs it, the row."""

import functools
from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.mutations.graph import Findings, GraphOutcome, MutableGraph
from tests.mutations.json_paths import JsonPath, changed
from tests.mutations.mutations import altered, name_of, removed

MISSING = object()


class Judge:
    """Compares answers to mutated bodies with the answer to the body as it is documented."""

    def __init__(self, graph: MutableGraph, data: Any, base: GraphOutcome) -> None:
        self.graph, self.data, self.base = graph, data, base
        self._without: dict[JsonPath, GraphOutcome] = {}

    @classmethod
    async def of(cls, graph: MutableGraph, data: Any) -> "Judge":
        base = await graph.outcome(data)
        assert base.problem is None, base.problem
        return cls(graph, data, base)

    async def footprint(self, json_paths: Iterable[JsonPath]) -> list[JsonPath] | None:
        """Return the paths at which the values are served: those that differ with other values.

        None where there is then no answer, since its row is found by the value.
        """
        data = self.data
        for json_path in json_paths:
            data = changed(data, json_path, functools.partial(altered, self.graph.path, name_of(json_path)))
        outcome = await self.graph.outcome(data)
        if outcome.problem is not None and outcome.problem.startswith("NO_DATA"):
            return None
        assert outcome.problem is None, outcome.problem
        assert outcome.findings == self.base.findings, (outcome.findings, "of values that are right")
        return differing(self.base, outcome)

    async def without(self, row: JsonPath) -> GraphOutcome:
        """Return the outcome of the body without the row."""
        if row not in self._without:
            self._without[row] = await self.graph.outcome(removed(self.data, row))
        return self._without[row]

    def new(self, outcome: GraphOutcome) -> Findings:
        """Return the anomalies that the documented body does not have."""
        return Counter(outcome.findings) - self.base.findings


def differing(base: GraphOutcome, outcome: GraphOutcome) -> list[JsonPath]:
    json_paths = [*base.values, *(json_path for json_path in outcome.values if json_path not in base.values)]
    return [
        json_path
        for json_path in json_paths
        if base.values.get(json_path, MISSING) != outcome.values.get(json_path, MISSING)
    ]


def faults_of_nulls(
    base: GraphOutcome, footprint: Iterable[JsonPath], outcome: GraphOutcome, text: object = None
) -> list[str]:
    """Return how the answer differs from the documented one with null (or the `text`) at these paths."""
    if outcome.problem is not None:
        return [outcome.problem]
    expected, faults = set(footprint), []
    for json_path in expected:
        if json_path in outcome.values and outcome.values[json_path] not in (None, text):
            faults.append(f"{json_path} is {outcome.values[json_path]!r}")
        if json_path not in outcome.values and not _above(json_path, outcome):
            faults.append(f"{json_path} is gone")
    return faults + [
        f"{json_path} was {base.values.get(json_path)!r}, and is {outcome.values.get(json_path)!r}"
        for json_path in differing(base, outcome)
        if json_path not in expected and not _hides_only(json_path, outcome, base, expected)
    ]


def _above(json_path: JsonPath, outcome: GraphOutcome) -> bool:
    """Whether a parent of the path is null."""
    return any(outcome.values.get(json_path[:number], MISSING) is None for number in range(len(json_path)))


def _hides_only(json_path: JsonPath, outcome: GraphOutcome, base: GraphOutcome, expected: set[JsonPath]) -> bool:
    """Whether the path is a null above expected nulls only, or is hidden by such a null."""
    for number in range(len(json_path) + 1):
        above = json_path[:number]
        if outcome.values.get(above, MISSING) is None:
            hidden = {item for item in base.values if item[:number] == above}
            return bool(hidden) and hidden <= expected
    return False


def without_candle(base: GraphOutcome, without: GraphOutcome, number: int) -> GraphOutcome:
    """Return the expected heatmap without one candle: the others stay at their index on the time axis."""
    values = {json_path: value for json_path, value in base.values.items() if json_path[0] != "candles"}
    values |= {json_path: value for json_path, value in without.values.items() if json_path[0] == "candles"}
    for json_path, value in base.values.items():
        if json_path[2:] == ("timeIndex",) and value == number:
            values |= {(*json_path[:2], "time"): None, (*json_path[:2], "timestamp"): None}
    values |= {("times", number): None, ("timestamps", number): None}
    return GraphOutcome(values, None, without.findings)


def faults_of_without(expected: GraphOutcome, outcome: GraphOutcome) -> list[str]:
    """How the answer differs from that to a body in which the row was never sent."""
    if outcome.problem != expected.problem and (outcome.problem is None or expected.problem is None):
        return [f"{outcome.problem} in place of {expected.problem}"]
    return [
        f"{json_path} is {outcome.values.get(json_path)!r}, not {expected.values.get(json_path)!r}"
        for json_path in differing(expected, outcome)
    ]


def faults_of_refusal(name: str, outcome: GraphOutcome) -> list[str]:
    """How the answer differs from a refusal that names the field."""
    if outcome.problem is not None and outcome.problem.startswith("BAD_PAYLOAD") and name in outcome.problem:
        return []
    return [f"{outcome.problem} in place of BAD_PAYLOAD that names it"]
