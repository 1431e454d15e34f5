"""The document RESULTS.md."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import machine
from bench.markdown import table
from chaos.verdict import Verdict, as_table

_HOW = """\
`make chaos` tries everything and prints the table, `make chaos QUICK=1` in three minutes, `make chaos ONLY="hang stop"`
some of it; `make chaos WRITE=1` writes this file. The server is the real one and asks the
sandbox, which is another process, over a socket of the machine. What the sandbox counted is what the calls are counted
by. A part is a field that CoinGlass answers. Data is compared with what it is without faults, in `crowd` with the
sandbox's samples; in `dashboard`, `quota`, `stop` and `memory` it is only counted.

Six rows of scenarios go on at the same time on the two cores, all servers on one of them: times are those of a busy
machine. A scenario that is tried alone finds shorter ones."""


def write(verdicts: Sequence[Verdict]) -> None:
    """RESULTS.md, beside this module."""
    path = Path(__file__).parent / "RESULTS.md"
    path.write_text("\n\n".join(_document(verdicts)) + "\n", encoding="utf-8")


def _document(verdicts: Sequence[Verdict]) -> Iterator[str]:
    yield "# Results of the chaos suite"
    yield _HOW
    yield table(("what", "tried with"), list(machine.facts()))
    holding = sum(item.holds for item in verdicts)
    yield f"{holding} of {len(verdicts)} bounds hold."
    yield as_table(verdicts)
