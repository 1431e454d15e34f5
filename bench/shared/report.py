"""The section of RESULTS.md about the second tier."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bench import machine
from bench.markdown import table
from bench.scenarios import AT_ONCE, BoundResult
from bench.shared.first_answers import FirstAnswers, verdict
from bench.shared.stored_series import StoredSeries

HEADING: Final = "## Shared tier"
_SECTION: Final = re.compile(rf"^{HEADING}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_HOW: Final = """\
Servers share a Valkey, which is on the core of the load. `make bench ONLY=shared WRITE=1` measures this section alone.

- Memory hits: two servers, one with `COINGLASS_SHARED_URL` and one without, run at the same time and get the same load
  in turn. Of each the run with the least CPU counts.
- Answers that are not in memory: two servers that cache no rows, one of which gets each answer from the store, and the
  other one, without a store, from the upstream. The requests are those for the rows of many series above, with
  variables that both have seen.
- First answers: one replica has fetched series that another one is asked for, one request after the other. The other
  has answered the same query for other series; half of the series are in its memory, brought by another query. The
  round trip is that of a value of the same size, in a process that does nothing else.
- The store: `MEMORY USAGE` of what is stored for a series, with figures that differ from row to row. CPU of the store
  for an operation is that of Valkey, with 16 connections at work and values as large as those of the first answers. A
  look takes the lease, an unclaimed one does not, and neither gets a value, which a read does. An exchange about the
  quota is one in which a call begins to wait when all of the minute's 1,200 requests are spent."""


@dataclass(frozen=True, slots=True)
class SharedResults:
    """`operations`: by name the microseconds of the store's CPU, the process' CPU, and until the reply."""

    hits: Sequence[BoundResult]
    cold: BoundResult
    first: FirstAnswers
    series: Sequence[StoredSeries]
    operations: Mapping[str, Mapping[str, float]]

    @property
    def verdicts(self) -> list[BoundResult]:
        return [*self.hits, self.cold, verdict(self.first, self.operations["transfer"]["process"] / 1000)]


def section(results: SharedResults) -> str:
    return "\n\n".join(_parts(results))


def replaced(document: str, results: SharedResults) -> str:
    """Return the document with the section, in place of the one that it has."""
    text = section(results) + "\n"
    if _SECTION.search(document):
        return _SECTION.sub(lambda match: text + ("\n" if match.end() < len(document) else ""), document)
    return f"{document}\n{text}"


def _parts(results: SharedResults) -> Iterator[str]:
    yield HEADING
    yield _HOW
    yield table(("what", "measured with"), [*machine.facts()])
    head = ("what", "bound", *(f"at {item}" for item in AT_ONCE), "holds")
    yield table(head, [_row(item) for item in results.verdicts])
    yield table(("what", "measured"), list(_rows(results)))


def _row(result: BoundResult) -> tuple[str, ...]:
    findings = (result.findings[n].text if n in result.findings else "" for n in AT_ONCE)
    return result.label, result.bound, *findings, result.holds


def _rows(results: SharedResults) -> Iterator[tuple[str, str]]:
    for stored in results.series:
        yield stored.label, stored.text
    first = results.first
    yield "shared: the same requests again, from memory and with variables seen before", f"{first.again:.3f} ms"
    yield f"shared: index, for each of {first.series} series", f"{first.index:.0f} bytes"
    for name, spent in results.operations.items():
        label = f"shared: CPU of the store for one operation: {name}"
        yield label, f"{spent['store']:.1f} µs{_of_process(spent)}"


def _of_process(spent: Mapping[str, float]) -> str:
    if "process" not in spent:
        return ""
    return f" ({spent['process']:.1f} µs of the process, {spent['elapsed']:.0f} µs until the reply)"
