"""The wire as httpx sees it: an httpx.Request goes in, an httpx.Response with its whole body comes out."""

import ssl

import httpx

from cg_client.wire.answer import Answer, Limits
from cg_client.wire.coding import decoded
from cg_client.wire.connection import HungUp
from cg_client.wire.pool import Pool

_HTTP = {"http_version": b"HTTP/1.1"}
_OF_CODED_BODY = (b"content-encoding", b"content-length")


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
        try:
            answer = await self._ask(request, fresh=False)
        except HungUp:
            answer = await self._ask(request, fresh=True)
        return self._response(answer)

    async def aclose(self) -> None:
        await self._pool.close()

    async def _ask(self, request: httpx.Request, *, fresh: bool) -> Answer:
        head = _head(request)
        seconds = request.extensions.get("timeout", {})
        connection = await self._pool.take(fresh=fresh, connect=seconds.get("connect"), wait=seconds.get("pool"))
        try:
            return await connection.ask(head, without_body=request.method == "HEAD", within=seconds.get("read"))
        finally:
            self._pool.give_back(connection)

    def _response(self, answer: Answer) -> httpx.Response:
        headers, body = answer.headers, answer.body
        if answer.codings and body:
            body = decoded(body, answer.codings, self._limits.body)
            headers = [header for header in headers if header[0].lower() not in _OF_CODED_BODY]
        return httpx.Response(answer.status, headers=headers, stream=Whole(body), extensions=_HTTP)


def _is_empty(body: object) -> bool:
    return isinstance(body, httpx.ByteStream) and not any(body)


def _head(request: httpx.Request) -> bytes:
    """The request's bytes. A line break in a header would let its value say more than a header."""
    fields = [name + b": " + value for name, value in request.headers.raw]
    lines = [b"%b %b HTTP/1.1" % (request.method.encode("ascii"), request.url.raw_path), *fields, b"", b""]
    head = b"\r\n".join(lines)
    if head.count(b"\n") != len(lines) - 1 or head.count(b"\r") != len(lines) - 1:
        raise httpx.LocalProtocolError("A header of the request holds a line break.")
    return head
