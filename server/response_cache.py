"""Answers a repeated request with the bytes of the first response, and lets equal concurrent requests share one run.

The application states in `expires_at` until when its response stays the same, in monotonic seconds of the same clock.
"""

import functools
from collections import OrderedDict

from cg_client.clock import Clock
from cg_client.revision import Revision
from server.cached_response import CachedResponse, Rendering
from server.http import Handler, Request, Response, refusal
from server.negotiation import IDENTITY, acceptable_codings
from server.paths import GRAPHQL
from server.response_keys import CacheableRequest, RawKey, ResponseKey, is_cacheable, raw_key, response_key
from server.runs import SharedRun, respond_to

_OK, _NOT_MODIFIED, _NOT_ACCEPTABLE = 200, 304, 406
_MAX_ALIASES = 16
_MAX_SHARED_RUNS = 2  # that a request waits for: the first may be refused for its caller alone
_OVERHEAD = 1024  # bytes of a response, a rendering or an alias beside its text: objects, headers, entries in maps


class ResponseCache:
    """`limit`: most bytes to store.

    `revision` counts what changes responses other than time, such as the plan: those of another one are not served.
    A caller's own CoinGlass key has its own.
    """

    def __init__(self, handle: Handler, *, limit: int, clock: Clock, revision: Revision) -> None:
        self._handle, self._clock, self._revision = handle, clock, revision
        self.store = ResponseStore(limit)
        self._in_flight: dict[tuple[ResponseKey, int], SharedRun[CachedResponse]] = {}
        self.hits = self.misses = self.shared = self.not_modified = 0

    async def __call__(self, request: Request) -> Response:
        if request.path != GRAPHQL:
            return await self._handle(request)
        if not is_cacheable(request):
            return await respond_to(request, self._handle)
        now, raw = self._clock.monotonic(), raw_key(request)
        hit = self.store.find_raw(raw, now, self._revision_of(request))
        if hit is not None:
            self.hits += 1
            return self._respond(request, *hit, 0, "cache", now)
        return await self._answer_new(request, raw, now)

    async def _answer_new(self, request: Request, raw: RawKey, now: float) -> Response:
        """Answer a request that has no response in its very form."""
        key, revision = response_key(request), self._revision_of(request)
        if key is None:
            return await respond_to(request, self._handle)
        codings = acceptable_codings(request.headers.get(b"accept-encoding"))
        if not codings:
            return refusal(_NOT_ACCEPTABLE, "Accept-Encoding allows none of zstd, gzip and identity.")
        cached, cacheable = self.store.find(key, now, revision), CacheableRequest(request, key, revision, raw, codings)
        if cached is not None:
            self.hits += 1
            return self._respond(request, cached, await self._render(cached, cacheable), 0, "cache", now)
        for _ in range(_MAX_SHARED_RUNS):
            run = self._in_flight.get((key, revision))
            shared = None if run is None else await self._share(run, cacheable)
            if shared is not None:
                return shared
        return await self._run(cacheable)

    def _revision_of(self, request: Request) -> int:
        """Return that of the client whose answers the response is made of."""
        return (self._revision if request.upstream is None else request.upstream.client.revision).count

    async def _share(self, run: SharedRun[CachedResponse], cacheable: CacheableRequest) -> Response | None:
        """Return the response of an equal request in flight, unless it fails or is for that caller alone."""
        if run.task.done():
            return None
        await run.wait(cacheable.request)
        task = run.task
        if task.cancelled() or task.exception() is not None or not task.result().is_shareable:
            return None
        self.shared += 1
        cached = task.result()
        return self._respond(cacheable.request, cached, await self._render(cached, cacheable), 0, "shared")

    async def _run(self, cacheable: CacheableRequest) -> Response:
        """Run the application in a task, which goes on for others if this caller leaves."""
        self.misses += 1
        run_key, run = (cacheable.key, cacheable.revision), SharedRun(self._capture(cacheable))
        self._in_flight[run_key] = run
        run.task.add_done_callback(lambda _: self._remove(run_key, run))
        run.on_abandoned = functools.partial(self._remove, run_key, run)
        await run.wait(cacheable.request)
        cached = run.task.result()
        if cached.response.stream is not None:
            return cached.response
        rendering, response = await self._render(cached, cacheable), cached.response
        return self._respond(cacheable.request, cached, rendering, response.upstream_calls, response.answered_by)

    def _remove(self, key: tuple[ResponseKey, int], run: SharedRun[CachedResponse]) -> None:
        if self._in_flight.get(key) is run:
            del self._in_flight[key]

    async def _capture(self, cacheable: CacheableRequest) -> CachedResponse:
        """Capture the response, and store it if it may be cached and the revision is still the same."""
        response = await self._handle(cacheable.request)
        cached = CachedResponse(cacheable.key, cacheable.revision, response)
        now, expires_at = self._clock.monotonic(), response.expires_at
        is_current = self._revision_of(cacheable.request) == cached.revision
        is_storable = response.status == _OK and is_current and cached.is_shareable
        if is_storable and expires_at is not None and expires_at > now:
            self.store.put(cached, now, expires_at)
        return cached

    async def _render(self, cached: CachedResponse, cacheable: CacheableRequest) -> Rendering:
        """Render for this client; if the response is stored, the same bytes find it directly the next time."""
        rendering = await cached.rendering(cacheable.codings)
        self.store.add_alias(cached, cacheable.raw, rendering)
        return rendering

    def _respond(
        self,
        request: Request,
        cached: CachedResponse,
        rendering: Rendering,
        calls: int | None,
        answered_by: str,
        hit_at: float | None = None,
    ) -> Response:
        """Answer with the bytes, or with 304 if the client has them. `hit_at`: when a stored response was found."""
        status, headers, body = cached.response.status, rendering.headers, rendering.body
        if_none_match = request.headers.get(b"if-none-match")
        if if_none_match is not None and request.is_get and rendering.matches(if_none_match):
            self.not_modified += 1
            status, headers, body = _NOT_MODIFIED, rendering.not_modified_headers, b""
        if hit_at is not None:
            headers = [*headers, (b"age", b"%d" % cached.age(hit_at))]
        code, operations = cached.response.code, cached.response.operations
        return Response(status, body, headers, None, calls, code=code, answered_by=answered_by, operations=operations)


