"""The typed HTTP request and response that every layer of the server takes and returns."""

import asyncio
import itertools
import os
import re
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeAlias

import orjson
from starlette.types import Scope

from callers.addresses import caller_at
from callers.caller import Caller
from cg_client.quota.requester import Priority, Requester
from resolvers.operation_record import OperationRecord
from served_schema.errors import shortened

if TYPE_CHECKING:
    from server.client_pool import KeyUpstream

Header: TypeAlias = tuple[bytes, bytes]

JSON: Final = b"application/json"
NO_STORE: Final[Header] = (b"cache-control", b"no-store")
ALLOW: Final[Header] = (b"allow", b"GET, HEAD, POST, OPTIONS")  # of the path of GraphQL
REQUEST_ID: Final = b"x-request-id"
CLIENT_ID: Final = b"x-client-id"
PRIORITY: Final = b"x-priority"
DRY_RUN: Final = b"x-dry-run"
MALFORMED: Final = object()  # in place of a body that is not valid JSON

_BACKFILL = Priority.BACKFILL.name.lower().encode()

is_name = re.compile(r"(?=.*[^_-])[\w-]{1,64}", re.ASCII).fullmatch
"""Matches letters, digits, dashes and underscores, which cannot forge a line of the log."""


class ClientLeft(Exception):
    """Nobody is left to answer."""


class DryRun(Enum):
    """The value of `X-Dry-Run`. An unreadable one is refused, because a typing error must not spend quota."""

    OFF = "off"
    ON = "on"
    UNREADABLE = "unreadable"


_DRY_RUNS = {None: DryRun.OFF, b"0": DryRun.OFF, b"false": DryRun.OFF, b"1": DryRun.ON, b"true": DryRun.ON}


class Request:
    """A request with its whole body. `headers` are by lower-case name; the values of a repeated one are joined.

    `caller`: the peer's address, unless the layer in server/callers.py identifies another caller. `scope`: callers with
    the same one may get each other's cached responses; caches on the way may store those of the empty one alone.
    `client_address`: what the log calls the address of the client, whom a trusted proxy may state.
    `wait_for_disconnect` returns when the client has left, to be called once.
    `trace_id`: of the trace that has the request; empty without traces.
    `upstream`: what operations use of CoinGlass with the caller's key; None with the server's. `operations`: those that
    were executed for it.
    """

    __slots__ = (
        "_payload",
        "address",
        "body",
        "caller",
        "client_address",
        "dry_run",
        "headers",
        "method",
        "operations",
        "path",
        "query_string",
        "request_id",
        "scope",
        "trace_id",
        "upstream",
        "wait_for_disconnect",
    )

    def __init__(self, scope: Scope) -> None:
        """Read everything but the body from an ASGI scope of HTTP or WebSocket."""
        self.method: str = scope.get("method", "GET")
        self.path: str = scope["path"]
        self.query_string: bytes = scope["query_string"]
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if len(headers) < len(scope["headers"]):
            headers = _join_repeated(scope["headers"])
        self.headers = headers
        requested_id, peer = headers.get(REQUEST_ID), scope.get("client")
        self.request_id = new_id() if requested_id is None else request_id(requested_id.decode("latin-1"))
        self.address: str = peer[0] if peer else ""
        self.client_address = self.address
        self.caller: Caller = caller_at(self.address)
        self.dry_run = _DRY_RUNS.get(headers.get(DRY_RUN), DryRun.UNREADABLE)
        self.scope = ""
        self.trace_id = ""
        self.upstream: KeyUpstream | None = None
        self.operations: list[OperationRecord] = []
        self.body = b""
        self.wait_for_disconnect = _wait_forever
        self._payload: object = None

    @property
    def is_get(self) -> bool:
        """Whether the response is that of a GET; with HEAD its body is not sent."""
        return self.method in ("GET", "HEAD")

    @property
    def payload(self) -> object:
        """The JSON of the body, parsed when it is first read, or MALFORMED."""
        if self._payload is None:
            self._payload = parse_json(self.body)
        return self._payload

    @property
    def requester(self) -> Requester:
        """The caller, with the priority that `X-Priority` states."""
        is_backfill = self.headers.get(PRIORITY) == _BACKFILL
        return Requester(self.caller.name, Priority.BACKFILL if is_backfill else Priority.INTERACTIVE)


@dataclass(slots=True, eq=False)
class Response:
    """A response. Request id, cost and the mark of the sandbox are added when it is written.

    `expires_at`: monotonic seconds until which the same request has the same response; None if it must not be cached.
    `upstream_calls`: requests sent to CoinGlass for it; None for pages that never send any. `stream` replaces `body`.
    `code`: the code of the error for which the request was refused. `is_gated`: whether the plan lacks a part, so that
    caches on the way, which do not hear of a changed plan, must not store it. `answered_by`: `execution`, `cache`,
    `shared` for the run of an equal request, or `server` for pages and refusals. `operations`: those of the request.
    """

    status: int
    body: bytes
    headers: list[Header]
    expires_at: float | None = None
    upstream_calls: int | None = None
    stream: AsyncGenerator[bytes, None] | None = None
    code: str | None = None
    is_gated: bool = False
    answered_by: str = "server"
    operations: tuple[OperationRecord, ...] = ()

    @classmethod
    def of(cls, body: bytes, content_type: bytes = JSON, status: int = 200) -> "Response":
        return cls(status, body, [(b"content-type", content_type), (b"content-length", b"%d" % len(body))])


Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


def refusal(status: int, message: str, code: str = "BAD_USER_INPUT") -> Response:
    """Refuse a request in the shape of GraphQL errors."""
    body = {"errors": [{"message": shortened(message), "extensions": {"code": code}}]}
    response = Response.of(orjson.dumps(body), status=status)
    response.upstream_calls, response.code = 0, code
    return response


def parse_json(text: str | bytes) -> object:
    """Return MALFORMED for what is not valid JSON."""
    try:
        parsed: object = orjson.loads(text)
    except orjson.JSONDecodeError:
        return MALFORMED
    return parsed


async def _wait_forever() -> None:
    await asyncio.get_running_loop().create_future()


def _join_repeated(headers: list[Header]) -> dict[bytes, bytes]:
    joined: dict[bytes, bytes] = {}
    for name, value in headers:
        joined[name] = joined[name] + b"," + value if name in joined else value
    return joined


class _RequestIds:
    """32 hexadecimal digits: random for the process, then counted, which is faster than a random number for each."""

    def __init__(self) -> None:
        self._count = itertools.count()
        self.restart()

    def restart(self) -> None:
        self._start = uuid.uuid4().hex[:20]

    def new(self) -> str:
        return f"{self._start}{next(self._count):012x}"


_IDS = _RequestIds()
new_id = _IDS.new
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_IDS.restart)  # otherwise forked workers would use the same ids


def request_id(requested: str | None) -> str:
    """Return the caller's id if it is a name, else a new one."""
    return requested if requested is not None and is_name(requested) else new_id()
