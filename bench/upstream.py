"""The upstream of all servers: the sandbox, made fast enough not to be the bottleneck.

Each answer is rendered once, by path and query string, at one frozen time, and cached as the bytes that are sent. The
quota that is announced cannot be spent. `GET /_bench/calls` counts the calls and the bytes of their bodies; `GET
/_bench/delay?ms=50` delays the answers from then on. `BENCH_FIGURES=market` are figures that differ from row to row;
`BENCH_LIMIT` is another quota.
"""

import asyncio
import json
import os
import sys
import threading
import time
from email.utils import formatdate
from typing import Any, NamedTuple, TypeAlias, cast

import uvloop
from starlette.types import Message

from cg_client.plans.plan_table import Plan
from sandbox.app import Sandbox, create_sandbox
from sandbox.figures import BY_NAME, SAMPLES
from sandbox.samples import sample

FLOWS = "/api/etf/bitcoin/flow-history"
DAYS = 500
_DAY = 86_400_000
_LIMIT = int(os.environ.get("BENCH_LIMIT", "100_000_000"))
_QUOTA = {b"api-key-max-limit": str(_LIMIT).encode(), b"api-key-use-limit": b"1"}
_END = b"\r\n\r\n"
_SWITCHES = b"/_bench/"

Header: TypeAlias = tuple[bytes, bytes]


class Sent(NamedTuple):
    """What the sandbox sends."""

    status: int
    headers: list[Header]
    body: bytes


class FastSandbox:
    def __init__(self) -> None:
        self._started = time.time()
        self._date = formatdate(self._started, usegmt=True).encode()
        figures = BY_NAME[os.environ.get("BENCH_FIGURES", SAMPLES.name)]
        sandbox = Sandbox(Plan.ENTERPRISE, quota=_LIMIT, figures=figures, now=lambda: self._started)
        self._sandbox = create_sandbox(sandbox)
        self.answers: dict[bytes, bytes] = {}  # by the target of the request
        self.calls = self.bytes = 0
        self.delay = 0.0

    async def answer(self, head: bytes) -> bytes:
        """Return the answer to a new request, which has a head only."""
        first, *lines = head.split(b"\r\n")
        target = first.split(b" ")[1]
        if target.startswith(_SWITCHES):
            return self._as_http(self._switch(target))
        answer = self.answers[target] = self._as_http(await self.sent(target, [_header(line) for line in lines]))
        return answer

    async def sent(self, target: bytes, headers: list[Header]) -> Sent:
        path, _, query = target.partition(b"?")
        scope = {"type": "http", "method": "GET", "path": path.decode(), "query_string": query, "headers": headers}
        messages: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            messages.append(message)

        await self._sandbox(scope, receive, send)
        start, *parts = messages
        body = b"".join(part.get("body", b"") for part in parts)
        if scope["path"] == FLOWS:
            body = json.dumps(_flows(round(self._started * 1000))).encode()
        headers = [(name, _QUOTA.get(name, value)) for name, value in start["headers"] if name != b"content-length"]
        return Sent(start["status"], headers, body)

    def _switch(self, target: bytes) -> Sent:
        if target.startswith(b"/_bench/delay?ms="):
            self.delay = int(target.rpartition(b"=")[2]) / 1000
        return Sent(200, [], json.dumps({"calls": self.calls, "bytes": self.bytes}).encode())

    def _as_http(self, sent: Sent) -> bytes:
        headers = [(b"date", self._date), (b"server", b"upstream"), (b"content-length", b"%d" % len(sent.body))]
        lines = [b"HTTP/1.1 %d Said" % sent.status, *(b": ".join(header) for header in [*headers, *sent.headers])]
        return b"\r\n".join(lines) + _END + sent.body


class UpstreamConnection(asyncio.Protocol):
    """Answers one request after the other; the servers do not pipeline."""

    def __init__(self, upstream: FastSandbox) -> None:
        self._upstream, self._head = upstream, b""
        self._rendering: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._head += data
        if not self._head.endswith(_END):
            return
        head, self._head = self._head[: -len(_END)], b""
        cached = self._upstream.answers.get(head[4 : head.find(b" ", 4)])  # behind GET
        if cached is None:
            self._rendering = asyncio.get_running_loop().create_task(self._render(head))
        else:
            self._answer(cached)

    async def _render(self, head: bytes) -> None:
        answer = await self._upstream.answer(head)
        if head.startswith(b"GET " + _SWITCHES):
            self._transport.write(answer)
        else:
            self._answer(answer)

    def _answer(self, answer: bytes) -> None:
        self._upstream.calls += 1
        self._upstream.bytes += len(answer) - answer.find(_END) - len(_END)
        if self._upstream.delay:
            asyncio.get_running_loop().call_later(self._upstream.delay, self._transport.write, answer)
        else:
            self._transport.write(answer)


def _header(line: bytes) -> Header:
    name, _, value = line.partition(b":")
    return name.lower(), value.strip()


def _flows(now: int) -> dict[str, Any]:
    """Return the documented days in turn, under consecutive dates up to today's."""
    documented = sample(FLOWS)
    rows, today = documented["data"], now - now % _DAY
    times = range(today - (DAYS - 1) * _DAY, today + 1, _DAY)
    return documented | {"data": [rows[n % len(rows)] | {"timestamp": day} for n, day in enumerate(times)]}


async def _serve() -> None:
    """Until its standard input ends, so that it cannot outlive the benchmark."""
    upstream, loop = FastSandbox(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: UpstreamConnection(upstream), "127.0.0.1", 0)
    sys.stderr.write(f"upstream serves at http://127.0.0.1:{server.sockets[0].getsockname()[1]}/\n")
    ended = loop.create_future()
    threading.Thread(target=_end_with_input, args=[loop, ended], daemon=True).start()
    await ended


def _end_with_input(loop: asyncio.AbstractEventLoop, ended: asyncio.Future[None]) -> None:
    sys.stdin.buffer.read()
    loop.call_soon_threadsafe(ended.set_result, None)


if __name__ == "__main__":
    uvloop.run(_serve())
