"""Cached answers, with the times until which they may be served, and the store of those in memory."""

from collections import OrderedDict

import msgspec
from msgspec.structs import replace

from cg_client.call import AnyAnswer, Call, CallKey, Fetched

MAX_GRACE = 30.0  # seconds
MAX_STALE = 3600.0  # seconds


class Entry(msgspec.Struct):
    """A cached answer; the times are monotonic seconds.

    `token`: its number in the second tier; 0 if it is not there. It is the only field that changes.
    """

    answer: AnyAnswer
    size: int
    stored_at: float
    fresh_until: float
    grace_until: float
    usable_until: float
    token: int = 0

    def servable(self, now: float, *, grace: bool = True) -> AnyAnswer | None:
        """Return the answer if it may be served without waiting; within the grace period it is stale."""
        if now < self.fresh_until:
            return self.answer
        return replace(self.answer, stale=True) if grace and now < self.grace_until else None

    @classmethod
    def of(cls, fetched: Fetched, now: float) -> "Entry":
        fresh = now + fetched.lifetime
        grace = min(fetched.lifetime, MAX_GRACE)
        answer = replace(fetched.answer, fresh_until=fresh)
        return cls(answer, fetched.size, now, fresh, fresh + grace, fresh + MAX_STALE)


class MemoryStore:
    """Evicts the least recently used entries beyond `limit` bytes; never stores an entry larger than that."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: OrderedDict[CallKey, Entry] = OrderedDict()
        self.size = 0

    def get(self, call: Call) -> Entry | None:
        entry = self._entries.get(call.key)
        if entry is not None:
            self._entries.move_to_end(call.key)
        return entry

    def put(self, call: Call, entry: Entry) -> None:
        replaced = self._entries.pop(call.key, None)
        self.size -= replaced.size if replaced else 0
        if entry.size > self._limit:
            return
        self._entries[call.key] = entry
        self.size += entry.size
        while self.size > self._limit and self._entries:
            _, evicted = self._entries.popitem(last=False)
            self.size -= evicted.size

    def __len__(self) -> int:
        return len(self._entries)
