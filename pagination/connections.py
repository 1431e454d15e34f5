"""Long lists in pages. A cursor is the key of an item, so that it stays right when the list behind it is refreshed."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

import strawberry
from strawberry.federation.schema_directives import Shareable

from cg_client.errors import BadArgument
from payloads.source import Sourced

T = TypeVar("T")
Item = TypeVar("Item")

FIRST = 50
MAX_FIRST = 1000
_DIGITS = 9  # of the number of a page

First = Annotated[int, strawberry.argument(description=f"Number of items on the page, up to {MAX_FIRST}.")]
After = Annotated[
    str | None, strawberry.argument(description="`endCursor` of the page before. Left out: the first page.")
]


# Other subgraphs have a `PageInfo` with the same fields, as Relay demands.
@strawberry.type(description="Where a page is in its list, and the cursor of the next one.", directives=[Shareable()])
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether there are items after this page.")
    has_previous_page: bool = strawberry.field(description="Whether there are items before this page.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first item.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last item: `after` for the next page.")


@strawberry.type(description="An item and its cursor.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="Opaque position of the item in its list.")
    node: T = strawberry.field(description="The item.")


@strawberry.type(description="A page of a list: `nodes` has the items, `pageInfo` the cursor of the next page.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The items with their cursors.")
    nodes: list[T] = strawberry.field(description="The items alone.")
    page_info: PageInfo = strawberry.field(description="Where the page is in the list, and the cursor of the next one.")
    total_count: int = strawberry.field(description="Number of items in the whole list.")


def page(
    items: Sequence[Item], key: Callable[[Item], str], node_of: Callable[[Item], T], first: int, after: str | None
) -> Connection[T]:
    """Return the nodes of `first` items after the cursor; raises BadArgument. Keys must be unique in the list."""
    if not 1 <= first <= MAX_FIRST:
        raise BadArgument(f"`first` is a number from 1 to {MAX_FIRST}, not {first}.", "first")
    start = 0 if after is None else _index_after(items, key, after)
    selected = items[start : start + first]
    edges = [Edge(cursor=_cursor(key(item)), node=node_of(item)) for item in selected]
    return Connection(
        edges=edges,
        nodes=[edge.node for edge in edges],
        page_info=PageInfo(
            has_next_page=start + first < len(items),
            has_previous_page=start > 0,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        total_count=len(items),
    )


@strawberry.interface(description="One page of a long list of CoinGlass', which seldom tells how long it is.")
class Paged(Sourced):
    page_info: PageInfo = strawberry.field(
        description="Where the page lies. After a page with rows there may be another; an empty page is the end."
    )


def upstream_page(first: int, after: str | None, most: int = MAX_FIRST) -> tuple[int, int]:
    """Return number and size of the page to fetch; raises BadArgument. A cursor holds the page that it ends."""
    if not 1 <= first <= most:
        raise BadArgument(f"`first` is a number from 1 to {most}, not {first}.", "first")
    if after is None:
        return 1, first
    number, _, size = _key(after).partition("*")
    if not (_is_number(number) and _is_number(size)):
        raise _no_cursor(after)
    if int(size) != first:
        raise BadArgument(
            f"Keep `first` at {size} while following the cursors of this list: its pages have that size.",
            "first",
            [size],
        )
    return int(number) + 1, first


def upstream_page_info(number: int, size: int, rows: int) -> PageInfo:
    """Describe an upstream page that brought `rows` rows."""
    return PageInfo(
        has_next_page=rows > 0,
        has_previous_page=number > 1,
        start_cursor=_cursor(f"{number - 1}*{size}") if number > 1 else None,
        end_cursor=_cursor(f"{number}*{size}") if rows else None,
    )


def numbered_page(after: str | None) -> int:
    """Return the number of the upstream page to fetch, of a list whose pages have one size; raises BadArgument."""
    if after is None:
        return 1
    number = _key(after)
    if not _is_number(number):
        raise _no_cursor(after)
    return int(number) + 1


def numbered_page_info(number: int, total: float | None, rows: int) -> PageInfo:
    """Describe an upstream page of `total`; if that is not known, a page with rows may have a next one."""
    return PageInfo(
        has_next_page=rows > 0 if total is None else number < total,
        has_previous_page=number > 1,
        start_cursor=_cursor(f"{number - 1}") if number > 1 else None,
        end_cursor=_cursor(f"{number}"),
    )


def _is_number(text: str) -> bool:
    """Whether a cursor can hold it as the number of a page or of its rows."""
    return text.isascii() and text.isdecimal() and len(text) <= _DIGITS and int(text) > 0


def _no_cursor(after: str) -> BadArgument:
    """Return the error, which is not lasting: a later listing may have an item with this key."""
    return BadArgument(f"`after` is no cursor of this list: {after!r}.", "after", lasting=False)


def _cursor(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _key(cursor: str) -> str:
    try:
        return base64.urlsafe_b64decode(cursor.encode()).decode()
    except (binascii.Error, UnicodeError):
        raise _no_cursor(cursor) from None


def _index_after(items: Sequence[Item], key: Callable[[Item], str], after: str) -> int:
    last = _key(after)
    for index, item in enumerate(items):
        if key(item) == last:
            return index + 1
    raise _no_cursor(after)
