"""The document RESULTS.md."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import machine
from bench.markdown import table
from chaos.verdict import Verdict, as_table

_HOW = """\
`make chaos` runs every scenario and prints the table, `make chaos QUICK=1` in a shorter form, `make chaos ONLY="hang
stop"` some of them; `make chaos WRITE=1` writes this file. The real server calls the sandbox, in a separate process,
over a loopback socket. Calls are those that the sandbox counted. A part is a field that CoinGlass answers. Data is
compared with the answer without faults, in `crowd` with the sandbox's samples; in `dashboard`, `quota`, `stop` and
`memory` it is only counted.

Six lanes of scenarios run at the same time on the two cores, all servers on one of them: the times are those of a busy
machine. A scenario on its own has shorter ones.

The scenarios of replicas come after them, two at a time: three servers with a real Valkey, or with a real Redis
(`STORE=redis`), in `replicas-cold` with each; or twice three with a key each, one without a limit and one with the
limit of the plan Startup. Their figures are those of the modelled market, which differ by coin and exchange, and each
closed bar is compared with the model's. Calls in 60 s are counted by when they reached the sandbox, wherever the 60 s
begin. A request that a kill cut off is sent to another replica, as a load balancer would."""


def write(verdicts: Sequence[Verdict]) -> None:
    """Write RESULTS.md beside this module."""
    path = Path(__file__).parent / "RESULTS.md"
    path.write_text("\n\n".join(_document(verdicts)) + "\n", encoding="utf-8")


def _document(verdicts: Sequence[Verdict]) -> Iterator[str]:
    yield "# Results of the chaos suite"
    yield _HOW
    yield table(("what", "tried with"), list(machine.facts()))
    holding = sum(item.holds for item in verdicts)
    yield f"{holding} of {len(verdicts)} bounds hold."
    yield as_table(verdicts)
