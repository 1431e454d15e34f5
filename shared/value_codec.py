"""Decoded values as trees of lists, figures and texts, which msgpack holds, and back again.

Rows are stored column by column: rows of one class have a list for each field, so that a thousand rows cost little more
than their values. Classes are named with their fields; bytes that name a class or field that the code does not have, or
a value of another type than the class declares, are unreadable.
"""

from array import array
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import Enum, IntEnum
from itertools import accumulate, chain, pairwise
from typing import Any, Final, TypeAlias

from graph_types.scalars import time_of
from payloads.columns import Columns, Lists, new_identity
from shared.record_types import RecordType, UnreadableValue, is_record

Tree: TypeAlias = Any  # what msgpack holds

_SCALARS: Final = frozenset({float, int, str, bool, type(None)})
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_SIZES: Final = {"d": 8, "q": 8}  # bytes of an item of each packed column


class Unencodable(Exception):
    """The value holds something that has no form in bytes."""


class _Tag(IntEnum):
    """What a list of the tree stands for, by its first item."""

    LIST = 0
    TUPLE = 1
    DICT = 2
    PACKED = 3
    OBJECT = 4
    MEMBER = 5
    TIME = 6
    DAY = 7
    COLUMNS = 8
    LISTS = 9


class _Form(IntEnum):
    """How the values of a column lie in the tree."""

    SCALARS = 0
    SPARSE = 1
    RECORDS = 2
    LISTS = 3
    TUPLES = 4
    MEMBERS = 5
    TIMES = 6
    DAYS = 7
    DICTS = 8
    MIXED = 9


class ValueEncoder:
    """Encodes one value; `types` are the classes in it, by which the tree refers to them."""

    def __init__(self) -> None:
        self.types: list[RecordType] = []
        self._indices: dict[type, int] = {}

    def encode(self, value: object) -> Tree:
        """Return the tree; raises Unencodable."""
        kind = type(value)
        if kind in _SCALARS:
            return value
        encode = _ENCODERS.get(kind)
        if encode is not None:
            return encode(self, value)
        if isinstance(value, Enum):
            return [_Tag.MEMBER, self._index(kind), self.encode(value.value)]
        if is_record(kind):
            fields = self.types[self._index(kind)].fields
            return [_Tag.OBJECT, self._index(kind), [self.encode(getattr(value, name)) for name in fields]]
        raise Unencodable(f"a value of type {kind.__name__}")

    def _index(self, kind: type) -> int:
        index = self._indices.get(kind)
        if index is None:
            index = self._indices[kind] = len(self.types)
            self.types.append(RecordType.of(kind))
        return index

    def _list(self, value: list[Any]) -> Tree:
        return [_Tag.LIST, self._column(value)]

    def _tuple(self, value: tuple[Any, ...]) -> Tree:
        return [_Tag.TUPLE, self._column(value)]

    def _dict(self, value: dict[Any, Any]) -> Tree:
        return [_Tag.DICT, self._column(list(value)), self._column(list(value.values()))]

    def _packed(self, value: "array[Any]") -> Tree:
        if value.typecode not in _SIZES:
            raise Unencodable(f"an array of {value.typecode}")
        return [_Tag.PACKED, value.typecode, value.tobytes()]

    def _columns(self, value: Columns[Any]) -> Tree:
        if any(convert is not time_of for convert in value.converts.values()):
            raise Unencodable(f"a conversion of {value.row.__name__}")
        stored: dict[int, tuple[int, Tree]] = {}  # what is shown under two names is one list
        indices = []
        for name in value.stored:
            column = value.column(name).stored
            if id(value.stored[name]) not in stored:
                stored[id(value.stored[name])] = len(stored), self.encode(column)
            indices.append(stored[id(value.stored[name])][0])
        names = list(value.stored)
        trees = [tree for _, tree in stored.values()]
        has_identity = value.identity is not None
        index = self._index(value.row)
        return [_Tag.COLUMNS, index, names, indices, trees, list(value.converts), len(value), has_identity]

    def _lists(self, value: Lists) -> Tree:
        first, last = value.ends[0], value.ends[-1]
        lengths = [end - start for start, end in pairwise(value.ends)]
        return [_Tag.LISTS, lengths, self.encode(value.items[first:last])]

    def _column(self, values: Sequence[Any]) -> Tree:
        kinds = set(map(type, values))
        if kinds <= _SCALARS:
            return [_Form.SCALARS, list(values)]
        if type(None) in kinds:
            mask = bytes(value is not None for value in values)
            return [_Form.SPARSE, mask, self._column([value for value in values if value is not None])]
        return self._uniform(kinds.pop(), values) if len(kinds) == 1 else self._mixed(values)

    def _uniform(self, kind: type, values: Sequence[Any]) -> Tree:
        """Encode values of one class."""
        if kind in (list, tuple):
            form = _Form.LISTS if kind is list else _Form.TUPLES
            return [form, list(map(len, values)), self._column(list(chain.from_iterable(values)))]
        if kind is datetime:
            return [_Form.TIMES, list(map(_microseconds, values))]
        if kind is date:
            return [_Form.DAYS, [value.toordinal() for value in values]]
        if issubclass(kind, Enum):
            return [_Form.MEMBERS, self._index(kind), self._column([value.value for value in values])]
        if is_record(kind):
            fields = self.types[self._index(kind)].fields
            columns = [self._column([getattr(value, name) for value in values]) for name in fields]
            return [_Form.RECORDS, self._index(kind), len(values), columns]
        if kind is dict and all(value.keys() == values[0].keys() for value in values):
            keys = list(values[0])
            if set(map(type, keys)) <= {str}:
                return [_Form.DICTS, keys, len(values), [self._column([row[key] for row in values]) for key in keys]]
        return self._mixed(values)

    def _mixed(self, values: Sequence[Any]) -> Tree:
        return [_Form.MIXED, [self.encode(value) for value in values]]


