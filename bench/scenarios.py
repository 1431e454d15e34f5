"""The bounds that are ratios, and the results for them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bench.cases import BenchCase, Target
from bench.load import Run
from bench.queries import Workload, in_turn, new_text, repeated
from bench.servers import State

AT_ONCE = (1, 32)


@dataclass(frozen=True, slots=True)
class Finding:
    """The result at one concurrency."""

    text: str
    holds: bool


@dataclass(frozen=True, slots=True)
class BoundResult:
    """A bound with its findings by concurrency."""

    label: str
    bound: str
    findings: Mapping[int, Finding]

    @property
    def holds(self) -> str:
        passing = [concurrency for concurrency, item in self.findings.items() if item.holds]
        if len(passing) in (0, len(self.findings)):
            return "yes" if passing else "no"
        return f"at {passing[0]} only"


@dataclass(frozen=True, slots=True)
class Scenario:
    """Bounds of one row of the table: by query the least ratio, and one to aim at beyond it.

    `often`: how many times as often it is measured, where a busy neighbour of the machine makes most of a difference.
    """

    label: str
    state: State
    workload: Callable[[str], Workload]
    least: Mapping[str, float]
    against: Target = Target.PLAIN
    at_once: tuple[int, ...] = AT_ONCE
    stretch: float | None = None
    often: int = 1

    def cases(self) -> Iterator[BenchCase]:
        """Yield our server beside the other, so that the load of the machine affects both alike."""
        for query in self.least:
            for concurrency in self.at_once:
                for target in (Target.OURS, self.against):
                    yield BenchCase(self.state, target, self.workload(query), concurrency)

    def verdicts(self, runs: Mapping[BenchCase, Run]) -> Iterator[BoundResult]:
        for query, least in self.least.items():
            findings = {item: self._finding(query, least, item, runs) for item in self.at_once}
            yield BoundResult(f"{self.label}: {query}", self._bound(least), findings)

    def _bound(self, least: float) -> str:
        if self.against is Target.FLOOR:
            return f"≥ {least:g} of the floor's requests/s"
        wish = "" if self.stretch is None else f" ({self.stretch:g} as a stretch)"
        return f"≥ {least:g} times less CPU than plain{wish}"

    def _finding(self, query: str, least: float, concurrency: int, runs: Mapping[BenchCase, Run]) -> Finding:
        ours, other = (
            runs[BenchCase(self.state, target, self.workload(query), concurrency)]
            for target in (Target.OURS, self.against)
        )
        if self.against is Target.FLOOR:
            return _beside_floor(ours, other, least)
        result = other.cpu / ours.cpu
        return Finding(f"{result:.1f} ({ours.cpu:.2f} to {other.cpu:.1f} ms)", result >= least)


def _beside_floor(ours: Run, floor: Run, least: float) -> Finding:
    """By requests/s, and by CPU too: where wrk is slower than both servers, their rates are those of wrk."""
    rates, cpu = ours.requests_per_second / floor.requests_per_second, floor.cpu / ours.cpu
    text = f"{rates:.2f} ({ours.requests_per_second:,.0f} to {floor.requests_per_second:,.0f} requests/s), "
    return Finding(f"{text}by CPU {cpu:.2f} ({ours.cpu:.3f} to {floor.cpu:.3f} ms)", min(rates, cpu) >= least)


SCENARIOS: Mapping[str, Scenario] = {
    "response": Scenario(
        "response cached", State.RESPONSE, repeated, {"Q2": 0.75, "Q3": 0.75}, Target.FLOOR, at_once=(32,), often=2
    ),
    "repeated": Scenario("rows cached, same query repeated", State.ROWS, repeated, {"Q2": 60, "Q3": 60}),
    "new-text": Scenario("rows cached, text never seen before", State.ROWS, new_text, {"Q2": 8, "Q3": 8}),
    "other-series": Scenario(
        "rows cached, known text, another series each time", State.ROWS_OF_MANY, in_turn, {"Q2": 22, "Q3": 22}
    ),
    "flows": Scenario("rows cached, nested rows", State.ROWS, repeated, {"Q5": 80}),
    "point": Scenario("rows cached, one point", State.ROWS, repeated, {"Q1": 3}, at_once=(1,), often=2),
    "dashboard": Scenario("rows cached, 20 aliases", State.ROWS, repeated, {"Q4": 25}, at_once=(1,), often=2),
    "cold": Scenario("cold, upstream at 0 ms", State.COLD, in_turn, {"Q2": 18}),
    "cold-dashboard": Scenario("cold, upstream at 0 ms, 20 upstream calls", State.COLD, in_turn, {"Q4": 8}, often=4),
}
