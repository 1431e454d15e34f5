"""Upstream body -> values of the declared types, by decoders made once from the Strawberry classes.

Numbers may come as strings and times in any unit. A strict decoder by msgspec accepts what has no anomaly; anything
else is read again, value by value, by the reader that reports (`cg_client/decoding/tolerance.py`). What cannot be read
at all raises PayloadMismatch with the field's path.
"""

import functools
from array import array
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from cg_client.call import Decode
from cg_client.decoding.anomalies import AnomalyCollector, AnomalyKind
from cg_client.decoding.checks import in_milliseconds, packed
from cg_client.decoding.decoder_names import named
from cg_client.decoding.shapes import MILLISECONDS_BELOW, SECONDS_BELOW, ParallelLists
from cg_client.decoding.struct_reader import only_item
from cg_client.decoding.tolerance import Path, Read, Reading, rows_of, tolerant, unwrapped
from cg_client.endpoint import Endpoint
from cg_client.errors import PayloadMismatch
from graph_types.scalars import Timestamp
from native import ascends, packed_ascends, rows_reader
from payloads.columns import Column, Columns, new_identity
from resolvers.parallel_lists import parallel_lists_decoder
from resolvers.record_layout import RecordLayout, stored_value
from resolvers.record_members import TIMES, Member


@functools.cache  # one decoder for all fields that read the same: it is part of the cache's key
def rows_decoder(cls: type, endpoint: Endpoint) -> Decode[list[Any]]:
    """Make the decoder of a list of objects to instances of the class.

    Of a payload class, whose source is not known yet, it gives their values.
    """
    layout = RecordLayout.of(cls, endpoint)
    strict = _strict_rows(layout)

    def instances(raws: Sequence[Any]) -> list[Any]:
        return list(map(layout.instance, raws))

    decode = tolerant(lambda data: instances(strict(data)), rows_of(layout.tolerant), instances, endpoint.may_lack)
    return named(decode, "rows", cls, endpoint)


@functools.cache
def record_decoder(cls: type, endpoint: Endpoint) -> Decode[dict[str, Any]]:
    """One object, or a list of just one -> the values of the class."""
    layout = RecordLayout.of(cls, endpoint)
    decoder = msgspec.json.Decoder(layout.struct | list[layout.struct], strict=False)  # type: ignore[name-defined]  # a type made at run time

    def strict(data: msgspec.Raw) -> dict[str, Any]:
        raw = only_item(decoder.decode(data))
        values: dict[str, Any] = layout.instance(_complete(layout, [raw])[0])
        return values

    decode = tolerant(strict, unwrapped(layout.tolerant), layout.instance, endpoint.may_lack)
    return named(decode, "record", cls, endpoint)


@functools.cache
def columns_decoder(cls: type, endpoint: Endpoint) -> Decode[Columns[Any]]:
    """Flat rows or parallel lists -> columns, in order of time and with no time twice."""
    layout = RecordLayout.of(cls, endpoint)
    times = next((member for member in layout.members if member.kind is Timestamp), None)
    rows = rows_of(layout.tolerant) if times is None else _each_time_once(rows_of(layout.tolerant), times)
    ordered: Callable[[Columns[Any]], Columns[Any]] = functools.partial(_in_order, times=times)
    if isinstance(endpoint.shape, ParallelLists):
        return named(parallel_lists_decoder(layout, rows, ordered), "columns", cls, endpoint)
    read_packed, read_rows = packed_reader(layout, ordered), _strict_rows(layout)

    def table(raws: Sequence[Any]) -> Columns[Any]:
        return ordered(layout.table(raws, new_identity()))

    decode = tolerant(lambda data: table(read_rows(data)), rows, table, endpoint.may_lack)
    return named(decode if read_packed is None else _packed_first(read_packed, decode), "columns", cls, endpoint)


def _packed_first(
    read_packed: Callable[[msgspec.Raw], Columns[Any] | None], decode: Decode[Columns[Any]]
) -> Decode[Columns[Any]]:
    def read(data: msgspec.Raw, anomalies: AnomalyCollector) -> Columns[Any]:
        try:
            columns = read_packed(data)
        except PayloadMismatch:  # of a time, which costs its row alone
            columns = None
        return decode(data, anomalies) if columns is None else columns

    return read


