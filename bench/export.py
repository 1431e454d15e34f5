"""What a file of a million rows takes: the time until its last byte, and the memory beyond that of the server before.

Each figure is of a server process of its own. Cold, it fetches everything from the upstream; warm, it has done so for a
small file before. The upstream has rendered all answers beforehand.
"""

import hashlib
import itertools
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import orjson

from bench.processes import BenchError, Process
from bench.scenarios import BoundResult, Finding
from bench.servers import State, UpstreamProcess, ours
from cg_client.intervals import Interval
from cg_client.windows import MAX_POINTS
from sandbox.directory import FUTURES

FORMATS = ("csv", "ndjson", "arrow", "parquet")
ROWS = 1_000_000
MAX_MEGABYTES, MAX_SECONDS = 64.0, 10.0
_COINS = ROWS // MAX_POINTS
_STEP = Interval.M1.milliseconds
_PAGE = 1_000  # bars
_MEGABYTE = 2**20
_PATIENCE = 120.0
_SETTINGS = {
    "COINGLASS_MAX_CALLS": "1200",
    "COINGLASS_MAX_EXPORT_VALUES": "8000000",
    "COINGLASS_CACHE_MB": "256",
    "COINGLASS_DEADLINE_SECONDS": "60",
}


def exports(upstream: UpstreamProcess) -> Iterator[BoundResult]:
    """Yield the results of each format, first cold and then warm."""
    with ours(State.RESPONSE, upstream, **_SETTINGS) as server:
        _file(server, "csv", _query("time"))  # for the upstream, which renders each answer once
    for name, is_warm in itertools.product(FORMATS, (False, True)):
        with ours(State.RESPONSE, upstream, **_SETTINGS) as server:
            yield _measured(server, name, is_warm=is_warm)


def _measured(server: Process, name: str, *, is_warm: bool) -> BoundResult:
    if is_warm:
        _file(server, name, _query("time"))
    server.forget_peak()
    before, started = server.resident_bytes(), time.monotonic()
    size = _file(server, name, _query("time open high low close"))
    seconds, grown = time.monotonic() - started, (server.peak_bytes() - before) / _MEGABYTE
    text = f"{seconds:.1f} s, {grown:.0f} MB over {before / _MEGABYTE:.0f} MB, for {size / _MEGABYTE:.0f} MB of file"
    return BoundResult(
        f"export of {ROWS:,} rows, {'rows cached' if is_warm else 'cold'}: {name}",
        f"≤ {MAX_SECONDS:g} s and ≤ {MAX_MEGABYTES:g} MB more",
        {1: Finding(text, seconds <= MAX_SECONDS and grown <= MAX_MEGABYTES)},
    )


def _file(server: Process, name: str, query: str) -> int:
    """Get the file, and return its size."""
    size = 0
    with httpx.stream("POST", f"{server.url}/graphql?format={name}", json={"query": query}, timeout=_PATIENCE, headers={"accept-encoding": "identity"}) as answer:
        if answer.status_code != 200:
            raise BenchError(f"The export was answered {answer.status_code}: {answer.read()[:500]!r}")
        for part in answer.iter_raw():
            size += len(part)
    return size


def _query(fields: str) -> str:
    coins = list(dict.fromkeys(item.base for item in FUTURES))[:_COINS]
    width = _PAGE * _STEP
    end = (int(time.time() * 1000) // width - 2) * width
    window = f'from: "{_iso(end - MAX_POINTS * _STEP)}", to: "{_iso(end - 1000)}"'
    return (
        f"{{ coinsBySymbol(symbols: {orjson.dumps(coins).decode()}) {{ symbol "
        f"openInterest(interval: {Interval.M1.name}, {window}) {{ ... on OISeries {{ candles {{ {fields} }} }} }} }} }}"
    )


def _iso(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat().replace("+00:00", "Z")
