"""Filters rows of a list, and puts them in order, by the inputs that `row_inputs` declares.

An order is total: rows that are equal in every requested figure follow by key. A row without a value comes last,
whatever the direction. A position is the place of a row in its order; it says what follows even if the row has gone.
"""

import functools
import json
import operator
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

import strawberry

from cg_client.errors import BadArgument
from cg_client.windows import unix_ms
from resolvers.row_inputs import COMBINING, NumberCondition, OrderDirection, Path, TextCondition, TimeCondition

Row: TypeAlias = Mapping[str, Any]  # values of a payload class, whose groups are objects
Value: TypeAlias = str | float | int | None
Key: TypeAlias = tuple[str, ...]
Holds: TypeAlias = Callable[[Row], bool]
Read: TypeAlias = Callable[[Row], Any]  # one value of a row
Pause: TypeAlias = Callable[[], Awaitable[None]]  # lets others have their turn

ROWS_AT_ONCE = 20  # between two turns of others: up to 50 conditions are tried on each

MAX_CONDITIONS = 50  # of one filter, each of which is tried on every row
MAX_LISTED = 1000  # items of all `in`
MAX_LENGTH = 200  # characters of a name
MAX_ORDERS = 3

_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "in_": lambda value, listed: value in listed,
}
_CONDITIONS = (NumberCondition, TextCondition, TimeCondition)


class Ordering(NamedTuple):
    """A figure that orders rows, and whether the greatest comes first."""

    path: Path
    descends: bool


class Position(NamedTuple):
    """The values that a row is ordered by, and its key."""

    values: tuple[Value, ...]
    key: Key


class RowFilter:
    """What rows have to meet. `canonical` is equal for equal filters."""

    def __init__(self, where: object = None) -> None:
        """Raise BadArgument for a filter with too many conditions."""
        self._conditions = self._listed = 0
        self.canonical: list[Any] = []
        self._tests = [] if where is None or where is strawberry.UNSET else self._tests_of(where, (), self.canonical)

    def holds(self, row: Row) -> bool:
        return all(test(row) for test in self._tests)

    def _tests_of(self, where: object, path: Path, canonical: list[Any]) -> list[Holds]:
        """Return the tests of a filter or of a group of it, and note them."""
        tests: list[Holds] = []
        for name, given in _given(where):
            if name in COMBINING:
                tests.append(self._combined(name, given, canonical))
            elif isinstance(given, _CONDITIONS):
                tests += self._compared((*path, name), given, canonical)
            else:
                tests += self._tests_of(given, (*path, name), canonical)
        return tests

    def _combined(self, name: str, filters: Sequence[object], canonical: list[Any]) -> Holds:
        parts: list[list[Any]] = [[] for _ in filters]
        for _ in filters:
            self._count(1)
        alternatives = [self._tests_of(item, (), part) for item, part in zip(filters, parts, strict=True)]
        canonical.append([name, parts])
        combine = all if name == "and_" else any
        return lambda row: combine(all(test(row) for test in tests) for tests in alternatives)

    def _compared(self, path: Path, condition: object, canonical: list[Any]) -> list[Holds]:
        read = reader(path)
        tests: list[Holds] = []
        for name, given in _given(condition):
            self._count(1, len(given) if isinstance(given, list) else 0)
            _check_lengths(given if isinstance(given, list) else [given])
            operand = frozenset(map(_folded, given)) if isinstance(given, list) else _folded(given)
            canonical.append([*path, name, sorted(operand) if isinstance(operand, frozenset) else operand])
            if name == "is_null":
                tests.append(functools.partial(_is_null, read, operand))
            else:
                tests.append(functools.partial(_meets, read, _OPERATORS[name], operand))
        return tests

    def _count(self, conditions: int, listed: int = 0) -> None:
        self._conditions, self._listed = self._conditions + conditions, self._listed + listed
        if self._conditions > MAX_CONDITIONS:
            raise BadArgument(f"`where` has more than {MAX_CONDITIONS} conditions.", "where")
        if self._listed > MAX_LISTED:
            raise BadArgument(f"`where` lists more than {MAX_LISTED} values.", "where")


