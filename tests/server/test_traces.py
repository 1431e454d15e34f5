"""Spans of operations, batches, calls and requests, as the SDK records them."""

import asyncio
import hashlib
import json
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.requests import Request
from starlette.types import Receive, Scope, Send
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs
from websockets.asyncio.client import connect

from cg_client.plans.plan_table import Plan
from cg_client.secret import Secret
from sandbox.app import KEY, Sandbox
from sandbox.envelopes import SandboxReply, failure
from sandbox.faults import FaultKind
from server import operation_spans, tracing
from server.log import request_lines
from server.observation import Observation
from server.tracing import Tracing
from tests.collector import RecordedSpan, below, of_sdk
from tests.conftest import Graph, StartGraph
from tests.running import watching
from tests.test_websocket import PROTOCOL, address, send

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAMPLED = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
PRICE_PATH = "/api/futures/price/history"
FUNDING_PATH = "/api/futures/funding-rate/history"
QUERY = """query Markets { pair(exchange: "Binance", symbol: "BTCUSDT") {
  price(interval: H1, last: 20) { ... on PriceSeries { candles { close } } ... on Problem { code } }
  fundingRate(interval: H8, last: 2) { ... on FundingSeries { candles { close } } ... on Problem { code } } } }"""
RATES = """query Rates { a: coin(symbol: "BTC") { currentFundingRates { __typename } }
  b: coin(symbol: "ETH") { currentFundingRates { __typename } } }"""


