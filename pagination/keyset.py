"""Cursors of lists in an order: the position of an item, so that the next page is right after a refresh, too.

An item that stays on its side of the cursor is given once, and the one at the cursor need not be there any more.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import strawberry

from cg_client.errors import BadArgument
from pagination.connections import MAX_FIRST, Connection, Edge, PageInfo
from payloads.source import DataSource, Sourced

T = TypeVar("T")
C = TypeVar("C", bound="OrderedConnection[Any]")

_DIGEST = 8  # bytes
_MAX_LENGTH = 4096  # characters of a cursor
_SHOWN = 100


@strawberry.type(description="A page of a list that is filtered and ordered here.")
class OrderedConnection(Connection[T], Sourced):
    total_count: int = strawberry.field(description="Number of items that meet the filter.")
    capped: bool = strawberry.field(
        description="True if the list of CoinGlass is longer than what is read of it, so that items may be missing."
    )


class Keyset:
    """The cursors of one list in one order; `order` is a text that is equal for the same order and filter."""

    def __init__(self, order: str) -> None:
        self._digest = hashlib.blake2b(order.encode(), digest_size=_DIGEST).hexdigest()

    def cursor(self, position: Sequence[object]) -> str:
        text = json.dumps([self._digest, *position], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode()

    def position(self, cursor: str) -> Sequence[Any]:
        """Return the position at a cursor; raises BadArgument for anything else, and for one of another list."""
        try:
            digest, *position = _decoded(cursor)
        except (binascii.Error, ValueError, TypeError, RecursionError):
            raise no_cursor(cursor) from None
        if digest != self._digest:
            raise BadArgument(
                "`after` is the cursor of a list with another order or filter: keep `where`, `orderBy` and the other "
                "arguments while following cursors, or leave out `after`.",
                "after",
            )
        return position


def ordered_page(
    connection: type[C],
    items: Sequence[T],
    cursor_of: Callable[[int], str],
    start: int,
    total: int,
    *,
    source: DataSource,
    capped: bool,
) -> C:
    """Make the page of the items, which begin at `start` of `total`; `cursor_of` is given the index in the page."""
    edges = [Edge(cursor=cursor_of(index), node=item) for index, item in enumerate(items)]
    return connection(
        edges=edges,
        nodes=list(items),
        page_info=PageInfo(
            has_next_page=start + len(items) < total,
            has_previous_page=start > 0,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        total_count=total,
        source=source,
        capped=capped,
    )


def check_first(first: int) -> None:
    """Raise BadArgument for a page size out of range."""
    if not 1 <= first <= MAX_FIRST:
        raise BadArgument(f"`first` is a number from 1 to {MAX_FIRST}, not {first}.", "first")


def no_cursor(cursor: str) -> BadArgument:
    shown = cursor if len(cursor) <= _SHOWN else f"{cursor[:_SHOWN]}…"
    return BadArgument(f"`after` is no cursor of this list: {shown!r}.", "after")


def _decoded(cursor: str) -> list[Any]:
    """Return what the cursor holds; raises ValueError, or TypeError if that is no list."""
    if len(cursor) > _MAX_LENGTH:
        raise ValueError("too long")
    decoded = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    if not isinstance(decoded, list):
        raise TypeError("no list")
    return decoded
