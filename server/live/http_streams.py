"""Results over HTTP in one response each: the one of a query, or those of a subscription as they come."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from typing import Final

import orjson
from strawberry.types import ExecutionResult

from server.client_pool import KeyUpstream
from server.http import ALLOW, DryRun, Request, Response
from server.live.result_stream import ResultStream
from server.live.stream_formats import FORMATS, StreamFormat
from server.live.subscribers import Subscribers
from server.negotiation import requested_format, stream_type
from server.operation_runner import OperationRunner
from server.operations import OperationRefused, OperationRequest
from server.traffic import Traffic

_BLOCK: Final = 64 * 1024  # bytes that are sent before the client must have read some


async def one_result(result: Callable[[], Awaitable[bytes]], form: StreamFormat) -> AsyncGenerator[bytes, None]:
    """Yield the result of a query, and heartbeats until it is there."""
    task = asyncio.ensure_future(result())
    try:
        if form.opening:
            yield form.opening
        while not (await asyncio.wait((task,), timeout=form.heartbeat_seconds))[0]:
            yield form.heartbeat
        yield form.result(task.result()) + form.terminator
    finally:
        task.cancel()


class HTTPSubscriptions:
    """Answers a subscription in the format that the client takes."""

    def __init__(self, runner: OperationRunner, traffic: Traffic) -> None:
        self._runner, self._traffic = runner, traffic

    async def respond(self, request: Request, operation: OperationRequest) -> Response | None:
        """Return None for what is no subscription, or from a client that takes none. Raises OperationRefused."""
        kind = None if requested_format(request.query_string) else stream_type(request.headers.get(b"accept"))
        if kind is None or not await self._runner.is_subscription(operation):
            return None
        if request.method == "HEAD":
            raise OperationRefused(405, "A subscription is begun by POST or GET.", ALLOW)
        if request.dry_run is DryRun.ON:
            raise OperationRefused(400, "X-Dry-Run is for queries: a subscription has no result to estimate.")
        form, upstream = FORMATS[kind], request.upstream or self._runner.upstream
        stream = upstream.while_streaming(self._stream(request, operation, form, upstream))
        return Response(200, b"", [*form.headers], stream=stream)

    async def _stream(
        self, request: Request, operation: OperationRequest, form: StreamFormat, upstream: KeyUpstream
    ) -> AsyncGenerator[bytes, None]:
        """Begin the subscription and yield what is sent. A refusal is its one result."""
        with self._runner.operation(request, upstream) as (context, _):
            request.operations.append(context.record)
            source = await self._runner.subscribe(request.caller, operation, context, upstream)
        if isinstance(source, ExecutionResult):
            errors = [error.formatted for error in source.errors or ()]
            self._traffic.refused[errors[0].get("extensions", {}).get("code", "INTERNAL_SERVER_ERROR"), "200"] += 1
            yield form.opening + form.result(orjson.dumps({"errors": errors})) + form.terminator
            return
        subscription = HTTPSubscription(request, source, form, self._runner.subscribers)
        async with contextlib.aclosing(subscription.parts()) as parts:
            async for part in parts:
                yield part


class HTTPSubscription:
    """Takes nothing while the client does not read: sending waits for it, and the source keeps the position."""

    def __init__(self, opening: Request, source: ResultStream, form: StreamFormat, subscribers: Subscribers) -> None:
        self.opening, self.caller = opening, opening.caller.name
        self._source, self._form, self._subscribers = source, form, subscribers
        self._change = asyncio.Event()
        self._last: bytes | None = None

    async def parts(self) -> AsyncGenerator[bytes, None]:
        """Yield what is sent, until the source or the client ends; to be iterated once, and closed."""
        source, form = self._source, self._form
        self._subscribers.add(self)
        try:
            if form.opening:
                yield form.opening
            source.attach(self._change.set)
            while self._last is None:
                self._change.clear()
                bodies, is_last = source.take(), source.is_ended  # before others run
                for block in _blocks(map(form.result, bodies)):
                    yield block
                if is_last:
                    yield form.terminator
                    return
                if not bodies and not await self._has_changed():
                    yield form.heartbeat
            yield self._last
        finally:
            source.close()
            self._subscribers.remove(self)

    async def _has_changed(self) -> bool:
        """Wait for something to send, but not for longer than a heartbeat takes."""
        try:
            async with asyncio.timeout(self._form.heartbeat_seconds):
                return await self._change.wait()
        except TimeoutError:
            return False

    def interrupt(self) -> None:
        self._end(self._form.interruption)

    def expire(self, reason: str) -> None:
        self._end(self._form.failure(reason, "UNAUTHENTICATED"))

    def _end(self, last: bytes) -> None:
        if self._last is None:
            self._last = last
            self._change.set()


def _blocks(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Join parts into blocks, each of which is larger than the limit by at most one part."""
    block: list[bytes] = []
    size = 0
    for part in parts:
        block.append(part)
        size += len(part)
        if size >= _BLOCK:
            yield b"".join(block)
            block, size = [], 0
    if block:
        yield b"".join(block)
