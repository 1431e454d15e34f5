"""Lists of rows as encoded JSON, by rows and selection: a query that differs elsewhere only joins bytes."""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from execution.column_selection import ColumnSelection, PythonEncoder, encoded
from payloads.columns import Columns

_OVERHEAD = 300  # bytes that an entry takes beside its text
_MAX_USES = 15  # counted of one list: what was popular once is forgotten after a few halvings
_LOOKUPS_PER_ENTRY = 10  # until all counts are halved


@dataclass(slots=True)
class _Entry:
    text: bytes
    uses: int

    @property
    def size(self) -> int:
        return len(self.text) + _OVERHEAD


class FragmentCache(PythonEncoder):
    """Encodes lists to bytes and keeps `limit` bytes of them.

    Admission is TinyLFU's: a list takes the place of the least recently used ones only if it was requested more often
    than each of them. An answer larger than the cache thus keeps its hits, where plain LRU would drop each list just
    before its next use.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._refused: dict[Hashable, int] = {}  # uses of lists that are not cached
        self._lookups = 0
        self.size = self.hits = self.misses = 0

    def whole(self, selection: ColumnSelection, rows: Sequence[Any]) -> Any:  # noqa: ANN401  # a Fragment stands for a list
        """Return the rows as a JSON array; raises Unsupported."""
        identity = rows.identity if type(rows) is Columns else None
        if identity is None:
            return orjson.Fragment(encoded(selection, rows))
        self._lookups += 1
        key = (identity, selection.signature)
        entry = self._entries.get(key)
        if entry is None:
            self.misses += 1
            entry = _Entry(encoded(selection, rows), min(self._refused.pop(key, 0) + 1, _MAX_USES))
            self._admit(key, entry)
        else:
            self.hits += 1
            entry.uses = min(entry.uses + 1, _MAX_USES)
            self._entries.move_to_end(key)
        return orjson.Fragment(entry.text)

    def _admit(self, key: Hashable, entry: _Entry) -> None:
        victims = self._victims(entry)
        if victims is None:
            self._refused[key] = entry.uses
        else:
            for victim in victims:
                self.size -= self._entries.pop(victim).size
            self._entries[key] = entry
            self.size += entry.size
        if self._lookups > _LOOKUPS_PER_ENTRY * max(len(self._entries), _LOOKUPS_PER_ENTRY):
            self._age()

    def _victims(self, entry: _Entry) -> list[Hashable] | None:
        """Return what must go for the entry; None if there is not enough that was used less often."""
        missing, victims = self.size + entry.size - self.limit, []
        for key, other in self._entries.items():
            if missing <= 0:
                break
            if other.uses >= entry.uses:
                return None
            victims.append(key)
            missing -= other.size
        return victims if missing <= 0 else None

    def _age(self) -> None:
        self._lookups = 0
        self._refused = {key: uses // 2 for key, uses in self._refused.items() if uses > 1}
        for entry in self._entries.values():
            entry.uses //= 2