class RowOrder:
    """An order of rows, of which `key_of` is unique."""

    def __init__(self, orderings: Sequence[Ordering], key_of: Callable[[Row], Key]) -> None:
        self.orderings, self._key_of = orderings, key_of
        self._readers = [reader(ordering.path) for ordering in orderings]

    @property
    def canonical(self) -> list[Any]:
        return [[*ordering.path, ordering.descends] for ordering in self.orderings]

    async def sorted(self, rows: Sequence[Row], pause: Pause) -> list[Row]:
        """Return the rows in order: by stable sorts, the least important figure first."""
        positions: list[Position] = []
        for start in range(0, len(rows), ROWS_AT_ONCE):
            await pause()
            positions += map(self.position, rows[start : start + ROWS_AT_ONCE])
        await pause()
        ordered = sorted(zip(positions, rows, strict=True), key=lambda item: item[0].key)
        for index, ordering in reversed([*enumerate(self.orderings)]):
            await pause()
            values = [(position.values[index], (position, row)) for position, row in ordered]
            stated: list[tuple[Any, Any]] = [item for item in values if item[0] is not None]
            stated.sort(key=operator.itemgetter(0), reverse=ordering.descends)
            ordered = [item for _, item in stated] + [item for value, item in values if value is None]
        return [row for _, row in ordered]

    def position(self, row: Row) -> Position:
        values = tuple(_comparable(read(row)) for read in self._readers)
        return Position(values, self._key_of(row))

    def is_position(self, position: Position) -> bool:
        """Whether it has as many values as this order."""
        return len(position.values) == len(self.orderings)

    def index_after(self, rows: Sequence[Row], position: Position) -> int:
        """Return the index of the first row after the position, by the order in which the rows are.

        Raises TypeError if it meets a value of another type than the position has.
        """
        return bisect_left(rows, True, key=lambda row: self._compare(self.position(row), position) > 0)

    def _compare(self, position: Position, other: Position) -> int:
        for ordering, mine, theirs in zip(self.orderings, position.values, other.values, strict=True):
            if mine is None or theirs is None:
                if mine is not theirs:
                    return 1 if mine is None else -1
            elif mine != theirs:
                return 1 if (mine < theirs) is ordering.descends else -1  # type: ignore[operator]  # of one figure
        return (position.key > other.key) - (position.key < other.key)


def orderings(order_by: Sequence[Any] | None, default: Sequence[Ordering]) -> Sequence[Ordering]:
    """Return what `orderBy` says; raises BadArgument for too many figures."""
    if not order_by:
        return default
    if len(order_by) > MAX_ORDERS:
        raise BadArgument(f"`orderBy` has more than {MAX_ORDERS} figures.", "orderBy")
    return [Ordering(tuple(item.field.value.split(".")), item.direction is OrderDirection.DESC) for item in order_by]


@functools.cache
def reader(path: Path) -> Read:
    """Return what reads the value at the path."""
    first, *others = path
    if not others:
        return operator.itemgetter(first)
    inner = operator.attrgetter(".".join(others))
    return lambda row: inner(row[first])


def fingerprint(*parts: object) -> str:
    """Return a text that is equal for equal parts, in all processes."""
    return json.dumps(parts, separators=(",", ":"), ensure_ascii=True)


def _check_lengths(values: Sequence[object]) -> None:
    """Raise BadArgument for a text that is no name, before anything is done that takes longer for it."""
    if any(isinstance(value, str) and len(value) > MAX_LENGTH for value in values):
        raise BadArgument(f"`where` has a name of more than {MAX_LENGTH} characters.", "where")


def _given(values: object) -> list[tuple[str, Any]]:
    """Return the members of an input that were given, by name."""
    return [
        (name, value) for name, value in vars(values).items() if value is not None and value is not strawberry.UNSET
    ]


def _is_null(read: Read, expected: object, row: Row) -> bool:
    return (read(row) is None) == expected


def _meets(read: Read, compare: Callable[[Any, Any], bool], operand: object, row: Row) -> bool:
    value = read(row)
    return value is not None and compare(_folded(value), operand)


def _folded(value: Any) -> Any:  # noqa: ANN401  # figures, texts and times
    """Return what is compared: texts without regard to case."""
    return value.casefold() if isinstance(value, str) else _comparable(value)


def _comparable(value: Any) -> Any:  # noqa: ANN401  # figures, texts and times
    """Return what JSON has, too: a time in milliseconds."""
    return unix_ms(value) if isinstance(value, datetime) else value
