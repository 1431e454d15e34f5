"""A captured response, in the forms in which clients get it."""

import hashlib
import math
import re
from typing import NamedTuple

from server.http import NO_STORE, Header, Response
from server.response_cache.encodings import IDENTITY, chosen, encode
from server.response_cache.keys import Key, RawKey

_PLAIN = frozenset((b"content-type", b"content-length"))
_OURS = frozenset((b"content-length", b"cache-control", b"etag", b"age"))
_OF_THE_BODY = frozenset((b"content-type", b"content-length", b"content-encoding"))
_VARY = (b"vary", b"accept, accept-encoding, x-dry-run")
_YEAR = 31_536_000  # seconds; the longest max-age that means anything
_SERVER_ERROR = 500
_TAG = re.compile(rb'"[\x21\x23-\x7e\x80-\xff]*"')


class Rendering(NamedTuple):
    """The response in one content coding; `headers` lack only what each request has of its own."""

    headers: list[Header]
    body: bytes
    etag: bytes

    def matches(self, if_none_match: bytes) -> bool:
        """Whether the client has these bytes already. A weak tag counts as the strong one (RFC 9110, 13.1.2)."""
        known = if_none_match.strip() == b"*" or self.etag in _TAG.findall(if_none_match)
        return known and bool(self.etag)

    @property
    def unmodified_headers(self) -> list[Header]:
        return [header for header in self.headers if header[0] not in _OF_THE_BODY]


class CachedResponse:
    """What the application answered, and until when it would answer the same.

    `expires_at`: monotonic seconds; None if the response must not be cached. `revision`: the one under which
    the request began.
    """

    __slots__ = ("aliases", "counted", "expires_at", "key", "made", "renderings", "response", "revision")

    def __init__(self, key: Key, revision: int, response: Response) -> None:
        self.key, self.revision, self.response = key, revision, response
        self.made = 0.0
        self.expires_at: float | None = None
        self.renderings: dict[str, Rendering] = {}
        self.aliases: dict[RawKey, Rendering] = {}
        self.counted = 0  # bytes that the store has counted for it

    def keep(self, made: float, until: float) -> None:
        self.made, self.expires_at = made, until

    @property
    def is_shareable(self) -> bool:
        """Whether it is the same for all who ask the same: headers of its own may be for one caller alone."""
        response = self.response
        return response.stream is None and response.status < _SERVER_ERROR and dict(response.headers).keys() <= _PLAIN

    def is_fresh(self, now: float, revision: int) -> bool:
        return self.expires_at is not None and now < self.expires_at and self.revision == revision

    def age(self, now: float) -> int:
        """Whole seconds, rounded up: who subtracts it from max-age does not trust the response for too long."""
        return math.ceil(now - self.made)

    def rendering(self, codings: tuple[str, ...]) -> Rendering:
        """Return the best of the allowed codings; each is made once."""
        coding = chosen(codings, len(self.response.body)) if self._is_bare() else IDENTITY
        found = self.renderings.get(coding)
        if found is None:
            found = self.renderings[coding] = self._render(coding)
        return found

    def _is_bare(self) -> bool:
        return bool(self.response.body) and b"content-encoding" not in dict(self.response.headers)

    def _render(self, coding: str) -> Rendering:
        body = encode(self.response.body, coding)
        headers = [header for header in self.response.headers if header[0] not in _OURS]
        headers += [(b"content-length", b"%d" % len(body)), _VARY]
        if coding != IDENTITY:
            headers.append((b"content-encoding", coding.encode()))
        if self.expires_at is None:
            return Rendering([*headers, NO_STORE], body, b"")
        etag = self._etag(coding)
        seconds = int(min(self.expires_at - self.made, _YEAR))
        shared = b"private" if self.key.caller else b"public"
        return Rendering(
            [*headers, (b"cache-control", b"%s, max-age=%d" % (shared, seconds)), (b"etag", etag)], body, etag
        )

    def _etag(self, coding: str) -> bytes:
        digest = hashlib.blake2b(self.response.body, digest_size=16)
        digest.update(b"\0".join(value for name, value in self.response.headers if name == b"content-type"))
        return f'"{digest.hexdigest()}-{coding}"'.encode()
