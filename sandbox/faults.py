"""Switches that make the sandbox fail in one of the ways in which CoinGlass, or the way to it, can fail."""

import asyncio
import json
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox import envelopes
from sandbox.envelopes import Reply

_CONNECTION = "sandbox.connection"


class FaultKind(Enum):
    PLAN = "plan"
    INTERVAL = "interval"
    KEY_MISSING = "key_missing"
    KEY_INVALID = "key_invalid"
    PARAMETER_MISSING = "parameter_missing"
    PAIR_UNKNOWN = "pair_unknown"
    SERVER_ERROR = "server_error"
    NOT_FOUND = "not_found"
    RATE_LIMITED = "rate_limited"
    RATE_LIMITED_IN_BODY = "rate_limited_in_body"
    RATE_LIMITED_OLD_CODE = "rate_limited_old_code"
    HTTP_500 = "http_500"
    HTTP_502_HTML = "http_502_html"
    NOT_JSON = "not_json"
    CUT_JSON = "cut_json"
    WRONG_TYPE = "wrong_type"
    EMPTY = "empty"
    SLOW = "slow"
    HANG = "hang"
    RESET = "reset"
    TRUNCATED = "truncated"


_REPLIES: Mapping[FaultKind, Reply] = {
    FaultKind.PLAN: envelopes.PLAN,
    FaultKind.INTERVAL: envelopes.INTERVAL,
    FaultKind.KEY_MISSING: envelopes.KEY_MISSING,
    FaultKind.KEY_INVALID: envelopes.KEY_INVALID,
    FaultKind.PARAMETER_MISSING: envelopes.parameter_missing("exchange_list"),
    FaultKind.PAIR_UNKNOWN: envelopes.PAIR_UNKNOWN,
    FaultKind.SERVER_ERROR: envelopes.SERVER_ERROR,
    FaultKind.NOT_FOUND: envelopes.NOT_FOUND,
    FaultKind.RATE_LIMITED: envelopes.RATE_LIMITED,
    FaultKind.RATE_LIMITED_IN_BODY: envelopes.RATE_LIMITED_IN_BODY,
    FaultKind.RATE_LIMITED_OLD_CODE: envelopes.RATE_LIMITED_OLD_CODE,
    FaultKind.HTTP_500: envelopes.failure("500", "Internal Server Error", 500),
    FaultKind.HTTP_502_HTML: Reply(502, b"<html><body>Bad Gateway</body></html>"),
    FaultKind.NOT_JSON: Reply(200, b"<html><body>Maintenance</body></html>"),
    FaultKind.EMPTY: Reply(200, b""),
}


@dataclass
class Fault:
    """`path` is one endpoint's or `*`; `times` None goes on until switched off; `seconds` is for SLOW and HANG."""

    kind: FaultKind
    path: str = "*"
    times: int | None = None
    seconds: float = 1.0
    retry_after: str | None = None

    def hits(self, path: str) -> bool:
        """Whether the fault is due; counts it down."""
        if self.path not in ("*", path) or self.times == 0:
            return False
        if self.times is not None:
            self.times -= 1
        return True

    async def reply(self, regular: Reply) -> Reply | None:
        """What to answer instead; None where the connection is to break."""
        match self.kind:
            case FaultKind.RESET | FaultKind.TRUNCATED:
                return None
            case FaultKind.SLOW | FaultKind.HANG:
                await asyncio.sleep(self.seconds)
                return regular
            case FaultKind.CUT_JSON:
                return Reply(200, regular.body[: len(regular.body) // 2])
            case FaultKind.WRONG_TYPE:
                return Reply(200, _with_wrong_type(regular.body))
            case kind:
                headers = {} if self.retry_after is None else {"retry-after": self.retry_after}
                return Reply(_REPLIES[kind].status, _REPLIES[kind].body, headers)


def _with_wrong_type(body: bytes) -> bytes:
    """The answer with its last figure turned into words."""
    answer = json.loads(body)
    _spoil(answer, "data")
    return json.dumps(answer).encode()


def _spoil(parent: Any, place: Any) -> None:  # noqa: ANN401  # JSON
    value = parent[place]
    if isinstance(value, dict) and value:
        _spoil(value, list(value)[-1])
    elif isinstance(value, list) and value:
        _spoil(value, len(value) - 1)
    else:
        parent[place] = {"spoilt": True}


class ConnectionKept:
    """ASGI around the sandbox that hands the connection itself on in the scope, for the faults that break it.

    uvicorn's `send` belongs to the cycle that holds the connection; other servers have none to give.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        cycle = getattr(send, "__self__", None)
        scope[_CONNECTION] = getattr(cycle, "transport", None)
        await self._app(scope, receive, send)


async def break_off(scope: Scope, send: Send, fault: Fault, body: bytes) -> None:
    """Ends the connection: at once and hard, or in the middle of a body whose length was announced."""
    transport = scope.get(_CONNECTION)  # asyncio's or uvloop's, which have no class in common
    if transport is None:
        raise TypeError("Only a sandbox on a real socket can break a connection.")
    if fault.kind is FaultKind.RESET:
        raw = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        return
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    transport.close()
