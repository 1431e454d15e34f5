"""The classes of decoded values: what their fields are called, and which types these hold."""

import dataclasses
import functools
import sys
import types
import typing
from array import array
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Annotated, Any, Final, NewType, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from payloads.columns import Columns, Lists
from shared.codec_errors import UnreadableValue

_PACKAGES: Final = frozenset({"cg_client", "graph_types", "payloads", "resolvers", "schema"})
_LISTS: Final = frozenset({list, tuple, Columns, Lists, array})
_ARRAYS: Final[Mapping[str, type]] = {"d": float, "q": int}

TypeName: TypeAlias = tuple[str, str, tuple[str, ...]]  # module, name in it, and names of the fields


def is_record(kind: type) -> bool:
    return dataclasses.is_dataclass(kind) or issubclass(kind, msgspec.Struct)


class _ValueType(msgspec.Struct, frozen=True):
    """What a field may hold: values of these classes, and of lists and objects these items; None is anything."""

    classes: frozenset[type] | None
    items: "_ValueType | None" = None

    def check(self, values: Sequence[Any]) -> None:
        """Raise UnreadableValue if any of the values is of another class."""
        if self.classes is None:
            return
        kinds = {_ARRAYS[values.typecode]} if isinstance(values, array) and values else set(map(type, values))
        if not kinds <= self.classes:
            raise UnreadableValue("a value of another type")
        if self.items is None or kinds.isdisjoint((list, tuple, dict)):
            return
        items = [item for value in values if type(value) in (list, tuple) for item in value]
        items += [item for value in values if type(value) is dict for item in value.values()]
        self.items.check(items)


_ANYTHING: Final = _ValueType(None)


class RecordType(msgspec.Struct, frozen=True, eq=False):
    """A class of rows, of objects or of enum members."""

    cls: type[Any]
    fields: tuple[str, ...]
    value_types: Mapping[str, _ValueType]

    @classmethod
    @functools.cache
    def of(cls, kind: type) -> "RecordType":
        fields = _fields(kind)
        hints = get_type_hints(kind) if fields else {}
        return cls(kind, fields, {name: _value_type(hints.get(name, Any)) for name in fields})

    @property
    def name(self) -> TypeName:
        return self.cls.__module__, self.cls.__qualname__, self.fields

    @classmethod
    def by_name(cls, name: TypeName) -> "RecordType":
        """Return the class; raises UnreadableValue if the code has none with this name and these fields."""
        module, qualname, fields = name
        record = _by_name(module, qualname)
        if record is None or record.fields != fields:
            raise UnreadableValue("a class that this version does not have")
        return record

    def records(self, rows: Sequence[Sequence[Any]], columns: Sequence[Sequence[Any]]) -> list[Any]:
        """Make objects of the class, of rows with a value for each field, which `columns` has by field."""
        if len(columns) != len(self.fields):
            raise UnreadableValue("another number of fields")
        for name, column in zip(self.fields, columns, strict=True):
            self.value_types[name].check(column)
        make = self.cls
        return [make(**dict(zip(self.fields, row, strict=True))) for row in rows]

    def member(self, value: object) -> Enum:
        """Return the member with the value; raises UnreadableValue."""
        if not issubclass(self.cls, Enum):
            raise UnreadableValue("a member of what is no enum")
        member: Enum = self.cls(value)
        return member

    def check_columns(self, stored: Mapping[str, Sequence[Any]], times: Sequence[str]) -> None:
        """Raise UnreadableValue if columns have other values than the class declares; `times` are milliseconds."""
        if stored.keys() != self.value_types.keys():
            raise UnreadableValue("other columns than the class has")
        for name, column in stored.items():
            (_MILLISECONDS if name in times else self.value_types[name]).check(column)


def _fields(kind: type) -> tuple[str, ...]:
    if issubclass(kind, msgspec.Struct):
        return kind.__struct_fields__
    if not dataclasses.is_dataclass(kind):
        return ()
    return tuple(field.name for field in dataclasses.fields(kind) if field.init)


@functools.cache
def _by_name(module: str, qualname: str) -> RecordType | None:
    """Return the class if its module is one of ours and is loaded: no bytes can load another."""
    target: object = sys.modules.get(module) if module.partition(".")[0] in _PACKAGES else None
    for part in qualname.split("."):
        target = getattr(target, part, None)
    is_ours = isinstance(target, type) and (is_record(target) or issubclass(target, Enum))
    return RecordType.of(target) if is_ours and isinstance(target, type) else None


def _value_type(hint: Any) -> _ValueType:  # noqa: ANN401  # a type annotation
    """Return what an annotation allows. A figure may be a whole number."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated or isinstance(hint, NewType):
        return _value_type(args[0] if args else hint.__supertype__)
    if origin in (typing.Union, types.UnionType):
        return _union(list(map(_value_type, args)))
    if isinstance(hint, TypeVar) or hint is Any:
        return _ANYTHING
    kind: type = hint if origin is None else origin
    if issubclass(kind, Mapping):
        return _ValueType(frozenset({dict}), _value_type(args[1]))
    if issubclass(kind, Sequence) and args:
        return _ValueType(_LISTS, _value_type(args[0]))
    return _ValueType(frozenset({float, int} if kind is float else {kind}))


def _union(members: Sequence[_ValueType]) -> _ValueType:
    items = [member.items for member in members if member.items is not None]
    classes = [member.classes for member in members if member.classes is not None]
    if len(classes) < len(members) or len(items) > 1:
        return _ANYTHING
    return _ValueType(frozenset[type]().union(*classes), items[0] if items else None)


_MILLISECONDS: Final = _ValueType(frozenset({int, type(None)}))
