"""Columnar answers: one object of equally long lists -> columns.

If something is unusual, the lists are read across as rows, by the same reader as rows. A list of another length than
the times fits no row: its values are null, and it is reported.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import msgspec

from cg_client.call import Decode
from cg_client.decoding.anomalies import AnomalyKind
from cg_client.decoding.checks import equally_long
from cg_client.decoding.row_reader import REPORTED
from cg_client.decoding.struct_reader import only_item
from cg_client.decoding.tolerance import Path, Read, Reading, Unreadable, tolerant, unwrapped
from cg_client.errors import PayloadMismatch
from graph_types.scalars import Timestamp
from payloads.columns import Columns, new_identity
from resolvers.record_layout import RecordLayout
from resolvers.record_members import Member


def parallel_lists_decoder(
    layout: RecordLayout, rows: Read, build: Callable[[Columns[Any]], Columns[Any]]
) -> Decode[Columns[Any]]:
    """Make the decoder; `rows` reads the lists as rows, and `build` gets the columns as they were sent."""
    struct = msgspec.defstruct(
        layout.cls.__name__, _list_fields(layout), gc=False, kw_only=True, forbid_unknown_fields=True
    )
    decoder = msgspec.json.Decoder(struct | list[struct], strict=False)  # type: ignore[valid-type]  # a type made at run time

    def strict(data: msgspec.Raw) -> Columns[Any]:
        raw = only_item(decoder.decode(data))
        lists = {member.name: _list(raw, member) for member in layout.members}
        equally_long({member.source_names[0]: lists[member.name] for member in layout.members})
        return build(layout.table_of(lists, new_identity()))

    names = {source_name for member in layout.members for source_name in member.source_names}
    times = next(member.source_names for member in layout.members if member.kind is Timestamp)

    def read(value: Any, path: Path, reading: Reading) -> list[Any]:  # noqa: ANN401  # JSON
        layout_rows: list[Any] = rows(across(value, names, times, reading), path, reading)
        return layout_rows

    return tolerant(
        strict,
        unwrapped(read),
        lambda raws: build(layout.table(raws, new_identity())),
        layout.endpoint.may_lack,
    )


def _list_fields(layout: RecordLayout) -> Iterator[tuple[str, Any, Any]]:
    for member in layout.members:
        values: Any = list[member.stored | None] if member.sparse else list[member.stored]  # type: ignore[name-defined]  # a type made at run time
        for source_name, slot in zip(member.source_names, member.slots, strict=True):
            if len(member.source_names) > 1:
                yield slot, values | None, msgspec.field(name=source_name, default=None)
            else:
                yield slot, values, msgspec.field(name=source_name)


def _list(raw: object, member: Member) -> list[Any]:
    """Return the list under the first of its names that is there; raises PayloadMismatch where there is none."""
    lists = (getattr(raw, slot) for slot in member.slots)
    values: list[Any] | None = next((values for values in lists if values is not None), None)
    if values is None:
        raise PayloadMismatch(member.path, "it is missing")
    return values


def across(value: Any, names: AbstractSet[str], times: Sequence[str], reading: Reading) -> list[Mapping[str, Any]]:  # noqa: ANN401  # JSON
    """Turn the lists into rows, one for each time; `times` are the names that the list of times may have."""
    if not isinstance(value, dict):
        raise Unreadable("", AnomalyKind.SHAPE_CHANGED)
    for name in value.keys() - names:
        reading.anomalies.report(AnomalyKind.FIELD_UNKNOWN, name, value[name])
    size = _number_of_times(value, times, reading)
    lists = {name: _fitting(value[name], size, name, reading) for name in names & value.keys()}
    return [{name: values[index] for name, values in lists.items()} for index in range(size)]


def _number_of_times(value: Mapping[str, Any], names: Sequence[str], reading: Reading) -> int:
    name = next((name for name in names if name in value), None)
    if name is None:
        reading.absent(names[0], report=True)
        raise Unreadable(names[0], AnomalyKind.FIELD_MISSING)
    if not isinstance(value[name], list):
        raise Unreadable(name, AnomalyKind.SHAPE_CHANGED)
    return len(value[name])


def _fitting(values: Any, size: int, name: str, reading: Reading) -> list[Any]:  # noqa: ANN401  # JSON
    if isinstance(values, list) and len(values) == size:
        return values
    reading.anomalies.report(AnomalyKind.SHAPE_CHANGED, name, values)
    return [REPORTED] * size
