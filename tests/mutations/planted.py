"""Faults of decoders, planted one at a time to see that mutations find them."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from cg_client.decoding import row_reader, tolerance
from cg_client.decoding.anomalies import AnomalyCollector, AnomalyKind
from cg_client.decoding.row_reader import FieldReader
from cg_client.decoding.tolerance import Presence, Reading
from cg_client.errors import PayloadMismatch

_report, _fill, _note_absence, _read_whole = (
    AnomalyCollector.report,
    row_reader._fill,
    row_reader._note_absence,
    tolerance.read_whole,
)
Plant = Callable[[pytest.MonkeyPatch], None]


def skip_rows_silently(patch: pytest.MonkeyPatch) -> None:
    def report(self: AnomalyCollector, kind: AnomalyKind, *reported: Any, **options: Any) -> None:
        if kind is not AnomalyKind.ROW_SKIPPED:
            _report(self, kind, *reported, **options)

    patch.setattr(AnomalyCollector, "report", report)


def report_twice(patch: pytest.MonkeyPatch) -> None:
    def report(self: AnomalyCollector, *reported: Any, **options: Any) -> None:
        _report(self, *reported, **options)
        _report(self, *reported, **options)

    patch.setattr(AnomalyCollector, "report", report)


def report_another_field(patch: pytest.MonkeyPatch) -> None:
    def report(self: AnomalyCollector, kind: AnomalyKind, field: str, *reported: Any, **options: Any) -> None:
        _report(self, kind, field.rpartition(".")[0] or "data", *reported, **options)

    patch.setattr(AnomalyCollector, "report", report)


def report_another_kind(patch: pytest.MonkeyPatch) -> None:
    def report(self: AnomalyCollector, _: AnomalyKind, *reported: Any, **options: Any) -> None:
        _report(self, AnomalyKind.SHAPE_CHANGED, *reported, **options)

    patch.setattr(AnomalyCollector, "report", report)


def read_null_as_zero(patch: pytest.MonkeyPatch) -> None:
    def fill(values: dict[str, Any], field: FieldReader, *others: Any) -> None:
        _fill(values, field, *others)
        if field.presence is Presence.EXPECTED and values[field.targets[0]] is None:
            values[field.targets[0]] = 0

    patch.setattr(row_reader, "_fill", fill)


def read_unknown_codes_as_the_first(patch: pytest.MonkeyPatch) -> None:
    def fill(values: dict[str, Any], field: FieldReader, row: Mapping[str | int, Any], *others: Any) -> None:
        _fill(values, field, {name: 1 if value == 99 else value for name, value in row.items()}, *others)

    patch.setattr(row_reader, "_fill", fill)


def miss_sparse_fields(patch: pytest.MonkeyPatch) -> None:
    def note_absence(field: FieldReader, path: str, reading: Reading) -> None:
        if field.presence is Presence.SPARSE:
            reading.absent(path, report=True)
        else:
            _note_absence(field, path, reading)

    patch.setattr(row_reader, "_note_absence", note_absence)


def lose_the_list_with_a_row(patch: pytest.MonkeyPatch) -> None:
    def read(reader: Any, value: object, anomalies: AnomalyCollector, *others: Any) -> Any:
        result = _read_whole(reader, value, anomalies, *others)
        if any(item.kind is AnomalyKind.ROW_SKIPPED for item in anomalies.anomalies()):
            raise PayloadMismatch("data", "a row cannot be read")
        return result

    patch.setattr(tolerance, "read_whole", read)


def lose_the_row_with_a_figure(patch: pytest.MonkeyPatch) -> None:
    def fill(values: dict[str, Any], field: FieldReader, *others: Any) -> None:
        _fill(values, field, *others)
        if field.presence is Presence.EXPECTED and values[field.targets[0]] is None:
            raise tolerance.Unreadable(str(field.names[0]))

    patch.setattr(row_reader, "_fill", fill)


PLANTED: tuple[Plant, ...] = (
    skip_rows_silently,
    report_twice,
    report_another_field,
    report_another_kind,
    read_null_as_zero,
    read_unknown_codes_as_the_first,
    miss_sparse_fields,
    lose_the_list_with_a_row,
    lose_the_row_with_a_figure,
)
