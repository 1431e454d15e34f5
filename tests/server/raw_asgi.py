"""Raw ASGI without a socket: a configurable application, and a client."""

import asyncio
import gzip
import itertools
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import zstandard
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cg_client.clock import Clock
from cg_client.revision import Revision
from server.asgi import HTTPAdapter
from server.http import Header, Request, Response
from server.response_cache import ResponseCache
from tests.clock import FakeClock

DECODERS: dict[str | None, Callable[[bytes], bytes]] = {
    None: lambda body: body,
    "gzip": gzip.decompress,
    "zstd": zstandard.decompress,
}


class Origin:
    """Answers with a running number once it is open; the response expires after `lasts` seconds."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.count = self.answered = 0
        self.lasts: float | None = 60.0
        self.status = 200
        self.headers: list[Header] = []
        self.calls = 0
        self.padding = 0
        self.failure: BaseException | None = None
        self.open = asyncio.Event()
        self.open.set()
        self.requests: list[Request] = []

    async def __call__(self, request: Request) -> Response:
        self.count += 1
        number = self.count
        self.requests.append(request)
        await self.open.wait()
        if self.failure is not None:
            raise self.failure
        self.answered += 1
        response = Response.of(orjson.dumps({"data": {"number": number, "padding": "x" * self.padding}}))
        response.status, response.upstream_calls = self.status, self.calls
        response.headers += self.headers
        response.expires_at = None if self.lasts is None else self.clock.monotonic() + self.lasts
        return response


class Server:
    """The status of the server behind the layers."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.revision = Revision()
        self.sandbox = False
        self.sandbox_figures = b""
        self.left = 30

    def remaining(self, _: float) -> int:
        return self.left


class Served:
    """A response cache over ASGI, with its counters; the header `X-Caller` states the scope of a request."""

    def __init__(self, cache: ResponseCache, server: Server, others: ASGIApp) -> None:
        self.cache = cache
        self._adapter = HTTPAdapter(self._scoped, others, server)

    async def _scoped(self, request: Request) -> Response:
        request.scope = request.headers.get(b"x-caller", b"").decode()
        return await self.cache(request)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._adapter(scope, receive, send)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.cache, name)


async def ignore(*_: object) -> None:
    raise AssertionError


@dataclass
class Reply:
    """What was sent to a client."""

    messages: list[Message] = field(default_factory=list)

    @property
    def status(self) -> int:
        status: int = self.messages[0]["status"]
        return status

    @property
    def headers(self) -> dict[str, str]:
        pairs = [(name.decode(), value.decode()) for name, value in self.messages[0]["headers"]]
        assert len(dict(pairs)) == len(pairs), f"a header is repeated: {pairs}"
        return dict(pairs)

    @property
    def raw(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages[1:])

    @property
    def body(self) -> bytes:
        assert self.headers["content-length"] == str(len(self.raw))
        return DECODERS[self.headers.get("content-encoding")](self.raw)

    @property
    def number(self) -> int:
        number: int = orjson.loads(self.body)["data"]["number"]
        return number


def http_scope(
    method: str = "POST", path: str = "/graphql", query_string: bytes = b"", headers: Iterable[tuple[str, str]] = ()
) -> dict[str, Any]:
    named = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query_string,
        "headers": named,
        "state": {"of": "lifespan"},
    }


def receiving(*parts: bytes, then: Callable[[], Awaitable[Message]] | None = None) -> Receive:
    """Return a body in parts, then call `then`, or wait like a client that stays."""
    indices = itertools.count()

    async def receive() -> Message:
        index = next(indices)
        if index < len(parts):
            return {"type": "http.request", "body": parts[index], "more_body": index < len(parts) - 1}
        if then is not None:
            return await then()
        await asyncio.Event().wait()
        raise AssertionError

    return receive


async def disconnected() -> Message:
    return {"type": "http.disconnect"}


async def post(app: ASGIApp, payload: object = None, **headers: str) -> Reply:
    """`payload`: JSON, or the bytes of the body. Underscores in the names of headers stand for dashes."""
    body = payload if isinstance(payload, bytes) else orjson.dumps(payload or {"query": "{ a }"})
    named = {"content_type": "application/json"} | headers
    reply = Reply()
    await app(http_scope(headers=dashed(named)), receiving(body), sending(reply))
    return reply


async def get(app: ASGIApp, query_string: bytes = b"query=%7Ba%7D", **headers: str) -> Reply:
    reply = Reply()
    await app(http_scope("GET", query_string=query_string, headers=dashed(headers)), receiving(b""), sending(reply))
    return reply


def dashed(headers: dict[str, str]) -> Sequence[tuple[str, str]]:
    return [(name.replace("_", "-"), value) for name, value in headers.items()]


def sending(reply: Reply) -> Send:
    async def send(message: Message) -> None:
        reply.messages.append(message)

    return send


async def run_pending() -> None:
    """Run everything that can run without waiting."""
    for _ in range(20):
        await asyncio.sleep(0)
