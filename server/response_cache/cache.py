"""Answers a repeated request with the bytes made for the first, and lets equal concurrent requests share one run.

The application says in `expires_at` until when its response stays the same, in monotonic seconds of the same clock.
"""

import asyncio
from collections.abc import Callable
from typing import TypeAlias

from cg_client.clock import Clock
from cg_client.revision import Revision
from server.http import Handler, Request, Response, refusal
from server.response_cache.cached_response import CachedResponse, Rendering
from server.response_cache.encodings import acceptable
from server.response_cache.keys import CacheableRequest, Key, cache_key, is_cacheable, raw_key
from server.response_cache.store import Store

PATH = "/graphql"
_OK, _NOT_MODIFIED, _NOT_ACCEPTABLE = 200, 304, 406
_Run: TypeAlias = "asyncio.Task[CachedResponse]"


def everyone(_: Request) -> str:
    """One scope for all callers: what the graph answers does not depend on who asks."""
    return ""


class ResponseCache:
    """`limit`: most bytes to store. `scope_of`: callers with the same one may get each other's responses.

    `revision` counts what changes responses other than time, such as the plan; one made under another is not served.
    """

    def __init__(
        self,
        handle: Handler,
        *,
        limit: int,
        clock: Clock,
        revision: Revision,
        scope_of: Callable[[Request], str] = everyone,
    ) -> None:
        self._handle, self._clock, self._revision, self._scope_of = handle, clock, revision, scope_of
        self._store = Store(limit)
        self._in_flight: dict[tuple[Key, int], _Run] = {}
        self._runs: set[_Run] = set()  # the event loop alone would not keep them alive
        self.hits = self.misses = self.shared = self.not_modified = 0

    @property
    def stored_bytes(self) -> int:
        return self._store.bytes

    @property
    def stored_responses(self) -> int:
        return len(self._store)

    @property
    def evicted(self) -> int:
        return self._store.evicted

    async def __call__(self, request: Request) -> Response:
        if request.path != PATH or not is_cacheable(request):
            return await self._handle(request)
        caller, now, revision = self._scope_of(request), self._clock.monotonic(), self._revision.count
        raw = raw_key(request, caller)
        found = self._store.find_raw(raw, now, revision)
        if found is not None:
            self.hits += 1
            return self._respond(request, *found, 0, now)
        key = cache_key(request, caller)
        if key is None:
            return await self._handle(request)
        codings = acceptable(request.headers.get(b"accept-encoding"))
        if not codings:
            return refusal(_NOT_ACCEPTABLE, "Accept-Encoding allows none of zstd, gzip and identity.")
        cached, asked = self._store.find(key, now, revision), CacheableRequest(request, key, revision, raw, codings)
        if cached is not None:
            self.hits += 1
            return self._respond(request, cached, self._rendering(cached, asked), 0, now)
        return await self._share(asked) or await self._lead(asked)

    async def _share(self, asked: CacheableRequest) -> Response | None:
        """Return the response of an equal request in flight, if there is one and its response is for everyone."""
        run = self._in_flight.get((asked.key, asked.revision))
        if run is None or run.done():
            return None
        await asyncio.wait((run,))
        if run.cancelled() or run.exception() is not None or not run.result().is_shareable:
            return None
        self.shared += 1
        return self._respond(asked.request, run.result(), self._rendering(run.result(), asked), 0)

    async def _lead(self, asked: CacheableRequest) -> Response:
        """Run the application in a task of its own, which goes on for others if this caller leaves."""
        self.misses += 1
        place, run = (asked.key, asked.revision), asyncio.create_task(self._run(asked))

        def end(_: object) -> None:
            self._runs.discard(run)
            if self._in_flight.get(place) is run:
                del self._in_flight[place]

        self._in_flight[place] = run
        self._runs.add(run)
        run.add_done_callback(end)
        cached = await asyncio.shield(run)
        if cached.response.stream is not None:
            return cached.response
        calls = cached.response.upstream_calls
        return self._respond(asked.request, cached, self._rendering(cached, asked), calls)

    async def _run(self, asked: CacheableRequest) -> CachedResponse:
        """Capture the response, and store it if the application allows it and nothing speaks against it."""
        response = await self._handle(asked.request)
        cached = CachedResponse(asked.key, asked.revision, response)
        now, until = self._clock.monotonic(), response.expires_at
        may = response.status == _OK and self._revision.count == asked.revision and cached.is_shareable
        if may and until is not None and until > now and self._store.fits(cached):
            cached.keep(now, until)
            self._store.keep(cached)
        return cached

    def _rendering(self, cached: CachedResponse, asked: CacheableRequest) -> Rendering:
        """Render for this client; if the response is stored, the same bytes find it directly the next time."""
        rendering = cached.rendering(asked.codings)
        self._store.add_alias(cached, asked.raw, rendering)
        return rendering

    def _respond(
        self,
        request: Request,
        cached: CachedResponse,
        rendering: Rendering,
        calls: int | None,
        hit_at: float | None = None,
    ) -> Response:
        """Answer with the bytes, or with 304 if the client has them. `hit_at`: when a stored response was found."""
        status, headers, body = cached.response.status, rendering.headers, rendering.body
        known = request.headers.get(b"if-none-match")
        if known is not None and request.method == "GET" and rendering.matches(known):
            self.not_modified += 1
            status, headers, body = _NOT_MODIFIED, rendering.unmodified_headers, b""
        if hit_at is not None:
            headers = [*headers, (b"age", b"%d" % cached.age(hit_at))]
        return Response(status, body, headers, None, calls)