class ResponseStore:
    """Stores responses within a bound in bytes; the least recently used one is evicted first.

    A response is found by its key, or by the bytes of a request: its aliases, which are evicted with it.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._responses: OrderedDict[ResponseKey, CachedResponse] = OrderedDict()
        self._aliases: dict[RawKey, tuple[CachedResponse, Rendering]] = {}
        self.bytes = 0
        self.evicted = 0

    def __len__(self) -> int:
        return len(self._responses)

    def find_raw(self, raw: RawKey, now: float, revision: int) -> tuple[CachedResponse, Rendering] | None:
        """Return the response in the form in which this very request had it before."""
        hit = self._aliases.get(raw)
        return hit if hit is not None and self._is_fresh(hit[0], now, revision) else None

    def find(self, key: ResponseKey, now: float, revision: int) -> CachedResponse | None:
        cached = self._responses.get(key)
        return cached if cached is not None and self._is_fresh(cached, now, revision) else None

    def _is_fresh(self, cached: CachedResponse, now: float, revision: int) -> bool:
        if cached.expires_at is not None and now < cached.expires_at and cached.revision == revision:
            self._responses.move_to_end(cached.key)
            return True
        self._drop(cached)
        return False

    def put(self, cached: CachedResponse, now: float, expires_at: float) -> None:
        """Store the response, unless it alone exceeds the bound."""
        if _size(cached) > self._limit:
            return
        cached.created_at, cached.expires_at = now, expires_at
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
    key, renderings, aliases = cached.key, cached.renderings, cached.aliases
    size = len(key.query_string) + len(key.payload) + _OVERHEAD * (1 + len(renderings) + len(aliases))
    size += len(cached.response.body)
    for coding, rendering in renderings.items():
        size += 0 if coding == IDENTITY else len(rendering.body)  # unencoded, it is the response's own body
    for raw in aliases:
        for part in raw:
            size += len(part or b"")
    return size
