"""Requests for windows that have ended, whose answers stay fresh for an hour."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import orjson

from bench.queries import Workload, in_turn
from cg_client.intervals import Interval

_PAGE = 1_000  # bars, in which the server divides a window
_COARSEST = Interval.H4
_ROWS = re.compile(r"candles {[^}]*}")
_DECLARED = "$interval: Interval!"
_BOTH = f"{_DECLARED}, $from: DateTime!, $to: DateTime!"


def past_windows(query: str) -> Workload:
    """Select the last page of another series that has ended with each request, by variables."""
    bodies = tuple(_bodies(query))
    return Workload(f"{query} of the past in turn", bodies, tuple(map(_without_rows, bodies)))


def _bodies(query: str) -> Iterator[bytes]:
    for body in in_turn(query).bodies:
        request = orjson.loads(body)
        step = Interval[request["variables"]["interval"]].milliseconds
        if step <= _COARSEST.milliseconds:
            width = _PAGE * step
            end = int(time.time() * 1000) // width * width
            request["query"] = request["query"].replace("last: 1000", "from: $from, to: $to").replace(_DECLARED, _BOTH)
            request["variables"] |= {"from": _iso(end - width), "to": _iso(end - 1000)}
            yield orjson.dumps(request)


def _without_rows(body: bytes) -> bytes:
    """Return a request that fetches the same series and selects next to nothing."""
    request = orjson.loads(body)
    request["query"] = _ROWS.sub("latest { close }", request["query"])
    return orjson.dumps(request)


def _iso(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat().replace("+00:00", "Z")
