"""Updates of a payload: the whole of it, or only the rows that are new or have changed."""

import copy
import hashlib
from bisect import bisect_right
from collections.abc import Hashable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeAlias, TypeVar

import msgspec
import strawberry
from strawberry.types.base import has_object_definition
from strawberry.types.field import StrawberryField

from graph_types.problems import InvalidInput, PlanGated, Problems, Unavailable
from graph_types.stream_status import StreamStatus
from payloads.columns import Columns, Lists
from payloads.series import RowFields, from_rows
from payloads.source import fields_of, rows_field

P = TypeVar("P")

_DERIVED = ("columns", "count", "from_", "latest", "source", "to")  # of a series, from its rows and answers
_DIGEST_BYTES = 12
_KEYS = (("timestamp",), ("exchange", "symbol"), ("symbol",), ("ticker",), ("exchange",))  # what tells rows apart


@strawberry.type(description="New figures, with a cursor to go on from.")
class Update(Generic[P]):
    cursor: str = strawberry.field(description="Pass it as `after` to go on from here with nothing missing or doubled.")
    is_snapshot: bool = strawberry.field(
        description="True for all that was requested, which replaces what the client has; false for rows that are new "
        "or have changed, which replace those of the same time or name. Always false for liquidations, trades and "
        "tickers, which are added."
    )
    data: P = strawberry.field(
        description="The figures. In changes of a series, `count`, `from`, `to` and `latest` are of the changed rows "
        "alone."
    )


if TYPE_CHECKING:
    Event: TypeAlias = Update[P] | Problems | StreamStatus
else:

    class Event:
        """The union of the events of a subscription, cached for each payload."""

        @classmethod
        @cache
        def __class_getitem__(cls, payload: type) -> object:
            name = payload.__strawberry_definition__.name
            description = f"An event of a subscription: an update of {name}, a problem, or a status of the stream."
            union = strawberry.union(f"{name}Event", description=description)
            return Annotated[Update[payload] | PlanGated | Unavailable | InvalidInput | StreamStatus, union]


def changed_part(old: P, new: P) -> P | None:
    """Return the new payload with only the rows that are new or differ; None if none does.

    Return the whole of it, `new` itself, if rows alone cannot tell the difference: a row has gone, other values of the
    payload differ, or its rows have no names.
    """
    if type(old) is not type(new):
        return new
    name, key = _rows(type(new))
    if name is None or key is None:
        return None if _same(old, new, ()) else new
    if not _same(old, new, (name,)):
        return new
    before, after = _values(getattr(old, name), key), _values(getattr(new, name), key)
    if before is None or after is None or _has_lost(before, after):
        return None if _plain(getattr(old, name)) == _plain(getattr(new, name)) else new
    changed = [index for index, (row, values) in enumerate(after.items()) if before.get(row) != values]
    return with_rows(new, changed) if changed else None


def digest(payload: object) -> str:
    """Return a digest of the figures, the same in all processes: it differs where `changed_part` finds changes."""
    figures = [_figures(getattr(payload, name)) for name in _stated(type(payload))]
    try:
        encoded = msgspec.msgpack.encode([type(payload).__name__, figures], enc_hook=repr)
    except OverflowError:  # an integer of more than 64 bits
        encoded = repr([type(payload).__name__, figures]).encode()
    return hashlib.blake2b(encoded, digest_size=_DIGEST_BYTES).hexdigest()


def row_count(payload: object) -> int:
    """Return the number of rows of a payload; 1 if it has no list of them, or several."""
    name, _ = _rows(type(payload))
    return 1 if name is None else len(getattr(payload, name))


def with_rows(payload: P, indices: Sequence[int]) -> P:
    """Return the payload with some of its rows."""
    name, _ = rows_field(type(payload))
    rows = getattr(payload, name)
    if isinstance(rows, Columns):
        part: Any = rows.selected(indices)
        others = {key: value for key, value in vars(payload).items() if key not in (name, "_rows", *_DERIVED)}
        if "_answers" not in others:
            others["source"] = payload.source  # type: ignore[attr-defined]  # of every payload of rows
        if "latest" in vars(payload):
            others["latest"] = _newest(part, payload.latest)  # type: ignore[attr-defined]  # of every payload of rows
        return from_rows(type(payload), part, **others)
    reduced = copy.copy(payload)
    setattr(reduced, name, [rows[index] for index in indices])
    return reduced


