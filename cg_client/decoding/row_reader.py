"""Reads rows of named or positional values, with one reader for each value.

A row without an anomaly is converted at once; any other costs about five times as much.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from cg_client.decoding.anomalies import AnomalyKind
from cg_client.decoding.tolerance import Path, Presence, Read, Reading, Unreadable, below
from cg_client.errors import PayloadMismatch

JsonRow: TypeAlias = Mapping[str | int, Any]

REPORTED = object()  # stands for a value whose anomaly is already reported


@dataclass(frozen=True, slots=True)
class FieldReader:
    """One value of a row: the names (or positions) under which it comes, and the target of each.

    `is_repeated`: another reader of the row reads the same value, and counts it as absent.
    """

    names: Sequence[str | int]
    targets: Sequence[str]
    read: Read
    presence: Presence
    default: Any = None
    is_repeated: bool = False


class RowReader:
    """Reads one object, or one positional row, field by field.

    `whole` reads a row with all of its fields at once, and returns None for a row with any anomaly.
    """

    def __init__(
        self,
        make: Callable[..., Any],
        fields: Sequence[FieldReader],
        *,
        positional: bool = False,
        whole: Callable[[object], Any] | None = None,
    ) -> None:
        self._make, self._whole = make, whole
        self._kind: type[dict[Any, Any] | list[Any]] = list if positional else dict
        self._fields = sorted(
            fields, key=lambda field: field.presence is not Presence.REQUIRED
        )  # required fields first, since they may cost the row
        self._names = {name for field in fields for name in field.names}
        self._empty = {target: field.default for field in fields for target in field.targets}
        self._paths: dict[Path, Mapping[str | int, Path]] = {}  # of the names below each path

    def __call__(self, value: Any, path: Path, reading: Reading) -> Any:  # noqa: ANN401  # JSON in, what `make` returns out
        """Read the row; raises Unreadable if it is not one or lacks a value that it needs."""
        if not isinstance(value, self._kind):
            raise Unreadable(path, AnomalyKind.SHAPE_CHANGED)
        paths = self._paths.get(path)
        if paths is None:
            paths = self._paths[path] = {name: below(path, name) for name in self._names}
        if self._whole is not None and len(value) == len(self._names):
            row = self._whole(value)
            if row is not None:
                reading.present(paths.values())
                return row
        return self._by_field(value if isinstance(value, dict) else dict(enumerate(value)), path, paths, reading)

    def _by_field(self, row: JsonRow, path: Path, paths: Mapping[str | int, Path], reading: Reading) -> Any:  # noqa: ANN401  # what `make` returns
        if not self._names.issuperset(row):
            self._report_unknown(row, path, reading)
        values = self._empty.copy()
        for field in self._fields:
            _fill(values, field, row, paths, reading)
        return self._make(**values)

    def _report_unknown(self, row: JsonRow, path: Path, reading: Reading) -> None:
        for name, value in row.items():
            if name not in self._names:
                reading.anomalies.report(AnomalyKind.FIELD_UNKNOWN, below(path, name), value)


def _fill(
    values: dict[str, Any], field: FieldReader, row: JsonRow, paths: Mapping[str | int, Path], reading: Reading
) -> None:
    """Read the field under the first of its names that has a value."""
    first, is_there = paths[field.names[0]], False
    for name, target in zip(field.names, field.targets, strict=True):
        if name not in row:
            continue
        if not is_there:
            is_there = True
            reading.present((first,))
        value = row[name]
        if value is REPORTED or _is_skipped(field, row, value):
            continue
        try:
            values[target] = field.read(value, paths[name], reading)
        except Unreadable as unreadable:
            if field.presence is Presence.REQUIRED:
                unreadable.path = paths[name] if unreadable.is_reported else unreadable.path
                raise
            reading.report(unreadable, value)
        return
    if not is_there:
        _note_absence(field, first, reading)
    elif field.presence is Presence.REQUIRED:
        raise Unreadable(first, is_reported=True)


def _is_skipped(field: FieldReader, row: JsonRow, value: object) -> bool:
    """Whether the value means none, or another name of the field has one."""
    if field.presence is Presence.SPARSE:
        return value is None or value in ("", "null", "NULL")  # as msgspec reads these texts
    return value is None and any(row.get(name) is not None for name in field.names)


def _note_absence(field: FieldReader, path: Path, reading: Reading) -> None:
    if not field.is_repeated:
        reading.absent(path, report=field.presence is Presence.EXPECTED)
    if field.presence is Presence.REQUIRED:
        raise Unreadable(path, AnomalyKind.FIELD_MISSING)


def at_once(struct: type, checks: Collection[tuple[str, Callable[[Any], object]]]) -> Callable[[object], Any]:
    """Return a reader of whole rows; the checks, by name of the struct's field, raise what those of `scalar` do."""

    def read(row: object) -> Any:  # noqa: ANN401  # of the struct, or None
        try:
            converted: Any = msgspec.convert(row, struct, strict=False)
            for name, check in checks:
                value = getattr(converted, name)
                if value is not None:
                    check(value)
        except (msgspec.ValidationError, ValueError, KeyError, OverflowError, PayloadMismatch):
            return None
        return converted

    return read
