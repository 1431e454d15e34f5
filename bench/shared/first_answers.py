"""The first answers of a second replica, whose rows come from the store, compared with its memory hits.

Another replica fetches many windows of the past, which stay fresh for an hour. Then the second one, which knows the
text of the query, is asked once for each of them: for half of them after another query has brought their rows into its
memory. It caches no responses, and has seen none of the variables with this text.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.answers import ask
from bench.processes import BenchError, Process
from bench.scenarios import BoundResult, Finding
from bench.servers import State, UpstreamProcess, ours
from bench.shared.past_windows import past_windows
from bench.shared.replicas import replica
from bench.shared.valkey import Valkey

QUERY = "Q2"
MAX_RATIO = 1.5
LABEL = f"shared: first answer from the second tier: {QUERY}"
_FIRST = 20  # series by which the second replica gets to know the query
_REPEATS = 2
_TOGETHER = 7  # requests


@dataclass(frozen=True, slots=True)
class FirstAnswers:
    """Milliseconds of CPU for a request, and the bytes of a value in the store, and of its places in the index.

    `again`: for the same request, with rows and variables that the replica has seen.
    """

    first: float
    memory: float
    again: float
    series: int
    value: int
    index: float


def first_answers(upstream: UpstreamProcess, valkey: Valkey, rounds: int) -> FirstAnswers:
    """Return the least of several rounds, each with new replicas and an empty store."""
    with ours(State.COLD, upstream) as server:
        _cpu(server, past_windows(QUERY).bodies)  # so that the upstream has rendered its answers
    results = [_round(upstream, valkey) for _ in range(rounds)]
    first, memory, again = (
        min(each) for each in zip(*((item.first, item.memory, item.again) for item in results), strict=True)
    )
    return FirstAnswers(first, memory, again, results[0].series, results[0].value, results[0].index)


def verdict(result: FirstAnswers, transfer: float) -> BoundResult:
    """`transfer`: milliseconds of CPU for a round trip to the store with a value of that size."""
    beside = result.first - transfer
    text = (
        f"{beside / result.memory:.2f} ({result.first:.3f} to {result.memory:.3f} ms,"
        f" of which {transfer:.3f} ms for a round trip with {result.value:,} bytes)"
    )
    bound = f"≤ {MAX_RATIO:g} times the CPU of its memory hit, plus the round trip"
    return BoundResult(LABEL, bound, {1: Finding(text, beside <= MAX_RATIO * result.memory)})


def _round(upstream: UpstreamProcess, valkey: Valkey) -> FirstAnswers:
    windows = past_windows(QUERY)
    before, others = windows.bodies[:_FIRST], windows.bodies[_FIRST:]
    in_store, in_memory = others[::2], others[1::2]
    valkey.forget_answers()
    with (
        replica("first", State.ROWS_OF_MANY, upstream, valkey) as first,
        replica("second", State.ROWS_OF_MANY, upstream, valkey) as second,
    ):
        _cpu(second, before * 3)
        _cpu(first, others)
        keys = valkey.wait_for_answers(len(others))
        calls, scripts = upstream.calls(), valkey.script_calls()
        _cpu(second, windows.warmup[_FIRST:][1::2])
        memory, from_store = _in_turn(second, in_memory, in_store)
        again = min(_cpu(second, others) for _ in range(_REPEATS))
        if upstream.calls() > calls or valkey.script_calls() < scripts + len(others):
            raise BenchError("The second replica did not get all series from the store.")
    values = [key.value for key in keys if key.kind == "answer"]
    index = sum(key.memory for key in keys if key.kind in ("index", "sizes"))
    return FirstAnswers(from_store, memory, again, len(values), round(sum(values) / len(values)), index / len(values))


def _in_turn(server: Process, first: Sequence[bytes], second: Sequence[bytes]) -> tuple[float, float]:
    """Return the milliseconds of CPU for each answer, some of one kind after some of the other."""
    parts = [
        (_cpu(server, first[at : at + _TOGETHER]), _cpu(server, second[at : at + _TOGETHER]))
        for at in range(0, len(second) - _TOGETHER + 1, _TOGETHER)
    ]
    return statistics.median(item for item, _ in parts), statistics.median(item for _, item in parts)


def _cpu(server: Process, bodies: Sequence[bytes]) -> float:
    """Return the milliseconds of CPU for each answer."""
    before = server.exact_cpu_seconds()
    for _ in ask(server, bodies):
        pass
    return (server.exact_cpu_seconds() - before) / len(bodies) * 1000
