"""The upstream of all servers: the sandbox, made fast enough that it never is what is measured.

Each answer is rendered once, by path and query string, at one frozen time. The quota that is announced cannot be
spent. `GET /_bench/calls` counts the calls; `GET /_bench/delay?ms=50` delays the answers from then on.
"""

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from cg_client.plans import Plan
from sandbox.app import Sandbox, create_sandbox
from sandbox.samples import sample

FLOWS = "/api/etf/bitcoin/flow-history"
DAYS = 500
_DAY = 86_400_000
_LIMIT = 100_000_000
_QUOTA = {b"api-key-max-limit": str(_LIMIT).encode(), b"api-key-use-limit": b"1"}


@dataclass
class Sent:
    """What an application sent."""

    start: Message = field(default_factory=dict)
    body: bytes = b""

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = dict(message)
        else:
            self.body += message.get("body", b"")


class Upstream:
    def __init__(self) -> None:
        self._started = time.time()
        self._sandbox = create_sandbox(Sandbox(Plan.ENTERPRISE, quota=_LIMIT, now=lambda: self._started))
        self._kept: dict[tuple[str, bytes], Sent] = {}
        self._calls = 0
        self._delay = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise NotImplementedError  # uvicorn goes on without a lifespan
        path, query = scope["path"], scope["query_string"]
        if path.startswith("/_bench/"):
            await _send(self._switch(path, query), send)
            return
        self._calls += 1
        if self._delay:
            await asyncio.sleep(self._delay)
        sent = self._kept.get((path, query))
        if sent is None:
            sent = self._kept[path, query] = await self._rendered(scope, receive)
        await _send(sent, send)

    def _switch(self, path: str, query: bytes) -> Sent:
        if path == "/_bench/delay":
            self._delay = int(query.removeprefix(b"ms=")) / 1000
        return _json({"calls": self._calls})

    async def _rendered(self, scope: Scope, receive: Receive) -> Sent:
        sent = Sent()
        await self._sandbox(scope, receive, sent.take)
        if scope["path"] == FLOWS:
            sent = _json(_flows(round(self._started * 1000)), sent.start["headers"])
        sent.start["headers"] = [(name, _QUOTA.get(name, value)) for name, value in sent.start["headers"]]
        return sent


def _flows(now: int) -> dict[str, Any]:
    """The documented days in turn, under consecutive dates up to today's."""
    documented = sample(FLOWS)
    rows, today = documented["data"], now - now % _DAY
    times = range(today - (DAYS - 1) * _DAY, today + 1, _DAY)
    return documented | {"data": [rows[n % len(rows)] | {"timestamp": day} for n, day in enumerate(times)]}


def _json(value: dict[str, Any], headers: list[tuple[bytes, bytes]] | None = None) -> Sent:
    body = json.dumps(value).encode()
    others = [one for one in headers or [(b"content-type", b"application/json")] if one[0] != b"content-length"]
    start = {"type": "http.response.start", "status": 200, "headers": [*others, (b"content-length", b"%d" % len(body))]}
    return Sent(start, body)


async def _send(sent: Sent, send: Send) -> None:
    await send(sent.start)
    await send({"type": "http.response.body", "body": sent.body})


app = Upstream()
