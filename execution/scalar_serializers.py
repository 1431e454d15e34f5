"""Serializes a column of scalars or enum members at once, to what the default executor makes of each value.

Every value must be exactly of the column's type. Everything else, whatever the default executor would make of it, is
`Unsupported`.
"""

import functools
import math
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias

from graphql import GraphQLBoolean, GraphQLEnumType, GraphQLFloat, GraphQLID, GraphQLInt, GraphQLLeafType, GraphQLString
from strawberry.schema.types.scalar import DEFAULT_SCALAR_REGISTRY

from graph_types.scalars import SCALARS, Timestamp, format_time, time_of
from payloads.columns import Column

_DAY = 86_400_000  # milliseconds
_MAX_TEXTS = 30_000  # of times, of some 80 bytes each
_MIN_INT, _MAX_INT = -(2**31), 2**31 - 1

Convert: TypeAlias = Callable[[Sequence[Any]], list[Any]]


class Unsupported(Exception):
    """Only the default executor can answer this."""


def serializer(scalar: GraphQLLeafType, *, nullable: bool) -> "ScalarSerializer":
    """Return how a column of this type is serialized; raises Unsupported for a scalar that is not in the table."""
    convert = _enum(scalar) if isinstance(scalar, GraphQLEnumType) else _SCALARS.get(scalar.coerce_output_value)
    if convert is None:
        raise Unsupported
    return ScalarSerializer(convert, nullable)


@dataclass(slots=True)
class ScalarSerializer:
    convert: Convert
    nullable: bool

    def __call__(self, values: Sequence[Any], encoder: object = None) -> list[Any]:  # noqa: ARG002  # scalars look the same in all encodings
        """Raise Unsupported, or whatever an unexpected value makes of it."""
        if type(values) is Column:
            simple = values.convert is None and self.convert is not _date_times
            values = values.stored if simple else _converted(values, self.convert)
        if type(values) is array or None not in values:
            return self.convert(values)
        if not self.nullable:
            raise Unsupported
        present = iter(self.convert([value for value in values if value is not None]))
        return [None if value is None else next(present) for value in values]


def _converted(column: Column, convert: Convert) -> Sequence[Any]:
    """Return the values of a column; of packed times the milliseconds, for `_date_times` alone."""
    as_stored = convert is _date_times and type(column.stored) is array and column.convert is time_of
    return column.stored if as_stored else list(column)


def _enum(scalar: GraphQLEnumType) -> Convert | None:
    members = getattr(scalar, "wrapped_cls", None)
    if members is None:
        return None
    names = {id(member): scalar.coerce_output_value(member) for member in members}

    def convert(values: Sequence[Any]) -> list[Any]:
        try:
            return [names[id(value)] for value in values]
        except KeyError:
            raise Unsupported from None

    return convert


def _only(kind: type, values: Iterable[Any]) -> None:
    if set(map(type, values)) - {kind}:
        raise Unsupported


def _floats(values: Sequence[Any]) -> list[Any]:
    if type(values) is not array or values.typecode != "d":
        _only(float, values)
    listed = _listed(values)
    if not math.isfinite(sum(listed)):  # a sum that overflows counts as well
        raise Unsupported
    return listed


def _ints(values: Sequence[Any]) -> list[Any]:
    _only(int, values)
    if values and (min(values) < _MIN_INT or max(values) > _MAX_INT):
        raise Unsupported
    return _listed(values)


def _unchanged(kind: type) -> Convert:
    def convert(values: Sequence[Any]) -> list[Any]:
        _only(kind, values)
        return _listed(values)

    return convert


def _timestamps(values: Sequence[Any]) -> list[Any]:
    if type(values) is not array or values.typecode != "q":
        _only(int, values)
    return _listed(values)


def _date_times(values: Sequence[Any]) -> list[Any]:
    if type(values) is array:
        return times.of(values)
    _only(datetime, values)
    return list(map(format_time, values))


def _dates(values: Sequence[Any]) -> list[Any]:
    _only(date, values)
    return [value.isoformat() for value in values]


def _listed(values: Sequence[Any]) -> list[Any]:
    return values if type(values) is list else list(values)


class TimeTextCache:
    """Columns of times as text, by their bytes: series of one interval and window share their time axis.

    The texts are those of `format_time`, put together from a day and a time of day. Bounded in texts; evicts the
    least recently used.
    """

    def __init__(self, limit: int = _MAX_TEXTS) -> None:
        self._limit, self._size = limit, 0
        self._texts: OrderedDict[bytes, list[str]] = OrderedDict()

    def of(self, times: "array[int]") -> list[str]:
        """Return the texts of times in milliseconds; raises OverflowError for a time that has no date."""
        key = times.tobytes()
        texts = self._texts.get(key)
        if texts is None:
            return self._put(key, [text_of(time) for time in times])
        self._texts.move_to_end(key)
        return texts

    def _put(self, key: bytes, texts: list[str]) -> list[str]:
        self._texts[key] = texts
        self._size += len(texts)
        while self._size > self._limit:
            _, dropped = self._texts.popitem(last=False)
            self._size -= len(dropped)
        return texts


def text_of(time: int) -> str:
    """Return a time in milliseconds as ISO-8601."""
    day, rest = divmod(time, _DAY)
    return _day(day) + _time_of_day(rest)


@functools.lru_cache(4096)
def _day(day: int) -> str:
    return _text(day * _DAY)[:11]


@functools.lru_cache(4096)
def _time_of_day(milliseconds: int) -> str:
    return _text(milliseconds)[11:]


def _text(milliseconds: int) -> str:
    time = time_of(milliseconds)
    assert time is not None  # noqa: S101  # it is not of None
    return format_time(time)


times = TimeTextCache()
_SCALARS: Mapping[object, Convert] = {  # by what the default executor does with one value
    GraphQLFloat.coerce_output_value: _floats,
    GraphQLInt.coerce_output_value: _ints,
    GraphQLString.coerce_output_value: _unchanged(str),
    GraphQLID.coerce_output_value: _unchanged(str),
    GraphQLBoolean.coerce_output_value: _unchanged(bool),
    SCALARS[datetime].serialize: _date_times,
    SCALARS[Timestamp].serialize: _timestamps,
    DEFAULT_SCALAR_REGISTRY[date].serialize: _dates,
}
