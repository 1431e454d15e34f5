"""Lists of rows as encoded JSON, kept by rows and selection: a query that differs elsewhere only joins bytes."""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from typing import Any

import orjson

from execution.forms import AsLists, encoded
from execution.selection import Selection
from vocabulary.columns import Columns

_ENTRY = 300  # bytes that an entry takes beside its text


class Fragments(AsLists):
    """Lists are bytes here; drops those that were not used for longest when `limit` bytes are passed."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self.size = self.hits = self.misses = 0

    def whole(self, selection: Selection, rows: Sequence[Any]) -> Any:  # noqa: ANN401  # a Fragment stands for a list
        """The rows as a JSON array; raises Doubt."""
        identity = rows.identity if type(rows) is Columns else None
        if identity is None:
            return orjson.Fragment(encoded(selection, rows))
        key = (identity, selection.signature)
        found = self._kept.get(key)
        if found is None:
            self.misses += 1
            found = encoded(selection, rows)
            self._keep(key, found)
        else:
            self.hits += 1
            self._kept.move_to_end(key)
        return orjson.Fragment(found)

    def _keep(self, key: Hashable, text: bytes) -> None:
        taken = len(text) + _ENTRY
        if taken > self._limit:  # it would drop all others, and then itself
            return
        self._kept[key] = text
        self.size += taken
        while self.size > self._limit:
            _, dropped = self._kept.popitem(last=False)
            self.size -= len(dropped) + _ENTRY
