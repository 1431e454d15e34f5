"""Decodes bodies by their `content-encoding`, and no further than they may grow."""

import zlib
from collections.abc import Callable, Mapping

import httpx

ACCEPTED = "gzip, deflate"


def decoded(body: bytes, codings: bytes, limit: int) -> bytes:
    """The body without its codings; raises httpx.DecodingError for one that is cut, unknown or larger than `limit`."""
    for coding in reversed(codings.lower().split(b",")):
        decode = _DECODERS.get(coding.strip())
        if decode is None:
            raise httpx.DecodingError("The body has a coding that was not asked for.")
        try:
            body = decode(body, limit)
        except zlib.error as error:
            raise httpx.DecodingError("The body is not what its coding says.") from error
    return body


def _identity(body: bytes, _limit: int) -> bytes:
    return body


def _gzip(body: bytes, limit: int) -> bytes:
    """All members, one behind the other."""
    parts: list[bytes] = []
    while body or not parts:
        part, body = _inflate(body, 16 + zlib.MAX_WBITS, limit - sum(map(len, parts)))
        parts.append(part)
    return b"".join(parts)


def _deflate(body: bytes, limit: int) -> bytes:
    """Meant to be wrapped in zlib's format; some servers send it bare."""
    try:
        return _inflate(body, zlib.MAX_WBITS, limit)[0]
    except zlib.error:
        return _inflate(body, -zlib.MAX_WBITS, limit)[0]


def _inflate(body: bytes, window_bits: int, limit: int) -> tuple[bytes, bytes]:
    """One stream, and what stands behind it."""
    stream = zlib.decompressobj(window_bits)
    plain = stream.decompress(body, limit + 1)
    if len(plain) > limit:
        del plain  # or the error's traceback would keep it
        raise httpx.DecodingError("The body is too large when decoded.")
    if not stream.eof:
        raise httpx.DecodingError("The body ends before its coding does.")
    return plain, stream.unused_data


_DECODERS: Mapping[bytes, Callable[[bytes, int], bytes]] = {
    b"": _identity,
    b"identity": _identity,
    b"gzip": _gzip,
    b"x-gzip": _gzip,
    b"deflate": _deflate,
}
