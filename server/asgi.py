"""Translates between ASGI and the typed layers: reads a request once and writes the response.

When the server ends, uvicorn cancels the requests that still run after the graceful seconds, and nothing else cancels
one: they are answered with 503 and `Retry-After`. Operations end at their deadline, so with the default settings none
is cancelled.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeAlias

from starlette.responses import StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from cg_client.clock import Clock
from cg_client.transport import FIGURES_HEADER, SANDBOX_HEADER
from server.http import NO_STORE, REQUEST_ID, ClientLeft, Handler, Header, Request, Response, refusal
from server.negotiation import GRAPHQL_JSON, media_type
from server.paths import GRAPHQL
from server.sandbox_notice import SANDBOX_NOTICES, SandboxStatus
from server.traffic import Traffic

Observe: TypeAlias = Callable[[Request, Response, float], object]

MAX_BODY = 1024 * 1024  # bytes
_CONTENT_ENCODING = b"content-encoding"
_DIGITS = len(str(MAX_BODY))
_WITHOUT_BODY = ("GET", "HEAD")
_NO_SNIFFING: Header = (b"x-content-type-options", b"nosniff")
_SANDBOX: Header = (SANDBOX_HEADER, b"sandbox")
_FIGURES = {name.encode(): (FIGURES_HEADER, name.encode()) for name in SANDBOX_NOTICES}
_FAILED = Response(500, b"", [])  # what the server sends for an exception that no layer handles
_CLIENT_LEFT = 499  # the status that nginx logs
_RETRY_AFTER: Header = (b"retry-after", b"1")  # seconds; by then a restarted server, or another one, answers


class UpstreamStatus(SandboxStatus, Protocol):
    """What every response states about CoinGlass: whether it is a sandbox, with which figures, and the quota left."""

    clock: Clock

    @property
    def remaining(self) -> Callable[[float], int]: ...


class HTTPAdapter:
    """The ASGI application. What is not HTTP goes to `others`."""

    def __init__(
        self,
        handle: Handler,
        others: ASGIApp,
        upstream: UpstreamStatus,
        traffic: Traffic | None = None,
        observe: Observe = lambda *_: None,
    ) -> None:
        """`observe` is called with each request and its response, once it is complete, and the seconds that it took."""
        self._handle, self._others, self._upstream = handle, others, upstream
        self._traffic, self._observe = traffic or Traffic(), observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._others(scope, receive, send)
            return
        request, started, response = Request(scope), time.perf_counter(), _FAILED
        self._traffic.in_flight += 1
        try:
            response = await self._respond(request, receive)
        except ClientLeft:
            response = Response(_CLIENT_LEFT, b"", [], operations=tuple(request.operations))
            return
        finally:
            if response.stream is None:
                self._end(request, response, started)
        if response.code is not None:
            response.headers = _refusal_headers(request, response)
        headers = self._headers(request, response)
        if response.stream is None:
            await send({"type": "http.response.start", "status": response.status, "headers": headers})
            await send({"type": "http.response.body", "body": response.body})
            return
        streaming = StreamingResponse(response.stream, response.status)
        streaming.raw_headers = headers
        try:
            with contextlib.suppress(asyncio.CancelledError):  # by graceful shutdown: the connection is cut
                await streaming(scope, receive, send)
        finally:
            await response.stream.aclose()  # of a client that left it is still open
            self._end(request, response, started)

    def _end(self, request: Request, response: Response, started: float) -> None:
        self._traffic.in_flight -= 1
        if response.code is not None:
            self._traffic.refused[response.code, str(response.status)] += 1
        if response.stream is not None:  # they are executed while it is sent
            response.operations, response.answered_by = tuple(request.operations), "execution"
            response.upstream_calls = sum(record.upstream_calls for record in response.operations)
        self._observe(request, response, time.perf_counter() - started)

    async def _respond(self, request: Request, receive: Receive) -> Response:
        """Return the response of the layers, or why the request does not reach them. Raises ClientLeft."""
        try:
            if _CONTENT_ENCODING in request.headers:
                _check_encoding(request.headers[_CONTENT_ENCODING])
            if request.method not in _WITHOUT_BODY:
                request.body = await read_body(receive, request.headers.get(b"content-length"))
            request.wait_for_disconnect = partial(_wait_for_disconnect, receive)
            return await self._handle(request)
        except BodyTooLarge:
            return refusal(413, f"The body is larger than {MAX_BODY} bytes. Send a smaller one.")
        except EncodedBody as error:
            return refusal(415, str(error))
        except asyncio.CancelledError:  # by graceful shutdown
            return _unfinished()

    def _headers(self, request: Request, response: Response) -> list[Header]:
        """Return the headers, with the requests sent to CoinGlass and those that may start now."""
        headers = [*response.headers, (REQUEST_ID, request.request_id.encode()), _NO_SNIFFING]
        upstream = self._upstream if request.upstream is None else request.upstream.client
        if response.upstream_calls is not None:
            headers.append((b"x-upstream-calls", b"%d" % response.upstream_calls))
            headers.append((b"x-quota-remaining", b"%d" % upstream.remaining(upstream.clock.monotonic())))
        if upstream.sandbox:
            headers.append(_SANDBOX)
            if upstream.sandbox_figures in _FIGURES:
                headers.append(_FIGURES[upstream.sandbox_figures])
        return headers


class BodyTooLarge(Exception):
    pass


class EncodedBody(Exception):
    pass


def _check_encoding(encoding: bytes) -> None:
    if encoding.strip().lower() != b"identity":
        text = f"Content-Encoding {encoding.decode('latin-1')[:40]!r} is not supported. Send the body without it."
        raise EncodedBody(text)


async def read_body(receive: Receive, stated_length: bytes | None) -> bytes:
    """Read the whole body, unless it is too large or says so. Raises BodyTooLarge and ClientLeft."""
    if stated_length is not None and len(stated_length) >= _DIGITS and _exceeds(stated_length):
        raise BodyTooLarge
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        part, more = message.get("body", b""), message.get("more_body", False)
        body = body + part if body else part
        if len(body) > MAX_BODY:
            raise BodyTooLarge
    return body


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _exceeds(stated_length: bytes) -> bool:
    return stated_length.isdigit() and float(stated_length) > MAX_BODY  # float takes any number of digits


def _refusal_headers(request: Request, response: Response) -> list[Header]:
    """Return the headers, with the media type of GraphQL for a client that reads errors of any status by it."""
    headers = response.headers
    if request.path != GRAPHQL or media_type(request.headers.get(b"accept")) != GRAPHQL_JSON:
        return headers
    typed = [(name, GRAPHQL_JSON if name == b"content-type" else value) for name, value in headers]
    return typed if any(name == b"vary" for name, _ in headers) else [*typed, (b"vary", b"accept")]


def _unfinished() -> Response:
    message = "The server is shutting down and could not finish this request. Send it again."
    response = refusal(503, message, "SERVICE_UNAVAILABLE")
    response.headers += (_RETRY_AFTER, NO_STORE)
    response.upstream_calls = None
    return response
