"""A captured response in the forms in which clients get it: content codings, ETag and caching headers."""

import asyncio
import functools
import gzip
import hashlib
import math
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

import zstandard

from server.http import NO_STORE, Header, Response
from server.negotiation import IDENTITY
from server.response_keys import RawKey, ResponseKey

_CODERS: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType(
    {
        "zstd": functools.partial(zstandard.compress, level=1),
        "gzip": functools.partial(gzip.compress, compresslevel=1, mtime=0),
        IDENTITY: bytes,
    }
)
_MIN_ENCODED = 1024  # bytes: below, a coding saves nothing worth its work
_LARGE = 512 * 1024  # bytes: beyond, the work of a coding would hold up the event loop
_thread = ThreadPoolExecutor(1, "codings")  # zlib and zstd release the interpreter

_SHAREABLE = frozenset((b"content-type", b"content-length", b"content-disposition", b"vary"))
_OF_THE_BODY = frozenset((b"content-type", b"content-length", b"content-encoding"))
VARY = b"accept, accept-encoding, cg-api-key, router-authorization, x-dry-run"
_YEAR = 31_536_000  # seconds; the longest max-age that means anything
_SERVER_ERROR = 500
_TAG = re.compile(rb'"[\x21\x23-\x7e\x80-\xff]*"')


class Rendering(NamedTuple):
    """The response in one content coding; the headers of the single request, such as its id, are added later."""

    headers: list[Header]
    body: bytes
    etag: bytes

    def matches(self, if_none_match: bytes) -> bool:
        """Whether the client has these bytes already. A weak tag counts as the strong one (RFC 9110, 13.1.2)."""
        listed = if_none_match.strip() == b"*" or self.etag in _TAG.findall(if_none_match)
        return listed and bool(self.etag)

    @property
    def not_modified_headers(self) -> list[Header]:
        return [header for header in self.headers if header[0] not in _OF_THE_BODY]


def cache_control(scope: str, seconds: float) -> Header:
    """Return the header that lets caches store a response, for all or for its scope alone."""
    return b"cache-control", b"%s, max-age=%d" % (b"private" if scope else b"public", int(min(seconds, _YEAR)))


@dataclass(slots=True, eq=False)
class CachedResponse:
    """What the application answered, and until when it would answer the same.

    `expires_at`: monotonic seconds; None if the response must not be cached. `revision`: the one under which
    the request began. `counted`: bytes that the store has counted for it.
    """

    key: ResponseKey
    revision: int
    response: Response
    created_at: float = 0.0
    expires_at: float | None = None
    renderings: dict[str, Rendering] = field(default_factory=dict)
    aliases: dict[RawKey, Rendering] = field(default_factory=dict)
    counted: int = 0

    @property
    def is_shareable(self) -> bool:
        """Whether it is the same for all who send the same: additional headers may be for one caller alone."""
        response = self.response
        return (
            response.stream is None
            and response.status < _SERVER_ERROR
            and _SHAREABLE.issuperset(dict(response.headers))
        )

    def age(self, now: float) -> int:
        """Whole seconds, rounded up: who subtracts it from max-age does not trust the response for too long."""
        return math.ceil(now - self.created_at)

    async def rendering(self, codings: tuple[str, ...]) -> Rendering:
        """Return the best of the allowed codings; each is encoded once."""
        body, coding = self.response.body, codings[0]
        is_encoded = b"content-encoding" in dict(self.response.headers)
        if not body or is_encoded or (len(body) < _MIN_ENCODED and IDENTITY in codings):
            coding = IDENTITY
        rendering = self.renderings.get(coding)
        if rendering is None:
            if len(body) <= _LARGE:
                rendering = self._render(coding)
            else:
                rendering = await asyncio.get_running_loop().run_in_executor(_thread, self._render, coding)
            rendering = self.renderings.setdefault(coding, rendering)
        return rendering

    def _render(self, coding: str) -> Rendering:
        body, etag = _CODERS[coding](self.response.body), b""
        headers = dict(self.response.headers) | {b"content-length": b"%d" % len(body), b"vary": VARY}
        if coding != IDENTITY:
            headers[b"content-encoding"] = coding.encode()
        if self.expires_at is None or self.response.is_gated:
            headers.update((NO_STORE,))
        else:
            headers.update((cache_control(self.key.scope, self.expires_at - self.created_at),))
            headers[b"etag"] = etag = self._etag(coding)
        return Rendering(list(headers.items()), body, etag)

    def _etag(self, coding: str) -> bytes:
        digest = hashlib.blake2b(self.response.body, digest_size=16)
        digest.update(dict(self.response.headers).get(b"content-type", b""))
        return f'"{digest.hexdigest()}-{coding}"'.encode()
