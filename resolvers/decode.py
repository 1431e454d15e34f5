"""Upstream body -> values of the declared types, by msgspec decoders compiled once from the Strawberry classes.

A class's annotations say what a field holds, its metadata and the endpoint's `spelling` what upstream calls it. Numbers
may come as strings and times in any unit. What a type cannot hold raises PayloadMismatch with the field's path.
"""

import calendar
import functools
import itertools
import math
import re
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from operator import attrgetter
from typing import Any, Literal

import msgspec
import strawberry
from strawberry.types.base import StrawberryList, StrawberryOptional, has_object_definition
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField

from cg_client.call import Decode
from cg_client.endpoint import Endpoint
from cg_client.errors import PayloadMismatch
from cg_client.shapes import ParallelLists, Rows, all_milliseconds, milliseconds
from vocabulary.columns import Column, Columns, Identity, Lists, new_identity
from vocabulary.payloads import Sourced, fields_of
from vocabulary.scalars import Timestamp, time_of

_TIME_AT_MOST = 10**20  # nanoseconds of the year 5138
_PLACE = re.compile(r" - at `\$(.*)`$")
_MISSING = re.compile(r"missing required field `(.*?)`")
_OURS = {"source", "page_info"}  # what a payload says of itself


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value of a record: our name, upstream's names for it, and how it is stored and shown."""

    name: str
    wires: tuple[str, ...]
    stored: Any  # a type for msgspec
    optional: bool
    kind: Any  # the declared type
    convert: Callable[[Any], Any] | None
    rows: "_Plan | None" = None  # of each row, where the value is a list of rows


def _date_of(text: str) -> date:
    """A date as `2025-04-17` or as the `250417` of option expiries. Raises ValueError."""
    return datetime.strptime(text, "%y%m%d").replace(tzinfo=UTC).date() if len(text) == 6 else date.fromisoformat(text)  # noqa: PLR2004  # the length of the second form


_TIMES = (datetime, Timestamp)
_PACKED: Mapping[Any, str] = {float: "d", datetime: "q", Timestamp: "q"}
_STORED: Mapping[Any, tuple[Any, Callable[[Any], Any] | None]] = {
    datetime: (int, time_of),
    Timestamp: (int, None),
    float: (float, None),
    str: (str, None),
    bool: (bool, None),
    strawberry.ID: (int | str, str),
    date: (str, _date_of),
}


def mismatch(error: msgspec.DecodeError) -> PayloadMismatch:
    """The error with the path of the field below `data`, and without what it said of the path."""
    text = str(error)
    place = _PLACE.search(text)
    missing = _MISSING.search(text)
    path = (place.group(1) if place else "") + (f".{missing.group(1)}" if missing else "")
    return PayloadMismatch(f"data{path}", _PLACE.sub("", text))


def strict(decode: Callable[[msgspec.Raw], Any]) -> Decode[Any]:
    """The decoder with its errors as PayloadMismatch."""

    def decoded(data: msgspec.Raw) -> Any:  # noqa: ANN401  # whatever the decoder makes
        try:
            return decode(data)
        except msgspec.DecodeError as error:
            raise mismatch(error) from error

    return decoded


def finite(values: Sequence[float | None], field: str) -> None:
    """Raises PayloadMismatch for NaN and infinities, which msgspec reads out of strings."""
    known = [value for value in values if value is not None]
    if not math.isfinite(sum(known)) and not all(map(math.isfinite, known)):
        raise PayloadMismatch(field, "it is not a finite number")


def in_milliseconds(times: Sequence[int | None], field: str) -> list[int | None]:
    """Times in any unit as milliseconds; raises PayloadMismatch for what can be no time."""
    known = [time for time in times if time is not None]
    if known and (min(known) < 0 or max(known) >= _TIME_AT_MOST):
        raise PayloadMismatch(field, "it is not a time")
    if all_milliseconds(known):
        return list(times)
    return [None if time is None else milliseconds(time) for time in times]


def _times(leaf: Leaf, values: Sequence[Any], field: str) -> list[int | None]:
    """As `in_milliseconds`; of calendar days as text the midnights in UTC."""
    if leaf.stored is not str:
        return in_milliseconds(values, field)
    return [None if day is None else _midnight(day, field) for day in values]


def _midnight(day: str, field: str) -> int:
    try:
        return calendar.timegm(_date_of(day.replace("/", "-")).timetuple()) * 1000
    except ValueError as error:
        raise PayloadMismatch(field, f"it is not a date: {day!r}") from error


