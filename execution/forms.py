"""The forms of completed rows: Python's own lists and dicts, or the bytes of their JSON."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from execution.selection import Row, Selection

_FEW = 100  # rows, whose text is kept as it was written: of a long one the buffer would leave a hole behind it
_ROWS_AT_ONCE = 1000  # so that the objects of a long list do not all live at the same time


class AsLists:
    """For who reads the answer without encoding it."""

    def rows(self, selection: Selection, rows: Sequence[Any]) -> list[dict[str, Any]]:
        columns = selection.columns(rows, self)
        if not columns:  # directives have left out everything
            return [{} for _ in range(len(rows))]
        return [dict(zip(selection.keys, values, strict=True)) for values in zip(*columns, strict=True)]

    def whole(self, selection: Selection, rows: Sequence[Any]) -> list[dict[str, Any]]:
        return self.rows(selection, rows)


class _AsStructs:
    """On the way to JSON: structs are made and encoded in half the time of dicts."""

    def rows(self, selection: Selection, rows: Sequence[Any]) -> list[Row]:
        make, columns = _struct(selection.keys), selection.columns(rows, self)
        if not columns:
            return [make() for _ in range(len(rows))]
        return list(map(make, *columns))

    def whole(self, selection: Selection, rows: Sequence[Any]) -> list[Row]:
        return self.rows(selection, rows)


@functools.lru_cache(512)
def _struct(keys: tuple[str, ...]) -> Callable[..., msgspec.Struct]:
    """A struct whose fields are encoded under the keys; their own names are numbers, which no key can disturb."""
    names = {f"c{number}": key for number, key in enumerate(keys)}
    return msgspec.defstruct("Row", list(names), rename=names, gc=False)


_structs = _AsStructs()


def encoded(selection: Selection, rows: Sequence[Any]) -> bytes:
    """The rows as a JSON array; raises Doubt."""
    if len(rows) <= _FEW:
        return msgspec.json.encode(_structs.rows(selection, rows))
    parts = [
        msgspec.json.encode(_structs.rows(selection, rows[start : start + _ROWS_AT_ONCE]))[1:-1]
        for start in range(0, len(rows), _ROWS_AT_ONCE)
    ]
    return b"".join((b"[", b",".join(parts), b"]"))
