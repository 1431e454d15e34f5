"""How records of a declared class are read from an endpoint: by a msgspec struct, as instances or as columns.

A class's annotations say what a field holds, its metadata and the endpoint's `spelling` what upstream calls it.
"""

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import msgspec
import strawberry
from strawberry.types.base import StrawberryList, StrawberryOptional, has_object_definition
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField

from cg_client.endpoint import Endpoint
from cg_client.errors import PayloadMismatch
from cg_client.shapes import Rows
from resolvers.checks import date_of, figures, finite, in_milliseconds, midnight, packed
from vocabulary.columns import Column, Columns, Identity, Lists
from vocabulary.payloads import Sourced, fields_of
from vocabulary.scalars import Timestamp, time_of

_OURS = {"source", "page_info"}  # what a payload says of itself
TIMES = (datetime, Timestamp)
_STORED: Mapping[Any, tuple[Any, Callable[[Any], Any] | None]] = {
    datetime: (int, time_of),
    Timestamp: (int, None),
    float: (float, None),
    str: (str, None),
    bool: (bool, None),
    strawberry.ID: (int | str, str),
    date: (str, date_of),
}


@functools.cache
def _reader_of(slot: str) -> Callable[[Sequence[Any]], list[Any]]:
    """Reads one slot of many structs. The source is a slot's name, which is ours; written out, it is twice as fast."""
    read: Callable[[Sequence[Any]], list[Any]] = eval(f"lambda raws: [raw.{slot} for raw in raws]")  # noqa: S307  # see above
    return read


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value of a record: our name, upstream's names for it, and how it is stored and shown."""

    name: str
    wires: tuple[str, ...]
    stored: Any  # a type for msgspec
    optional: bool
    kind: Any  # the declared type
    convert: Callable[[Any], Any] | None
    rows: "Records | None" = None  # of each row, where the value is a list of rows


