"""What an operation selects of a class whose fields are plain attributes: compiled once, completed column by column.

Each selected attribute of all rows is one column, checked and converted as a whole; then the columns are put together
to rows. An object is a list of one row.
"""

import functools
import itertools
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Protocol, TypeAlias

import msgspec

from execution.scalar_serializers import ScalarSerializer, Unsupported
from payloads.columns import Column, Columns, Lists

_SHORT = 100  # rows, whose text is cached as it was written: of a long one the buffer would leave a hole behind it
_CHUNK = 1000  # rows, so that the objects of a long list do not all live at the same time


class RowEncoder(Protocol):
    """What completed rows become."""

    def row(self, selection: "ColumnSelection", value: object) -> Any:  # noqa: ANN401  # whatever can stand for an object
        """Return one object; raises Unsupported."""

    def rows(self, selection: "ColumnSelection", rows: Sequence[Any]) -> list[Any]:
        """Return each row by itself; raises Unsupported."""

    def whole(self, selection: "ColumnSelection", rows: Sequence[Any]) -> Any:  # noqa: ANN401  # whatever can stand for a list
        """Return the rows as one value; raises Unsupported."""


# Completes one attribute of many rows; raises Unsupported, or whatever an unexpected value makes of it.
ColumnCompleter: TypeAlias = Callable[[Sequence[Any], RowEncoder], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class SelectedAttribute:
    """`complete` is None for the name of the type; `signature` is equal where equal values give equal answers."""

    key: str
    attribute: str
    complete: ColumnCompleter | None
    signature: Hashable


class ColumnSelection:
    """Some attributes of one class, by response key."""

    __slots__ = ("_columns", "_type_name", "keys", "origin", "signature")

    def __init__(self, origin: type, type_name: str, attributes: Sequence[SelectedAttribute]) -> None:
        self.origin, self._type_name = origin, type_name
        self.keys = tuple([each.key for each in attributes])
        self.signature = (origin, type_name, *[(each.key, each.attribute, each.signature) for each in attributes])
        self._columns = [(each.attribute, attrgetter(each.attribute), each.complete) for each in attributes]

    def columns(self, rows: Sequence[Any], encoder: RowEncoder) -> list[Sequence[Any]]:
        """Return the completed columns in the order of `keys`; raises Unsupported."""
        of_table = type(rows) is Columns and rows.row is self.origin
        if not of_table and (type(rows) not in (list, tuple) or set(map(type, rows)) - {self.origin}):
            raise Unsupported
        return [
            [self._type_name] * len(rows)
            if complete is None
            else complete(rows.column(name) if of_table else list(map(get, rows)), encoder)  # type: ignore[attr-defined]  # a table is Columns
            for name, get, complete in self._columns
        ]

    def row(self, value: object, encoder: RowEncoder) -> dict[str, Any]:
        """Return one object by its keys; raises Unsupported."""
        if type(value) is not self.origin:
            raise Unsupported
        return {
            key: self._type_name if complete is None else complete([get(value)], encoder)[0]
            for key, (_, get, complete) in zip(self.keys, self._columns, strict=True)
        }


@dataclass(slots=True)
class ScalarLists:
    """A list of scalars in each row."""

    complete: ScalarSerializer
    nullable: bool

    def __call__(self, values: Sequence[Any], encoder: RowEncoder) -> Sequence[Any]:  # noqa: ARG002  # scalars look the same in all encodings
        return [None if value is None and self.nullable else self.complete(_sequence(value)) for value in values]


@dataclass(slots=True)
class NestedObjects:
    """An object in each row."""

    selection: ColumnSelection
    nullable: bool

    def __call__(self, values: Sequence[Any], encoder: RowEncoder) -> Sequence[Any]:
        values = list(values)
        if not self.nullable or None not in values:
            return encoder.rows(self.selection, values)
        present = iter(encoder.rows(self.selection, [value for value in values if value is not None]))
        return [None if value is None else next(present) for value in values]


@dataclass(slots=True)
class NestedLists:
    """A list of objects in each row; those of all rows are completed together where they are stored together."""

    selection: ColumnSelection
    nullable: bool

    def __call__(self, values: Sequence[Any], encoder: RowEncoder) -> Sequence[Any]:
        if type(values) is Column and type(values.stored) is Lists:
            return _split(self.selection, values.stored, encoder)
        return [None if value is None and self.nullable else encoder.whole(self.selection, value) for value in values]


def _split(selection: ColumnSelection, lists: Lists, encoder: RowEncoder) -> list[Any]:
    first, ends = lists.ends[0], lists.ends
    rows = encoder.rows(selection, lists.items[first : ends[-1]])
    return [rows[start - first : end - first] for start, end in itertools.pairwise(ends)]


def _sequence(value: Any) -> Sequence[Any]:  # noqa: ANN401  # whatever an attribute holds
    if type(value) is Column or type(value) is list or type(value) is tuple:
        return value
    raise Unsupported


class PythonEncoder:
    """Lists of dicts, for a reader who does not encode the answer."""

    def row(self, selection: ColumnSelection, value: object) -> Any:  # noqa: ANN401  # a dict here
        return selection.row(value, self)

    def rows(self, selection: ColumnSelection, rows: Sequence[Any]) -> list[Any]:
        columns = selection.columns(rows, self)
        if not columns:  # directives have left out everything
            return [{} for _ in range(len(rows))]
        return [dict(zip(selection.keys, values, strict=True)) for values in zip(*columns, strict=True)]

    def whole(self, selection: ColumnSelection, rows: Sequence[Any]) -> Any:  # noqa: ANN401  # a list of dicts here
        return self.rows(selection, rows)


class _StructEncoder:
    """Structs on the way to JSON: they are made and encoded in half the time of dicts."""

    def row(self, selection: ColumnSelection, value: object) -> Any:  # noqa: ANN401  # a dict here
        return selection.row(value, self)

    def rows(self, selection: ColumnSelection, rows: Sequence[Any]) -> list[msgspec.Struct]:
        make, columns = _struct(selection.keys), selection.columns(rows, self)
        if not columns:
            return [make() for _ in range(len(rows))]
        return list(map(make, *columns))

    def whole(self, selection: ColumnSelection, rows: Sequence[Any]) -> list[msgspec.Struct]:
        return self.rows(selection, rows)


@functools.lru_cache(512)
def _struct(keys: tuple[str, ...]) -> Callable[..., msgspec.Struct]:
    """Return a struct whose fields are encoded under the keys; its own names are numbers, which no key disturbs."""
    names = {f"c{number}": key for number, key in enumerate(keys)}
    return msgspec.defstruct("Row", list(names), rename=names, gc=False)


_structs = _StructEncoder()


def encoded(selection: ColumnSelection, rows: Sequence[Any]) -> bytes:
    """Return the rows as a JSON array; raises Unsupported."""
    if len(rows) <= _SHORT:
        return msgspec.json.encode(_structs.rows(selection, rows))
    parts = [
        msgspec.json.encode(_structs.rows(selection, rows[start : start + _CHUNK]))[1:-1]
        for start in range(0, len(rows), _CHUNK)
    ]
    return b"".join((b"[", b",".join(parts), b"]"))
