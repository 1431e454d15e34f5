"""How the cost grows with the rows of an answer: rows cached, another text each time.

A window has at most 20,000 points: more rows are several windows under aliases. They are aligned with
the pages that our server requests, and old enough to be cached for an hour.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from bench.answers import sizes
from bench.load import drive
from bench.processes import Process
from bench.queries import MARK, Workload
from bench.scenarios import BoundResult, Finding
from bench.servers import State, UpstreamProcess, ours
from cg_client.intervals import Interval
from cg_client.windows import MAX_POINTS

ROWS = (1, 10, 100, 1_000, 5_000, 20_000, 40_000, 100_000, 1_000_000)
FEW, MANY = 1_000, 1_000_000
MAX_GROWTH = 1 / 3
_MAX_CACHED = 100_000  # rows; the windows of a longer answer repeat, each under names of its own
SECONDS = 1
_PAGE = 1_000
_STEP = Interval.M15.milliseconds


@dataclass(frozen=True, slots=True)
class GrowthPoint:
    """CPU of one request with so many rows, in milliseconds."""

    rows: int
    request: float

    @property
    def row(self) -> float:
        """Microseconds."""
        return self.request / self.rows * 1000


def growth(upstream: UpstreamProcess, rounds: int) -> list[GrowthPoint]:
    """Return the best of several rounds for each number of rows."""
    best: dict[int, float] = {}
    with ours(State.ROWS, upstream) as server:
        for _ in range(rounds):
            for rows in ROWS:
                best[rows] = min(_cpu(server, upstream, rows), best.get(rows, float("inf")))
    points = [GrowthPoint(rows, cpu) for rows, cpu in best.items()]
    for entry in points:
        sys.stdout.write(f"{entry.rows:>9,} rows: {entry.request:>9.3f} ms CPU, {entry.row:>9.3f} µs per row\n")
    return points


def verdict(points: Sequence[GrowthPoint]) -> BoundResult:
    by_rows = {item.rows: item for item in points}
    few, many = by_rows[FEW], by_rows[MANY]
    grown = many.row / few.row - 1
    return BoundResult(
        f"CPU per row from {FEW:,} to {MANY:,} rows",
        f"grows by less than {MAX_GROWTH:.0%}",
        {1: Finding(f"{grown:+.0%} ({few.row:.2f} to {many.row:.2f} µs)", grown < MAX_GROWTH)},
    )


def _cpu(server: Process, upstream: UpstreamProcess, rows: int) -> float:
    workload = _workload(rows)
    return drive(server, workload, 1, SECONDS, upstream.calls, min(sizes(server, workload))).cpu


def _workload(rows: int) -> Workload:
    windows = [min(MAX_POINTS, rows - before) for before in range(0, rows, MAX_POINTS)]
    width = _PAGE * _STEP
    oldest = (int(time.time() * 1000) // width - 2) * width - min(rows, _MAX_CACHED) // _PAGE * width
    parts = []
    for index, points in enumerate(windows):
        first = oldest + index * MAX_POINTS % _MAX_CACHED * _STEP
        parts.append(f"w{index}: {_window(index, first, first + points * _STEP - 1000)}")
    query = f'{{ pair(exchange: "Binance", symbol: "BTCUSDT") {{ {" ".join(parts)} }} }}'
    return Workload(f"{rows:,} rows", (orjson.dumps({"query": query}),), numbered=True)


def _window(index: int, first: int, last: int) -> str:
    fields = " ".join(f"{name}{index}{MARK}: {name}" for name in ("time", "open", "high", "low", "close"))
    window = f'from: "{_iso(first)}", to: "{_iso(last)}"'
    return f"price(interval: {Interval.M15.name}, {window}) {{ ... on PriceSeries {{ candles {{ {fields} }} }} }}"


def _iso(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat().replace("+00:00", "Z")
