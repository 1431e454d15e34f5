"""The command sends its spans to a collector: the figures of a run, with one worker and with two."""

import re
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from cg_client.plans.plan_table import Plan
from sandbox.app import Sandbox, create_sandbox
from sandbox.faults import Fault, FaultKind
from tests.collector import RecordedSpan, SpanCollector, below
from tests.running import running
from tests.test_cli import KEY, run, serving
from tests.test_workers import WITHOUT_STORE

FUNDING = "/api/futures/funding-rate/history"
TEMPLATE = """query {name} {{ pair(exchange: "Binance", symbol: "BTCUSDT") {{ {field}(interval: H8, last: {last}) {{
  __typename ... on Problem {{ code }} }} }} }}"""
FAULTS = {  # the code in the answer, the kind in the span of a call, and the kind or status in that of a request
    FaultKind.HANG: ("TIMEOUT", "timeout", "timeout"),
    FaultKind.RESET: ("UPSTREAM_ERROR", "connection_lost", "connection_lost"),
    FaultKind.HTTP_500: ("UPSTREAM_ERROR", "http_error", "500"),
    FaultKind.NOT_JSON: ("UPSTREAM_ERROR", "malformed_body", 200),
    FaultKind.PLAN: ("PLAN_REQUIRED", "plan_refused", 200),
}
SINGLE = 1000  # bars, which one call alone can bring: there is nothing to decide together
TRACE = "0af7651916cd43dd8448eb211c80319c"
SECRET = "a-token-of-the-collector"  # noqa: S105  # a made-up one


class TracedScript:
    """Sends operations over new connections, so that every worker gets some, and counts what came of them."""

    def __init__(self, address: str, sandbox: Sandbox) -> None:
        self._address, self.sandbox = address, sandbox
        self.names: Counter[str] = Counter()
        self.hits = self.upstream_calls = self.batches = 0

    def post(self, name: str, field: str, last: int, **headers: str) -> str | None:
        """Send an operation, and return the code of its problem, if it has one."""
        query = TEMPLATE.format(name=name, field=field, last=last)
        response = httpx.post(f"{self._address}/graphql", json={"query": query}, headers=headers, timeout=60)
        self.names[f"query {name}"] += 1
        self.hits += "age" in response.headers
        calls = int(response.headers["x-upstream-calls"])
        code: str | None = response.json()["data"]["pair"][field].get("code")
        self.upstream_calls += calls
        self.batches += last < SINGLE and (calls > 0 or code is not None)
        return code

    def failing(self, kind: FaultKind) -> str | None:
        self.sandbox.faults.append(Fault(kind, FUNDING, seconds=60))
        code = self.post(f"With_{kind.value}", "fundingRate", 2)
        self.sandbox.faults.clear()
        return code

    def open_circuit(self) -> None:
        self.sandbox.faults.append(Fault(FaultKind.HTTP_500, "/api/futures/open-interest/history"))
        assert any(self.post("Open", "openInterest", 2) == "CIRCUIT_OPEN" for _ in range(40))
        self.sandbox.faults.clear()


def play(script: TracedScript) -> None:
    for last in (2, 3, 4, 2, 3, 4, 2, 3, 4):
        assert script.post("Prices", "price", last) is None
    script.post("Traced", "price", 5, traceparent=f"00-{TRACE}-b7ad6b7169203331-01")
    for kind, (code, *_) in FAULTS.items():
        if kind is not FaultKind.PLAN:
            assert script.failing(kind) == code
    script.open_circuit()
    assert script.failing(FaultKind.PLAN) == "PLAN_REQUIRED"
    script.sandbox.faults.append(Fault(FaultKind.RATE_LIMITED, "/api/futures/price/history"))
    assert script.post("Limited", "price", SINGLE) == "RATE_LIMITED"  # the last: it holds all requests of the key


@pytest.fixture(scope="module", params=["1", "2"])
def finished(request: pytest.FixtureRequest) -> Iterator[tuple[TracedScript, SpanCollector, str]]:
    """Run the script, and end the server, which sends its last spans."""
    sandbox, collector = Sandbox(Plan.PROFESSIONAL, key=KEY), SpanCollector()
    with running(create_sandbox(sandbox)) as upstream, running(collector.app) as address:
        variables = {
            "COINGLASS_API_KEY": KEY,
            "COINGLASS_BASE_URL": upstream,
            "COINGLASS_PLAN": "professional",
            "COINGLASS_READ_SECONDS": "0.3",
            "OTEL_EXPORTER_OTLP_ENDPOINT": address,
            "OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Bearer {SECRET}",
            "OTEL_SERVICE_NAME": "market-data",
        }
        with serving("--workers", request.param, command=WITHOUT_STORE, **variables) as (served, process):
            script = TracedScript(served, sandbox)
            play(script)
            log = ended(process)
        yield script, collector, log


