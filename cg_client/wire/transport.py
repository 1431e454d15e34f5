"""The wire as httpx sees it: an httpx.Request goes in, an httpx.Response with its whole body comes out."""

import asyncio
import math
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import httpx

from cg_client.wire.answer import Answer, Limits, by_name
from cg_client.wire.coding import decoded
from cg_client.wire.connection import Connection, HungUp
from cg_client.wire.pool import Pool

_HTTP = {"http_version": b"HTTP/1.1"}
_OF_CODED_BODY = (b"content-encoding", b"content-length")


@dataclass(frozen=True, slots=True)
class Seconds:
    """Longest times: to connect, of silence, to wait for a connection; None is for ever."""

    connect: float | None = None
    read: float | None = None
    pool: float | None = None

    @classmethod
    def of(cls, timeout: Mapping[str, float | None]) -> Self:
        """From httpx's extension."""
        return cls(timeout.get("connect"), timeout.get("read"), timeout.get("pool"))


class Whole(httpx.ByteStream):
    """A body that is all here and decoded; httpx's own way of reading it costs as much as receiving it did."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self.body = body


class WireTransport(httpx.AsyncBaseTransport):
    """Speaks to the server of `base_url` alone, GET and HEAD, over at most `connections` connections.

    Raises what httpx's own transport would; no message names an address or a header. The timeouts are those of the
    request's extension `timeout`.
    """

    def __init__(
        self, base_url: str, *, connections: int, limits: Limits | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        """`tls` None verifies as httpx does, with certifi's authorities."""
        url = httpx.URL(base_url)
        self._server = (url.scheme, url.netloc)
        self._limits = limits or Limits()
        self._pool = Pool(url, connections, self._limits, tls)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method not in ("GET", "HEAD") or not _is_empty(request.stream):
            raise httpx.UnsupportedProtocol("Only requests without a body are spoken here.")
        if (request.url.scheme, request.url.netloc) != self._server:
            raise httpx.UnsupportedProtocol("The request is for another server.")
        seconds = Seconds.of(request.extensions.get("timeout", {}))
        answer = await self.exchange(_head(request), seconds, without_body=request.method == "HEAD")
        return httpx.Response(answer.status, headers=answer.headers, stream=Whole(answer.body), extensions=_HTTP)

    async def exchange(
        self, head: bytes, seconds: Seconds, within: float = math.inf, *, without_body: bool = False
    ) -> Answer:
        """The answer, decoded, to the bytes of a request; `handle_async_request` without httpx's objects.

        `within`: seconds of all together. A resting connection may hang up, and is replaced by one that cannot.
        """
        until = time.monotonic() + within
        fresh = False
        while True:
            connection = None if fresh else self._pool.at_hand()
            if connection is None:
                connection = await self._taken(seconds, until, fresh=fresh)
            try:
                left = until - time.monotonic()
                answer = await connection.ask(head, left, silence=seconds.read, without_body=without_body)
            except HungUp:
                fresh = True
            else:
                return self._decoded(answer) if answer.codings and answer.body else answer
            finally:
                self._pool.give_back(connection)

    async def aclose(self) -> None:
        await self._pool.close()

    async def _taken(self, seconds: Seconds, until: float, *, fresh: bool) -> Connection:
        try:
            async with asyncio.timeout(None if until == math.inf else until - time.monotonic()):
                return await self._pool.take(fresh=fresh, connect=seconds.connect, wait=seconds.pool)
        except TimeoutError as error:
            raise httpx.PoolTimeout("No connection was there in time.") from error

    def _decoded(self, answer: Answer) -> Answer:
        body = decoded(answer.body, answer.codings, self._limits.body)
        headers = [header for header in answer.headers if header[0].lower() not in _OF_CODED_BODY]
        return Answer(answer.status, headers, by_name(headers), body)


def _is_empty(body: object) -> bool:
    return isinstance(body, httpx.ByteStream) and not any(body)


def _head(request: httpx.Request) -> bytes:
    return b"%b %b%b" % (request.method.encode("ascii"), request.url.raw_path, fields_of(request.headers))


def fields_of(headers: httpx.Headers) -> bytes:
    """What follows on the target in the bytes of a request; raises httpx.LocalProtocolError.

    A line break in a header would let its value say more than a header.
    """
    lines = [b" HTTP/1.1", *(name + b": " + value for name, value in headers.raw), b"", b""]
    fields = b"\r\n".join(lines)
    if fields.count(b"\n") != len(lines) - 1 or fields.count(b"\r") != len(lines) - 1:
        raise httpx.LocalProtocolError("A header of the request holds a line break.")
    return fields
