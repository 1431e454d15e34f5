"""Upstream body -> values of the declared types, by msgspec decoders compiled once from the Strawberry classes.

Numbers may come as strings and times in any unit. What a type cannot hold raises PayloadMismatch with the field's path.
"""

import functools
from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from cg_client.call import Decode
from cg_client.endpoint import Endpoint
from cg_client.errors import PayloadMismatch
from cg_client.shapes import ParallelLists
from native import ascends
from resolvers.checks import equally_long, strict
from resolvers.packed_rows import packed_reader
from resolvers.records import Leaf, Records
from vocabulary.columns import Column, Columns, new_identity
from vocabulary.scalars import Timestamp


@functools.cache  # one decoder for all fields that read the same: it is part of the cache's key
def rows_decoder(cls: type, endpoint: Endpoint) -> Decode[list[Any]]:
    """A list of objects -> instances of the class; of a payload class, whose source is not known yet, their values."""
    plan = Records.of(cls, endpoint)
    decoder = msgspec.json.Decoder(list[plan.struct], strict=False)  # type: ignore[name-defined]  # a type made at run time
    return strict(lambda data: [plan.instance(raw) for raw in decoder.decode(data)])


@functools.cache
def record_decoder(cls: type, endpoint: Endpoint) -> Decode[dict[str, Any]]:
    """One object, or a list of just one -> the values of the class."""
    plan = Records.of(cls, endpoint)
    decode = one_of(plan.struct)
    return strict(lambda data: plan.instance(decode(data)))


def one_of(struct: type[msgspec.Struct]) -> Callable[[msgspec.Raw], Any]:
    decoder = msgspec.json.Decoder(struct | list[struct], strict=False)  # type: ignore[valid-type]  # a type made at run time

    def decode(data: msgspec.Raw) -> Any:  # noqa: ANN401  # of the struct
        found = decoder.decode(data)
        if isinstance(found, list):
            if len(found) != 1:
                raise PayloadMismatch("data", f"one object was expected, not {len(found)}")
            return found[0]
        return found

    return decode


@functools.cache
def columns_decoder(cls: type, endpoint: Endpoint) -> Decode[Columns[Any]]:
    """Flat rows or parallel lists -> columns, in order of time and with no time twice."""
    records = Records.of(cls, endpoint)
    read = _lists_reader(records) if isinstance(endpoint.shape, ParallelLists) else _rows_reader(records)
    times = next((leaf.name for leaf in records.leaves if leaf.kind is Timestamp), None)
    return strict(read if times is None else lambda data: _in_order(read(data), times))


def _in_order(rows: Columns[Any], times: str) -> Columns[Any]:
    order = _order(rows.stored[times])
    if order is None:
        return rows
    table = {name: Column(_chosen(column.stored, order), column.convert) for name, column in rows.columns.items()}
    return Columns.of(rows.row, table, len(order), new_identity())


def _chosen(stored: Sequence[Any], places: Sequence[int]) -> Sequence[Any]:
    """The values at these places, packed where all of them are."""
    values = [stored[place] for place in places]
    return array(stored.typecode, values) if isinstance(stored, array) else values


def _rows_reader(records: Records) -> Callable[[msgspec.Raw], Columns[Any]]:
    decoder = msgspec.json.Decoder(list[records.struct], strict=False)  # type: ignore[name-defined]  # a type made at run time
    packed = packed_reader(records)

    def read(data: msgspec.Raw) -> Columns[Any]:
        rows = None if packed is None else packed(data)
        return records.table(decoder.decode(data), new_identity()) if rows is None else rows

    return read


def _lists_reader(records: Records) -> Callable[[msgspec.Raw], Columns[Any]]:
    decode = one_of(msgspec.defstruct(records.cls.__name__, _list_fields(records), gc=False, kw_only=True))

    def read(data: msgspec.Raw) -> Columns[Any]:
        raw = decode(data)
        lists = {leaf.name: _list(records, raw, leaf) for leaf in records.leaves}
        size = max(map(len, lists.values()))
        lists |= {leaf.name: [None] * size for leaf in records.leaves if leaf.optional and not lists[leaf.name]}
        equally_long({leaf.wires[0]: lists[leaf.name] for leaf in records.leaves})
        return records.table_of(lists, new_identity())

    return read


def _list_fields(records: Records) -> Iterator[tuple[str, Any, Any]]:
    for wire, (slot, stored, _) in records.slots.items():
        leaves = [leaf for leaf in records.leaves if wire in leaf.wires]
        values: Any = list[stored | None] if any(leaf.optional for leaf in leaves) else list[stored]  # type: ignore[valid-type]  # a type made at run time
        if any(len(leaf.wires) > 1 for leaf in leaves):
            yield slot, values | None, msgspec.field(name=wire, default=None)
        else:
            yield slot, values, msgspec.field(name=wire)


def _list(records: Records, raw: object, leaf: Leaf) -> list[Any]:
    """The list under the first of its names that is there."""
    found = (getattr(raw, records.slots[wire][0]) for wire in leaf.wires)
    values: list[Any] | None = next((one for one in found if one is not None), None)
    if values is None:
        raise PayloadMismatch(f"data.{leaf.wires[0]}", "it is missing")
    return values


def _order(times: Sequence[int]) -> list[int] | None:
    """Indices in ascending order of time, of equal times the last; None where the times ascend already."""
    if ascends(times):
        return None
    latest = {time: index for index, time in enumerate(times)}
    return [latest[time] for time in sorted(latest)]
