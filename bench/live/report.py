"""The results as Markdown: the printed tables, and RESULTS.md."""

import math
import resource
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import machine
from bench.live.bound import Bound
from bench.live.channels import CHANNELS
from bench.live.clients import PROCESSES
from bench.live.lanes import Crowd, FanOut, SlowReaders
from bench.live.take_over import REPLICAS, TakeOver
from bench.live.take_over_report import of_take_over, times
from bench.markdown import table

LANES: Final = ("few", "many", "yoga", "slow", "replicas")
MAX_P99_MS: Final = 250.0
MAX_KILOBYTES: Final = 20.0
MAX_GROWN_MEGABYTES: Final = 64.0
_SLOWER: Final = 1.5  # times that the others' p99 may be while slow ones do not read
_NOISE_MS: Final = 20.0
_HERE: Final = Path(__file__).parent
_HOW: Final = f"""\
`make bench-live` prints the tables; `make bench-live WRITE=1` also writes this file. `make bench-live QUICK=1` takes a
tenth of the clients, and `make bench-live ONLY="few slow"` some of the lanes.

Each client has one WebSocket (graphql-transport-ws) with a subscription to one of {len(CHANNELS)} channels, as many to
each. The upstream sends events of the channels in turn, at equal distances, each with its number and the time of
sending; the clients check that no number is missing or doubled. A delay is from the sending by the upstream to the
reading by the client, by one clock; it contains what the clients themselves need. The delay of a client that has its
events from the upstream itself, in the same process, says how much that is.

The server has one core; the clients, in {PROCESSES} processes, and the upstream share the other. CPU is that of the
server process, user and system, divided by the deliveries: the events that clients have read in the time, each as often
as it was read. Our server puts events that come close together into one message. Memory for each client is the resident
memory after the last run less that before the first client, divided by the clients; buffers of the system are not in
it.

GraphQL Yoga with graphql-ws, as their documentation has it, gets the same documents and sends the same JSON
(`bench/live/yoga/server.js`).

In the lane of the replicas, {REPLICAS} servers with one `COINGLASS_SHARED_URL` share the core, and each has as many of
the clients. The one that is connected to the upstream's WebSocket is killed with SIGKILL. Its clients subscribe again
at the next one, after the cursor of their last event. The series of a client are the numbers of its events; each is
compared with that of a client of the same channel which has never lost its connection."""


@dataclass
class LiveResults:
    """Of the lanes that were measured. `required`: clients in the lanes with many."""

    required: int
    few: Crowd | None = None
    many: Crowd | None = None
    yoga: Crowd | None = None
    slow: SlowReaders | None = None
    replicas: TakeOver | None = None

    @property
    def crowds(self) -> Sequence[Crowd]:
        return [crowd for crowd in (self.few, self.many, self.yoga) if crowd is not None]

    @property
    def hold(self) -> bool:
        return all(bound.holds for bound in bounds(self))


def bounds(results: LiveResults) -> Iterator[Bound]:
    if results.many is not None:
        yield from _of_many(results.many, results.required)
    if results.slow is not None:
        yield from _of_slow(results.slow)
    if results.replicas is not None:
        yield from of_take_over(results.replicas, results.required)


def _of_many(many: Crowd, required: int) -> Iterator[Bound]:
    label, run = f"{many.clients:,} subscribers", many.runs[-1]
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    yield Bound(
        "subscribers",
        f"{required:,}",
        f"{many.clients:,} (a process may open {files:,} files)",
        many.clients == required,
    )
    seen = f"{many.sockets} and {many.subscriptions}"
    yield Bound(f"{label}: upstream sockets and subscriptions, ever", "1 and 5", seen, seen == f"1 and {len(CHANNELS)}")
    complete = all(item.is_complete for item in many.runs)
    yield Bound(f"{label}: each event once to each", "all", "all" if complete else "not all", complete)
    p99 = run.delays.p99
    yield Bound(f"{label}: p99 at {run.rate:g} events/s", f"< {MAX_P99_MS:g} ms", f"{p99:.0f} ms", p99 < MAX_P99_MS)
    memory = many.kilobytes
    yield Bound(f"{label}: memory for each", f"< {MAX_KILOBYTES:g} kB", f"{memory:.1f} kB", memory < MAX_KILOBYTES)