class _Plan:
    """How records of a class are read from an endpoint: which slots a msgspec struct has, and what they become."""

    def __init__(self, cls: type, endpoint: Endpoint) -> None:
        self.cls, self.endpoint = cls, endpoint
        self.leaves: list[Leaf] = []
        self.slots: dict[str, tuple[str, Any, bool]] = {}  # by upstream name: slot, type, whether it may be missing
        self._build = self._builder(cls, "{}")
        self.struct = msgspec.defstruct(cls.__name__, self._struct_fields(), gc=False, kw_only=True)

    @classmethod
    @functools.cache
    def of(cls, record: type, endpoint: Endpoint) -> "_Plan":
        return cls(record, endpoint)

    def instance(self, raw: object) -> Any:  # noqa: ANN401  # of the class, or a dict of its values
        return self._build(raw)

    def values(self, raws: Sequence[Any], leaf: Leaf) -> list[Any]:
        """One leaf of many records, as it is stored."""
        slot, _, missable = self.slots[leaf.wires[0]]
        if len(leaf.wires) > 1 or (missable and not leaf.optional):
            return [self._read(raw, leaf) for raw in raws]
        stored = list(map(attrgetter(slot), raws))
        return [None if one == "" else one for one in stored] if leaf.optional and "" in stored else stored

    def columns(self, raws: Sequence[Any]) -> dict[str, list[Any]]:
        """The leaves of many records by their names, checked; rows below a record stay as they came."""
        return {leaf.name: self._column(leaf, self.values(raws, leaf)) for leaf in self.leaves}

    def table(self, columns: Mapping[str, list[Any]], identity: Identity | None = None) -> Columns[Any]:
        """Columns of this class out of lists of equal length."""
        table = {leaf.name: self._packed(leaf, columns[leaf.name]) for leaf in self.leaves}
        return Columns(self.cls, table, len(next(iter(table.values()))), identity)

    def _packed(self, leaf: Leaf, values: list[Any]) -> Column:
        if leaf.rows is not None:
            items = leaf.rows.columns(list(itertools.chain.from_iterable(values)))
            return Column(Lists.of(list(map(len, values)), leaf.rows.table(items)))
        code = _PACKED.get(leaf.kind)
        stored = array(code, values) if code is not None and None not in values else values
        return Column(stored, time_of if leaf.kind is datetime else None)

    def _column(self, leaf: Leaf, values: list[Any]) -> list[Any]:
        return values if leaf.rows is not None else _checked(leaf, values)

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

    def _flat_rows(self, kind: Any) -> "_Plan | None":  # noqa: ANN401  # a Strawberry type
        """How rows of the class are read into columns; None of what is no class, or does not lie in columns."""
        if not has_object_definition(kind) or any(field.metadata.get("group") for field in fields_of(kind)):
            return None
        nested = _Plan.of(kind, self.endpoint)
        plain = all(leaf.rows is None and (leaf.convert is None or leaf.kind is datetime) for leaf in nested.leaves)
        return nested if plain else None

    def _stored(self, kind: Any, codes: Mapping[int, Any] | None) -> tuple[Any, Callable[[Any], Any] | None]:  # noqa: ANN401  # a Strawberry type
        if codes is not None:
            return int, codes.__getitem__
        if isinstance(kind, StrawberryList):
            stored, convert = self._stored(kind.of_type, None)
            return list[stored], None if convert is None else lambda items: [convert(item) for item in items]  # type: ignore[valid-type]  # a type made at run time
        if has_object_definition(kind):
            nested = _Plan.of(kind, self.endpoint)
            return nested.struct, nested.instance
        if kind in _TIMES and isinstance(self.endpoint.shape, Rows) and self.endpoint.shape.time_is_date:
            return str, _STORED[kind][1]
        if isinstance(kind, StrawberryEnumDefinition):
            return str, lambda text: kind.wrapped_cls[text.upper()]
        return _STORED[kind]

    def _shown(self, stored: Any, leaf: Leaf) -> Any:  # noqa: ANN401  # as declared
        if stored is None:
            return None
        if leaf.kind is float:
            finite((stored,), f"data.{leaf.wires[0]}")
        elif leaf.kind in _TIMES:
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


def _or_nothing(stored: Any) -> Any:  # noqa: ANN401  # types for msgspec
    """The type or null; where upstream has no figure it may also send an empty text."""
    return stored | Literal[""] | None if stored in (float, int) else stored | None


def _unwrapped(kind: Any) -> tuple[Any, bool]:  # noqa: ANN401  # Strawberry's types have no common class
    return (kind.of_type, True) if isinstance(kind, StrawberryOptional) else (kind, False)


@functools.cache  # one decoder for all fields that read the same: it is part of the cache's key
def rows_decoder(cls: type, endpoint: Endpoint) -> Decode[list[Any]]:
    """A list of objects -> instances of the class; of a payload class, whose source is not known yet, their values."""
    plan = _Plan.of(cls, endpoint)
    decoder = msgspec.json.Decoder(list[plan.struct], strict=False)  # type: ignore[name-defined]  # a type made at run time
    return strict(lambda data: [plan.instance(raw) for raw in decoder.decode(data)])


