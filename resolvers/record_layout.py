"""How records of a declared class are read from an endpoint: by a msgspec struct, as instances or as columns.

A class's annotations say what a field holds, its metadata and the endpoint's `aliases` what upstream calls it. The
struct accepts only records without an anomaly; `RecordLayout.tolerant` makes the same structs of all others.
"""

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

import msgspec
import strawberry
from strawberry.types.base import StrawberryList, StrawberryOptional, has_object_definition
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField

from cg_client.decoding.checks import date_of, figures, finite, packed
from cg_client.decoding.row_reader import RowReader
from cg_client.decoding.shapes import Rows
from cg_client.decoding.struct_reader import Name
from cg_client.endpoint import Endpoint
from cg_client.errors import PayloadMismatch
from graph_types.scalars import Timestamp, time_of
from payloads.columns import Column, Columns, Identity, Lists
from payloads.source import Sourced, fields_of
from resolvers.record_members import TIMES, Member, NestedRecord, field_readers, times_of, whole_reader

_OURS = {"source", "page_info"}  # what a payload says of itself
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
    """Make the reader of one slot of many structs. Compiled from the slot's own name, it is twice as fast."""
    read: Callable[[Sequence[Any]], list[Any]] = eval(f"lambda raws: [raw.{slot} for raw in raws]")  # noqa: S307  # see above
    return read


class RecordLayout:
    """How records of a class are read from an endpoint: which slots a msgspec struct has, and what they become."""

    def __init__(self, cls: type, endpoint: Endpoint) -> None:
        self.cls, self.endpoint = cls, endpoint
        self.members: list[Member] = []
        self._slots: dict[tuple[str, Any], str] = {}  # by upstream name and type
        self._build = self._builder(cls, "{}")
        self.struct = msgspec.defstruct(
            cls.__name__, self._struct_fields(), gc=False, kw_only=True, forbid_unknown_fields=True
        )
        whole = None if self.always_tolerant else whole_reader(self.struct, self.members)
        self.tolerant = RowReader(self.struct, field_readers(self.members), whole=whole)

    @classmethod
    @functools.cache
    def of(cls, record: type, endpoint: Endpoint) -> "RecordLayout":
        return cls(record, endpoint)

    @property
    def always_tolerant(self) -> bool:
        """Whether a value is read as two types at once, which the struct cannot do."""
        return len({source_name for source_name, _ in self._slots}) < len(self._slots)

    def instance(self, raw: object) -> Any:  # noqa: ANN401  # of the class, or a dict of its values
        return self._build(raw)

    def table(self, raws: Sequence[Any], identity: Identity | None = None) -> Columns[Any]:
        """Many records as columns."""
        read: dict[tuple[tuple[str, ...], bool], list[Any]] = {}  # what is shown in two ways is read once
        for member in self.members:
            if (member.slots, member.sparse) not in read:
                read[member.slots, member.sparse] = self._values(raws, member)
        return self.table_of({member.name: read[member.slots, member.sparse] for member in self.members}, identity)

    def table_of(self, values: Mapping[str, Sequence[Any]], identity: Identity | None = None) -> Columns[Any]:
        """Columns out of stored values of equal number, by the names of the members."""
        times: dict[tuple[str, ...], Sequence[int | None]] = {}  # of a field that is shown in two ways read once
        table = {member.name: self._column(member, values[member.name], times) for member in self.members}
        return Columns.of(self.cls, table, len(next(iter(table.values()))), identity)

    def is_complete(self, rows: Callable[[], Iterator[Any]]) -> bool:
        """Whether no field is missing that should be there: from any of the structs, or from all of them."""
        first = next(rows(), None)
        return first is None or all(self._is_there(member, first, rows) for member in self.members)

    def _is_there(self, member: Member, first: object, rows: Callable[[], Iterator[Any]]) -> bool:
        if member.record is not None and not member.record.is_complete(lambda: _nested(member, rows())):
            return False
        if member.sparse:
            if member.source_names[0] in self.endpoint.may_lack or _is_any(member, first):
                return True
            return any(_is_any(member, row) for row in rows())
        return not member.may_be_none or all(_is_any(member, row) for row in rows())

    def _values(self, raws: Sequence[Any], member: Member) -> list[Any]:
        """Return one member of many records, as it is stored."""
        if len(member.slots) > 1:
            return [stored_value(raw, member) for raw in raws]
        stored = _reader_of(member.slots[0])(raws)
        return [None if value == "" else value for value in stored] if member.sparse and "" in stored else stored

    def _column(
        self, member: Member, values: Sequence[Any], times: dict[tuple[str, ...], Sequence[int | None]]
    ) -> Column:
        if member.rows is not None:
            return Column(_lists(member.rows, values))
        if member.kind is float:
            return Column(figures(values, member.path, optional=member.optional))
        if member.kind in TIMES:
            if member.source_names not in times:
                times[member.source_names] = _packed_times(member, values)
            return Column(times[member.source_names], time_of if member.kind is datetime else None)
        if member.convert is not None and not isinstance(values, Column):
            return Column([None if value is None else _converted(member, value) for value in values])
        return Column(values)

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
        name = field.metadata.get("source_name") or field.python_name
        if field.metadata.get("group"):
            return self._builder(inner, template.format(field.metadata["source_name"]))
        member = self._member(field, template.format(name), inner, optional=optional)
        self.members.append(member)
        return lambda raw: _shown(stored_value(raw, member), member)

    def _member(self, field: StrawberryField, name: str, kind: Any, *, optional: bool) -> Member:  # noqa: ANN401  # a Strawberry type
        aliases = self.endpoint.aliases.get(name, name)
        source_names = (aliases,) if isinstance(aliases, str) else aliases
        record = self._record(kind)
        stored, convert = self._stored(kind, record, field.metadata.get("codes"))
        if kind in (str, strawberry.ID) and not optional:
            stored = Name
        return Member(
            name=field.python_name,
            source_names=source_names,
            slots=tuple(
                self._slots.setdefault((source_name, stored), f"f{len(self._slots)}") for source_name in source_names
            ),
            stored=stored,
            optional=optional,
            sparse=optional and bool(field.metadata.get("sparse")),
            percent="percent" in field.python_name + source_names[0] or bool(field.metadata.get("percent")),
            verbatim=bool(field.metadata.get("verbatim")),
            kind=kind,
            convert=convert,
            record=record,
            rows=record if isinstance(kind, StrawberryList) and record is not None and record.is_flat else None,
        )

    def _record(self, kind: Any) -> "RecordLayout | None":  # noqa: ANN401  # a Strawberry type
        """How the value is read, or each item of it, where it is an object."""
        item = kind.of_type if isinstance(kind, StrawberryList) else kind
        return RecordLayout.of(item, self.endpoint) if has_object_definition(item) else None

    @property
    def is_flat(self) -> bool:
        """Whether rows of the class lie in columns as they are stored."""
        grouped = any(field.metadata.get("group") for field in fields_of(self.cls))
        return not grouped and all(
            member.record is None and (member.convert is None or member.kind is datetime) for member in self.members
        )

    def _stored(
        self,
        kind: Any,  # noqa: ANN401  # a Strawberry type
        record: "RecordLayout | None",
        codes: Mapping[int, Any] | None,
    ) -> tuple[Any, Callable[[Any], Any] | None]:
        if codes is not None:
            return int, codes.__getitem__
        if isinstance(kind, StrawberryList):
            stored, convert = self._stored(kind.of_type, record, None)
            return list[stored], None if convert is None else lambda items: [convert(item) for item in items]  # type: ignore[valid-type]  # a type made at run time
        if record is not None:
            return record.struct, record.instance
        if kind in TIMES and isinstance(self.endpoint.shape, Rows) and self.endpoint.shape.time_is_date:
            return str, _STORED[kind][1]
        if isinstance(kind, StrawberryEnumDefinition):
            return str, lambda text: kind.wrapped_cls[text.upper()]
        return _STORED[kind]

    def _struct_fields(self) -> Iterator[tuple[str, Any, Any]]:
        may_be_none = {
            slot for member in self.members if member.sparse or len(member.slots) > 1 for slot in member.slots
        }
        may_be_empty = {slot for member in self.members if member.sparse for slot in member.slots}
        for member in self.members:
            member.may_be_none = not may_be_none.isdisjoint(member.slots)
            if not member.sparse:
                may_be_empty -= {*member.slots}
        used: set[str] = set()
        for (source_name, stored), slot in self._slots.items():
            # The second of two with one name has a name that no answer holds.
            name = f"{source_name} ({slot})" if source_name in used else source_name
            used.add(source_name)
            if slot in may_be_empty:
                yield slot, _or_nothing(stored), msgspec.field(name=name, default=None)
            elif slot in may_be_none:
                yield slot, stored | None, msgspec.field(name=name, default=None)
            else:
                yield slot, stored, msgspec.field(name=name)


