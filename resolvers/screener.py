"""`upstream_screened(ENDPOINT, Connection, ...)`: a list whose rows are filtered and ordered here.

It takes the calls of the list, whatever is selected of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar, cast

import strawberry

from cg_client.endpoint import Endpoint
from cg_client.params.core import PageParams, Params
from graph_types.problems import Problems
from pagination.connections import FIRST, MAX_FIRST
from pagination.keyset import Keyset, OrderedConnection, check_first, no_cursor, ordered_page
from payloads.source import DataSource
from resolvers.arguments import argument, arguments_of, sign
from resolvers.context import Info
from resolvers.costs import PageCost
from resolvers.decode import rows_decoder
from resolvers.field import Alternatives, Prepare, field, raise_if_unresolved
from resolvers.lists import MAX_PAGES
from resolvers.loaders import RowList
from resolvers.results import NO_ALTERNATIVES
from resolvers.row_filter import ROWS_AT_ONCE, Key, Ordering, Position, Row, RowFilter, RowOrder, fingerprint, orderings
from resolvers.row_inputs import row_inputs
from resolvers.turns import Turns
from resolvers.whole_lists import LoadedList, load_list

C = TypeVar("C", bound=OrderedConnection[Any])
ListOf: TypeAlias = Callable[..., RowList]  # the list, from the parent and the arguments

_turns = Turns()

_FIRST = argument("first", int, f"Most items to give, up to {MAX_FIRST}.", FIRST)
_AFTER = argument(
    "after", str | None, "Cursor of the item after which to go on, of the same filter and order.", strawberry.UNSET
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ScreenedRows:
    """The class of a list's rows, the names of the values that tell them apart, and the order without `orderBy`."""

    row: type
    key: Sequence[str]
    order: Ordering

    def key_of(self, values: Row) -> Key:
        return tuple(values[name] for name in self.key)


@dataclass(frozen=True, slots=True)
class Screen:
    """Which rows were requested, in which order, and after which position."""

    where: RowFilter
    order: RowOrder
    first: int
    after: Position | None
    keyset: Keyset
    cursor: str | None

    @classmethod
    def of(
        cls,
        rows: ScreenedRows,
        identity: object,
        first: int,
        after: str | None,
        where: object,
        order_by: Sequence[Any] | None,
    ) -> "Screen":
        """Check the arguments; raises BadArgument. `identity` is equal for requests of the same list."""
        check_first(first)
        row_filter = RowFilter(where)
        order = RowOrder(orderings(order_by, [rows.order]), rows.key_of)
        keyset = Keyset(fingerprint(identity, row_filter.canonical, order.canonical))
        position = None if after is None else _position(keyset.position(after), order, rows.key, after)
        return cls(row_filter, order, first, position, keyset, after)

    async def page(self, connection: type[C], row: type, loaded: LoadedList) -> C:
        """Return the page of a connection of `row`; raises BadArgument for a cursor of other values."""
        filtered = await self._filtered([values for _, values in loaded.rows.values()])
        ordered = await self.order.sorted(filtered, _turns.wait)
        start = 0 if self.after is None else self._index_after(ordered, self.after)
        selected = ordered[start : start + self.first]
        answers = {id(values): answer for answer, values in loaded.rows.values()}
        sources = {id(answer): DataSource.of([answer]) for answer in loaded.answers}
        nodes = [row(source=sources[id(answers[id(values)])], **values) for values in selected]
        return ordered_page(
            connection,
            nodes,
            lambda index: self.keyset.cursor(self.order.position(selected[index])),
            start,
            len(ordered),
            source=DataSource.of(loaded.answers),
            capped=loaded.capped,
        )

    async def _filtered(self, rows: Sequence[Row]) -> list[Row]:
        """Return the rows that meet the filter; other requests have their turn between them."""
        filtered: list[Row] = []
        for start in range(0, len(rows), ROWS_AT_ONCE):
            await _turns.wait()
            filtered += filter(self.where.holds, rows[start : start + ROWS_AT_ONCE])
        return filtered

    def _index_after(self, ordered: Sequence[Any], after: Position) -> int:
        try:
            return self.order.index_after(ordered, after)
        except TypeError:
            raise no_cursor(self.cursor or "") from None


def upstream_screened(
    endpoint: Endpoint,
    connection: type[C],
    rows: ScreenedRows,
    list_of: ListOf,
    *,
    params: type[Params] = Params,
    prepare: Prepare | None = None,
    alternatives: Alternatives = NO_ALTERNATIVES,
    description: str | None = None,
) -> C | Problems:
    """Make a field of rows with `where`, `orderBy`, `first` and `after`.

    `list_of` returns the list, from the parent and the arguments; `params` declares them, and `prepare` may complete
    them.
    """
    inputs = row_inputs(rows.row)

    async def resolve(
        self: object,
        info: Info,
        first: int = FIRST,
        after: str | None = None,
        where: object = None,
        order_by: Sequence[Any] | None = None,
        **arguments: Any,  # noqa: ANN401  # as the signature states
    ) -> object:
        raise_if_unresolved(self)
        complete = arguments if prepare is None else await prepare(info.context, arguments)
        identity = (endpoint.path, getattr(self, "symbol", None), sorted(complete.items()))
        screen = Screen.of(rows, identity, first, after, where, order_by)
        loaded = await load_list(info.context, list_of(self, **complete))
        return await screen.page(connection, rows.row, loaded)

    sign(
        resolve,
        [
            argument("where", inputs.where | None, "Which rows. Left out: all.", strawberry.UNSET),
            argument("order_by", list[inputs.order] | None, _ordered_by(rows.order), strawberry.UNSET),  # type: ignore[name-defined]  # a class made at run time
            *arguments_of(params, (), {}),
            _FIRST,
            _AFTER,
        ],
    )
    is_paged = issubclass(endpoint.params, PageParams)
    cost = PageCost(FIRST, calls=MAX_PAGES if is_paged else 1, is_shared=is_paged)
    decoders = {endpoint: rows_decoder(rows.row, endpoint)}
    return cast("C", field(resolve, (endpoint,), alternatives, description, decoders=decoders, cost=cost))


def _position(values_and_key: Sequence[Any], order: RowOrder, key: Sequence[str], after: str) -> Position:
    """Return the position that a cursor holds; raises BadArgument."""
    match values_and_key:
        case [list(values), list(names)] if (
            len(values) == len(order.orderings)
            and len(names) == len(key)
            and all(isinstance(name, str) for name in names)
            and all(isinstance(value, str | int | float | None) for value in values)
        ):
            return Position(tuple(values), tuple(names))
    raise no_cursor(after)


def _ordered_by(order: Ordering) -> str:
    name = "_".join(order.path).upper()
    return (
        "What orders the rows, the most important figure first; rows without a value come last. "
        f"Left out: `{name}`, the {'greatest' if order.descends else 'least'} first."
    )
