"""`make bench`: our server compared with a plain Strawberry server and with the floor, over real sockets."""

import argparse
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bench import grid, report
from bench.cases import Bench, BenchCase
from bench.export import exports
from bench.growth import GrowthPoint, growth, verdict
from bench.herd import herd
from bench.load import Run, require_wrk
from bench.memory import memory
from bench.processes import BenchError
from bench.scenarios import SCENARIOS, BoundResult
from bench.servers import UpstreamProcess, upstream
from bench.shared.measure import measure_shared
from bench.shared.report import SharedResults, section
from bench.trusted import trusted

ALL = (*SCENARIOS, "trusted", "herd", "growth", "memory", "export", "shared", "grid")


@dataclass(frozen=True, slots=True)
class BenchEffort:
    """Seconds and rounds of what a bound rests on, seconds of others; how often growth and herd are repeated."""

    bound: int
    rounds: int
    other: int
    growth: int
    herd: int


FULL, QUICK = BenchEffort(2, 3, 1, 2, 3), BenchEffort(1, 1, 1, 1, 1)


@dataclass(slots=True)
class Results:
    runs: dict[BenchCase, Run]
    verdicts: list[BoundResult] = field(default_factory=list)
    points: list[GrowthPoint] = field(default_factory=list)
    shared: SharedResults | None = None


def run(names: Sequence[str], effort: BenchEffort) -> Results:
    """Measure the named scenarios; raises BenchError."""
    with upstream() as source:
        bench = Bench(source)
        result = Results(bench.runs)
        chosen = [scenario for name, scenario in SCENARIOS.items() if name in names]
        for item in chosen:
            bench.measure(item.cases(), effort.bound, effort.rounds * item.often)
        result.verdicts += [verdict for item in chosen for verdict in item.verdicts(bench.runs)]
        if "trusted" in names:
            result.verdicts += trusted(source, effort.bound, 2 * effort.rounds)
        if "grid" in names:
            bench.measure(grid.cases(), effort.other, 1)
        result.verdicts += _remaining_verdicts(names, source, effort, result.points)
    if "shared" in names:
        result.shared = measure_shared(effort.bound, 2 * effort.rounds)
    return result


def _remaining_verdicts(
    names: Sequence[str], source: UpstreamProcess, effort: BenchEffort, points: list[GrowthPoint]
) -> Iterator[BoundResult]:
    """Yield the bounds that are not ratios, in the order of the table."""
    if "herd" in names:
        yield herd(source, effort.herd)
    if "growth" in names:
        points += growth(source, effort.growth)
        yield verdict(points)
    if "memory" in names:
        yield memory(source)
    if "export" in names:
        yield from exports(source)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(ALL)}")
    parser.add_argument("--quick", action="store_true", help="short runs, and no grid unless it is named")
    parser.add_argument("--write", action="store_true", help="write RESULTS.md and growth.svg")
    chosen = parser.parse_args()
    unknown = set(chosen.names) - set(ALL)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    if chosen.write and (chosen.names not in ([], ["shared"]) or chosen.quick):
        parser.error("--write needs everything or `shared` alone, measured in full")
    chosen.names = chosen.names or [name for name in ALL if not (chosen.quick and name == "grid")]
    return chosen


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is stopped
    chosen = arguments()
    try:
        require_wrk()
        result = run(chosen.names, QUICK if chosen.quick else FULL)
    except BenchError as error:
        sys.stderr.write(f"bench: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    sys.stdout.write(_printed(chosen.names, result))
    if chosen.write:
        _write(result)
    return 0


def _printed(names: Sequence[str], result: Results) -> str:
    verdicts = result.verdicts + ([] if result.shared is None else result.shared.verdicts)
    parts = [report.bounds(verdicts), "\n".join(report.shortfalls(verdicts))]
    if "grid" in names:
        parts.append(report.of_grid(result.runs))
    if result.shared is not None:
        parts.append(section(result.shared))
    return "\n" + "\n\n".join(parts) + "\n"


def _write(result: Results) -> None:
    if result.runs:
        report.write(result.verdicts, result.runs, result.points)
    if result.shared is not None:
        report.write_shared(result.shared)


if __name__ == "__main__":
    sys.exit(main())
