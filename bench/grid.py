"""The table of every query in every state."""

from collections.abc import Callable, Iterator, Mapping

from bench.cases import BenchCase, Target
from bench.load import Run
from bench.queries import ABOUT, Workload, in_turn, new_text, repeated
from bench.scenarios import AT_ONCE
from bench.servers import State

WORKLOADS: Mapping[State, Callable[[str], Workload]] = {
    State.COLD: in_turn,
    State.ROWS: new_text,
    State.RESPONSE: repeated,
}
HEAD = (
    "query",
    "state",
    "at once",
    "requests/s",
    "p50 ms",
    "p99 ms",
    "CPU s per 1000",
    "upstream calls",
    "MB resident",
    "compared",
)


def cases() -> Iterator[BenchCase]:
    for query, state, concurrency in _cells():
        for target in (Target.OURS, _other(state)):
            yield BenchCase(state, target, WORKLOADS[state](query), concurrency)


def rows(runs: Mapping[BenchCase, Run]) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the table: our server and, in the last column, how it compares."""
    for query, state, concurrency in _cells():
        run, other = (
            runs[BenchCase(state, item, WORKLOADS[state](query), concurrency)] for item in (Target.OURS, _other(state))
        )
        yield (
            query,
            state.value,
            str(concurrency),
            f"{run.requests_per_second:,.0f}",
            f"{run.p50:.2f}",
            f"{run.p99:.2f}",
            f"{run.cpu:.3f}",
            f"{run.calls:.2f}",
            f"{run.resident_bytes / 2**20:.0f}",
            _compared(state, run, other),
        )


def _cells() -> Iterator[tuple[str, State, int]]:
    for query in ABOUT:
        for state in WORKLOADS:
            for concurrency in AT_ONCE:
                yield query, state, concurrency


def _other(state: State) -> Target:
    return Target.FLOOR if state is State.RESPONSE else Target.PLAIN


def _compared(state: State, run: Run, other: Run) -> str:
    if _other(state) is Target.FLOOR:
        return f"{run.requests_per_second / other.requests_per_second:.2f} of the floor"
    return f"{other.cpu / run.cpu:.1f} times less than plain"
