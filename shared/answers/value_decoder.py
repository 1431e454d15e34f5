"""Trees of `value_codec.py` as the values that were encoded.

Nothing is trusted: a tree that names a class or field that the code does not have, or with a value of another type than
the class declares, is unreadable.
"""

from array import array
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import Enum
from itertools import accumulate, pairwise
from typing import Any, ClassVar

from graph_types.scalars import time_of
from payloads.columns import Columns, Lists, new_identity
from shared.answers.record_types import RecordType
from shared.answers.value_codec import EPOCH, ITEM_BYTES, SCALARS, ColumnForm, Tag, Tree
from shared.codec_errors import UnreadableValue


class ValueDecoder:
    """Decodes a tree in which `types` are the classes; raises UnreadableValue for any that no encoder makes."""

    def __init__(self, types: Sequence[RecordType]) -> None:
        self._types = types

    def decode(self, tree: Tree) -> Any:  # noqa: ANN401  # what was encoded
        if type(tree) in SCALARS:
            return tree
        try:
            return self._decoded(tree)
        except (ValueError, TypeError, IndexError, KeyError, AttributeError, OverflowError) as error:
            raise UnreadableValue(type(error).__name__) from error

    def _decoded(self, tree: Tree) -> Any:  # noqa: ANN401  # as above
        if type(tree) in SCALARS:
            return tree
        tag, *content = tree
        return self._by_tag[tag](self, *content)

    def _values(self, column: Tree) -> list[Any]:
        form, *content = column
        return self._by_form[form](self, *content)

    def _packed(self, typecode: str, packed: bytes) -> "array[Any]":
        if len(packed) % ITEM_BYTES[typecode]:
            raise UnreadableValue("a part of a figure")
        return array(typecode, packed)

    def _object(self, index: int, values: Sequence[Tree]) -> Any:  # noqa: ANN401  # of the class
        return self._records(index, 1, [[self._decoded(value)] for value in values])[0]

    def _member(self, index: int, tree: Tree) -> Enum:
        return self._types[index].member(self._decoded(tree))

    def _dict(self, keys: Tree, values: Tree) -> dict[Any, Any]:
        return dict(zip(self._values(keys), self._values(values), strict=True))

    def _tuple(self, column: Tree) -> tuple[Any, ...]:
        return tuple(self._values(column))

    def _table(self, index: int, named: Mapping[str, int], trees: Sequence[Tree], rest: Sequence[Any]) -> Columns[Any]:
        times, size, has_identity = rest
        columns, kind = [self._decoded(tree) for tree in trees], self._types[index]
        stored = {name: columns[at] for name, at in named.items()}
        if any(len(column) != size for column in columns) or not stored.keys() >= set(times):
            raise UnreadableValue("columns of different lengths")
        kind.check_columns(stored, times)
        identity = new_identity() if has_identity else None
        return Columns(kind.cls, stored, dict.fromkeys(times, time_of), size, identity)

    def _lists(self, lengths: Sequence[int], tree: Tree) -> Lists:
        items = self._decoded(tree)
        if not isinstance(items, Columns) or sum(lengths) != len(items) or any(length < 0 for length in lengths):
            raise UnreadableValue("lists of other rows")
        return Lists.of(lengths, items)

    def _scalars(self, values: list[Any]) -> list[Any]:
        if not set(map(type, values)) <= SCALARS:
            raise UnreadableValue("a value without a form")
        return values

    def _sparse(self, mask: bytes, present: Tree) -> list[Any]:
        values = self._values(present)
        if mask.count(1) != len(values):
            raise UnreadableValue("another number of values than of places")
        following = iter(values)
        return [next(following) if is_there else None for is_there in mask]

    def _rows_of_class(self, index: int, count: int, columns: Sequence[Tree]) -> list[Any]:
        return self._records(index, count, list(map(self._values, columns)))

    def _records(self, index: int, count: int, columns: Sequence[list[Any]]) -> list[Any]:
        return self._types[index].records(_rows(count, columns), columns)

    def _parts(self, lengths: Sequence[int], tree: Tree) -> list[Any]:
        items, ends = self._values(tree), list(accumulate(lengths, initial=0))
        if ends[-1] != len(items) or any(length < 0 for length in lengths):
            raise UnreadableValue("another number of items than lists have")
        return [items[start:end] for start, end in pairwise(ends)]

    def _tuples(self, lengths: Sequence[int], tree: Tree) -> list[Any]:
        return list(map(tuple, self._parts(lengths, tree)))

    def _members(self, index: int, tree: Tree) -> list[Any]:
        return list(map(self._types[index].member, self._values(tree)))

    def _dicts(self, keys: Sequence[str], count: int, columns: Sequence[Tree]) -> list[Any]:
        rows = _rows(count, list(map(self._values, columns)))
        return [dict(zip(keys, row, strict=True)) for row in rows]

    def _mixed(self, trees: Sequence[Tree]) -> list[Any]:
        return list(map(self._decoded, trees))

    def _time(self, microseconds: int) -> datetime:
        return EPOCH + timedelta(microseconds=microseconds)

    def _times(self, times: Sequence[int]) -> list[Any]:
        return list(map(self._time, times))

    def _day(self, ordinal: int) -> date:
        return date.fromordinal(ordinal)

    def _days(self, ordinals: Sequence[int]) -> list[Any]:
        return list(map(date.fromordinal, ordinals))

    _by_tag: ClassVar[Mapping[int, Callable[..., Any]]] = {
        Tag.LIST: _values,
        Tag.TUPLE: _tuple,
        Tag.DICT: _dict,
        Tag.PACKED: _packed,
        Tag.OBJECT: _object,
        Tag.MEMBER: _member,
        Tag.TIME: _time,
        Tag.DAY: _day,
        Tag.COLUMNS: _table,
        Tag.LISTS: _lists,
    }
    _by_form: ClassVar[Mapping[int, Callable[..., list[Any]]]] = {
        ColumnForm.SCALARS: _scalars,
        ColumnForm.SPARSE: _sparse,
        ColumnForm.RECORDS: _rows_of_class,
        ColumnForm.LISTS: _parts,
        ColumnForm.TUPLES: _tuples,
        ColumnForm.MEMBERS: _members,
        ColumnForm.TIMES: _times,
        ColumnForm.DAYS: _days,
        ColumnForm.DICTS: _dicts,
        ColumnForm.MIXED: _mixed,
    }


def _rows(count: int, columns: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Return the rows of columns of equal length; a class without fields has no columns."""
    rows = list(zip(*columns, strict=True)) if columns else [()] * count
    if len(rows) != count:
        raise UnreadableValue("another number of values than of rows")
    return rows