def _newest(rows: Columns[Any], latest: Any) -> Any:  # noqa: ANN401  # a row
    """Return the newest of the rows that is no later than the latest of all: days to come may be among them."""
    index = 0 if latest is None else bisect_right(rows.column("timestamp").stored, latest.timestamp)
    return rows[index - 1] if index else None


def _rows(payload: type) -> tuple[str | None, tuple[str, ...] | None]:
    """Return the name of the rows, if the payload has one list of them, and the names of what tells them apart."""
    try:
        name, row = rows_field(payload)
    except ValueError:
        return None, None
    names = {field.python_name for field in fields_of(row)}
    return name, next((key for key in _KEYS if names.issuperset(key)), None)


def _values(rows: Any, key: tuple[str, ...]) -> Mapping[Hashable, object] | None:  # noqa: ANN401  # table or list
    """Return the values of each row by its key; None if two rows have the same."""
    if isinstance(rows, Columns):
        keys = zip(*(rows.column(name).stored for name in key), strict=True)
        values: Sequence[object] = list(
            zip(*(_comparable(column.stored) for column in rows.columns.values()), strict=True)
        )
    else:
        keys = zip(*([getattr(row, name) for row in rows] for name in key), strict=True)
        values = [_plain(row) for row in rows]
    by_key: dict[Hashable, object] = dict(zip(keys, values, strict=True))
    return by_key if len(by_key) == len(values) else None


def _comparable(stored: Sequence[Any]) -> Sequence[Any]:
    return [_plain(part) for part in stored] if isinstance(stored, Lists) else stored


def _plain(value: Any) -> Any:  # noqa: ANN401  # a row or a list of them
    """Return what can be compared by value; `source` says when a row was fetched, which is no figure."""
    if isinstance(value, Columns | list | tuple):
        return [_plain(item) for item in value]
    if has_object_definition(value):
        return {
            field.python_name: _plain(getattr(value, field.python_name))
            for field in _fields(type(value))
            if field.python_name != "source"
        }
    return value


def _has_lost(before: Mapping[Hashable, object], after: Mapping[Hashable, object]) -> bool:
    """Whether a row is gone that the window still includes.

    Timed rows before the first one are out of the window if at least as many are new.
    """
    lost = before.keys() - after.keys()
    if not lost or len(after) < len(before):
        return bool(lost)
    first = next(iter(after))
    return not _is_time(first) or any(key >= first for key in lost)  # type: ignore[operator]  # both are times


def _is_time(key: object) -> bool:
    return isinstance(key, tuple) and len(key) == 1 and isinstance(key[0], int)


def _fields(kind: type) -> Sequence[StrawberryField]:
    """Return `fields_of` a class; by the type of its cache, `type[Any]` is not hashable."""
    return fields_of(kind)


def _same(old: object, new: object, without: tuple[str, ...]) -> bool:
    """Whether the payloads are equal but for `without` and what follows from it."""
    names = [name for name in _stated(type(new)) if name not in without]
    return all(_plain(getattr(old, name)) == _plain(getattr(new, name)) for name in names)


def _stated(payload: type) -> Sequence[str]:
    """Return the fields of a payload but for what follows from others, and when it was fetched."""
    ignored = _DERIVED if issubclass(payload, RowFields) else ("source",)
    return [field.python_name for field in _fields(payload) if field.python_name not in ignored]


def _figures(value: Any) -> object:  # noqa: ANN401  # of any field
    """Return what `_plain` does, but a table by its columns, which takes a tenth of the time."""
    if isinstance(value, Columns):
        return {name: list(_comparable(column.stored)) for name, column in value.columns.items()}
    return _plain(value)
