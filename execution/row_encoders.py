"""What completed rows become: Python's lists and dicts, or the bytes of their JSON."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from execution.column_selection import ColumnSelection

_SHORT = 100  # rows, whose text is kept as it was written: of a long one the buffer would leave a hole behind it
_CHUNK = 1000  # rows, so that the objects of a long list do not all live at the same time


class PythonEncoder:
    """Lists of dicts, for a reader who does not encode the answer."""

    def rows(self, selection: ColumnSelection, rows: Sequence[Any]) -> list[dict[str, Any]]:
        columns = selection.columns(rows, self)
        if not columns:  # directives have left out everything
            return [{} for _ in range(len(rows))]
        return [dict(zip(selection.keys, values, strict=True)) for values in zip(*columns, strict=True)]

    def whole(self, selection: ColumnSelection, rows: Sequence[Any]) -> list[dict[str, Any]]:
        return self.rows(selection, rows)


class _StructEncoder:
    """Structs on the way to JSON: they are made and encoded in half the time of dicts."""

    def rows(self, selection: ColumnSelection, rows: Sequence[Any]) -> list[msgspec.Struct]:
        make, columns = _struct(selection.keys), selection.columns(rows, self)
        if not columns:
            return [make() for _ in range(len(rows))]
        return list(map(make, *columns))

    def whole(self, selection: ColumnSelection, rows: Sequence[Any]) -> list[msgspec.Struct]:
        return self.rows(selection, rows)


@functools.lru_cache(512)
def _struct(keys: tuple[str, ...]) -> Callable[..., msgspec.Struct]:
    """Return a struct whose fields are encoded under the keys; its own names are numbers, which no key disturbs."""
    names = {f"c{number}": key for number, key in enumerate(keys)}
    return msgspec.defstruct("Row", list(names), rename=names, gc=False)


_structs = _StructEncoder()


def encoded(selection: ColumnSelection, rows: Sequence[Any]) -> bytes:
    """Return the rows as a JSON array; raises Unsupported."""
    if len(rows) <= _SHORT:
        return msgspec.json.encode(_structs.rows(selection, rows))
    parts = [
        msgspec.json.encode(_structs.rows(selection, rows[start : start + _CHUNK]))[1:-1]
        for start in range(0, len(rows), _CHUNK)
    ]
    return b"".join((b"[", b",".join(parts), b"]"))
