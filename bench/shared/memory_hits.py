"""Memory hits of a server with a shared store, compared with those of one without: alternately, in one run."""

from collections.abc import Iterator

from bench.answers import sizes, warm
from bench.load import drive
from bench.processes import Process
from bench.queries import Workload, repeated
from bench.scenarios import BoundResult, Finding
from bench.servers import State, UpstreamProcess, ours
from bench.shared.past_windows import past_windows
from bench.shared.replicas import replica
from bench.shared.valkey import Valkey

MAX_MORE = 0.05
QUERY, CONCURRENCY = "Q2", 32
_WORKLOADS = {State.RESPONSE: repeated(QUERY), State.ROWS_OF_MANY: past_windows(QUERY)}


def memory_hits(upstream: UpstreamProcess, valkey: Valkey, seconds: float, rounds: int) -> Iterator[BoundResult]:
    """Yield the result for each state; of several rounds the run with the least CPU counts."""
    for state, workload in _WORKLOADS.items():
        with ours(state, upstream) as alone, replica("shares", state, upstream, valkey) as sharing:
            without, shared = _least((alone, sharing), workload, upstream, seconds, rounds)
        more = shared / without - 1
        label = f"shared: memory hits with the second tier, {state.value}: {QUERY}"
        bound = f"at most {MAX_MORE:.0%} more CPU than without"
        finding = Finding(f"{more:+.1%} ({shared:.4f} to {without:.4f} ms)", more <= MAX_MORE)
        yield BoundResult(label, bound, {CONCURRENCY: finding})


def _least(
    servers: tuple[Process, Process], workload: Workload, upstream: UpstreamProcess, seconds: float, rounds: int
) -> tuple[float, float]:
    """Return the least CPU of a request to each server."""
    first = min(sizes(servers[0], workload))
    results: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds):
        for index in (0, 1) if turn % 2 else (1, 0):
            warm(servers[index], workload)
            run = drive(servers[index], workload, CONCURRENCY, seconds, upstream.calls, first)
            results[index].append(run.cpu)
    return min(results[0]), min(results[1])
