"""What an operation selects of a class whose fields are plain attributes: compiled once, completed column by column.

Rows are completed all at once: each selected attribute of all rows is one column, checked and converted as a whole, and
a comprehension puts the columns together. An object is a list of one row.
"""

import functools
import itertools
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Protocol, TypeAlias

from execution.leaves import Complete, Doubt
from vocabulary.columns import Column, Columns, Lists

Row: TypeAlias = dict[str, Any]  # by response key

_MANY = 64  # rows, from which on a comprehension of their own is worth making


class Render(Protocol):
    """What becomes of a list of rows of a table: a list, or bytes that are kept for the next time."""

    def __call__(self, selection: "Selection", rows: Columns[Any]) -> Any: ...  # noqa: ANN401  # whatever can stand in an answer


class Part(Protocol):
    """How one attribute of many rows is completed."""

    def __call__(self, values: Sequence[Any], render: Render) -> Sequence[Any]:
        """Raises Doubt, or whatever an odd value makes of it."""
        ...


@dataclass(frozen=True, slots=True)
class Field:
    """`signature` is equal for parts that complete the same values to the same answers."""

    key: str
    attribute: str
    part: Part | None
    signature: Hashable


class Selection:
    """Some fields of one class; a Field without a part stands for the name of the type."""

    __slots__ = ("_build", "_columns", "_keys", "_type_name", "origin", "signature")

    def __init__(self, origin: type, type_name: str, fields: Sequence[Field]) -> None:
        self.origin = origin
        self.signature: Hashable = origin, tuple((field.key, field.attribute, field.signature) for field in fields)
        self._type_name = type_name
        self._keys = tuple(field.key for field in fields)
        self._columns = [(field.attribute, attrgetter(field.attribute), field.part) for field in fields]
        self._build: Callable[..., list[Row]] | None = None

    def rows(self, rows: Sequence[Any], render: Render) -> list[Row]:
        """Each row by response key; raises Doubt."""
        of_table = type(rows) is Columns and rows.row is self.origin
        if not of_table and (type(rows) not in (list, tuple) or set(map(type, rows)) - {self.origin}):
            raise Doubt
        if not self._keys:  # directives have left out everything
            return [{} for _ in range(len(rows))]
        columns = [
            [self._type_name] * len(rows)
            if part is None
            else part(rows.column(name) if of_table else list(map(get, rows)), render)  # type: ignore[attr-defined]  # a table is Columns
            for name, get, part in self._columns
        ]
        if self._build is not None:
            return self._build(*columns)
        if len(rows) < _MANY:
            return [dict(zip(self._keys, values, strict=True)) for values in zip(*columns, strict=True)]
        self._build = _builder(self._keys)
        return self._build(*columns)


@functools.lru_cache(512)
def _builder(keys: Sequence[str]) -> Callable[..., list[Row]]:
    """Builds rows out of as many columns as there are keys.

    The source is made of Python's own spelling of the keys and of numbered names, so nothing of a query is run.
    """
    names = [f"c{number}" for number in range(len(keys))]
    row = ", ".join(f"{key!r}: {name}" for key, name in zip(keys, names, strict=True))
    columns = ", ".join(names)
    source = f"lambda {columns}: [{{{row}}} for {columns}, in zip({columns}, strict=True)]"
    build: Callable[..., list[Row]] = eval(source, {"zip": zip})  # noqa: S307  # see above
    return build


class Leaf:
    __slots__ = ("_complete",)

    def __init__(self, complete: Complete) -> None:
        self._complete = complete

    def __call__(self, values: Sequence[Any], render: Render) -> Sequence[Any]:  # noqa: ARG002  # leaves are what they are
        return self._complete(values)


class LeafList:
    """A list of leaves in each row."""

    __slots__ = ("_complete", "_nullable")

    def __init__(self, complete: Complete, *, nullable: bool) -> None:
        self._complete, self._nullable = complete, nullable

    def __call__(self, values: Sequence[Any], render: Render) -> Sequence[Any]:  # noqa: ARG002  # as above
        return [None if value is None and self._nullable else self._complete(_list(value)) for value in values]


class Nested:
    """An object in each row."""

    __slots__ = ("_nullable", "_selection")

    def __init__(self, selection: Selection, *, nullable: bool) -> None:
        self._selection, self._nullable = selection, nullable

    def __call__(self, values: Sequence[Any], render: Render) -> Sequence[Any]:
        values = list(values)
        if not self._nullable or None not in values:
            return self._selection.rows(values, render)
        known = iter(self._selection.rows([value for value in values if value is not None], render))
        return [None if value is None else next(known) for value in values]


class NestedList:
    """A list of objects in each row; those of all rows are completed together where they lie together."""

    __slots__ = ("_nullable", "_selection")

    def __init__(self, selection: Selection, *, nullable: bool) -> None:
        self._selection, self._nullable = selection, nullable

    def __call__(self, values: Sequence[Any], render: Render) -> Sequence[Any]:
        if type(values) is Column and type(values.stored) is Lists:
            return _split(self._selection, values.stored, render)
        return [None if value is None and self._nullable else _rows(self._selection, value, render) for value in values]


def _split(selection: Selection, lists: Lists, render: Render) -> list[Any]:
    first, ends = lists.ends[0], lists.ends
    found = selection.rows(lists.items[first : ends[-1]], render)
    return [found[start - first : end - first] for start, end in itertools.pairwise(ends)]


def _rows(selection: Selection, value: Sequence[Any], render: Render) -> Any:  # noqa: ANN401  # what `render` makes of rows
    if type(value) is Columns and value.row is selection.origin:
        return render(selection, value)
    return selection.rows(value, render)


def _list(value: Any) -> Sequence[Any]:  # noqa: ANN401  # whatever an attribute holds
    if type(value) is Column or type(value) is list or type(value) is tuple:
        return value
    raise Doubt
