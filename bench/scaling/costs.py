"""What a request and an operation of the store cost: measured by `make bench`, or assumed.

What is measured is read from bench/RESULTS.md, so that the simulation follows when it is written again.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Final

RESULTS: Final = Path(__file__).parent.parent / "RESULTS.md"
_AT_32: Final = r"\([\d.]+ to [^|]*\| [^|]*\(([\d.]+) to"  # behind the figures at 1
_MS: Final = "ms of a replica's core"
_US: Final = "µs of the store's core"
_COLD: Final = "shared: an answer from the second tier, and one that is fetched: Q2"
_VALUE: Final = "shared: a cached series in the store: price, 1,000 rows"
_OPERATION: Final = "shared: CPU of the store for one operation"


@dataclass(frozen=True, slots=True)
class UnitCost:
    """`source`: the row of bench/RESULTS.md, or why the value is assumed."""

    value: float
    unit: str
    about: str
    source: str


@dataclass(frozen=True)
class Costs:
    """1,000 candles of five fields stand for each answer."""

    most: UnitCost
    hit: UnitCost
    stale: UnitCost
    fetch: UnitCost
    tier: UnitCost
    value: UnitCost
    body: UnitCost
    look: UnitCost
    unclaimed: UnitCost
    read: UnitCost
    finish: UnitCost
    quota: UnitCost
    notice: UnitCost
    event: UnitCost
    event_read: UnitCost
    small: UnitCost
    event_size: UnitCost
    events: UnitCost
    latency: UnitCost
    network: UnitCost
    share: UnitCost

    def __iter__(self) -> Iterator[UnitCost]:
        return (getattr(self, item.name) for item in fields(self))


@cache
def measured_costs() -> Costs:
    """Read what is measured; raises ValueError if a row is missing."""
    cached, repeated = "response cached: Q2", "rows cached, same query repeated: Q2"
    return Costs(
        most=_read(cached, r"\(([\d,]+) to", "requests/s", "most that one replica answers from its memory"),
        hit=_read(cached, r"\(([\d.]+) to", _MS, "an answer from memory, rendered before"),
        stale=_read(repeated, _AT_32, _MS, "a stale answer from memory, which is rendered again"),
        fetch=_read(_COLD, r" to ([\d.]+) ms", _MS, "an answer that is fetched from CoinGlass"),
        tier=_read(_COLD, r"\(([\d.]+) to", _MS, "an answer from the second tier"),
        value=_read(_VALUE, r"([\d,]+) bytes sent", "bytes", "an answer, as the store sends it"),
        body=_read(_VALUE, r"body of ([\d,]+) bytes", "bytes", "an answer, as it counts in a replica's memory"),
        look=_read(f"{_OPERATION}: look", r"([\d.]+) µs", _US, "a look that gets a lease, or its end"),
        unclaimed=_read(f"{_OPERATION}: unclaimed", r"([\d.]+) µs", _US, "a look without value or lease"),
        read=_read(f"{_OPERATION}: read", r"([\d.]+) µs", _US, "a look that gets a value"),
        finish=_read(f"{_OPERATION}: finish", r"([\d.]+) µs", _US, "a value that is stored"),
        quota=_read(f"{_OPERATION}: quota", r"([\d.]+) µs", _US, "an exchange about the quota"),
        notice=_assumed(3, _US, "a notice, for each replica that gets it", "a write to a socket"),
        event=_assumed(10, _US, "an event of a stream, written", "a short command"),
        event_read=_assumed(8, _US, "an event of a stream, for each replica that reads it", "a short command"),
        small=_assumed(250, "bytes", "an operation beside its value, both ways", "names, tokens and times"),
        event_size=_assumed(400, "bytes", "an event of a stream", "a few trades as JSON"),
        events=_assumed(100, "events/s", "of all streams together", "as in `make bench-live`"),
        latency=_assumed(0.3, "s", "a request to CoinGlass", "over the internet, on an open connection"),
        network=_assumed(1.25e9, "bytes/s", "most that the store's network carries", "10 Gbit/s"),
        share=_assumed(0.7, "of a core", "most that a core should be busy", "beyond it, requests wait for each other"),
    )


@cache
def _lines() -> tuple[str, ...]:
    return tuple(RESULTS.read_text(encoding="utf-8").splitlines())


def _read(row: str, pattern: str, unit: str, about: str) -> UnitCost:
    """Read the row of the results that begins with `row`."""
    line = next((line for line in _lines() if line.startswith(f"| {row} |")), "")
    result = re.search(pattern, line)
    if result is None:
        raise ValueError(f"bench/RESULTS.md has no row {row!r} with {pattern!r}.")
    return UnitCost(float(result[1].replace(",", "")), unit, about, f"measured: bench/RESULTS.md, {row}")


def _assumed(value: float, unit: str, about: str, reason: str) -> UnitCost:
    return UnitCost(value, unit, about, f"assumed: {reason}")
