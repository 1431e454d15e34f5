"""Reads the body of a response within bounds: a large one or a decompression bomb must not fill the memory."""

import zlib
from collections.abc import Mapping
from typing import cast

import httpx

MAX_BODY = 16 * 1024 * 1024  # bytes, both as sent and decompressed
ACCEPTED = "gzip"


def by_name(response: httpx.Response) -> dict[bytes, bytes]:
    """Return the headers, with names in lower case; of several with one name the last."""
    return {name.lower(): value for name, value in response.headers.raw}


async def read_body(response: httpx.Response, headers: Mapping[bytes, bytes], limit: int = MAX_BODY) -> bytes:
    """Return the decompressed body; raises httpx.RemoteProtocolError if it is too large, and httpx.DecodingError.

    The response is closed in any case, so that its connection is given back.
    """
    stream = cast("httpx.AsyncByteStream", response.stream)
    parts: list[bytes] = []
    size = 0
    try:
        if int(headers.get(b"content-length", b"0")) > limit:
            raise httpx.RemoteProtocolError("The body of the answer is too large.")
        async for part in stream:
            size += len(part)
            if size > limit:
                raise httpx.RemoteProtocolError("The body of the answer is too large.")
            parts.append(part)
    except (httpx.ConnectTimeout, RuntimeError) as error:  # what aiohttp raises for a connection that is lost meanwhile
        raise httpx.ReadError("The connection broke.") from error
    finally:
        await stream.aclose()
    body = parts[0] if len(parts) == 1 else b"".join(parts)
    encoding = headers.get(b"content-encoding", b"identity").strip().lower()
    if encoding == b"identity" or not body:
        return body
    if encoding not in (b"gzip", b"x-gzip"):
        raise httpx.DecodingError("The body has an encoding that was not asked for.")
    return decompressed(body, limit)


def decompressed(body: bytes, limit: int) -> bytes:
    """All gzip members of the body; raises httpx.DecodingError if it is cut, invalid or larger than `limit`."""
    parts: list[bytes] = []
    while body:
        member = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            parts.append(member.decompress(body, limit + 1))
        except zlib.error as error:
            raise httpx.DecodingError("The body is not valid gzip.") from error
        limit -= len(parts[-1])
        if limit < 0:
            parts.clear()  # or the traceback of the error would keep them
            raise httpx.DecodingError("The body is too large when decompressed.")
        if not member.eof:
            raise httpx.DecodingError("The gzip body is cut short.")
        body = member.unused_data
    return b"".join(parts)
