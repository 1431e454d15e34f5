"""Spans of calls and of the HTTP requests that they send, for whatever records traces.

Without a tracer none of these layers exists.
"""

import contextlib
from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import Protocol, TypeAlias, TypeVar

import httpx

from cg_client.call import Call, Send
from cg_client.errors import CoinglassError
from cg_client.failures import kind_of
from cg_client.quota.requester import Priority, Requester
from cg_client.transport import UpstreamResponse

T = TypeVar("T")

Attribute: TypeAlias = str | int
Attributes: TypeAlias = Mapping[str, Attribute]
SendRequest: TypeAlias = Callable[[Call, float], Awaitable[UpstreamResponse]]

_ERROR_TYPE = "error.type"
_LEAST_ERROR = 400  # the lowest status that means a failure


class Span(Protocol):
    """A part of an operation, with its start and end."""

    def set_attribute(self, name: str, value: Attribute) -> None: ...
    def add_event(self, name: str, attributes: Attributes) -> None: ...
    def fail(self, kind: str, message: str) -> None: ...
    def end(self) -> None: ...
    def activate(self) -> AbstractContextManager[None]:
        """Make it the parent of the spans that are started within, and by tasks that are started within."""
        ...


class Tracer(Protocol):
    def start(self, name: str, attributes: Attributes, *, is_request: bool = False) -> Span:
        """Start a child of the current span. `is_request`: it is a request to another service."""
        ...

    def current_id(self) -> Hashable:
        """Return what identifies the current span."""
        ...


@contextlib.contextmanager
def within(span: Span) -> Iterator[None]:
    """Make the span current, and end it; an exception that passes is its failure."""
    try:
        with span.activate():
            yield
    except CoinglassError as error:
        span.fail(kind_of(error).value, str(error))
        raise
    except BaseException as error:
        span.fail(type(error).__name__, "")
        raise
    finally:
        span.end()


class _CallTrace:
    """The span of a call, and how many attempts were started."""

    __slots__ = ("attempts", "span")

    def __init__(self, span: Span) -> None:
        self.span, self.attempts = span, 0


_current: ContextVar[_CallTrace | None] = ContextVar("call_trace", default=None)


class CallSpans:
    """The layers that record calls. A call has one span, with an event for each attempt that failed.

    Each HTTP request has a span below it. Neither has parameters, which may name a caller's wallets.
    """

    def __init__(self, tracer: Tracer, base_url: str) -> None:
        url = httpx.URL(base_url)
        port = url.port or (443 if url.scheme == "https" else 80)
        self._tracer = tracer
        self._server: Attributes = {"server.address": url.host, "server.port": port}

    def calls(self, fetch: Send[T]) -> Send[T]:
        async def traced(call: Call, deadline: float, requester: Requester) -> T:
            path, is_refresh = call.endpoint.path, requester.priority is Priority.REFRESH
            attributes = {"coinglass.endpoint": path, "coinglass.group": call.endpoint.group}
            span = self._tracer.start(f"call {path}", {**attributes, "coinglass.refresh": is_refresh})
            trace = _CallTrace(span)
            token = _current.set(trace)
            try:
                with within(span):
                    return await fetch(call, deadline, requester)
            finally:
                _current.reset(token)

        return traced

    def attempts(self, attempt: Send[T]) -> Send[T]:
        async def traced(call: Call, deadline: float, requester: Requester) -> T:
            trace = _current.get()
            if trace is None:
                return await attempt(call, deadline, requester)
            trace.attempts += 1
            trace.span.set_attribute("coinglass.attempts", trace.attempts)
            try:
                return await attempt(call, deadline, requester)
            except CoinglassError as error:
                facts = {_ERROR_TYPE: kind_of(error).value, "exception.type": type(error).__name__}
                trace.span.add_event("attempt failed", {**facts, "exception.message": str(error)})
                raise

        return traced

    def requests(self, send: SendRequest) -> SendRequest:
        async def traced(call: Call, deadline: float) -> UpstreamResponse:
            trace = _current.get()
            attributes = {"http.request.method": "GET", "url.path": call.path, "url.template": call.path}
            span = self._tracer.start(f"GET {call.path}", {**attributes, **self._server}, is_request=True)
            if trace is not None and trace.attempts > 1:
                span.set_attribute("http.request.resend_count", trace.attempts - 1)
            try:
                response = await send(call, deadline)
            except BaseException as error:
                span.fail(_transport_failure(error), str(error))
                raise
            else:
                span.set_attribute("http.response.status_code", response.status)
                if response.status >= _LEAST_ERROR:
                    span.fail(str(response.status), "")
                return response
            finally:
                span.end()

        return traced


def _transport_failure(error: BaseException) -> str:
    """Return the kind of failure, or the class of what is none, such as a cancellation."""
    return kind_of(error).value if isinstance(error, CoinglassError) else type(error).__name__
