"""Cases of the benchmark: one workload on one server in one state at one concurrency."""

import contextlib
import dataclasses
import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from bench.answers import ask, compare, sizes, warm
from bench.load import Run, drive
from bench.processes import Process
from bench.queries import Workload
from bench.servers import State, UpstreamProcess, floor, ours, plain

MAX_SECONDS = 6  # upper bound of a prolonged run


class Target(Enum):
    OURS = "ours"
    PLAIN = "plain"
    FLOOR = "floor"


@dataclass(frozen=True, slots=True)
class BenchCase:
    state: State
    target: Target
    workload: Workload
    concurrency: int


@dataclass(slots=True)
class Bench:
    """Measures cases; `runs` has the results."""

    upstream: UpstreamProcess
    runs: dict[BenchCase, Run] = field(default_factory=dict)

    def measure(self, cases: Iterable[BenchCase], seconds: int, rounds: int) -> None:
        """Measure the cases that are not measured yet; of several rounds the one with the least CPU counts."""
        unmeasured = [case for case in dict.fromkeys(cases) if case not in self.runs]
        for state in dict.fromkeys(case.state for case in unmeasured):
            self._in_state(state, [item for item in unmeasured if item.state is state], seconds, rounds)

    def _in_state(self, state: State, cases: list[BenchCase], seconds: int, rounds: int) -> None:
        with contextlib.ExitStack() as stack:
            servers = {Target.OURS: stack.enter_context(ours(state, self.upstream))}
            if any(case.target is Target.PLAIN for case in cases):
                servers[Target.PLAIN] = stack.enter_context(plain(state, self.upstream))
            for workload in dict.fromkeys(case.workload for case in cases):
                same = [item for item in cases if item.workload == workload]
                self._with_workload(workload, same * rounds, servers, seconds)

    def _with_workload(
        self, workload: Workload, cases: list[BenchCase], servers: Mapping[Target, Process], seconds: int
    ) -> None:
        """Run the cases in turn, so that the load of the machine affects them alike."""
        if any(case.target is Target.PLAIN for case in cases):
            compare(servers[Target.OURS], servers[Target.PLAIN], workload)
        least, warmed = min(sizes(servers[Target.OURS], workload)), set[Target]()
        for case in cases:
            with _server(case, servers) as server:
                # Real-time series are fetched again before each run; a server without a cache needs one request only.
                if case.target not in warmed or case.state is State.ROWS_OF_MANY:
                    warm(server, workload)
                warmed.add(case.target)
                run = drive(
                    server, workload, case.concurrency, self._seconds(case, seconds), self.upstream.calls, least
                )
            self.runs[case] = min(run, self.runs.get(case, run), key=lambda item: item.cpu)
            sys.stdout.write(line(case, run) + "\n")
            sys.stdout.flush()

    def _seconds(self, case: BenchCase, seconds: int) -> int:
        """Return a duration that is long enough for two answers on each connection."""
        alone = self.runs.get(dataclasses.replace(case, concurrency=1))
        needed = 0.0 if alone is None else 2 * case.concurrency / alone.requests_per_second
        return max(seconds, min(MAX_SECONDS, math.ceil(needed)))


@contextlib.contextmanager
def _server(case: BenchCase, servers: Mapping[Target, Process]) -> Iterator[Process]:
    """Yield the server that the case is about; the floor is started with the bytes that our server answers."""
    if case.target is not Target.FLOOR:
        yield servers[case.target]
        return
    (body,) = ask(servers[Target.OURS], [case.workload.body(0)])
    with floor(body) as process:
        yield process


def line(case: BenchCase, run: Run) -> str:
    """Return the run in one line, as it is printed when it ends."""
    what = f"{case.state.value}, {case.workload.name}, {case.concurrency} at once"
    return (
        f"{what:<52} {case.target.value:<6}{run.requests_per_second:>9.1f}/s {run.cpu:>9.3f} ms CPU"
        f"{run.p50:>9.2f} p50{run.p99:>9.2f} p99{run.calls:>7.2f} calls{run.resident_bytes / 2**20:>6.0f} MB"
        f"{run.busy:>5.0%} busy"
    )
