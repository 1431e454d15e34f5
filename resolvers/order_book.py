"""Order-book snapshots: which of the two lists of levels holds the bids.

Source: /api/futures/orderbook/history and /api/spot/orderbook/history, rows of [time, levels, levels] with levels of
[price, quantity]. No document says which list is which, so the prices decide: no bid lies above an ask. Where the lists
overlap, the sides stay undecided.
"""

from dataclasses import dataclass

import msgspec

from cg_client.call import Decode
from cg_client.decoding.checks import finite, in_milliseconds
from cg_client.decoding.struct_reader import Figure, Time, struct_decoder


class _BookLevel(msgspec.Struct, array_like=True, gc=False, forbid_unknown_fields=True):
    price: float
    quantity: Figure


class _Snapshot(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    time: Time
    first: list[_BookLevel]
    second: list[_BookLevel]


@dataclass(frozen=True, slots=True)
class BookLevel:
    price: float
    quantity: float | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`time` in milliseconds; `bids` and `asks` are the two lists where the prices tell them apart, otherwise None."""

    time: int
    first: list[BookLevel]
    second: list[BookLevel]
    bids: list[BookLevel] | None
    asks: list[BookLevel] | None


def _in_order(raws: list[_Snapshot]) -> list[Snapshot]:
    times = in_milliseconds([raw.time for raw in raws], "data[0]")
    by_time = {time: _snapshot(time, raw) for time, raw in zip(times, raws, strict=True) if time is not None}
    return [by_time[time] for time in sorted(by_time)]


def _snapshot(time: int, raw: _Snapshot) -> Snapshot:
    first, second = _levels(raw.first), _levels(raw.second)
    bids, asks = sides(first, second)
    return Snapshot(time, first, second, bids, asks)


def _levels(raw: list[_BookLevel]) -> list[BookLevel]:
    finite([figure for level in raw for figure in (level.price, level.quantity)], "data levels")
    return [BookLevel(level.price, level.quantity) for level in raw]


def sides(first: list[BookLevel], second: list[BookLevel]) -> tuple[list[BookLevel] | None, list[BookLevel] | None]:
    """Bids and asks, or twice None where one list is empty or their prices overlap."""
    if not first or not second:
        return None, None
    if _highest(first) < _lowest(second):
        return first, second
    if _highest(second) < _lowest(first):
        return second, first
    return None, None


def _highest(levels: list[BookLevel]) -> float:
    return max(level.price for level in levels)


def _lowest(levels: list[BookLevel]) -> float:
    return min(level.price for level in levels)


decode_snapshots: Decode[list[Snapshot]] = struct_decoder(list[_Snapshot], _in_order)
