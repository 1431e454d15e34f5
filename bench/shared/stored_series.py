"""What cached series need in the store, by `MEMORY USAGE`, with figures that differ from row to row."""

import time
from dataclasses import dataclass

import orjson

from bench.answers import ask
from bench.processes import BenchError, Process
from bench.servers import State, UpstreamProcess
from bench.shared.replicas import replica
from bench.shared.valkey import MeasuredKey, Valkey

ROWS = {100: "M15", 1_000: "M30", 4_500: "H1"}  # with an interval each, so that none is in memory
SERIES = ("price", "openInterest", "fundingRate", "liquidations", "takerVolume", "rsi")
_STORED_WITHIN = 10.0  # seconds
_QUIET = 0.2  # seconds without another key


@dataclass(frozen=True, slots=True)
class StoredSeries:
    """`calls`: upstream calls, each of which is stored for itself. `memory`: without the index."""

    name: str
    rows: int
    calls: int
    body: int
    value: int
    memory: int

    @property
    def label(self) -> str:
        return f"shared: a cached series in the store: {self.name}, {self.rows:,} rows"

    @property
    def text(self) -> str:
        parts = "" if self.calls == 1 else f", in {self.calls} parts"
        return f"{self.memory:,} bytes ({self.value:,} bytes sent; body of {self.body:,} bytes){parts}"


def stored_series(upstream: UpstreamProcess, valkey: Valkey) -> list[StoredSeries]:
    with replica("stores", State.RESPONSE, upstream, valkey) as server:
        _ask(server, "x: price(interval: D1, last: 1) { __typename }")  # the listing
        _keys(valkey)
        return [_stored(server, upstream, valkey, name, rows) for name in SERIES for rows in ROWS]


def _stored(server: Process, upstream: UpstreamProcess, valkey: Valkey, name: str, rows: int) -> StoredSeries:
    valkey.forget_answers()
    calls, body = upstream.calls(), upstream.body_bytes()
    _ask(server, f"x: {name}(interval: {ROWS[rows]}, last: {rows}) {{ __typename }}")
    answers = [key for key in _keys(valkey) if key.kind == "answer"]
    calls, body = upstream.calls() - calls, upstream.body_bytes() - body
    if len(answers) != calls:
        raise BenchError(f"{name} of {rows} rows took {calls} calls, but {len(answers)} answers are stored.")
    value, memory = sum(key.value for key in answers), sum(key.memory for key in answers)
    return StoredSeries(name, rows, calls, body, value, memory)


def _ask(server: Process, *fields: str) -> None:
    for field in fields:
        query = f'{{ pair(exchange: "Binance", symbol: "BTCUSDT") {{ {field} }} }}'
        for answer in ask(server, [orjson.dumps({"query": query})]):
            if b"Problem" in answer or b"Required" in answer or b"__typename" not in answer:
                raise BenchError(f"{query} was answered {answer[:300]!r}")


def _keys(valkey: Valkey) -> list[MeasuredKey]:
    """Return the keys once no other one comes, since answers are stored in the background."""
    latest, keys = time.monotonic() + _STORED_WITHIN, valkey.keys()
    while time.monotonic() < latest:
        before = len(keys)
        time.sleep(_QUIET)
        keys = valkey.keys()
        if len(keys) == before:
            return keys
    raise BenchError("The store does not come to rest.")