class Records:
    """How records of a class are read from an endpoint: which slots a msgspec struct has, and what they become."""

    def __init__(self, cls: type, endpoint: Endpoint) -> None:
        self.cls, self.endpoint = cls, endpoint
        self.leaves: list[Leaf] = []
        self.slots: dict[str, tuple[str, Any, bool]] = {}  # by upstream name: slot, type, whether it may be missing
        self._build = self._builder(cls, "{}")
        self.struct = msgspec.defstruct(cls.__name__, self._struct_fields(), gc=False, kw_only=True)

    @classmethod
    @functools.cache
    def of(cls, record: type, endpoint: Endpoint) -> "Records":
        return cls(record, endpoint)

    def instance(self, raw: object) -> Any:  # noqa: ANN401  # of the class, or a dict of its values
        return self._build(raw)

    def values(self, raws: Sequence[Any], leaf: Leaf) -> list[Any]:
        """One leaf of many records, as it is stored."""
        slot, _, missable = self.slots[leaf.wires[0]]
        if len(leaf.wires) > 1 or (missable and not leaf.optional):
            return [self._read(raw, leaf) for raw in raws]
        stored = _reader_of(slot)(raws)
        return [None if one == "" else one for one in stored] if leaf.optional and "" in stored else stored

    def table(self, raws: Sequence[Any], identity: Identity | None = None) -> Columns[Any]:
        """Many records as columns."""
        read: dict[tuple[tuple[str, ...], bool], list[Any]] = {}  # what is shown in two ways is read once
        for leaf in self.leaves:
            if (leaf.wires, leaf.optional) not in read:
                read[leaf.wires, leaf.optional] = self.values(raws, leaf)
        return self.table_of({leaf.name: read[leaf.wires, leaf.optional] for leaf in self.leaves}, identity)

    def table_of(self, values: Mapping[str, Sequence[Any]], identity: Identity | None = None) -> Columns[Any]:
        """Columns out of stored values of equal number, by the names of the leaves."""
        times: dict[tuple[str, ...], Sequence[int | None]] = {}  # of a field that is shown in two ways read once
        table = {leaf.name: self._column(leaf, values[leaf.name], times) for leaf in self.leaves}
        return Columns.of(self.cls, table, len(next(iter(table.values()))), identity)

    def _column(self, leaf: Leaf, values: Sequence[Any], times: dict[tuple[str, ...], Sequence[int | None]]) -> Column:
        field = f"data.{leaf.wires[0]}"
        if leaf.rows is not None:
            items = list(itertools.chain.from_iterable(values))
            return Column(Lists.of(list(map(len, values)), leaf.rows.table(items)))
        if leaf.kind is float:
            return Column(figures(values, field, optional=leaf.optional))
        if leaf.kind in TIMES:
            if leaf.wires not in times:
                times[leaf.wires] = _packed_times(leaf, values, field)
            return Column(times[leaf.wires], time_of if leaf.kind is datetime else None)
        if isinstance(leaf.kind, StrawberryList) and leaf.convert is not None:
            return Column([None if value is None else leaf.convert(value) for value in values])
        return Column(values)

    def _read(self, raw: object, leaf: Leaf) -> Any:  # noqa: ANN401  # as stored
        for wire in leaf.wires:
            found = getattr(raw, self.slots[wire][0])
            if found is not None and not (leaf.optional and found == ""):
                return found
        if not leaf.optional:
            raise PayloadMismatch(f"data.{leaf.wires[0]}", "it is missing")
        return None

    def _builder(self, cls: type, template: str) -> Callable[[object], Any]:
        readers = [
            (field.python_name, self._reader(field, template))
            for field in fields_of(cls)
            if field.python_name not in _OURS
        ]
        make: Callable[..., Any] = dict if issubclass(cls, Sourced) else cls
        return lambda raw: make(**{name: read(raw) for name, read in readers})

    def _reader(self, field: StrawberryField, template: str) -> Callable[[object], Any]:
        inner, optional = _unwrapped(field.type)
        own = field.metadata.get("wire") or field.python_name
        if field.metadata.get("group"):
            return self._builder(inner, template.format(field.metadata["wire"]))
        name = template.format(own)
        leaf = self._leaf(field, name, inner, optional=optional)
        self.leaves.append(leaf)
        for wire in leaf.wires:
            slot, _, missable = self.slots.get(wire, (f"f{len(self.slots)}", None, False))
            self.slots[wire] = (slot, leaf.stored, missable or leaf.optional or len(leaf.wires) > 1)
        return lambda raw: self._shown(self._read(raw, leaf), leaf)

    def _leaf(self, field: StrawberryField, name: str, kind: Any, *, optional: bool) -> Leaf:  # noqa: ANN401  # a Strawberry type
        spelled = self.endpoint.spelling.get(name, name)
        wires = (spelled,) if isinstance(spelled, str) else spelled
        rows = None if optional or not isinstance(kind, StrawberryList) else self._flat_rows(kind.of_type)
        stored, convert = self._stored(kind, field.metadata.get("codes"))
        return Leaf(field.python_name, wires, stored, optional, kind, convert, rows)

    def _flat_rows(self, kind: Any) -> "Records | None":  # noqa: ANN401  # a Strawberry type
        """How rows of the class are read into columns; None of what is no class, or does not lie in columns."""
        if not has_object_definition(kind) or any(field.metadata.get("group") for field in fields_of(kind)):
            return None
        nested = Records.of(kind, self.endpoint)
        plain = all(leaf.rows is None and (leaf.convert is None or leaf.kind is datetime) for leaf in nested.leaves)
        return nested if plain else None

    def _stored(self, kind: Any, codes: Mapping[int, Any] | None) -> tuple[Any, Callable[[Any], Any] | None]:  # noqa: ANN401  # a Strawberry type
        if codes is not None:
            return int, codes.__getitem__
        if isinstance(kind, StrawberryList):
            stored, convert = self._stored(kind.of_type, None)
            return list[stored], None if convert is None else lambda items: [convert(item) for item in items]  # type: ignore[valid-type]  # a type made at run time
        if has_object_definition(kind):
            nested = Records.of(kind, self.endpoint)
            return nested.struct, nested.instance
        if kind in TIMES and isinstance(self.endpoint.shape, Rows) and self.endpoint.shape.time_is_date:
            return str, _STORED[kind][1]
        if isinstance(kind, StrawberryEnumDefinition):
            return str, lambda text: kind.wrapped_cls[text.upper()]
        return _STORED[kind]

    def _shown(self, stored: Any, leaf: Leaf) -> Any:  # noqa: ANN401  # as declared
        if stored is None:
            return None
        if leaf.kind is float:
            finite((stored,), f"data.{leaf.wires[0]}")
        elif leaf.kind in TIMES:
            (stored,) = _times(leaf, (stored,), f"data.{leaf.wires[0]}")
        if leaf.convert is None:
            return stored
        try:
            return leaf.convert(stored)
        except (KeyError, ValueError) as error:
            raise PayloadMismatch(f"data.{leaf.wires[0]}", f"unknown value {stored!r}") from error

    def _struct_fields(self) -> Iterator[tuple[str, Any, Any]]:
        for wire, (slot, stored, optional) in self.slots.items():
            if optional:
                yield slot, _or_nothing(stored), msgspec.field(name=wire, default=None)
            else:
                yield slot, stored, msgspec.field(name=wire)


def _times(leaf: Leaf, values: Sequence[Any], field: str) -> Sequence[int | None]:
    """As `in_milliseconds`; of calendar days as text the midnights in UTC."""
    if leaf.stored is not str:
        return in_milliseconds(values, field)
    return [None if day is None else midnight(day, field) for day in values]


def _packed_times(leaf: Leaf, values: Sequence[Any], field: str) -> Sequence[int | None]:
    times = _times(leaf, values, field)
    return times if leaf.optional and None in times else packed("q", times)


def _or_nothing(stored: Any) -> Any:  # noqa: ANN401  # types for msgspec
    """The type or null; where upstream has no figure it may also send an empty text."""
    return stored | Literal[""] | None if stored in (float, int) else stored | None


def _unwrapped(kind: Any) -> tuple[Any, bool]:  # noqa: ANN401  # Strawberry's types have no common class
    return (kind.of_type, True) if isinstance(kind, StrawberryOptional) else (kind, False)
