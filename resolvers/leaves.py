"""One value of a record: what upstream calls it, how it is stored, and how it is read where something is odd."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from strawberry.types.base import StrawberryList

from cg_client.checks import in_milliseconds, midnight
from cg_client.tolerance import FieldReader, Path, Presence, Read, Reading, rows_of, scalar
from vocabulary.scalars import Timestamp

if TYPE_CHECKING:
    from resolvers.records import Records

TIMES = (datetime, Timestamp)


@dataclass(slots=True, kw_only=True)
class Leaf:
    """Our name of the value, upstream's names for it with the slot of the struct that each goes to, and its type.

    It may be None where it is `optional`; without an anomaly only where it is `sparse`, too. A `verbatim` text is what
    upstream wrote in place of a figure.
    """

    name: str
    wires: tuple[str, ...]
    slots: tuple[str, ...]
    stored: Any  # a type for msgspec
    optional: bool
    sparse: bool
    percent: bool
    verbatim: bool
    kind: Any  # the declared type
    convert: Callable[[Any], Any] | None
    record: "Records | None"  # of the value, or of each of a list of them, where it is an object
    rows: "Records | None"  # the same, where the value is a list whose rows lie in columns
    may_be_none: bool = False  # in the struct, by itself or because of another leaf

    @property
    def presence(self) -> Presence:
        if self.sparse:
            return Presence.SPARSE
        return Presence.EXPECTED if self.optional else Presence.REQUIRED


_STRICTEST = (Presence.REQUIRED, Presence.EXPECTED, Presence.SPARSE)


def field_readers(leaves: Sequence[Leaf]) -> list[FieldReader]:
    """One for each field upstream, however often it is shown."""
    by_slots: dict[tuple[str, ...], list[Leaf]] = {}
    for leaf in leaves:
        by_slots.setdefault(leaf.slots, []).append(leaf)
    return [
        FieldReader(
            shown[0].wires, shown[0].slots, _reader(shown), min((leaf.presence for leaf in shown), key=_STRICTEST.index)
        )
        for shown in by_slots.values()
    ]


def _reader(shown: Sequence[Leaf]) -> Read:
    leaf = shown[0]
    if leaf.verbatim:
        return _verbatim
    if leaf.record is not None:
        return rows_of(leaf.record.tolerant) if isinstance(leaf.kind, StrawberryList) else leaf.record.tolerant
    checks = [check for one in shown if (check := _check(one)) is not None]
    return scalar(leaf.stored, *checks, percent=leaf.percent)


def _verbatim(value: object, _path: Path, _reading: Reading) -> str | None:
    return value if isinstance(value, str) else None


def _check(leaf: Leaf) -> Callable[[Any], object] | None:
    return (lambda value: times_of(leaf, (value,))) if leaf.kind in TIMES else leaf.convert


def times_of(leaf: Leaf, values: Sequence[Any]) -> Sequence[int | None]:
    """Times in any unit as milliseconds, calendar days as their midnights in UTC; raises PayloadMismatch."""
    field = f"data.{leaf.wires[0]}"
    if leaf.stored is not str:
        return in_milliseconds(values, field)
    return [None if day is None else midnight(day, field) for day in values]
