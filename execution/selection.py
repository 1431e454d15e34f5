"""What an operation selects of a class whose fields are plain attributes: compiled once, completed column by column.

Rows are completed all at once: each selected attribute of all rows is one column, checked and converted as a whole, and
then the columns are put together to rows. An object is a list of one row.
"""

import itertools
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Protocol, TypeAlias

from execution.leaves import Doubt, Leaf
from vocabulary.columns import Column, Columns, Lists

Row: TypeAlias = Any  # what a form makes of one row


class Form(Protocol):
    """What completed rows are made of."""

    def rows(self, selection: "Selection", rows: Sequence[Any]) -> list[Row]:
        """Each row by itself; raises Doubt."""
        ...

    def whole(self, selection: "Selection", rows: Sequence[Any]) -> Any:  # noqa: ANN401  # whatever can stand for a list
        """The rows as one value; raises Doubt."""
        ...


class Part(Protocol):
    """How one attribute of many rows is completed."""

    def __call__(self, values: Sequence[Any], form: Form) -> Sequence[Any]:
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
    """Some fields of one class, by response key; a Field without a part stands for the name of the type."""

    __slots__ = ("_columns", "_type_name", "keys", "origin", "signature")

    def __init__(self, origin: type, type_name: str, fields: Sequence[Field]) -> None:
        self.origin = origin
        self.signature: Hashable = origin, tuple((field.key, field.attribute, field.signature) for field in fields)
        self.keys = tuple(field.key for field in fields)
        self._type_name = type_name
        self._columns = [(field.attribute, attrgetter(field.attribute), field.part) for field in fields]

    def columns(self, rows: Sequence[Any], form: Form) -> list[Sequence[Any]]:
        """The completed columns, in the order of `keys`; raises Doubt."""
        of_table = type(rows) is Columns and rows.row is self.origin
        if not of_table and (type(rows) not in (list, tuple) or set(map(type, rows)) - {self.origin}):
            raise Doubt
        return [
            [self._type_name] * len(rows)
            if part is None
            else part(rows.column(name) if of_table else list(map(get, rows)), form)  # type: ignore[attr-defined]  # a table is Columns
            for name, get, part in self._columns
        ]

    def row(self, value: object, form: Form) -> dict[str, Any]:
        """One object by its keys; raises Doubt."""
        if type(value) is not self.origin:
            raise Doubt
        return {
            key: self._type_name if part is None else part([get(value)], form)[0]
            for key, (_, get, part) in zip(self.keys, self._columns, strict=True)
        }


class LeafList:
    """A list of leaves in each row."""

    __slots__ = ("_complete", "_nullable")

    def __init__(self, complete: Leaf, *, nullable: bool) -> None:
        self._complete, self._nullable = complete, nullable

    def __call__(self, values: Sequence[Any], form: Form) -> Sequence[Any]:  # noqa: ARG002  # leaves are what they are
        return [None if value is None and self._nullable else self._complete(_list(value)) for value in values]


class Nested:
    """An object in each row."""

    __slots__ = ("_nullable", "_selection")

    def __init__(self, selection: Selection, *, nullable: bool) -> None:
        self._selection, self._nullable = selection, nullable

    def __call__(self, values: Sequence[Any], form: Form) -> Sequence[Any]:
        values = list(values)
        if not self._nullable or None not in values:
            return form.rows(self._selection, values)
        known = iter(form.rows(self._selection, [value for value in values if value is not None]))
        return [None if value is None else next(known) for value in values]


class NestedList:
    """A list of objects in each row; those of all rows are completed together where they lie together."""

    __slots__ = ("_nullable", "_selection")

    def __init__(self, selection: Selection, *, nullable: bool) -> None:
        self._selection, self._nullable = selection, nullable

    def __call__(self, values: Sequence[Any], form: Form) -> Sequence[Any]:
        if type(values) is Column and type(values.stored) is Lists:
            return _split(self._selection, values.stored, form)
        return [None if value is None and self._nullable else form.whole(self._selection, value) for value in values]


def _split(selection: Selection, lists: Lists, form: Form) -> list[Any]:
    first, ends = lists.ends[0], lists.ends
    found = form.rows(selection, lists.items[first : ends[-1]])
    return [found[start - first : end - first] for start, end in itertools.pairwise(ends)]


def _list(value: Any) -> Sequence[Any]:  # noqa: ANN401  # whatever an attribute holds
    if type(value) is Column or type(value) is list or type(value) is tuple:
        return value
    raise Doubt
