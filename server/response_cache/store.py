"""Stores responses within a bound in bytes; the least recently used one is evicted first."""

from collections import OrderedDict

from server.response_cache.cached_response import CachedResponse, Rendering
from server.response_cache.keys import Key, RawKey

_MAX_ALIASES = 16
_OVERHEAD = 1024  # bytes of a response, a rendering or an alias beside its text: objects, headers, places in maps


class Store:
    """Finds a response by its key, or by the bytes of a request: its aliases, which are evicted with it."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._responses: OrderedDict[Key, CachedResponse] = OrderedDict()
        self._aliases: dict[RawKey, tuple[CachedResponse, Rendering]] = {}
        self.bytes = 0
        self.evicted = 0

    def __len__(self) -> int:
        return len(self._responses)

    def find_raw(self, raw: RawKey, now: float, revision: int) -> tuple[CachedResponse, Rendering] | None:
        """Return the response in the form in which this very request had it before."""
        found = self._aliases.get(raw)
        return found if found is not None and self._is_fresh(found[0], now, revision) else None

    def find(self, key: Key, now: float, revision: int) -> CachedResponse | None:
        cached = self._responses.get(key)
        return cached if cached is not None and self._is_fresh(cached, now, revision) else None

    def _is_fresh(self, cached: CachedResponse, now: float, revision: int) -> bool:
        if cached.is_fresh(now, revision):
            self._responses.move_to_end(cached.key)
            return True
        self._drop(cached)
        return False

    def fits(self, cached: CachedResponse) -> bool:
        return _size(cached) <= self._limit

    def keep(self, cached: CachedResponse) -> None:
        if (before := self._responses.get(cached.key)) is not None:
            self._drop(before)
        self._responses[cached.key] = cached
        self._count(cached)

    def add_alias(self, cached: CachedResponse, raw: RawKey, rendering: Rendering) -> None:
        """To be called after each rendering of a stored response, whose bytes are counted with it."""
        if self._responses.get(cached.key) is not cached:
            return
        if len(cached.aliases) == _MAX_ALIASES:
            oldest = next(iter(cached.aliases))
            del self._aliases[oldest], cached.aliases[oldest]
        cached.aliases[raw], self._aliases[raw] = rendering, (cached, rendering)
        self._count(cached)

    def _count(self, cached: CachedResponse) -> None:
        size = _size(cached)
        self.bytes += size - cached.counted
        cached.counted = size
        while self.bytes > self._limit:
            self.evicted += 1
            self._drop(next(iter(self._responses.values())))

    def _drop(self, cached: CachedResponse) -> None:
        del self._responses[cached.key]
        self.bytes -= cached.counted
        for raw in cached.aliases:
            del self._aliases[raw]


def _size(cached: CachedResponse) -> int:
    body = cached.response.body
    bodies = {id(body): len(body)} | {id(one.body): len(one.body) for one in cached.renderings.values()}
    texts = cached.key.size + sum(len(part) for raw in cached.aliases for part in raw if part is not None)
    return sum(bodies.values()) + texts + _OVERHEAD * (1 + len(cached.renderings) + len(cached.aliases))
