"""Spans as tests read them: of the in-memory exporter, or as a collector gets them by OTLP over HTTP."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.responses import Response as StarletteResponse
from starlette.routing import Route


@dataclass(frozen=True)
class RecordedSpan:
    name: str
    kind: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, Any]
    events: tuple[dict[str, Any], ...]
    failed: bool
    message: str

    @property
    def error(self) -> object:
        return self.attributes.get("error.type")


def of_sdk(span: ReadableSpan) -> RecordedSpan:
    assert span.context is not None
    return RecordedSpan(
        span.name,
        span.kind.name,
        f"{span.context.trace_id:032x}",
        f"{span.context.span_id:016x}",
        f"{span.parent.span_id:016x}" if span.parent else "",
        dict(span.attributes or {}),
        tuple(dict(event.attributes or {}) for event in span.events),
        span.status.status_code.name == "ERROR",
        span.status.description or "",
    )


def values(attributes: Iterable[Any]) -> dict[str, Any]:
    """Return the attributes of the protocol by name."""
    return {
        attribute.key: getattr(attribute.value, attribute.value.WhichOneof("value"))
        for attribute in attributes
        if attribute.value.WhichOneof("value") != "array_value"
    }


def decoded(body: bytes) -> list[tuple[dict[str, Any], RecordedSpan]]:
    """Return the spans of an export, each with the attributes of its process."""
    export = ExportTraceServiceRequest.FromString(body)
    return [
        (
            values(group.resource.attributes),
            RecordedSpan(
                span.name,
                span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
                span.trace_id.hex(),
                span.span_id.hex(),
                span.parent_span_id.hex(),
                values(span.attributes),
                tuple(values(event.attributes) for event in span.events),
                span.status.code == span.status.STATUS_CODE_ERROR,
                span.status.message,
            ),
        )
        for group in export.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    ]


@dataclass
class SpanCollector:
    """A collector that stores what it gets. `status`: what it answers."""

    status: int = 200
    spans: list[RecordedSpan] = field(default_factory=list)
    resources: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    async def accept(self, request: StarletteRequest) -> StarletteResponse:
        self.headers.append(dict(request.headers))
        for resource, span in decoded(await request.body()):
            self.resources.append(resource)
            self.spans.append(span)
        return StarletteResponse(b"", self.status, media_type="application/x-protobuf")

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/v1/traces", self.accept, methods=["POST"])])


def below(parent: RecordedSpan, spans: Sequence[RecordedSpan]) -> list[RecordedSpan]:
    """Return the children of a span."""
    return [span for span in spans if span.trace == parent.trace and span.parent == parent.id]
