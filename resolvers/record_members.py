"""The values of a record: what CoinGlass calls each, how it is stored, and how it is read if something is unusual."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, get_args

from strawberry.types.base import StrawberryList

from cg_client.decoding.checks import check_finite, check_time, in_milliseconds, midnight
from cg_client.decoding.row_reader import FieldReader, at_once
from cg_client.decoding.tolerance import Path, Presence, Read, Reading, rows_of, scalar
from graph_types.scalars import Timestamp
from payloads.columns import Columns

TIMES = (datetime, Timestamp)


class NestedRecord(Protocol):
    """The layout of an object inside a record."""

    @property
    def tolerant(self) -> Read: ...
    def is_complete(self, rows: Callable[[], Iterator[Any]]) -> bool: ...
    def table(self, raws: Sequence[Any]) -> Columns[Any]: ...


@dataclass(slots=True, kw_only=True)
class Member:
    """One value: our name, CoinGlass' names with the slot of the struct that each goes to, and the type.

    It may be None if it is `optional`; without an anomaly only if it is `sparse`, too. A `verbatim` text is what
    CoinGlass wrote in place of a figure.
    """

    name: str
    source_names: tuple[str, ...]
    slots: tuple[str, ...]
    stored: Any  # a type for msgspec
    optional: bool
    sparse: bool
    percent: bool
    verbatim: bool
    kind: Any  # the declared type
    convert: Callable[[Any], Any] | None
    record: NestedRecord | None  # of the value, or of each of a list of them, if it is an object
    rows: NestedRecord | None  # the same, if the value is a list whose rows lie in columns
    may_be_none: bool = False  # in the struct, by itself or because of another member

    @property
    def path(self) -> str:
        """Where an error says that it lies."""
        return f"data.{self.source_names[0]}"

    @property
    def presence(self) -> Presence:
        if self.sparse:
            return Presence.SPARSE
        return Presence.EXPECTED if self.optional else Presence.REQUIRED


_STRICTEST = (Presence.REQUIRED, Presence.EXPECTED, Presence.SPARSE)


def field_readers(members: Sequence[Member]) -> list[FieldReader]:
    """One for each field upstream, however often it is shown."""
    by_slots: dict[tuple[str, ...], list[Member]] = {}
    for member in members:
        by_slots.setdefault(member.slots, []).append(member)
    counted: set[tuple[str, ...]] = set()
    return [_field_reader(shown, counted) for shown in by_slots.values()]


def _field_reader(shown: Sequence[Member], counted: set[tuple[str, ...]]) -> FieldReader:
    """Make the reader of what the members show; `counted` are the names of the fields that have a reader already."""
    member, presence = shown[0], min((member.presence for member in shown), key=_STRICTEST.index)
    is_repeated = member.source_names in counted
    counted.add(member.source_names)
    return FieldReader(member.source_names, member.slots, _reader(shown), presence, is_repeated=is_repeated)


def whole_reader(struct: type, members: Sequence[Member]) -> Callable[[object], Any] | None:
    """Make a reader of an object into the struct at once; None if a value of it takes more than its type.

    The reader gives None for an object that does not fit.
    """
    if any(map(_takes_more, members)):
        return None
    checked = ((member, check_finite if member.stored is float else _check(member)) for member in members)
    return at_once(
        struct, {(member.slots[0], _or_empty(member, check)) for member, check in checked if check is not None}
    )


def _or_empty(member: Member, check: Callable[[Any], object]) -> Callable[[Any], object]:
    return (lambda value: value == "" or check(value)) if member.sparse else check


def _takes_more(member: Member) -> bool:
    return member.record is not None or len(member.slots) > 1 or member.may_be_none is not member.sparse


def _reader(shown: Sequence[Member]) -> Read:
    member = shown[0]
    if member.verbatim:
        return _verbatim
    if isinstance(member.kind, StrawberryList):
        return rows_of(_item_reader(member) if member.record is None else member.record.tolerant)
    if member.record is not None:
        return member.record.tolerant
    checks = [check for member in shown if (check := _check(member)) is not None]
    return scalar(member.stored, *checks, percent=member.percent)


def _item_reader(member: Member) -> Read:
    """Make the reader of one value of a list."""
    (stored,), convert = get_args(member.stored), member.convert
    return scalar(stored) if convert is None else scalar(stored, lambda item: convert([item]))


def _verbatim(value: object, _path: Path, _reading: Reading) -> str | None:
    return value if isinstance(value, str) else None


def _check(member: Member) -> Callable[[Any], object] | None:
    if member.kind not in TIMES:
        return member.convert
    return check_time if member.stored is int and not member.sparse else lambda value: times_of(member, (value,))


def times_of(member: Member, values: Sequence[Any]) -> Sequence[int | None]:
    """Convert times in any unit, and calendar days at midnight in UTC, to milliseconds; raises PayloadMismatch."""
    if member.stored is not str:
        is_unset = member.sparse and 0 in values  # so CoinGlass writes that there is no time
        return in_milliseconds([value or None for value in values] if is_unset else values, member.path)
    return [None if day is None else midnight(day, member.path) for day in values]
