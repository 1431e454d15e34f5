"""Answers from the store, compared with answers that are fetched: for the same requests, alternately, in one run.

Neither server caches rows. One has put each answer into the store, and gets it from there; the other has no store.
"""

from bench.answers import warm
from bench.processes import BenchError
from bench.scenarios import BoundResult, Finding
from bench.servers import State, UpstreamProcess, ours
from bench.shared.alternate import CONCURRENCY, least_runs
from bench.shared.past_windows import past_windows
from bench.shared.replicas import replica
from bench.shared.valkey import Valkey

QUERY = "Q2"
LABEL = f"shared: an answer from the second tier, and one that is fetched: {QUERY}"
_FEW, _MOST = 0.02, 0.9  # upstream calls for a request; wrk leaves a few requests, which may not be sent


def cold_answers(upstream: UpstreamProcess, valkey: Valkey, seconds: float, rounds: int) -> BoundResult:
    """Return the result; of several rounds the run with the least CPU counts."""
    workload = past_windows(QUERY)
    with ours(State.COLD, upstream) as alone, replica("shares", State.COLD, upstream, valkey) as sharing:
        warm(sharing, workload)
        valkey.wait_for_answers(len(workload.bodies))
        shared, fetched = least_runs((sharing, alone), workload, upstream, seconds, rounds)
    if shared.calls > _FEW or fetched.calls < _MOST:
        raise BenchError(f"A request took {shared.calls:.2f} upstream calls, and {fetched.calls:.2f} without a store.")
    return verdict(shared.cpu, fetched.cpu)


def verdict(shared: float, fetched: float) -> BoundResult:
    """Judge the milliseconds of CPU for an answer from the store, and for one that is fetched."""
    finding = Finding(f"{shared / fetched:.2f} ({shared:.3f} to {fetched:.3f} ms)", shared < fetched)
    return BoundResult(LABEL, "less CPU than one that is fetched", {CONCURRENCY: finding})