class Traced:
    """A running server and the spans that it has recorded."""

    def __init__(self, start: StartGraph, patch: pytest.MonkeyPatch) -> None:
        self.exporter = InMemorySpanExporter()
        self.tracing = Tracing(self.exporter)
        patch.setattr(tracing, "start_tracing", lambda: self.tracing)
        self.graph: Graph = start(Plan.PROFESSIONAL, traces=True)

    def post(self, query: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        response = self.graph.http.post("/graphql", json={"query": query}, headers=headers)
        answer: dict[str, Any] = response.json()
        return answer

    @property
    def spans(self) -> list[RecordedSpan]:
        """All spans that have ended, in the order of their ends."""
        self.tracing._provider.force_flush()
        return list(map(of_sdk, self.exporter.get_finished_spans()))

    def named(self, matches: Callable[[RecordedSpan], bool]) -> list[RecordedSpan]:
        return [span for span in self.spans if matches(span)]

    @property
    def operations(self) -> list[RecordedSpan]:
        return self.named(lambda span: span.kind == "SERVER")

    @property
    def batches(self) -> list[RecordedSpan]:
        return self.named(lambda span: span.name == "batch")

    def calls(self, path: str) -> list[RecordedSpan]:
        return self.named(lambda span: span.name == f"call {path}")

    @property
    def requests(self) -> list[RecordedSpan]:
        return self.named(lambda span: span.kind == "CLIENT")


@pytest.fixture
def traced(start_graph: StartGraph, monkeypatch: pytest.MonkeyPatch) -> Traced:
    return Traced(start_graph, monkeypatch)


def test_an_operation_has_its_batches_calls_and_requests_below_it(traced: Traced) -> None:
    traced.post(QUERY)
    (operation,) = traced.operations
    assert operation.name == "query Markets"
    assert (
        operation.attributes.items()
        >= {
            "graphql.operation.type": "query",
            "graphql.operation.name": "Markets",
            "coinglass.document.sha256": hashlib.sha256(QUERY.encode()).hexdigest(),
            "http.request.method": "POST",
            "url.path": "/graphql",
            "http.response.status_code": 200,
            "coinglass.upstream_calls": 3,
        }.items()
    )
    (batch,) = traced.batches
    assert batch.parent == operation.id
    assert (batch.attributes["coinglass.batch.kind"], batch.attributes["coinglass.batch.size"]) == ("windows", 2)
    assert {span.name for span in below(batch, traced.spans)} == {f"call {PRICE_PATH}", f"call {FUNDING_PATH}"}
    (call,) = traced.calls(PRICE_PATH)
    assert call.attributes["coinglass.attempts"] == 1
    (request,) = below(call, traced.spans)
    assert (request.name, request.kind) == (f"GET {PRICE_PATH}", "CLIENT")
    assert request.attributes.items() >= {"http.response.status_code": 200, "server.address": "127.0.0.1"}.items()
    assert len(traced.requests) == traced.graph.sandbox.calls.total() == 3
    assert {span.trace for span in traced.spans} == {operation.trace}


def test_what_a_loader_fetches_together_is_a_batch(traced: Traced) -> None:
    assert "errors" not in traced.post(RATES)
    (operation,) = traced.operations
    assert operation.name == "query Rates"
    (batch,) = traced.batches
    assert (batch.attributes["coinglass.batch.kind"], batch.parent) == ("keys", operation.id)
    assert [span.name for span in below(batch, traced.spans)] == ["call /api/futures/funding-rate/exchange-list"]


def test_a_cached_response_has_a_span_of_the_same_name_and_nothing_below_it(traced: Traced) -> None:
    for _ in range(2):
        traced.post(QUERY)
    first, second = traced.operations
    assert (second.name, second.attributes["coinglass.answered_by"]) == ("query Markets", "cache")
    assert second.attributes["coinglass.upstream_calls"] == 0
    assert first.attributes["coinglass.answered_by"] == "execution"
    assert below(second, traced.spans) == []


def test_the_trace_of_the_client_is_continued(traced: Traced) -> None:
    traced.post(QUERY, SAMPLED)
    (operation,) = traced.operations
    assert (operation.trace, operation.parent) == (TRACE, PARENT)
    assert {span.trace for span in traced.spans} == {TRACE}


@pytest.mark.parametrize("value", ["", "00-0-0-00", "x" * 4000, f"00-{'0' * 32}-{PARENT}-01", "\xff"])
def test_a_malformed_traceparent_begins_a_new_trace(traced: Traced, value: str) -> None:
    traced.graph.http.post("/graphql", json={"query": QUERY}, headers=[(b"traceparent", value.encode("latin-1"))])
    (operation,) = traced.operations
    assert (operation.parent, operation.trace != TRACE) == ("", True)


def test_nothing_is_recorded_if_the_client_does_not_sample(traced: Traced) -> None:
    traced.post(QUERY, {"traceparent": f"00-{TRACE}-{PARENT}-00"})
    assert traced.spans == []


def test_operations_of_equal_windows_have_a_batch_each_and_share_the_calls(traced: Traced) -> None:
    async def both() -> None:
        socket_address = address(traced.graph)
        async with connect(socket_address, subprotocols=[PROTOCOL], proxy=None) as socket:
            await send(socket, {"type": "connection_init"})
            await socket.recv()
            texts = QUERY, QUERY.replace("Markets", "Others")
            messages = [
                {"type": "subscribe", "id": str(index), "payload": {"query": text}} for index, text in enumerate(texts)
            ]
            await send(socket, *messages)
            for _ in range(4):
                await socket.recv()

    asyncio.run(both())
    operations = {span.id for span in traced.operations}
    assert {span.parent for span in traced.batches} == operations
    assert len(traced.calls(PRICE_PATH)) == len(traced.calls(FUNDING_PATH)) == 1


@pytest.mark.parametrize("part", ["extensions", "connection_init"])
async def test_the_trace_is_continued_over_websocket(traced: Traced, part: str) -> None:
    init = {"payload": SAMPLED} if part == "connection_init" else {}
    payload = {"extensions": SAMPLED} if part == "extensions" else {}
    async with connect(address(traced.graph), subprotocols=[PROTOCOL], proxy=None) as socket:
        await send(socket, {"type": "connection_init", **init})
        await socket.recv()
        await send(socket, {"type": "subscribe", "id": "1", "payload": {"query": QUERY, **payload}})
        assert json.loads(await socket.recv())["type"] == "next"
        await socket.recv()
    (operation,) = traced.operations
    assert (operation.name, operation.trace, operation.parent) == ("query Markets", TRACE, PARENT)
    assert operation.attributes["coinglass.upstream_calls"] == 3


async def test_the_line_of_an_operation_over_websocket_has_the_id_of_its_trace(
    traced: Traced, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[dict[str, Any]] = []
    monkeypatch.setattr(request_lines, "info", lambda event, facts: lines.append({"event": event, **facts}))
    with watching((Observation, "operation_ended")) as until:
        async with connect(address(traced.graph), subprotocols=[PROTOCOL], proxy=None) as socket:
            await send(socket, {"type": "connection_init"})
            await socket.recv()
            payload = {"query": "{ __typename }", "extensions": SAMPLED}
            await send(socket, {"type": "subscribe", "id": "1", "payload": payload})
            await socket.recv()
            await socket.recv()
        await asyncio.to_thread(until, lambda: bool(lines))
    assert [(line["event"], line["trace_id"]) for line in lines] == [("websocket operation", TRACE)]


def test_a_refused_operation_has_its_code(traced: Traced) -> None:
    traced.post("{ nothing }")
    (operation,) = traced.operations
    assert (operation.name, operation.error, operation.failed) == ("POST /graphql", "GRAPHQL_VALIDATION_FAILED", False)


def test_each_operation_of_a_batch_has_a_span_below_that_of_the_request(
    start_graph: StartGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    traced = Traced(lambda plan, **settings: start_graph(plan, max_batch=2, **settings), monkeypatch)
    queries = [{"query": QUERY}, {"query": QUERY.replace("Markets", "Others")}]
    traced.graph.http.post("/graphql", json=queries)
    (request,) = traced.operations
    assert (request.name, request.attributes["coinglass.upstream_calls"]) == ("POST /graphql", 3)
    parts = below(request, traced.spans)
    assert {span.name for span in parts} == {"query Markets", "query Others"}
    assert {span.parent for span in traced.batches} == {span.id for span in parts}


def test_an_operation_that_is_answered_by_events_has_a_span_below_that_of_the_request(traced: Traced) -> None:
    response = traced.graph.http.post("/graphql", json={"query": QUERY}, headers={"accept": "text/event-stream"})
    assert "event: complete" in response.text
    (request,) = traced.operations
    (part,) = below(request, traced.spans)
    assert (part.name, part.attributes["coinglass.upstream_calls"]) == ("query Markets", 3)
    assert {span.parent for span in traced.batches} == {part.id}


@pytest.fixture
def two_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operation_spans, "_MAX_NAMES", 2)


@pytest.mark.usefixtures("two_names")  # before the server starts
def test_names_of_spans_are_bounded(traced: Traced) -> None:
    for name in ("A", "B", "C", "A"):
        traced.post(f"query {name} {{ __typename }}")
    assert [span.name for span in traced.operations] == ["query A", "query B", "query", "query A"]
    assert [span.attributes["graphql.operation.name"] for span in traced.operations] == ["A", "B", "C", "A"]


# The kind of failure of the call, that of each request, its status, and the attempts.
FAILURES: list[tuple[FaultKind, str, object, int | None, int]] = [
    (FaultKind.RESET, "connection_lost", "connection_lost", None, 3),
    (FaultKind.HTTP_500, "http_error", "500", 500, 3),
    (FaultKind.RATE_LIMITED, "rate_limited", "429", 429, 1),
    (FaultKind.RATE_LIMITED_IN_BODY, "rate_limited", None, 200, 1),
    (FaultKind.NOT_JSON, "malformed_body", None, 200, 3),
    (FaultKind.WRONG_SHAPE, "bad_payload", None, 200, 1),
    (FaultKind.PLAN, "plan_refused", None, 200, 1),
]


@pytest.mark.parametrize(("fault", "kind", "of_request", "status", "attempts"), FAILURES)
def test_each_failure_is_in_the_spans_of_its_call(
    traced: Traced, fault: FaultKind, kind: str, of_request: object, status: int | None, attempts: int
) -> None:
    traced.graph.fail(fault, FUNDING_PATH)
    traced.post(QUERY)
    (call,) = traced.calls(FUNDING_PATH)
    assert (call.error, call.failed, call.attributes["coinglass.attempts"]) == (kind, True, attempts)
    assert [event["error.type"] for event in call.events] == [kind] * attempts
    requests = [span for span in below(call, traced.spans) if span.kind == "CLIENT"]
    assert [span.error for span in requests] == [of_request] * attempts
    assert [span.attributes.get("http.response.status_code") for span in requests] == [status] * attempts
    assert [span.attributes.get("http.request.resend_count") for span in requests] == [None, 1, 2][:attempts]
    assert not traced.operations[0].failed


def test_a_timeout_is_in_the_spans_of_its_call(start_graph: StartGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    traced = Traced(lambda plan, **settings: start_graph(plan, read_seconds=0.1, **settings), monkeypatch)
    traced.graph.fail(FaultKind.HANG, FUNDING_PATH, seconds=60)
    traced.post(QUERY)
    (call,) = traced.calls(FUNDING_PATH)
    assert call.error == "timeout"
    assert {span.error for span in below(call, traced.spans)} == {"timeout"}


def test_an_open_circuit_is_in_the_span_of_a_call_without_requests(traced: Traced) -> None:
    traced.graph.fail(FaultKind.HTTP_500, FUNDING_PATH)
    for last in range(100, 112):
        traced.post(QUERY.replace("last: 2)", f"last: {last * 10})"))
    refused = [span for span in traced.calls(FUNDING_PATH) if span.error == "circuit_open"]
    assert refused
    assert all(below(span, traced.spans) == [] for span in refused)


class RepeatingSandbox(Sandbox):
    """A sandbox that repeats parameters and its key in the message of a failure."""

    def _answer(self, request: Request) -> SandboxReply:
        if request.url.path != FUNDING_PATH:
            return super()._answer(request)
        return failure("40001", f"{request.query_params['symbol']} fails for {self.key}")


def test_no_span_has_a_secret_the_document_or_parameters(
    start_graph: StartGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = RepeatingSandbox(Plan.PROFESSIONAL, key="mnopqr-key")
    api_key = Secret("mnopqr-key")
    traced = Traced(
        lambda plan, **settings: start_graph(plan, sandbox=sandbox, api_key=api_key, **settings), monkeypatch
    )
    headers = {"authorization": "Bearer abcdef", "x-api-key": "ghijkl"}
    traced.post(QUERY.replace("Markets", "Secrets"), headers)
    text = repr(traced.spans)
    assert "Secrets" in text
    (call,) = traced.calls(FUNDING_PATH)
    assert (call.message, len(call.events)) == ("UpstreamRejected", 1)
    assert [
        word for word in ("mnopqr", "abcdef", "ghijkl", "BTCUSDT", "fails for", "candles", "?") if word in text
    ] == []


class HeaderSandbox(Sandbox):
    """A sandbox that stores the names of the headers that it gets."""

    def __init__(self) -> None:
        super().__init__(Plan.PROFESSIONAL)
        self.headers: set[bytes] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.headers |= {name for name, _ in scope["headers"]}
        await super().__call__(scope, receive, send)


def test_coinglass_gets_no_trace_headers(start_graph: StartGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = HeaderSandbox()
    traced = Traced(lambda plan, **settings: start_graph(plan, sandbox=sandbox, **settings), monkeypatch)
    traced.post(QUERY, SAMPLED | {"tracestate": "vendor=1", "baggage": "user=1"})
    assert sandbox.headers == {b"host", b"accept", b"accept-encoding", b"user-agent", b"cg-api-key"}


def test_lines_of_the_log_have_the_id_of_the_trace(traced: Traced) -> None:
    with capture_logs(processors=[merge_contextvars]) as lines:
        traced.post(QUERY, SAMPLED)
    assert [line["trace_id"] for line in lines if line["event"] == "request"] == [TRACE]


class StuckExporter(SpanExporter):
    """A collector that never answers, until it is released."""

    def __init__(self) -> None:
        self.began, self.released, self.ended = threading.Event(), threading.Event(), threading.Event()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.began.set()
        self.released.wait(30)
        self.ended.set()
        return SpanExportResult.FAILURE if spans else SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        self.released.wait(30)


async def test_a_collector_that_hangs_does_not_hold_up_shutdown(monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = StuckExporter()
    monkeypatch.setattr(tracing, "_FLUSH_SECONDS", 0.01)
    stuck = Tracing(exporter)
    stuck.tracer.start("span", {}).end()
    await asyncio.wait_for(stuck._close(), 10)
    assert exporter.began.wait(10)
    assert not exporter.ended.is_set()
    exporter.released.set()


def test_a_collector_that_hangs_holds_up_no_request(start_graph: StartGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = StuckExporter()
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1")
    stuck = Tracing(exporter)
    monkeypatch.setattr(tracing, "start_tracing", lambda: stuck)
    graph = start_graph(Plan.PROFESSIONAL, traces=True, api_key=Secret(KEY))
    for _ in range(3):
        graph.data(QUERY)
    assert exporter.began.wait(10)
    assert not exporter.ended.is_set()
    exporter.released.set()