def packed_reader(
    layout: RecordLayout, ordered: Callable[[Columns[Any]], Columns[Any]]
) -> Callable[[msgspec.Raw], Columns[Any] | None] | None:
    """Make the compiled reader of rows of figures and times; None if the class holds anything else.

    The reader gives None for rows that are not as simple as that.
    """
    if layout.always_tolerant or not all(map(_is_packed, layout.members)):
        return None
    stored = {member.source_names[0]: member.stored for member in layout.members}
    reader = rows_reader([(name.encode(), "d" if kind is float else "q") for name, kind in stored.items()])
    if reader is None:
        return None
    times = [(index, f"data.{name}") for index, (name, kind) in enumerate(stored.items()) if kind is int]
    indices = {member.name: list(stored).index(member.source_names[0]) for member in layout.members}
    converts = {member.name: member.convert for member in layout.members if member.convert is not None}

    def read(data: msgspec.Raw) -> Columns[Any] | None:
        arrays = reader(data)
        if arrays is None:
            return None
        is_ordered = True
        for index, field in times:
            values = arrays[index]
            ascend = values and packed_ascends(values)
            if not (ascend and values[0] >= SECONDS_BELOW and values[-1] < MILLISECONDS_BELOW):
                converted, is_ordered = in_milliseconds(values, field), False
                arrays[index] = values if converted is values else packed("q", converted)
        stored = {name: arrays[index] for name, index in indices.items()}
        columns: Columns[Any] = Columns(layout.cls, stored, converts, len(arrays[0]), new_identity())
        return columns if is_ordered else ordered(columns)

    return read


def _is_packed(member: Member) -> bool:
    """Whether it is a figure, or a time as a number, under one upstream name: if none is missing it is packed."""
    kinds = {float: (float,), int: TIMES}.get(member.stored, ())
    return member.kind in kinds and len(member.source_names) == 1


def _strict_rows(layout: RecordLayout) -> Callable[[msgspec.Raw], list[Any]]:
    """Read a list of objects that has no anomaly; raises PayloadMismatch or msgspec.DecodeError for any other."""
    decoder = msgspec.json.Decoder(list[layout.struct], strict=False)  # type: ignore[name-defined]  # a type made at run time

    def read(data: msgspec.Raw) -> list[Any]:
        return _complete(layout, decoder.decode(data))

    return read


def _complete(layout: RecordLayout, raws: list[Any]) -> list[Any]:
    if layout.always_tolerant or not layout.is_complete(lambda: iter(raws)):
        raise PayloadMismatch("data", "a field is missing")
    return raws


def _each_time_once(rows: Read, times: Member) -> Read:
    """Keep of several rows of one time the last, and report those that say something else."""

    def read(value: Any, path: Path, reading: Reading) -> list[Any]:  # noqa: ANN401  # JSON
        by_time: dict[int, Any] = {}
        for raw in rows(value, path, reading):
            time = stored_value(raw, times)
            before = by_time.get(time, raw)
            if before != raw:
                reading.anomalies.report(AnomalyKind.ROW_SKIPPED, times.source_names[0], before)
            by_time[time] = raw
        return list(by_time.values())

    return read


def _in_order(rows: Columns[Any], times: Member | None) -> Columns[Any]:
    """Sort by time; raises PayloadMismatch if a time stands twice."""
    order = None if times is None else _order(rows.stored[times.name])
    if order is None:
        return rows
    table = {name: Column(_chosen(column.stored, order), column.convert) for name, column in rows.columns.items()}
    return Columns.of(rows.row, table, len(order), new_identity())


def _chosen(stored: Sequence[Any], indices: Sequence[int]) -> Sequence[Any]:
    """Return the values at these indices, packed if all of them are."""
    values = [stored[index] for index in indices]
    return array(stored.typecode, values) if isinstance(stored, array) else values


def _order(times: Sequence[int]) -> list[int] | None:
    """Return indices in ascending order of time; None if the times ascend already."""
    if ascends(times):
        return None
    indices = {time: index for index, time in enumerate(times)}
    if len(indices) < len(times):
        raise PayloadMismatch("data", "a time stands twice")
    return [indices[time] for time in sorted(indices)]
