"""An answer of the application, in the forms in which clients get it."""

import hashlib
import math
import re
from collections.abc import Hashable
from typing import NamedTuple, TypeAlias

from server.cost import QUOTA_REMAINING, UPSTREAM_CALLS
from server.responses.encodings import IDENTITY, chosen, encode
from server.responses.question import Key, RawKey

Header: TypeAlias = tuple[bytes, bytes]

# What belongs to the one run that said it.
OF_THE_RUN = frozenset((b"x-request-id", UPSTREAM_CALLS, QUOTA_REMAINING))
_PLAIN = OF_THE_RUN | {b"content-type", b"content-length", b"x-coinglass-source"}
_OURS = OF_THE_RUN | {b"content-length", b"cache-control", b"etag", b"age"}
_OF_THE_BODY = frozenset((b"content-type", b"content-length", b"content-encoding"))
_VARY = (b"vary", b"accept, accept-encoding, x-dry-run")
_NOT_KEPT = (b"cache-control", b"no-store")
_YEAR = 31_536_000  # seconds; the longest max-age that means anything
_SERVER_ERROR = 500
_TAG = re.compile(rb'"[\x21\x23-\x7e\x80-\xff]*"')


class Rendering(NamedTuple):
    """The answer in one content coding; `headers` lack only what each request has of its own."""

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


class Answer:
    """What the application said in one piece, and until when it would say it again.

    `holds_until`: monotonic seconds; None where the answer must not be kept. `version`: what the server could answer
    when the answer was begun.
    """

    __slots__ = (
        "aliases",
        "body",
        "counted",
        "headers",
        "holds_until",
        "key",
        "made",
        "renderings",
        "status",
        "version",
    )

    def __init__(self, key: Key, version: Hashable, status: int, headers: list[Header], body: bytes) -> None:
        self.key, self.version = key, version
        self.status, self.headers, self.body = status, headers, body
        self.made = 0.0
        self.holds_until: float | None = None
        self.renderings: dict[str, Rendering] = {}
        self.aliases: dict[RawKey, Rendering] = {}
        self.counted = 0  # bytes that the store has counted for it

    def keep(self, made: float, until: float) -> None:
        self.made, self.holds_until = made, until

    @property
    def is_for_all(self) -> bool:
        """Whether it is the same for all who ask the same: headers of its own may be for one caller alone."""
        return self.status < _SERVER_ERROR and dict(self.headers).keys() <= _PLAIN

    def holds(self, now: float, version: Hashable) -> bool:
        return self.holds_until is not None and now < self.holds_until and self.version == version

    def age(self, now: float) -> int:
        """Whole seconds, rounded up: who subtracts it from max-age does not trust the answer for too long."""
        return math.ceil(now - self.made)

    def rendering(self, codings: tuple[str, ...]) -> Rendering:
        """In the best of the allowed codings; made once for each."""
        coding = chosen(codings, len(self.body)) if self._is_bare() else IDENTITY
        found = self.renderings.get(coding)
        if found is None:
            found = self.renderings[coding] = self._render(coding)
        return found

    def _is_bare(self) -> bool:
        return bool(self.body) and b"content-encoding" not in dict(self.headers)

    def _render(self, coding: str) -> Rendering:
        body = encode(self.body, coding)
        headers = [header for header in self.headers if header[0] not in _OURS]
        headers += [(b"content-length", b"%d" % len(body)), _VARY]
        if coding != IDENTITY:
            headers.append((b"content-encoding", coding.encode()))
        if self.holds_until is None:
            return Rendering([*headers, _NOT_KEPT], body, b"")
        etag = self._etag(coding)
        seconds = int(min(self.holds_until - self.made, _YEAR))
        shared = b"private" if self.key.caller else b"public"
        return Rendering(
            [*headers, (b"cache-control", b"%s, max-age=%d" % (shared, seconds)), (b"etag", etag)], body, etag
        )

    def _etag(self, coding: str) -> bytes:
        digest = hashlib.blake2b(self.body, digest_size=16)
        digest.update(b"\0".join(value for name, value in self.headers if name == b"content-type"))
        return f'"{digest.hexdigest()}-{coding}"'.encode()