def _of_slow(slow: SlowReaders) -> Iterator[Bound]:
    label = f"{slow.slow} clients that read nothing for {slow.seconds:g} s"
    before, after = slow.alone.delays.p99, slow.beside.delays.p99
    yield Bound(
        f"{label}: p99 of the others",
        f"≤ {_SLOWER:g} times that before, or {_NOISE_MS:g} ms more",
        f"{after:.0f} ms, before {before:.0f} ms",
        after <= max(before * _SLOWER, before + _NOISE_MS),
    )
    complete = slow.alone.is_complete and slow.beside.is_complete
    yield Bound(f"{label}: each event once to each other", "all", "all" if complete else "not all", complete)
    grown = f"{slow.grown_megabytes:+.0f} MB"
    yield Bound(
        f"{label}: memory", f"≤ {MAX_GROWN_MEGABYTES:g} MB more", grown, slow.grown_megabytes <= MAX_GROWN_MEGABYTES
    )
    lagging = f"{slow.lagging} of {slow.slow}, of {slow.dropped:,} events; {'exact' if slow.is_exact else 'not exact'}"
    if slow.failures:
        lagging += f"; {len(slow.failures)} failed: {slow.failures[0][:100]}"
    yield Bound(
        f"{label}: told how many events they have lost",
        "each, exactly",
        lagging,
        slow.lagging == slow.slow and slow.is_exact,
    )


def tables(results: LiveResults) -> str:
    return "\n\n".join(_tables(results))


def _tables(results: LiveResults) -> Iterator[str]:
    rows = [(item.what, item.bound, item.measured, "yes" if item.holds else "no") for item in bounds(results)]
    if rows:
        yield table(("what", "bound", "measured", "holds"), rows)
    if results.replicas is not None:
        yield times(results.replicas)
    runs = list(_runs(results))
    head = (
        "server", "subscribers", "events/s", "deliveries/s", "events in a message", "complete", "p50 ms", "p99 ms",
        "longest ms", "p99 ms of the upstream itself", "CPU µs per delivery", "server's core", "clients' core",
    )  # fmt: skip
    if runs:
        yield table(head, runs)
    crowds = [item for item in results.crowds if item is not results.few]  # few share what the first one costs
    if crowds:
        yield table(
            ("server", "subscribers", "memory for each, kB", "CPU ms to connect and subscribe"),
            [(item.server, f"{item.clients:,}", f"{item.kilobytes:.1f}", f"{item.connect_ms:.2f}") for item in crowds],
        )


def _runs(results: LiveResults) -> Iterator[tuple[str, ...]]:
    for crowd in results.crowds:
        for run in crowd.runs:
            yield _run(crowd.server, crowd.clients, run)
    if results.slow is not None:
        yield _run("ours, slow ones reading", results.slow.others, results.slow.alone)
        yield _run("ours, slow ones not reading", results.slow.others, results.slow.beside)


def _run(server: str, clients: int, run: FanOut) -> tuple[str, ...]:
    return (
        server,
        f"{clients:,}",
        f"{run.rate:g}",
        f"{run.deliveries / run.seconds:,.0f}",
        f"{run.deliveries / max(1, run.messages):.1f}",
        "yes" if run.is_complete else "no",
        *(_milliseconds(item) for item in (run.delays.p50, run.delays.p99, run.delays.longest, run.direct.p99)),
        f"{run.cpu_us:.2f}",
        f"{run.busy[0]:.0%}",
        f"{run.busy[1]:.0%}",
    )


def _milliseconds(value: float) -> str:
    return "none read" if math.isnan(value) else f"{value:.1f}"


def write(results: LiveResults) -> None:
    """Write RESULTS.md beside this module."""
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S607  # where the lane found it
    facts = table(("what", "measured with"), [*machine.facts(), ("Node", node)])
    parts = ("# Results of the benchmark of subscriptions", _HOW, facts, *_tables(results))
    (_HERE / "RESULTS.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
