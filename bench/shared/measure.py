"""Measures the second tier: `make bench ONLY=shared`."""

import json
import subprocess
import sys
from typing import Final

from bench.processes import BenchError, cores
from bench.servers import upstream
from bench.shared.cold_answers import cold_answers
from bench.shared.first_answers import first_answers
from bench.shared.memory_hits import memory_hits
from bench.shared.report import SharedResults
from bench.shared.stored_series import stored_series
from bench.shared.valkey import Valkey, valkey

_SOURCE: Final = {"BENCH_FIGURES": "market", "BENCH_LIMIT": "20000"}
_OPERATIONS_WITHIN: Final = 120.0  # seconds


def measure_shared(seconds: float, rounds: int) -> SharedResults:
    """Return the results; raises BenchError."""
    with valkey() as store, upstream(**_SOURCE) as source:
        series = stored_series(source, store)
        for item in series:
            sys.stdout.write(f"{item.label}: {item.text}\n")
        first = first_answers(source, store, rounds)
        sys.stdout.write(f"first answers: {first.first:.3f} ms, from memory {first.memory:.3f} ms\n")
        hits = list(memory_hits(source, store, seconds, 2 * rounds))
        cold = cold_answers(source, store, seconds, rounds)
        operations = _operations(store, first.value)
    return SharedResults(hits, cold, first, series, operations)


def _operations(store: Valkey, size: int) -> dict[str, dict[str, float]]:
    """Measure in a process of its own, on the core of the servers."""
    core, _ = cores()
    command = [sys.executable, "-m", "bench.shared.operations", store.url, str(store.pid), str(size)]
    command = ["taskset", "--cpu-list", str(core), *command]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=_OPERATIONS_WITHIN, check=False)  # noqa: S603  # our own module
    if ended.returncode:
        raise BenchError(f"The operations of the store failed: {ended.stderr[-500:]}")
    results: dict[str, dict[str, float]] = json.loads(ended.stdout)
    return results
