"""Rows of figures and times, read at once into packed columns by the compiled reader."""

from array import array
from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from cg_client.decoding.checks import in_milliseconds, packed
from cg_client.decoding.shapes import MILLISECONDS_BELOW, SECONDS_BELOW
from native import ascends, rows_reader
from payloads.columns import Columns, new_identity
from resolvers.leaves import TIMES, Leaf
from resolvers.records import Records

Read: TypeAlias = Callable[[msgspec.Raw], Columns[Any] | None]


def packed_reader(records: Records) -> Read | None:
    """Make a reader of rows of plain numbers; None if the class holds anything else or nothing is compiled.

    The reader gives None for rows that are not plain.
    """
    if records.always_tolerant or not all(map(_lies_packed, records.leaves)):
        return None
    stored = {leaf.wires[0]: leaf.stored for leaf in records.leaves}
    reader = rows_reader([(wire.encode(), "d" if kind is float else "q") for wire, kind in stored.items()])
    if reader is None:
        return None
    times = [(place, f"data.{wire}") for place, (wire, kind) in enumerate(stored.items()) if kind is int]
    places = {leaf.name: list(stored).index(leaf.wires[0]) for leaf in records.leaves}
    converts = {leaf.name: leaf.convert for leaf in records.leaves if leaf.convert is not None}

    def read(data: msgspec.Raw) -> Columns[Any] | None:
        arrays = reader(data)
        if arrays is None:
            return None
        for place, field in times:
            arrays[place] = _in_milliseconds(arrays[place], field)
        shown = {name: arrays[place] for name, place in places.items()}
        return Columns(records.cls, shown, converts, len(arrays[0]), new_identity())

    return read


def _lies_packed(leaf: Leaf) -> bool:
    """Whether it is a figure, or a time as a number, under one upstream name: where none is missing it is packed."""
    kinds = {float: (float,), int: TIMES}.get(leaf.stored, ())
    return leaf.kind in kinds and len(leaf.wires) == 1


def _in_milliseconds(times: "array[int]", field: str) -> "array[int]":
    if ascends(times) and times and times[0] >= SECONDS_BELOW and times[-1] < MILLISECONDS_BELOW:
        return times
    found = in_milliseconds(times, field)
    return times if found is times else packed("q", found)
