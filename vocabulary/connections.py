"""Long lists in pages. A cursor is the key of an item, so that it stays right when the list behind it is refreshed."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

import strawberry

from cg_client.errors import BadArgument

T = TypeVar("T")

FIRST = 50
FIRST_AT_MOST = 1000

First = Annotated[int, strawberry.argument(description=f"Most items to give, up to {FIRST_AT_MOST}.")]
After = Annotated[str | None, strawberry.argument(description="Cursor of the item after which to go on.")]


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether there are items after this page.")
    has_previous_page: bool = strawberry.field(description="Whether there are items before this page.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first item.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last item: `after` for the next page.")


@strawberry.type(description="An item and its cursor.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="Opaque place of the item in its list.")
    node: T = strawberry.field(description="The item.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The items with their cursors.")
    nodes: list[T] = strawberry.field(description="The items alone.")
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    total_count: int = strawberry.field(description="Number of items in the whole list.")


def page(items: Sequence[T], key: Callable[[T], str], first: int, after: str | None) -> Connection[T]:
    """`first` items after the cursor; raises BadArgument. Keys must be unique in the list."""
    if not 1 <= first <= FIRST_AT_MOST:
        raise BadArgument(f"`first` is a number from 1 to {FIRST_AT_MOST}, not {first}.")
    start = 0 if after is None else _place(items, key, after)
    chosen = items[start : start + first]
    edges = [Edge(cursor=_cursor(key(item)), node=item) for item in chosen]
    return Connection(
        edges=edges,
        nodes=list(chosen),
        page_info=PageInfo(
            has_next_page=start + first < len(items),
            has_previous_page=start > 0,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        total_count=len(items),
    )


def _cursor(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _place(items: Sequence[T], key: Callable[[T], str], after: str) -> int:
    try:
        wanted = base64.urlsafe_b64decode(after.encode()).decode()
        return next(index for index, item in enumerate(items) if key(item) == wanted) + 1
    except (binascii.Error, UnicodeError, StopIteration):
        raise BadArgument(f"`after` is no cursor of this list: {after!r}.") from None
