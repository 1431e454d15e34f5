"""One value of a record: what upstream calls it, how it is stored, and how it is read where something is odd."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, get_args

from strawberry.types.base import StrawberryList

from cg_client.decoding.checks import check_finite, check_time, in_milliseconds, midnight
from cg_client.decoding.row_reader import FieldReader, at_once
from cg_client.decoding.tolerance import Path, Presence, Read, Reading, rows_of, scalar
from graph_types.scalars import Timestamp

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
    counted: set[tuple[str, ...]] = set()
    return [_field_reader(shown, counted) for shown in by_slots.values()]


def _field_reader(shown: Sequence[Leaf], counted: set[tuple[str, ...]]) -> FieldReader:
    """Make the reader of what the leaves show; `counted` are the names of the fields that have a reader already."""
    leaf, presence = shown[0], min((leaf.presence for leaf in shown), key=_STRICTEST.index)
    is_repeated = leaf.wires in counted
    counted.add(leaf.wires)
    return FieldReader(leaf.wires, leaf.slots, _reader(shown), presence, is_repeated=is_repeated)


def whole_reader(struct: type, leaves: Sequence[Leaf]) -> Callable[[object], Any] | None:
    """Make a reader of an object into the struct at once; None if a value of it takes more than its type.

    The reader gives None for an object that does not fit.
    """
    if any(map(_takes_more, leaves)):
        return None
    checked = ((leaf, check_finite if leaf.stored is float else _check(leaf)) for leaf in leaves)
    return at_once(struct, {(leaf.slots[0], _or_empty(leaf, check)) for leaf, check in checked if check is not None})


def _or_empty(leaf: Leaf, check: Callable[[Any], object]) -> Callable[[Any], object]:
    return (lambda value: value == "" or check(value)) if leaf.sparse else check


def _takes_more(leaf: Leaf) -> bool:
    return leaf.record is not None or len(leaf.slots) > 1 or leaf.may_be_none is not leaf.sparse


def _reader(shown: Sequence[Leaf]) -> Read:
    leaf = shown[0]
    if leaf.verbatim:
        return _verbatim
    if isinstance(leaf.kind, StrawberryList):
        return rows_of(_item_reader(leaf) if leaf.record is None else leaf.record.tolerant)
    if leaf.record is not None:
        return leaf.record.tolerant
    checks = [check for one in shown if (check := _check(one)) is not None]
    return scalar(leaf.stored, *checks, percent=leaf.percent)


def _item_reader(leaf: Leaf) -> Read:
    """Make the reader of one value of a list."""
    (stored,), convert = get_args(leaf.stored), leaf.convert
    return scalar(stored) if convert is None else scalar(stored, lambda item: convert([item]))


def _verbatim(value: object, _path: Path, _reading: Reading) -> str | None:
    return value if isinstance(value, str) else None


def _check(leaf: Leaf) -> Callable[[Any], object] | None:
    if leaf.kind not in TIMES:
        return leaf.convert
    return check_time if leaf.stored is int and not leaf.sparse else lambda value: times_of(leaf, (value,))


def times_of(leaf: Leaf, values: Sequence[Any]) -> Sequence[int | None]:
    """Convert times in any unit, and calendar days at midnight in UTC, to milliseconds; raises PayloadMismatch."""
    field = f"data.{leaf.wires[0]}"
    if leaf.stored is not str:
        is_unset = leaf.sparse and 0 in values  # so CoinGlass writes that there is no time
        return in_milliseconds([value or None for value in values] if is_unset else values, field)
    return [None if day is None else midnight(day, field) for day in values]