@functools.cache
def record_decoder(cls: type, endpoint: Endpoint) -> Decode[dict[str, Any]]:
    """One object, or a list of just one -> the values of the class."""
    plan = _Plan.of(cls, endpoint)
    decode = one_of(plan.struct)
    return strict(lambda data: plan.instance(decode(data)))


def one_of(struct: type[msgspec.Struct]) -> Callable[[msgspec.Raw], Any]:
    decoder = msgspec.json.Decoder(struct | list[struct], strict=False)  # type: ignore[valid-type]  # a type made at run time

    def decode(data: msgspec.Raw) -> Any:  # noqa: ANN401  # of the struct
        found = decoder.decode(data)
        if isinstance(found, list):
            if len(found) != 1:
                raise PayloadMismatch("data", f"one object was expected, not {len(found)}")
            return found[0]
        return found

    return decode


@functools.cache
def columns_decoder(cls: type, endpoint: Endpoint) -> Decode[Columns[Any]]:
    """Flat rows or parallel lists -> columns, in order of time and with no time twice."""
    plan = _Plan.of(cls, endpoint)
    read = _lists_reader(plan) if isinstance(endpoint.shape, ParallelLists) else _rows_reader(plan)
    return strict(lambda data: plan.table(_in_order(plan, read(data)), new_identity()))


def _in_order(plan: _Plan, stored: Mapping[str, list[Any]]) -> Mapping[str, list[Any]]:
    times = next((stored[leaf.name] for leaf in plan.leaves if leaf.kind is Timestamp), None)
    order = None if times is None else _order(times)
    if order is None:
        return stored
    return {name: [values[index] for index in order] for name, values in stored.items()}


def _rows_reader(plan: _Plan) -> Callable[[msgspec.Raw], dict[str, list[Any]]]:
    decoder = msgspec.json.Decoder(list[plan.struct], strict=False)  # type: ignore[name-defined]  # a type made at run time
    return lambda data: plan.columns(decoder.decode(data))


def _lists_reader(plan: _Plan) -> Callable[[msgspec.Raw], dict[str, list[Any]]]:
    decode = one_of(msgspec.defstruct(plan.cls.__name__, _list_fields(plan), gc=False, kw_only=True))

    def read(data: msgspec.Raw) -> dict[str, list[Any]]:
        raw = decode(data)
        lists = {leaf.name: _list(plan, raw, leaf) for leaf in plan.leaves}
        size = max(map(len, lists.values()))
        lists |= {leaf.name: [None] * size for leaf in plan.leaves if leaf.optional and not lists[leaf.name]}
        equally_long({leaf.wires[0]: lists[leaf.name] for leaf in plan.leaves})
        return {leaf.name: _checked(leaf, lists[leaf.name]) for leaf in plan.leaves}

    return read


def _list_fields(plan: _Plan) -> Iterator[tuple[str, Any, Any]]:
    for wire, (slot, stored, _) in plan.slots.items():
        leaves = [leaf for leaf in plan.leaves if wire in leaf.wires]
        values: Any = list[stored | None] if any(leaf.optional for leaf in leaves) else list[stored]  # type: ignore[valid-type]  # a type made at run time
        if any(len(leaf.wires) > 1 for leaf in leaves):
            yield slot, values | None, msgspec.field(name=wire, default=None)
        else:
            yield slot, values, msgspec.field(name=wire)


def _list(plan: _Plan, raw: object, leaf: Leaf) -> list[Any]:
    """The list under the first of its names that is there."""
    found = (getattr(raw, plan.slots[wire][0]) for wire in leaf.wires)
    values: list[Any] | None = next((one for one in found if one is not None), None)
    if values is None:
        raise PayloadMismatch(f"data.{leaf.wires[0]}", "it is missing")
    return values


def equally_long(lists: Mapping[str, Sequence[Any]]) -> None:
    """Raises PayloadMismatch where parallel lists cannot be read across."""
    first, size = next((wire, len(values)) for wire, values in lists.items())
    for wire, values in lists.items():
        if len(values) != size:
            raise PayloadMismatch(f"data.{wire}", f"it holds {len(values)} values beside {size} of {first}")


def _checked(leaf: Leaf, values: list[Any]) -> list[Any]:
    field = f"data.{leaf.wires[0]}"
    if leaf.kind is float:
        finite(values, field)
    elif leaf.kind in _TIMES:
        return _times(leaf, values, field)
    elif isinstance(leaf.kind, StrawberryList) and leaf.convert is not None:
        return [None if value is None else leaf.convert(value) for value in values]
    return values


def _order(times: Sequence[int]) -> list[int] | None:
    """Indices in ascending order of time, of equal times the last; None where the times ascend already."""
    if all(earlier < later for earlier, later in itertools.pairwise(times)):
        return None
    latest = {time: index for index, time in enumerate(times)}
    return [latest[time] for time in sorted(latest)]
