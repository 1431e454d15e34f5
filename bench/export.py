"""What a file of a million rows takes: the time until its last byte, and memory over that of the server before.

Each file is of a server process of its own. Cold, it fetches all rows; with cached rows, it has served them before. The
upstream has rendered its answers before.
"""

import itertools
import time
from collections.abc import Iterator
from datetime import UTC, datetime

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
    """Yield the results of each format, cold and with cached rows."""
    with ours(State.RESPONSE, upstream, **_SETTINGS) as server:
        _file(server, "csv", _query("time"))
    for name, is_warm in itertools.product(FORMATS, (False, True)):
        with ours(State.RESPONSE, upstream, **_SETTINGS) as server:
            if is_warm:
                _file(server, name, _query("time"))
            yield _measured(server, name, "rows cached" if is_warm else "cold")


def _measured(server: Process, name: str, state: str) -> BoundResult:
    server.forget_peak()
    resident, cpu, started = server.resident_bytes(), server.cpu_seconds(), time.monotonic()
    size = _file(server, name, _query("time open high low close"))
    seconds, cpu = time.monotonic() - started, server.cpu_seconds() - cpu
    grown = (server.peak_bytes() - resident) / _MEGABYTE
    text = (
        f"{seconds:.1f} s ({cpu:.1f} s of CPU) and {grown:.0f} MB over {resident / _MEGABYTE:.0f} MB, "
        f"for a file of {size / _MEGABYTE:.0f} MB"
    )
    return BoundResult(
        f"export of {ROWS:,} rows, {state}: {name}",
        f"≤ {MAX_SECONDS:g} s and ≤ {MAX_MEGABYTES:g} MB more",
        {1: Finding(text, seconds <= MAX_SECONDS and grown <= MAX_MEGABYTES)},
    )


def _file(server: Process, name: str, query: str) -> int:
    """Get the file, and return its size."""
    address, headers = f"{server.url}/graphql?format={name}", {"accept-encoding": "identity"}
    with (
        httpx.Client(headers=headers, timeout=_PATIENCE, trust_env=False) as http,
        http.stream("POST", address, json={"query": query}) as answer,
    ):
        if not answer.is_success:
            raise BenchError(f"The export was answered {answer.status_code}: {answer.read()[:500]!r}")
        return sum(map(len, answer.iter_raw()))


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
