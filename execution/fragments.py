"""Lists of rows as encoded JSON, kept by rows and selection: a query that differs elsewhere only joins bytes."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

import orjson

from execution.selection import Row, Selection
from vocabulary.columns import Columns

_ROWS_AT_ONCE = 1000  # so that the objects of a long list do not all live at the same time
_ENTRY = 300  # bytes that an entry takes beside its text


class Fragments:
    """Renders rows into bytes; drops what was not used for longest when `limit` bytes are passed."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self.size = self.hits = self.misses = 0

    def __call__(self, selection: Selection, rows: Columns[Any]) -> orjson.Fragment:
        """The rows as a JSON array; raises Doubt."""
        if rows.identity is None:
            return orjson.Fragment(self._encoded(selection, rows))
        key = (rows.identity, selection.signature)
        found = self._kept.get(key)
        if found is None:
            self.misses += 1
            found = self._encoded(selection, rows)
            self._keep(key, found)
        else:
            self.hits += 1
            self._kept.move_to_end(key)
        return orjson.Fragment(found)

    def _encoded(self, selection: Selection, rows: Columns[Any]) -> bytes:
        """In parts, whose own lists of rows are rendered in place."""
        parts = [
            orjson.dumps(selection.rows(rows[start : start + _ROWS_AT_ONCE], self))[1:-1]
            for start in range(0, len(rows), _ROWS_AT_ONCE)
        ]
        return b"".join((b"[", b",".join(parts), b"]"))

    def _keep(self, key: Hashable, text: bytes) -> None:
        self._kept[key] = text
        self.size += len(text) + _ENTRY
        while self.size > self._limit:
            _, dropped = self._kept.popitem(last=False)
            self.size -= len(dropped) + _ENTRY


def as_lists(selection: Selection, rows: Columns[Any]) -> list[Row]:
    """Renders rows into Python's own lists, for who reads the answer without encoding it."""
    return selection.rows(rows, as_lists)