def _is_any(member: Member, raw: object) -> bool:
    return any(getattr(raw, slot) is not None for slot in member.slots)


def _nested(member: Member, raws: Iterator[Any]) -> Iterator[Any]:
    """Yield the objects below the member, of all the structs."""
    for raw in raws:
        value = stored_value(raw, member)
        if value is not None:
            yield from value if isinstance(value, list) else (value,)


def stored_value(raw: object, member: Member) -> Any:  # noqa: ANN401  # as stored
    """Return the value under the first of the member's names that is there."""
    for slot in member.slots:
        value = getattr(raw, slot)
        if value is not None and not (member.sparse and value == ""):
            return value
    return None


def _shown(stored: Any, member: Member) -> Any:  # noqa: ANN401  # as declared
    if stored is None:
        return None
    if member.kind is float:
        finite((stored,), member.path)
    elif member.kind in TIMES:
        (stored,) = times_of(member, (stored,))
    return stored if stored is None or member.convert is None else _converted(member, stored)


def _converted(member: Member, stored: Any) -> Any:  # noqa: ANN401  # from stored to declared
    assert member.convert is not None  # noqa: S101  # called only where there is one
    try:
        return member.convert(stored)
    except (KeyError, ValueError) as error:
        raise PayloadMismatch(member.path, f"unknown value {stored!r}") from error


def _lists(rows: NestedRecord, values: Sequence[Any]) -> Sequence[Any]:
    """Return the rows of all lists end to end; a list that could not be read stays None."""
    items = itertools.chain.from_iterable(value for value in values if value is not None)
    lists = Lists.of([0 if value is None else len(value) for value in values], rows.table(list(items)))
    if None not in values:
        return lists
    return [None if value is None else rows for value, rows in zip(values, lists, strict=True)]


def _packed_times(member: Member, values: Sequence[Any]) -> Sequence[int | None]:
    times = times_of(member, values)
    return times if member.optional and None in times else packed("q", times)


def _or_nothing(stored: Any) -> Any:  # noqa: ANN401  # types for msgspec
    """Return the type or null; instead of a figure upstream may also send an empty text."""
    return stored | Literal[""] | None if stored in (float, int) else stored | None


def _unwrapped(kind: Any) -> tuple[Any, bool]:  # noqa: ANN401  # Strawberry's types have no common class
    return (kind.of_type, True) if isinstance(kind, StrawberryOptional) else (kind, False)
