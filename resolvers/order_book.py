"""Order-book snapshots: which of the two lists of levels holds the bids.

Source: /api/futures/orderbook/history and /api/spot/orderbook/history, rows of [time, levels, levels] with levels of
[price, quantity]. No document says which list is which, so the prices decide: no bid lies above an ask. Where the lists
overlap, the sides stay undecided.
"""

import functools
from collections.abc import Callable
from typing import TypeVar

import msgspec

from cg_client.call import Decode
from cg_client.decoding.checks import by_time, finite
from cg_client.decoding.decoder_names import named
from cg_client.decoding.struct_reader import Figure, Time, struct_decoder
from payloads.columns import Columns
from payloads.series import timed_rows

R = TypeVar("R")


class _BookLevel(msgspec.Struct, array_like=True, gc=False, forbid_unknown_fields=True):
    price: float
    quantity: Figure


class _Snapshot(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    time: Time
    first: list[_BookLevel]
    second: list[_BookLevel]


@functools.cache  # the decoder is part of the cache's key
def snapshots_decoder(snapshot: type[R], level: Callable[..., object]) -> Decode[Columns[R]]:
    """Make the decoder to rows of the class; `level` makes each of their levels."""

    def levels(items: list[_BookLevel] | None) -> list[object] | None:
        return None if items is None else [level(price=item.price, quantity=item.quantity) for item in items]

    def snapshots(raws: list[_Snapshot]) -> Columns[R]:
        books = by_time([raw.time for raw in raws], raws, "data[0]")
        sides = [_sides(book.first, book.second) for book in books.values()]
        return timed_rows(
            snapshot,
            [*books],
            first=[levels(book.first) for book in books.values()],
            second=[levels(book.second) for book in books.values()],
            bids=[levels(bids) for bids, _ in sides],
            asks=[levels(asks) for _, asks in sides],
        )

    return named(struct_decoder(list[_Snapshot], snapshots), "order book", snapshot)


def _sides(
    first: list[_BookLevel], second: list[_BookLevel]
) -> tuple[list[_BookLevel] | None, list[_BookLevel] | None]:
    """Return bids and asks, or twice None where one list is empty or their prices overlap; raises PayloadMismatch."""
    finite([figure for level in (*first, *second) for figure in (level.price, level.quantity)], "data levels")
    if not first or not second:
        return None, None
    if _highest(first) < _lowest(second):
        return first, second
    if _highest(second) < _lowest(first):
        return second, first
    return None, None


def _highest(levels: list[_BookLevel]) -> float:
    return max(level.price for level in levels)


def _lowest(levels: list[_BookLevel]) -> float:
    return min(level.price for level in levels)