_ENCODERS: Final[Mapping[type, Callable[[ValueEncoder, Any], Tree]]] = {
    list: ValueEncoder._list,  # noqa: SLF001  # of the class above
    tuple: ValueEncoder._tuple,  # noqa: SLF001  # as above
    dict: ValueEncoder._dict,  # noqa: SLF001  # as above
    array: ValueEncoder._packed,  # noqa: SLF001  # as above
    Columns: ValueEncoder._columns,  # noqa: SLF001  # as above
    Lists: ValueEncoder._lists,  # noqa: SLF001  # as above
    datetime: lambda _, value: [_Tag.TIME, _microseconds(value)],
    date: lambda _, value: [_Tag.DAY, value.toordinal()],
}


def _microseconds(time: datetime) -> int:
    if time.tzinfo is not UTC:
        raise Unencodable("a time in another zone than UTC")
    return (time - _EPOCH) // _MICROSECOND


class ValueDecoder:
    """Decodes a tree in which `types` are the classes; raises UnreadableValue for any that no encoder makes."""

    def __init__(self, types: Sequence[RecordType]) -> None:
        self._types = types

    def decode(self, tree: Tree) -> Any:  # noqa: ANN401  # what was encoded
        if type(tree) in _SCALARS:
            return tree
        try:
            return self._decoded(tree)
        except (ValueError, TypeError, IndexError, KeyError, AttributeError, OverflowError) as error:
            raise UnreadableValue(type(error).__name__) from error

    def _decoded(self, tree: Tree) -> Any:  # noqa: ANN401  # as above
        if type(tree) in _SCALARS:
            return tree
        match tree:
            case [_Tag.LIST, column]:
                return self._values(column)
            case [_Tag.TUPLE, column]:
                return tuple(self._values(column))
            case [_Tag.DICT, keys, values]:
                return dict(zip(self._values(keys), self._values(values), strict=True))
            case [_Tag.PACKED, str(typecode), bytes(packed)] if len(packed) % _SIZES[typecode] == 0:
                return array(typecode, packed)
            case [_Tag.OBJECT, int(index), list(values)]:
                return self._records(index, 1, [[self._decoded(value)] for value in values])[0]
            case [_Tag.MEMBER, int(index), value]:
                return self._types[index].member(self._decoded(value))
            case [_Tag.TIME, int(microseconds)]:
                return _time(microseconds)
            case [_Tag.DAY, int(ordinal)]:
                return date.fromordinal(ordinal)
            case [_Tag.COLUMNS, int(index), names, indices, trees, converted, int(size), bool(has_identity)]:
                stored = [self._decoded(tree) for tree in trees]
                named = {name: stored[at] for name, at in zip(names, indices, strict=True)}
                return self._columns(index, named, converted, size, has_identity=has_identity)
            case [_Tag.LISTS, list(lengths), items]:
                return self._lists(lengths, self._decoded(items))
        raise UnreadableValue("an unknown form")

    def _values(self, column: Tree) -> list[Any]:
        match column:
            case [_Form.SCALARS, list(values)] if set(map(type, values)) <= _SCALARS:
                return values
            case [_Form.SPARSE, bytes(mask), present]:
                values = self._values(present)
                if mask.count(1) != len(values):
                    raise UnreadableValue("another number of values than of places")
                following = iter(values)
                return [next(following) if is_there else None for is_there in mask]
            case [_Form.RECORDS, int(index), int(count), columns]:
                return self._records(index, count, list(map(self._values, columns)))
            case [(_Form.LISTS | _Form.TUPLES) as form, lengths, items]:
                parts = _parts(self._values(items), lengths)
                return parts if form == _Form.LISTS else list(map(tuple, parts))
            case [_Form.MEMBERS, int(index), values]:
                return list(map(self._types[index].member, self._values(values)))
            case [_Form.TIMES, times]:
                return list(map(_time, times))
            case [_Form.DAYS, ordinals]:
                return list(map(date.fromordinal, ordinals))
            case [_Form.DICTS, keys, int(count), columns]:
                rows = _rows(count, list(map(self._values, columns)))
                return [dict(zip(keys, row, strict=True)) for row in rows]
            case [_Form.MIXED, values]:
                return list(map(self._decoded, values))
        raise UnreadableValue("an unknown form of a column")

    def _records(self, index: int, count: int, columns: list[list[Any]]) -> list[Any]:
        return self._types[index].records(_rows(count, columns), columns)

    def _columns(
        self, index: int, stored: Mapping[str, Sequence[Any]], times: Sequence[str], size: int, *, has_identity: bool
    ) -> Columns[Any]:
        kind = self._types[index]
        if any(len(column) != size for column in stored.values()) or not stored.keys() >= set(times):
            raise UnreadableValue("columns of different lengths")
        kind.check_columns(stored, times)
        identity = new_identity() if has_identity else None
        return Columns(kind.cls, stored, dict.fromkeys(times, time_of), size, identity)

    def _lists(self, lengths: Sequence[int], items: object) -> Lists:
        if not isinstance(items, Columns) or sum(lengths) != len(items) or any(length < 0 for length in lengths):
            raise UnreadableValue("lists of other rows")
        return Lists.of(lengths, items)


def _time(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _parts(items: Sequence[Any], lengths: Sequence[int]) -> list[Any]:
    ends = list(accumulate(lengths, initial=0))
    if ends[-1] != len(items) or any(length < 0 for length in lengths):
        raise UnreadableValue("another number of items than lists have")
    return [items[start:end] for start, end in pairwise(ends)]


def _rows(count: int, columns: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Return the rows of columns of equal length; a class without fields has no columns."""
    rows = list(zip(*columns, strict=True)) if columns else [()] * count
    if len(rows) != count:
        raise UnreadableValue("another number of values than of rows")
    return rows
