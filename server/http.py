"""The typed HTTP request and response that every layer of the server takes and returns."""

import itertools
import os
import uuid
from collections.abc import AsyncIterable, Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

import orjson
from starlette.types import Scope

from cg_client.quota.requester import Priority, Requester

Header: TypeAlias = tuple[bytes, bytes]
Headers: TypeAlias = dict[bytes, bytes]

JSON: Final = b"application/json"
NO_STORE: Final[Header] = (b"cache-control", b"no-store")
REQUEST_ID: Final = b"x-request-id"
CLIENT_ID: Final = b"x-client-id"
PRIORITY: Final = b"x-priority"
DRY_RUN: Final = b"x-dry-run"

_MAX_NAME = 64
_BACKFILL = Priority.BACKFILL.name.lower().encode()


class DryRun(Enum):
    """The value of `X-Dry-Run`. An unreadable one is refused, because a typing error must not spend quota."""

    OFF = "off"
    ON = "on"
    UNREADABLE = "unreadable"


_DRY_RUNS = {None: DryRun.OFF, b"0": DryRun.OFF, b"false": DryRun.OFF, b"1": DryRun.ON, b"true": DryRun.ON}


class _Mark(Enum):
    UNREAD = "unread"
    MALFORMED = "malformed"


MALFORMED: Final = _Mark.MALFORMED
_UNREAD: Final = _Mark.UNREAD


class Request:
    """A request with its whole body. `headers` are by lower-case name; the values of a repeated one are joined."""

    __slots__ = ("_payload", "address", "body", "headers", "method", "path", "query_string", "request_id")

    def __init__(self, scope: Scope) -> None:
        """Read everything but the body from an ASGI scope of HTTP or WebSocket."""
        self.method: str = scope.get("method", "GET")
        self.path: str = scope["path"]
        self.query_string: bytes = scope["query_string"]
        self.headers = headers = _by_name(scope["headers"])
        wished, peer = headers.get(REQUEST_ID), scope.get("client")
        self.request_id = new_id() if wished is None else request_id(wished.decode("latin-1"))
        self.address: str = peer[0] if peer else ""
        self.body = b""
        self._payload: object = _UNREAD

    @property
    def dry_run(self) -> DryRun:
        return _DRY_RUNS.get(self.headers.get(DRY_RUN), DryRun.UNREADABLE)

    @property
    def payload(self) -> object:
        """The JSON of the body, parsed when it is first read, or MALFORMED."""
        if self._payload is _UNREAD:
            self._payload = parse_json(self.body)
        return self._payload

    @property
    def requester(self) -> Requester:
        """The client that `X-Client-Id` names, or the peer's address, with the priority that `X-Priority` states."""
        name = self.headers.get(CLIENT_ID, b"").decode("latin-1")
        client = name if is_plain(name) else self.address
        return Requester(client, Priority.BACKFILL if self.headers.get(PRIORITY) == _BACKFILL else Priority.INTERACTIVE)


@dataclass(slots=True, eq=False)
class Response:
    """A response. Request id, cost and the mark of the sandbox are added when it is written.

    `expires_at`: monotonic seconds until which the same request has the same response; None if it must not be cached.
    `upstream_calls`: requests sent to CoinGlass for it; None for pages that never send any. `stream` replaces `body`.
    """

    status: int
    body: bytes
    headers: list[Header]
    expires_at: float | None = None
    upstream_calls: int | None = None
    stream: AsyncIterable[str | bytes] | None = None

    @classmethod
    def of(cls, body: bytes, content_type: bytes = JSON, status: int = 200) -> "Response":
        return cls(status, body, [(b"content-type", content_type), (b"content-length", b"%d" % len(body))])


Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


def refusal(status: int, message: str, code: str = "BAD_USER_INPUT") -> Response:
    """Refuse a request in the shape of GraphQL errors."""
    body = {"errors": [{"message": message, "extensions": {"code": code}}]}
    response = Response.of(orjson.dumps(body), status=status)
    response.upstream_calls = 0
    return response


def parse_json(text: str | bytes) -> object:
    """Return MALFORMED for what is not valid JSON."""
    try:
        parsed: object = orjson.loads(text)
    except orjson.JSONDecodeError:
        return MALFORMED
    return parsed


def _by_name(headers: list[Header]) -> Headers:
    named = dict(headers)
    if len(named) < len(headers):
        named = {}
        for name, value in headers:
            named[name] = named[name] + b"," + value if name in named else value
    return named


class _RequestIds:
    """32 hexadecimal digits: random for the process, then counted, which is faster than a random number for each."""

    def __init__(self) -> None:
        self._start, self._count = "", itertools.count()
        self.restart()

    def restart(self) -> None:
        self._start = uuid.uuid4().hex[:20]

    def new(self) -> str:
        return f"{self._start}{next(self._count):012x}"


_IDS = _RequestIds()
new_id = _IDS.new
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_IDS.restart)  # otherwise forked workers would use the same ids


def request_id(wished: str | None) -> str:
    """Return the caller's id if it is short and plain, so that it cannot forge a line of the log; else a new one."""
    return wished if wished is not None and is_plain(wished) else new_id()


def is_plain(text: str) -> bool:
    """Whether a name is short and consists of letters, digits, dashes and underscores."""
    return len(text) <= _MAX_NAME and text.isascii() and text.replace("-", "").replace("_", "").isalnum()
