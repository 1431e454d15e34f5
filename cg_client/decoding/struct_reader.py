"""Derives tolerant readers from msgspec structs: they read value by value what its strict decoder refuses."""

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec.inspect import (
    BoolType,
    DictType,
    FloatType,
    IntType,
    ListType,
    LiteralType,
    Metadata,
    NoneType,
    StrType,
    StructType,
    Type,
    UnionType,
    type_info,
)

from cg_client.call import Decode
from cg_client.decoding.anomalies import AnomalyKind
from cg_client.decoding.checks import check_finite, check_time
from cg_client.decoding.row_reader import FieldReader, RowReader, at_once
from cg_client.decoding.tolerance import Presence, Read, items_of, rows_of, scalar, tolerant, values_of
from cg_client.errors import PayloadMismatch

T = TypeVar("T")

EXPECTED = msgspec.Meta(extra={"presence": Presence.EXPECTED})  # None, and reported, if it is unreadable
IN_PLACE = msgspec.Meta(extra={"in_place": True})  # of a list of rows: an unreadable row is None, not skipped
KEYS = msgspec.Meta(extra={"keys": True})  # of parallel lists: an unreadable item is removed from all of them
Figure = Annotated[float, EXPECTED]
Time = Annotated[int, msgspec.Meta(extra={"is_time": True})]  # in any unit
Name = Annotated[str, msgspec.Meta(min_length=1)]  # of what a row is about


def struct_decoder(
    kind: Any,  # noqa: ANN401  # a type for msgspec
    build: Callable[[Any], T],
    may_lack: frozenset[str] = frozenset(),
    is_complete: Callable[[Any], bool] = lambda _: True,
) -> Decode[T]:
    """Make a tolerant decoder of the type; `build` makes the payload and raises PayloadMismatch for an invalid value.

    `is_complete` says of a type with defaults whether no field is missing from all of the rows.
    """
    decoder = msgspec.json.Decoder(kind, strict=False)

    def strict(data: msgspec.Raw) -> T:
        decoded = decoder.decode(data)
        if not is_complete(decoded):
            raise PayloadMismatch("data", "a field is missing")
        return build(decoded)

    return tolerant(strict, reader_of(kind), build, may_lack)


def only_item(payload: Any) -> Any:  # noqa: ANN401  # of the struct
    """Return the object, alone or as the one item of a list; raises PayloadMismatch."""
    if not isinstance(payload, list):
        return payload
    if len(payload) != 1:
        raise PayloadMismatch("data", f"one object was expected, not {len(payload)}")
    return payload[0]


def reader_of(kind: Any) -> Read:  # noqa: ANN401  # a type for msgspec
    """Return the reader of a type that msgspec decodes: structs, lists, objects and single values of it."""
    return _reader(type_info(kind))


def _reader(info: Type) -> Read:
    match info:
        case Metadata(type=inner, extra=extra):
            return _marked(inner, extra or {})
        case StructType():
            return _struct_reader(info)
        case ListType(item_type=item):
            return (rows_of if _is_row(item) else items_of)(_reader(item))
        case DictType(value_type=value):
            return values_of(_reader(value))
        case UnionType(types=types):
            return _nullable(_reader(_not_none(types)))
        case _:
            return scalar(_scalar(info))


_SCALARS: Mapping[type[Type], type] = {FloatType: float, IntType: int, StrType: str, BoolType: bool}

_CHECKED: Mapping[object, Callable[[Any], object]] = {float: check_finite, Time: check_time}


def _marked(info: Type, marks: Mapping[str, Any]) -> Read:
    if "is_time" in marks:
        return scalar(int, check_time)
    if "in_place" in marks and isinstance(info, ListType):
        return items_of(_reader(info.item_type))
    if "keys" in marks and isinstance(info, ListType):
        return items_of(_reader(info.item_type), AnomalyKind.ROW_SKIPPED)
    return _reader(info)


def _scalar(info: Type) -> Any:  # noqa: ANN401  # a type for msgspec
    match info:
        case IntType(ge=int(least), lt=int(limit)):
            return Annotated[int, msgspec.Meta(ge=least, lt=limit)]
        case StrType(min_length=int(least)):
            return Annotated[str, msgspec.Meta(min_length=least)]
        case LiteralType(values=values):
            return Literal[tuple(values)]
        case _ if type(info) in _SCALARS:
            return _SCALARS[type(info)]
        case _:
            raise TypeError(f"no reader for {info}")


def _is_row(info: Type) -> bool:
    return isinstance(info, StructType | ListType | DictType)


def _struct_reader(info: StructType) -> Read:
    fields = [
        FieldReader(
            (index if info.array_like else field.encode_name,),
            (field.name,),
            _reader(field.type),
            presence(field.type) if field.required else Presence.SPARSE,
            None if field.default is msgspec.NODEFAULT else field.default,
        )
        for index, field in enumerate(info.fields)
    ]
    return RowReader(info.cls, fields, positional=info.array_like, whole=_whole(info))


def _whole(info: StructType) -> Callable[[object], Any] | None:
    """Return a reader of whole rows, for rows of single values only."""
    if not info.forbid_unknown_fields or any(_single(field.type) is None for field in info.fields):
        return None
    kinds = [(field.name, _single(field.type)) for field in info.fields]
    return at_once(info.cls, [(name, _CHECKED[kind]) for name, kind in kinds if kind in _CHECKED])


def _single(info: Type) -> Any:  # noqa: ANN401  # what to look up in `_CHECKED`
    """Return what a single value is; None for any other."""
    match info:
        case Metadata(type=inner, extra=extra):
            return Time if extra and "is_time" in extra else _single(inner)
        case UnionType(types=types):
            return _single(_not_none(types))
        case _:
            return _SCALARS.get(type(info))


def presence(info: Type) -> Presence:
    """Return what a field of the type costs if it is absent or unreadable."""
    if isinstance(info, Metadata):
        marked = (info.extra or {}).get("presence")
        return marked if isinstance(marked, Presence) else presence(info.type)
    nullable = isinstance(info, UnionType) and any(isinstance(member, NoneType) for member in info.types)
    return Presence.SPARSE if nullable else Presence.REQUIRED


def _not_none(types: Iterable[Type]) -> Type:
    (present,) = [member for member in types if not isinstance(member, NoneType)]
    return present


def _nullable(read: Read) -> Read:
    return lambda value, path, reading: None if value is None else read(value, path, reading)
