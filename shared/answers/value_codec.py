"""Decoded values as trees of lists, figures and texts, which msgpack holds; `value_decoder.py` reads them.

Rows are stored column by column: rows of one class have a list for each field, so that a thousand rows cost little more
than their values.
"""

from array import array
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import Enum, IntEnum
from itertools import chain, pairwise
from typing import Any, ClassVar, Final, TypeAlias

from graph_types.scalars import time_of
from payloads.columns import Columns, Lists
from shared.answers.record_types import RecordType, is_record
from shared.codec_errors import Unencodable

Tree: TypeAlias = Any  # what msgpack holds

SCALARS: Final = frozenset({float, int, str, bool, type(None)})
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
ITEM_BYTES: Final = {"d": 8, "q": 8}  # bytes of an item of each packed column


class Tag(IntEnum):
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


class ColumnForm(IntEnum):
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
        if kind in SCALARS:
            return value
        encode = self._by_kind.get(kind)
        if encode is not None:
            return encode(self, value)
        if isinstance(value, Enum):
            return [Tag.MEMBER, self._index(kind), self.encode(value.value)]
        if is_record(kind):
            fields = self.types[self._index(kind)].fields
            return [Tag.OBJECT, self._index(kind), [self.encode(getattr(value, name)) for name in fields]]
        raise Unencodable(f"a value of type {kind.__name__}")

    def _index(self, kind: type) -> int:
        index = self._indices.get(kind)
        if index is None:
            index = self._indices[kind] = len(self.types)
            self.types.append(RecordType.of(kind))
        return index

    def _list(self, value: list[Any]) -> Tree:
        return [Tag.LIST, self._column(value)]

    def _tuple(self, value: tuple[Any, ...]) -> Tree:
        return [Tag.TUPLE, self._column(value)]

    def _dict(self, value: dict[Any, Any]) -> Tree:
        return [Tag.DICT, self._column(list(value)), self._column(list(value.values()))]

    def _packed(self, value: "array[Any]") -> Tree:
        if value.typecode not in ITEM_BYTES:
            raise Unencodable(f"an array of {value.typecode}")
        return [Tag.PACKED, value.typecode, value.tobytes()]

    def _columns(self, value: Columns[Any]) -> Tree:
        if any(convert is not time_of for convert in value.converts.values()):
            raise Unencodable(f"a conversion of {value.row.__name__}")
        stored: dict[int, tuple[int, Tree]] = {}  # what is shown under two names is one list
        named = {}
        for name, column in value.stored.items():
            if id(column) not in stored:
                stored[id(column)] = len(stored), self.encode(value.column(name).stored)
            named[name] = stored[id(column)][0]
        trees = [tree for _, tree in stored.values()]
        rest = [list(value.converts), len(value), value.identity is not None]
        return [Tag.COLUMNS, self._index(value.row), named, trees, rest]

    def _lists(self, value: Lists) -> Tree:
        first, last = value.ends[0], value.ends[-1]
        lengths = [end - start for start, end in pairwise(value.ends)]
        return [Tag.LISTS, lengths, self.encode(value.items[first:last])]

    def _column(self, values: Sequence[Any]) -> Tree:
        kinds = set(map(type, values))
        if kinds <= SCALARS:
            return [ColumnForm.SCALARS, list(values)]
        if type(None) in kinds:
            mask = bytes(value is not None for value in values)
            return [ColumnForm.SPARSE, mask, self._column([value for value in values if value is not None])]
        return self._uniform(kinds.pop(), values) if len(kinds) == 1 else self._mixed(values)

    def _uniform(self, kind: type, values: Sequence[Any]) -> Tree:
        """Encode values of one class."""
        if is_record(kind):
            fields = self.types[self._index(kind)].fields
            columns = [self._column([getattr(value, name) for value in values]) for name in fields]
            return [ColumnForm.RECORDS, self._index(kind), len(values), columns]
        if issubclass(kind, Enum):
            return [ColumnForm.MEMBERS, self._index(kind), self._column([value.value for value in values])]
        encode = self._columns_by_kind.get(kind)
        return self._mixed(values) if encode is None else encode(self, values)

    def _dicts(self, values: Sequence[dict[Any, Any]]) -> Tree:
        """Encode objects, column by column if all have the same keys."""
        keys = list(values[0])
        if not set(map(type, keys)) <= {str} or any(list(value) != keys for value in values):
            return self._mixed(values)
        return [ColumnForm.DICTS, keys, len(values), [self._column([row[key] for row in values]) for key in keys]]

    def _parts(self, form: ColumnForm, values: Sequence[Sequence[Any]]) -> Tree:
        return [form, list(map(len, values)), self._column(list(chain.from_iterable(values)))]

    def _mixed(self, values: Sequence[Any]) -> Tree:
        return [ColumnForm.MIXED, [self.encode(value) for value in values]]

    def _time(self, value: datetime) -> Tree:
        return [Tag.TIME, _microseconds(value)]

    def _day(self, value: date) -> Tree:
        return [Tag.DAY, value.toordinal()]

    def _list_column(self, values: Sequence[Any]) -> Tree:
        return self._parts(ColumnForm.LISTS, values)

    def _tuple_column(self, values: Sequence[Any]) -> Tree:
        return self._parts(ColumnForm.TUPLES, values)

    def _time_column(self, values: Sequence[datetime]) -> Tree:
        return [ColumnForm.TIMES, list(map(_microseconds, values))]

    def _day_column(self, values: Sequence[date]) -> Tree:
        return [ColumnForm.DAYS, [value.toordinal() for value in values]]

    _by_kind: ClassVar[Mapping[type, Callable[..., Tree]]] = {
        list: _list,
        tuple: _tuple,
        dict: _dict,
        array: _packed,
        Columns: _columns,
        Lists: _lists,
        datetime: _time,
        date: _day,
    }
    _columns_by_kind: ClassVar[Mapping[type, Callable[..., Tree]]] = {
        dict: _dicts,
        list: _list_column,
        tuple: _tuple_column,
        datetime: _time_column,
        date: _day_column,
    }


def _microseconds(time: datetime) -> int:
    if time.tzinfo is not UTC:
        raise Unencodable("a time in another zone than UTC")
    return (time - EPOCH) // MICROSECOND
