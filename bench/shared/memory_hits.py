"""Memory hits of a server with a shared store, compared with those of one without: alternately, in one run."""

from collections.abc import Iterator

from bench.queries import repeated
from bench.scenarios import BoundResult, Finding
from bench.servers import State, UpstreamProcess, ours
from bench.shared.alternate import CONCURRENCY, least_runs
from bench.shared.past_windows import past_windows
from bench.shared.replicas import replica
from bench.shared.valkey import Valkey

MAX_MORE = 0.05
QUERY = "Q2"
_WORKLOADS = {State.RESPONSE: repeated(QUERY), State.ROWS_OF_MANY: past_windows(QUERY)}


def memory_hits(upstream: UpstreamProcess, valkey: Valkey, seconds: float, rounds: int) -> Iterator[BoundResult]:
    """Yield the result for each state; of several rounds the run with the least CPU counts."""
    for state, workload in _WORKLOADS.items():
        with ours(state, upstream) as alone, replica("shares", state, upstream, valkey) as sharing:
            without, shared = least_runs((alone, sharing), workload, upstream, seconds, rounds)
        more = shared.cpu / without.cpu - 1
        label = f"shared: memory hits with the second tier, {state.value}: {QUERY}"
        bound = f"at most {MAX_MORE:.0%} more CPU than without"
        finding = Finding(f"{more:+.1%} ({shared.cpu:.4f} to {without.cpu:.4f} ms)", more <= MAX_MORE)
        yield BoundResult(label, bound, {CONCURRENCY: finding})