def ended(process: subprocess.Popen[str]) -> str:
    process.send_signal(signal.SIGTERM)
    assert process.stderr
    log = process.stderr.read()
    assert process.wait(30) == 0
    return log


Finished = tuple[TracedScript, SpanCollector, str]


def operations(collector: SpanCollector) -> list[RecordedSpan]:
    return [span for span in collector.spans if span.kind == "SERVER"]


def test_every_operation_has_a_span(finished: Finished) -> None:
    script, collector, _ = finished
    assert Counter(span.name for span in operations(collector)) == script.names
    hits = [span for span in operations(collector) if span.attributes["coinglass.answered_by"] == "cache"]
    assert len(hits) == script.hits > 0
    assert sum(span.attributes["coinglass.upstream_calls"] for span in operations(collector)) == script.upstream_calls
    (continued,) = [span for span in operations(collector) if span.trace == TRACE]
    assert continued.name == "query Traced"


def test_every_request_to_coinglass_has_a_span(finished: Finished) -> None:
    script, collector, _ = finished
    requests = Counter(span.attributes["url.path"] for span in collector.spans if span.kind == "CLIENT")
    assert requests == script.sandbox.calls


def test_every_operation_that_fetches_windows_has_a_batch(finished: Finished) -> None:
    script, collector, _ = finished
    batches = [span for span in collector.spans if span.name == "batch"]
    assert len(batches) == len({span.parent for span in batches}) == script.batches
    assert {span.parent for span in batches} <= {span.id for span in operations(collector)}


@pytest.mark.parametrize(("fault", "kind", "of_request"), [(fault, *facts[1:]) for fault, facts in FAULTS.items()])
def test_each_kind_of_failure_is_in_the_spans(
    finished: Finished, fault: FaultKind, kind: str, of_request: str | int
) -> None:
    _, collector, _ = finished
    (operation,) = [span for span in collector.spans if span.name == f"query With_{fault.value}"]
    calls = failed_calls(operation, collector.spans)
    assert [call.error for call in calls] == [kind]
    requests = [span for call in calls for span in below(call, collector.spans) if span.kind == "CLIENT"]
    assert requests
    for span in requests:
        assert of_request in (span.error, span.attributes.get("http.response.status_code"))


def failed_calls(operation: RecordedSpan, spans: list[RecordedSpan]) -> list[RecordedSpan]:
    calls = [span for span in spans if span.trace == operation.trace and span.name.startswith("call ")]
    return [call for call in calls if call.failed]


def test_a_rate_limit_and_an_open_circuit_are_in_the_spans(finished: Finished) -> None:
    _, collector, _ = finished
    (limited,) = [span for span in collector.spans if span.name == "query Limited"]
    (call,) = failed_calls(limited, collector.spans)
    assert (call.error, [span.error for span in below(call, collector.spans)]) == ("rate_limited", ["429"])
    refused = [span for span in collector.spans if span.error == "circuit_open"]
    assert refused
    assert all(below(span, collector.spans) == [] for span in refused)


def test_the_spans_name_the_process_and_carry_no_secret(finished: Finished) -> None:
    _, collector, log = finished
    assert {resource["service.name"] for resource in collector.resources} == {"market-data"}
    assert {headers["authorization"] for headers in collector.headers} == {f"Bearer {SECRET}"}
    assert KEY not in repr((collector.spans, collector.resources, log))
    assert SECRET not in repr((collector.spans, collector.resources, log))


def test_the_log_has_the_ids_of_the_traces(finished: Finished) -> None:
    _, _, log = finished
    assert re.search(rf'"trace_id": ?"{TRACE}"', log)


def test_a_collector_that_refuses_changes_no_answer() -> None:
    collector = SpanCollector(status=400)
    with (
        running(collector.app) as address,
        serving("--sandbox", OTEL_EXPORTER_OTLP_ENDPOINT=address) as (served, process),
    ):
        response = httpx.post(f"{served}/graphql", json={"query": "{ __typename }"}, timeout=60)
        log = ended(process)
    assert response.json() == {"data": {"__typename": "Query"}}
    assert collector.spans
    assert "Failed to export" in log
    assert KEY not in log


def test_traces_that_are_on_need_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.collector._is_installed", lambda: False)
    done = run("serve", "--sandbox", COINGLASS_TRACES="on")
    assert done.returncode == 2
    assert done.stderr == (
        "coinglass-graphql: COINGLASS_TRACES is on, but OpenTelemetry is not installed: "
        "pip install 'coinglass-graphql[otel]'\n"
    )
