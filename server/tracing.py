"""OpenTelemetry: records spans, and sends them to a collector in the background. Imported only if traces are on.

The SDK reads `OTEL_EXPORTER_OTLP_*`, `OTEL_TRACES_SAMPLER`, `OTEL_BSP_*` and `OTEL_RESOURCE_ATTRIBUTES` itself.
"""

import asyncio
import contextlib
import os
import threading
from collections.abc import AsyncIterator, Hashable, Iterator, Mapping

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from cg_client.tracing import Attribute, Attributes
from cg_client.version import PROJECT, installed_version
from server.lifespan import Lifetime

_FLUSH_SECONDS = 5.0  # of shutdown, in which the last spans are sent
_NOBODY = otel_context.Context()


class OpenTelemetrySpan:
    """A span of the SDK, as the layers use it."""

    __slots__ = ("_context", "_span")

    def __init__(self, span: trace.Span, parent: otel_context.Context | None = None) -> None:
        self._span, self._context = span, trace.set_span_in_context(span, parent)

    def set_attribute(self, name: str, value: Attribute) -> None:
        self._span.set_attribute(name, value)

    def set_attributes(self, attributes: Attributes) -> None:
        self._span.set_attributes(attributes)

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def add_event(self, name: str, attributes: Attributes) -> None:
        self._span.add_event(name, attributes)

    def fail(self, kind: str, message: str) -> None:
        self._span.set_attribute("error.type", kind)
        self._span.set_status(trace.StatusCode.ERROR, message)

    def end(self) -> None:
        self._span.end()

    @property
    def trace_id(self) -> str:
        return trace.format_trace_id(self._span.get_span_context().trace_id)

    @contextlib.contextmanager
    def activate(self) -> Iterator[None]:
        token = otel_context.attach(self._context)
        try:
            yield
        finally:
            otel_context.detach(token)


class OpenTelemetryTracer:
    def __init__(self, provider: trace.TracerProvider) -> None:
        self._tracer = provider.get_tracer(PROJECT, installed_version() or "")
        self._propagator = TraceContextTextMapPropagator()

    def start(self, name: str, attributes: Attributes, *, is_request: bool = False) -> OpenTelemetrySpan:
        kind = trace.SpanKind.CLIENT if is_request else trace.SpanKind.INTERNAL
        return OpenTelemetrySpan(self._tracer.start_span(name, kind=kind, attributes=attributes))

    def start_operation(self, name: str, attributes: Attributes) -> OpenTelemetrySpan:
        """Start the span of what a client requests, as a child of the span that is current, if one is."""
        return OpenTelemetrySpan(self._tracer.start_span(name, kind=trace.SpanKind.SERVER, attributes=attributes))

    def current_span(self) -> OpenTelemetrySpan:
        """Return the current span; without one, a span that records nothing."""
        return OpenTelemetrySpan(trace.get_current_span())

    def current_id(self) -> Hashable:
        return trace.get_current_span().get_span_context().span_id

    @contextlib.contextmanager
    def continuing(self, carrier: Mapping[str, str]) -> Iterator[None]:
        """Continue the trace of `traceparent`, if it is a valid one, or begin a new one."""
        token = otel_context.attach(self._propagator.extract(carrier, _NOBODY))
        try:
            yield
        finally:
            otel_context.detach(token)


class Tracing:
    """The tracer of a process, with what has to be flushed at its end."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self.tracer = OpenTelemetryTracer(self._provider)

    def around(self, lifetime: Lifetime) -> Lifetime:
        """Send the last spans after the application has ended."""

        @contextlib.asynccontextmanager
        async def flushed() -> AsyncIterator[None]:
            try:
                async with lifetime():
                    yield
            finally:
                await self._close()

        return flushed

    async def _close(self) -> None:
        """Send what is left, but do not wait longer for a slow collector. The thread ends with the process."""
        closed, loop = asyncio.Event(), asyncio.get_running_loop()

        def close() -> None:
            self._provider.shutdown()
            with contextlib.suppress(RuntimeError):  # the loop has ended first
                loop.call_soon_threadsafe(closed.set)

        threading.Thread(target=close, daemon=True).start()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(closed.wait(), _FLUSH_SECONDS)


def start_tracing() -> Tracing:
    """Trace to the collector that the variables of OpenTelemetry name."""
    return Tracing(OTLPSpanExporter())


def _resource() -> Resource:
    """Describe this process; the variables of OpenTelemetry have precedence."""
    ours = Resource({"service.name": PROJECT, "service.version": installed_version() or "", "process.pid": os.getpid()})
    return Resource.create().merge(ours).merge(OTELResourceDetector().detect())
