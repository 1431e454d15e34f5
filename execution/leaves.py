"""Leaves of many rows at once: a column of values -> what the stock executor would make of each of them.

A column is taken only where every value is plainly of its type. Everything else, whatever the stock executor would
make of it, is a `Doubt`.
"""

import math
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeAlias

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
)
from strawberry.schema.types.scalar import DEFAULT_SCALAR_REGISTRY

from execution.times import TimeTexts
from vocabulary.columns import Column
from vocabulary.scalars import SCALARS, Timestamp, format_time, time_of

_INT_AT_LEAST, _INT_AT_MOST = -(2**31), 2**31 - 1

Complete: TypeAlias = Callable[[Sequence[Any]], list[Any]]

times = TimeTexts()


class Doubt(Exception):
    """The stock executor has to look at this."""


def completer(leaf: GraphQLLeafType, *, nullable: bool) -> "Leaf | None":
    """How a column of this leaf is completed; None of a leaf that only the stock executor knows."""
    convert = _enum(leaf) if isinstance(leaf, GraphQLEnumType) else _SCALARS.get(leaf.coerce_output_value)
    return None if convert is None else Leaf(convert, nullable=nullable)


class Leaf:
    __slots__ = ("_convert", "_nullable")

    def __init__(self, convert: Complete, *, nullable: bool) -> None:
        self._convert, self._nullable = convert, nullable

    def __call__(self, values: Sequence[Any], form: object = None) -> list[Any]:  # noqa: ARG002  # leaves are what they are
        """Raises Doubt."""
        if type(values) is Column:
            plain = values.convert is None and self._convert is not _date_times
            values = values.stored if plain else _converted(values, self._convert)
        if type(values) is array or None not in values:
            return self._convert(values)
        if not self._nullable:
            raise Doubt
        known = iter(self._convert([value for value in values if value is not None]))
        return [None if value is None else next(known) for value in values]


def _converted(column: Column, convert: Complete) -> Sequence[Any]:
    """The values of a column; of packed times the milliseconds, for `_date_times` alone."""
    as_stored = convert is _date_times and type(column.stored) is array and column.convert is time_of
    return column.stored if as_stored else list(column)


def _enum(leaf: GraphQLEnumType) -> Complete | None:
    members = getattr(leaf, "wrapped_cls", None)
    if members is None:
        return None
    names = {id(member): leaf.coerce_output_value(member) for member in members}

    def convert(values: Sequence[Any]) -> list[Any]:
        try:
            return [names[id(value)] for value in values]
        except KeyError:
            raise Doubt from None

    return convert


def _only(kind: type, values: Iterable[Any]) -> None:
    if set(map(type, values)) - {kind}:
        raise Doubt


def _floats(values: Sequence[Any]) -> list[Any]:
    if type(values) is not array or values.typecode != "d":
        _only(float, values)
    known = _listed(values)
    if not math.isfinite(sum(known)):  # a sum that overflows is looked at, too
        raise Doubt
    return known


def _ints(values: Sequence[Any]) -> list[Any]:
    _only(int, values)
    if values and (min(values) < _INT_AT_LEAST or max(values) > _INT_AT_MOST):
        raise Doubt
    return _listed(values)


def _as_they_are(kind: type) -> Complete:
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


_SCALARS: Mapping[object, Complete] = {  # by what the stock executor does with one value
    GraphQLFloat.coerce_output_value: _floats,
    GraphQLInt.coerce_output_value: _ints,
    GraphQLString.coerce_output_value: _as_they_are(str),
    GraphQLID.coerce_output_value: _as_they_are(str),
    GraphQLBoolean.coerce_output_value: _as_they_are(bool),
    SCALARS[datetime].serialize: _date_times,
    SCALARS[Timestamp].serialize: _timestamps,
    DEFAULT_SCALAR_REGISTRY[date].serialize: _dates,
}
