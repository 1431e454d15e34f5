"""Records each operation as one span, over HTTP and over WebSocket, as a part of the trace that its client began."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Final, Protocol

from structlog.contextvars import bound_contextvars

from cg_client.tracing import Attribute, Attributes
from resolvers.operation_record import OperationRecord
from server.bounded_names import BoundedNames
from server.http import ClientLeft, Handler, Request, Response
from server.paths import GRAPHQL

TRACE_HEADERS: Final = ("traceparent", "tracestate")
_ENCODED_HEADERS: Final = tuple((name, name.encode()) for name in TRACE_HEADERS)
_METHODS: Final = ("GET", "POST")
_MAX_NAMES: Final = 200  # of operations that are in the names of spans, which tools list; clients choose them
_SERVER_ERROR: Final = 500
_UNNAMED: Final = "GraphQL Operation"
_INTERNAL: Final = "INTERNAL_SERVER_ERROR"


class ServerSpan(Protocol):
    @property
    def trace_id(self) -> str: ...
    def set_attribute(self, name: str, value: Attribute) -> None: ...
    def set_attributes(self, attributes: Attributes) -> None: ...
    def rename(self, name: str) -> None: ...
    def fail(self, kind: str, message: str) -> None: ...
    def end(self) -> None: ...
    def activate(self) -> AbstractContextManager[None]: ...


class ServerTracer(Protocol):
    def start(self, name: str, attributes: Attributes) -> ServerSpan: ...
    def start_operation(self, name: str, attributes: Attributes) -> ServerSpan: ...
    def continuing(self, carrier: Mapping[str, str]) -> AbstractContextManager[None]: ...
    def current_span(self) -> ServerSpan: ...


def over_http(spans: "OperationSpans | None", handle: Handler) -> Handler:
    """Return the layer around all that answer operations over HTTP; without traces there is none."""
    if spans is None:
        return handle

    async def traced(request: Request) -> Response:
        return await spans.respond(request, handle)

    return traced


class OperationSpans:
    """Starts the span of an operation, and describes its outcome.

    The first `_MAX_NAMES` names of operations are in the names of their spans; the attribute has every name.
    """

    def __init__(self, tracer: ServerTracer) -> None:
        self._tracer = tracer
        self._names = BoundedNames(_MAX_NAMES)

    async def respond(self, request: Request, handle: Handler) -> Response:
        """Respond within a span, if the request is for GraphQL."""
        if request.path != GRAPHQL or request.method not in _METHODS:
            return await handle(request)
        attributes: Attributes = {"http.request.method": request.method, "url.path": request.path}
        with self._tracer.continuing(_carrier(request)):
            span = self._tracer.start_operation(f"{request.method} {request.path}", attributes)
        request.trace_id = span.trace_id
        try:
            with span.activate(), bound_contextvars(trace_id=span.trace_id):
                response = await handle(request)
        except BaseException as error:
            span.fail("client_left" if isinstance(error, ClientLeft) else type(error).__name__, "")
            span.set_attributes(_identity(request))
            span.end()
            raise
        self._describe(span, request, response)
        if response.stream is None:
            span.end()
        else:
            response.stream = _streamed(span, response.stream)
        return response

    def _describe(self, span: ServerSpan, request: Request, response: Response) -> None:
        """Set all attributes at once, which takes a third of the time that each by itself does."""
        facts = _identity(request)
        facts["http.response.status_code"] = response.status
        facts["coinglass.answered_by"] = response.answered_by
        if len(response.operations) == 1 and response.stream is None:
            facts |= self._operation(span, response.operations[0])
        if response.upstream_calls is not None:
            facts["coinglass.upstream_calls"] = response.upstream_calls
        span.set_attributes(facts)
        if response.status >= _SERVER_ERROR:
            span.fail(response.code or str(response.status), "")
        elif response.code is not None:
            _refuse(span, response.code)

    def _operation(self, span: ServerSpan, operation: OperationRecord) -> dict[str, Attribute]:
        """Name the span, and return its attributes."""
        name, kind = operation.name, operation.type
        facts: dict[str, Attribute] = {}
        if operation.document is not None:
            facts["coinglass.document.sha256"] = operation.document
        if kind is None:
            return facts
        facts["graphql.operation.type"] = kind
        if name:
            facts["graphql.operation.name"] = name
            if self._names.add(name):
                kind = f"{kind} {name}"
        span.rename(kind)
        return facts

    def refuse(self, code: str) -> None:
        """Set the refusal code on the current span, if there is one."""
        _refuse(self._tracer.current_span(), code)

    def continuing(self, message: Mapping[str, object], opening: Request) -> AbstractContextManager[None]:
        """Continue the trace of a `subscribe` message's extensions, or that of its connection."""
        extensions = message.get("extensions")
        stated = extensions if isinstance(extensions, Mapping) else {}
        carrier = {name: text for name in TRACE_HEADERS if isinstance(text := stated.get(name), str)}
        return self._tracer.continuing(carrier or _carrier(opening))

    def over_socket(self, opening: Request) -> AbstractContextManager["OperationSpan"]:
        """Record an operation over WebSocket, in the trace that `continuing` has found."""
        return self._described(self._tracer.start_operation(_UNNAMED, {"url.path": opening.path}), opening)

    def part(self, request: Request) -> AbstractContextManager["OperationSpan"]:
        """Record an operation below the span of its request, which has several or answers in a stream."""
        return self._described(self._tracer.start(_UNNAMED, {}), request)

    @contextlib.contextmanager
    def _described(self, span: ServerSpan, request: Request) -> Iterator["OperationSpan"]:
        outcome = OperationSpan(span.trace_id)
        try:
            with span.activate(), bound_contextvars(trace_id=span.trace_id):
                yield outcome
        except BaseException as error:
            span.fail("client_left" if isinstance(error, asyncio.CancelledError) else type(error).__name__, "")
            raise
        finally:
            facts = _identity(request)
            if outcome.record is not None:
                facts["coinglass.upstream_calls"] = outcome.record.upstream_calls
                facts |= self._operation(span, outcome.record)
            span.set_attributes(facts)
            if outcome.code is not None:
                _refuse(span, outcome.code)
            span.end()


class OperationSpan:
    """What becomes known of an operation until its span ends."""

    __slots__ = ("code", "record", "trace_id")

    def __init__(self, trace_id: str) -> None:
        self.trace_id = trace_id
        self.record: OperationRecord | None = None
        self.code: str | None = None


def _refuse(span: ServerSpan, code: str) -> None:
    """Note the code of an operation that was refused, which is no failure of this server."""
    if code == _INTERNAL:
        span.fail(code, "")
    else:
        span.set_attribute("error.type", code)


def _identity(request: Request) -> dict[str, Attribute]:
    """Return whose request it is, which is known once the credentials were verified."""
    return {
        "client.address": request.client_address,
        "enduser.id": request.caller.name,
        "coinglass.request_id": request.request_id,
    }


def _carrier(request: Request) -> Mapping[str, str]:
    headers = request.headers
    return {name: headers[raw].decode("latin-1") for name, raw in _ENCODED_HEADERS if raw in headers}


async def _streamed(span: ServerSpan, stream: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """Pass the parts on, each produced within the span, which ends with the stream."""
    try:
        async with contextlib.aclosing(stream):
            while True:
                with span.activate():
                    part = await anext(stream, None)
                if part is None:
                    return
                yield part
    finally:
        span.end()
