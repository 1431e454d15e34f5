"""The results as Markdown: the printed table, and RESULTS.md."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from bench import grid, machine
from bench.cases import BenchCase
from bench.growth import GrowthPoint
from bench.load import Run
from bench.markdown import table
from bench.plot import svg
from bench.queries import ABOUT, OTHER_SERIES
from bench.scenarios import AT_ONCE, BoundResult
from bench.servers import FRAGMENTS_MB
from bench.shared.report import SharedResults, replaced

_HERE = Path(__file__).parent
_HOW = f"""\
`make bench` prints the tables; `make bench WRITE=1` also writes this file and `growth.svg`. `make bench QUICK=1`
measures the bounds with short runs, and `make bench ONLY="cold herd"` some of them.

The figures are CPU time of one process, user and system, on a shared machine: differences of less than a third are
noise. The server under test has one core; wrk, with one thread, and the upstream share another. The upstream is the
sandbox with cached answers. Every server runs in a separate process behind a loopback socket, with uvicorn on uvloop
and httptools and without an access log. CPU time is read from `/proc` before a run and once the server is idle, and
divided by the number of requests sent. The runs of a bound are repeated three times, alternating between the two
servers, and the run with the least CPU counts; what a busy neighbour on the machine affects most runs more often:
cached responses six times, the cold Q4 twelve times. The answers of both servers are compared as data before the run,
and a run with a failed request does not count.

Plain is `bench/plain.py`, Strawberry as its documentation teaches; it is in the same state, with or without cached row
objects, and gets the same requests. The floor is `bench/floor.py`, which sends the same bytes. It is faster than wrk
can read on one core, so that CPU says more about both than their rates; the bound applies to the lesser ratio.

| state | our server |
| --- | --- |
| cold | caches neither rows nor responses; each request selects other series than those in flight |
| rows cached | caches rows, no responses; a text never seen before has other aliases on all scalar fields, so that \
no encoded fragment can be reused |
| rows cached, another series each time | one text; the requests go through {OTHER_SERIES} cached series in turn, \
whose encoded rows are several times the {FRAGMENTS_MB} MB of the fragment cache |
| response cached | the default settings |

Real-time series are valid for five seconds, so that some upstream calls remain where rows are cached; the rows of plain
never expire."""


def bounds(verdicts: Iterable[BoundResult]) -> str:
    head = ("state and query", "bound", *(f"at {item}" for item in AT_ONCE), "holds")
    rows = [
        (item.label, item.bound, *(item.findings[n].text if n in item.findings else "" for n in AT_ONCE), item.holds)
        for item in verdicts
    ]
    return table(head, rows)


def shortfalls(verdicts: Iterable[BoundResult]) -> Iterator[str]:
    """Yield a sentence for each bound that does not hold."""
    for item in verdicts:
        short = [f"{finding.text} at {n}" for n, finding in item.findings.items() if not finding.holds]
        if short:
            yield f"- {item.label}: {' and '.join(short)}, where the bound is {item.bound}."


def of_grid(runs: Mapping[BenchCase, Run]) -> str:
    return table(grid.HEAD, list(grid.rows(runs)))


def write(verdicts: Sequence[BoundResult], runs: Mapping[BenchCase, Run], points: Sequence[GrowthPoint]) -> None:
    """Write RESULTS.md and the plot beside this module."""
    (_HERE / "growth.svg").write_text(svg(points), encoding="utf-8")
    (_HERE / "RESULTS.md").write_text("\n\n".join(_document(verdicts, runs, points)) + "\n", encoding="utf-8")


def write_shared(results: SharedResults) -> None:
    """Write the section about the second tier into RESULTS.md."""
    path = _HERE / "RESULTS.md"
    path.write_text(replaced(path.read_text(encoding="utf-8"), results), encoding="utf-8")


def _document(
    verdicts: Sequence[BoundResult], runs: Mapping[BenchCase, Run], points: Sequence[GrowthPoint]
) -> Iterator[str]:
    yield "# Results of the benchmark"
    yield _HOW
    yield table(("what", "measured with"), [*machine.facts(), ("load", machine.wrk())])
    yield "## Bounds"
    yield "In brackets: CPU milliseconds per request of our server and of the other."
    yield bounds(verdicts)
    yield from _shortfalls(verdicts)
    yield "## All queries and states"
    yield "\n".join(f"- {name}: {about}" for name, about in ABOUT.items())
    yield of_grid(runs)
    yield "## Growth"
    yield "![CPU per request and per row, from 1 to 1,000,000 rows](growth.svg)"
    yield table(
        ("rows", "CPU ms per request", "CPU µs per row"),
        [(f"{item.rows:,}", f"{item.request:.3f}", f"{item.row:.3f}") for item in points],
    )


def _shortfalls(verdicts: Sequence[BoundResult]) -> Iterator[str]:
    result = list(shortfalls(verdicts))
    yield "\n".join(["Bounds that do not hold:", "", *result]) if result else "All bounds hold."
