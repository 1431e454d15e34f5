"""What a scripted run did is what metrics and log say, figure by figure, with one worker and with two."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.asyncio.client import connect

from cg_client.catalogue import BY_PATH
from sandbox.app import Sandbox, create_sandbox
from sandbox.faults import Fault, FaultKind
from served_schema.documents import digest
from tests.running import running
from tests.test_cli import KEY
from tests.test_secrets import ServerRun, server_run
from tests.test_websocket import PROTOCOL, send
from tests.test_workers import STARTS_WITHIN, WITHOUT_STORE, answering_alone, is_healthy, workers

VARIABLES = {
    "COINGLASS_API_KEY": KEY,
    "COINGLASS_PLAN": "professional",
    "COINGLASS_MAX_DEPTH": "6",
    "COINGLASS_TIMEOUT_SECONDS": "1.5",
    "COINGLASS_DEADLINE_SECONDS": "5",
}
OPENS_AFTER = 5  # failed calls, until a circuit opens
TOO_DEEP = "{ coins { nodes { markets { exchange { coins { markets { symbol } } } } } } }"


class Failure(NamedTuple):
    """A fault of the sandbox at the endpoint of one indicator, and what the server makes of it."""

    fault: FaultKind
    indicator: str
    path: str
    kind: str
    code: str
    options: Mapping[str, Any] = {}


FAILURES = (
    Failure(FaultKind.HANG, "puellMultiple", "/api/index/puell-multiple", "timeout", "TIMEOUT", {"seconds": 4}),
    Failure(FaultKind.RESET, "stockToFlow", "/api/index/stock-flow", "connection_lost", "UPSTREAM_ERROR"),
    Failure(FaultKind.HTTP_500, "piCycle", "/api/index/pi-cycle-indicator", "http_error", "UPSTREAM_ERROR"),
    Failure(
        FaultKind.RATE_LIMITED,
        "goldenRatioMultiplier",
        "/api/index/golden-ratio-multiplier",
        "rate_limited",
        "RATE_LIMITED",
        {"retry_after": "0"},
    ),
    Failure(
        FaultKind.NOT_JSON,
        "twoYearMovingAverageMultiplier",
        "/api/index/2-year-ma-multiplier",
        "malformed_body",
        "UPSTREAM_ERROR",
    ),
    Failure(
        FaultKind.SERVER_ERROR,
        "twoHundredWeekMovingAverage",
        "/api/index/200-week-moving-average-heatmap",
        "server_error",
        "UPSTREAM_ERROR",
    ),
    Failure(
        FaultKind.WRONG_SHAPE,
        "stablecoinMarketCap",
        "/api/index/stableCoin-marketCap-history",
        "bad_payload",
        "BAD_PAYLOAD",
    ),
    Failure(FaultKind.PLAN, "bullMarketPeak", "/api/bull-market-peak-indicator", "plan_refused", "PLAN_REQUIRED"),
)
UNREACHABLE, UNREACHABLE_PATH = "ahr999", "/api/index/ahr999"
SLOW, SLOW_PATH = "profitableDays", "/api/index/bitcoin/profitable-days"


def query(indicator: str) -> str:
    return f"query {indicator} {{ indicators {{ {indicator} {{ __typename ... on Problem {{ code }} }} }} }}"


def group(path: str) -> str:
    return BY_PATH[path].group


@dataclass
class Script:
    """Sends requests to one worker after the other, and counts what metrics and log must say of them."""

    sandbox: Sandbox
    requests: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # operation, status, answered by
    problems: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    failures: Counter[tuple[str, str]] = field(default_factory=Counter)  # path, kind
    socket_operations: int = 0
    turns: int = 0

    def post(self, http: httpx.Client, text: str, operation: str, answered_by: str, **headers: str) -> httpx.Response:
        response = http.post("/graphql", json={"query": text}, headers=headers)
        self.requests[operation, str(response.status_code), answered_by] += 1
        return response

    def run(self, address: str) -> None:
        """Let one worker answer, fail and refuse in each way."""
        self.turns += 1
        with httpx.Client(base_url=address, timeout=STARTS_WITHIN, trust_env=False) as http:
            self._be_answered(http)
            self._be_refused(http)
            self._meet_failures(http)
        asyncio.run(self._share(address))
        asyncio.run(self._use_socket(address))

    def _be_answered(self, http: httpx.Client) -> None:
        self.post(http, query("fearGreed"), "fearGreed", "execution")
        self.post(http, query("fearGreed"), "fearGreed", "cache")
        self.post(http, query("fearGreed"), "fearGreed", "execution", accept="text/event-stream")
        first = http.get("/graphql", params={"query": query("rainbow")})
        same = http.get(
            "/graphql", params={"query": query("rainbow")}, headers={"if-none-match": first.headers["etag"]}
        )
        assert (first.status_code, same.status_code) == (200, 304)
        self.requests += Counter([("rainbow", "200", "execution"), ("rainbow", "304", "cache")])

    def _be_refused(self, http: httpx.Client) -> None:
        statuses = (
            http.post("/graphql", content=b" " * 2**21),
            http.post("/graphql", json={"query": query("fearGreed")}, headers={"accept": "image/png;q=0.1"}),
            http.delete("/graphql"),
            http.get("/nothing"),
        )
        assert [response.status_code for response in statuses] == [413, 406, 405, 404]
        operations = ("unread", "unread", "unread", "none")
        for operation, response in zip(operations, statuses, strict=True):
            self.requests[operation, str(response.status_code), "server"] += 1
        self.post(http, "{", "anonymous", "execution")
        self.post(http, TOO_DEEP, "anonymous", "execution")
        self.errors += Counter(GRAPHQL_PARSE_FAILED=1, QUERY_TOO_COMPLEX=1)

    def _meet_failures(self, http: httpx.Client) -> None:
        for failure in FAILURES:
            self.sandbox.faults[:] = [Fault(failure.fault, failure.path, **failure.options)]
            times = OPENS_AFTER + 1 if failure.fault is FaultKind.HTTP_500 else 1
            for time in range(times):
                is_open = time == OPENS_AFTER
                kind, code = ("circuit_open", "CIRCUIT_OPEN") if is_open else (failure.kind, failure.code)
                self._fail(http, failure.indicator, failure.path, kind, code)
        self.sandbox.faults.clear()

    def _fail(self, http: httpx.Client, indicator: str, path: str, kind: str, code: str) -> None:
        response = self.post(http, query(indicator), indicator, "execution")
        assert response.json()["data"]["indicators"][indicator]["code"] == code, kind
        self.problems[code] += 1
        self.failures[path, kind] += 1

    def lose_upstream(self, address: str) -> None:
        with httpx.Client(base_url=address, timeout=STARTS_WITHIN, trust_env=False) as http:
            self._fail(http, UNREACHABLE, UNREACHABLE_PATH, "connect", "UPSTREAM_ERROR")

    async def _share(self, address: str) -> None:
        """Send two equal requests at the same time."""
        self.sandbox.faults[:] = [Fault(FaultKind.SLOW, SLOW_PATH, times=1)]
        async with httpx.AsyncClient(base_url=address, timeout=STARTS_WITHIN, trust_env=False) as http:
            both = (http.post("/graphql", json={"query": query(SLOW)}) for _ in range(2))
            calls = [response.headers["x-upstream-calls"] for response in await asyncio.gather(*both)]
        assert min(calls) == "0"
        self.requests += Counter([(SLOW, "200", "execution"), (SLOW, "200", "shared")])

    async def _use_socket(self, address: str) -> None:
        url = address.replace("http", "ws", 1) + "/graphql"
        async with connect(url, subprotocols=[PROTOCOL], proxy=None) as socket:
            await send(socket, {"type": "connection_init"})
            await socket.recv()
            await send(socket, {"type": "subscribe", "id": "1", "payload": {"query": query("fearGreed")}})
            assert [json.loads(await socket.recv())["type"] for _ in range(2)] == ["next", "complete"]
        self.socket_operations += 1


@dataclass
class Seen:
    """What the server says: samples of `/metrics` by name and labels, and the lines of its log."""

    samples: dict[tuple[str, frozenset[tuple[str, str]]], float]
    lines: list[dict[str, Any]]

    def total(self, name: str, **labels: str) -> float:
        """Return the sum of the samples that have these labels."""
        expected_labels = labels.items()
        return sum(
            value for (sample, present), value in self.samples.items() if sample == name and expected_labels <= present
        )

    def by_label(self, name: str, *labels: str) -> dict[Any, int]:
        """Return the samples by the values of these labels, without zeros."""
        counts: Counter[Any] = Counter()
        for (sample, present), value in self.samples.items():
            if sample == name and value:
                values = tuple(dict(present)[label] for label in labels)
                counts[values if len(values) > 1 else values[0]] += int(value)
        return dict(counts)

    def events(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["event"] == event]


def samples(address: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    page = httpx.get(f"{address}/metrics", timeout=STARTS_WITHIN).text
    families = text_string_to_metric_families(page)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def turns(server: ServerRun, address: str, count: int) -> Iterator[None]:
    """Let each worker answer alone."""
    if count == 1:
        yield
        return
    pids = workers(server.process)
    assert len(pids) == count
    for pid in pids:
        with answering_alone(pid, server.process):
            assert is_healthy(address)
            yield


@pytest.fixture(scope="module", params=[1, 2])
def run(request: pytest.FixtureRequest) -> tuple[Script, Seen]:
    """Run the script once for each number of workers, which share no store; the last requests are for the metrics."""
    count: int = request.param
    with contextlib.ExitStack() as upstreams:
        sandbox = Sandbox(key=KEY)
        upstream = upstreams.enter_context(running(create_sandbox(sandbox)))
        script, seen = Script(sandbox), Seen({}, [])
        variables = VARIABLES | {"COINGLASS_BASE_URL": upstream, "COINGLASS_WORKERS": str(count)}
        with server_run(WITHOUT_STORE, **variables) as server:
            address = server.address.get(timeout=STARTS_WITHIN)
            assert is_healthy(address)
            for _ in turns(server, address, count):
                script.run(address)
            upstreams.close()
            for _ in turns(server, address, count):
                script.lose_upstream(address)
                seen.samples = samples(address)
    seen.lines = [json.loads(line) for line in server.written if line.startswith("{")]
    return script, seen


Run = tuple[Script, Seen]


def unnamed(line: dict[str, Any]) -> str:
    """Return the label of a request whose line has no name of an operation."""
    if "document" in line:
        return "anonymous"
    return "unread" if line["path"] == "/graphql" else "none"


def test_each_request_is_counted_and_has_a_line_whatever_answered_it(run: Run) -> None:
    script, seen = run
    counted = seen.by_label("coinglass_graphql_requests_total", "operation", "status", "answered_by")
    logged = Counter(
        (
            line.get("operation") or unnamed(line),
            str(line["status"]),
            line["answered_by"],
        )
        for line in seen.events("request")
        if line["path"] not in ("/metrics", "/healthz")
    )
    assert logged == script.requests
    pages = ("none", "200", "server")  # of health and metrics
    assert {key: value for key, value in counted.items() if key != pages} == script.requests
    in_time = seen.by_label("coinglass_graphql_request_duration_seconds_count", "operation")
    assert in_time["fearGreed"] == 3 * script.turns
    assert 1 <= seen.total("coinglass_graphql_requests_in_flight") <= script.turns  # those of the metrics


def test_a_cached_answer_is_logged_as_the_operation_that_it_was(run: Run) -> None:
    script, seen = run
    lines = [line for line in seen.events("request") if line.get("operation") == "fearGreed"]
    assert {line["document"] for line in lines} == {digest(query("fearGreed"))}
    assert {(line["cost"]["calls"], line["caller"], line["address"]) for line in lines} == {
        (1, "127.0.0.1", "127.0.0.1")
    }
    calls = Counter((line["answered_by"], line["upstream_calls"]) for line in lines)
    turns = script.turns
    assert calls == {("execution", 1): turns, ("execution", 0): turns, ("cache", 0): turns}


def test_problems_and_errors_are_counted_as_the_lines_state_them(run: Run) -> None:
    script, seen = run
    problems: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    for line in seen.events("request"):
        problems.update(line.get("problems", {}))
        errors.update(line.get("errors", {}))
    assert problems == script.problems == seen.by_label("coinglass_graphql_problems_total", "code")
    assert errors == script.errors == seen.by_label("coinglass_graphql_errors_total", "code")
    assert seen.by_label("coinglass_graphql_limits_exceeded_total", "limit") == {"depth": script.turns}


def test_each_kind_of_upstream_failure_is_counted_and_logged(run: Run) -> None:
    script, seen = run
    counted = seen.by_label("coinglass_graphql_upstream_failures_total", "group", "kind")
    expected = {(group(path), kind): count for (path, kind), count in script.failures.items()}
    assert expected.items() <= counted.items()
    logged: Counter[tuple[str, str]] = Counter()
    for line in [*seen.events("upstream failure"), *seen.events("upstream failures without a line")]:
        logged[line["endpoint"], line["kind"]] += ("attempts" in line) + line.get("suppressed", 0)
    assert script.failures.items() <= logged.items()
    for line in seen.events("upstream failure"):
        assert line["milliseconds"] >= 0
        assert (line["attempts"] == 0) == (line["kind"] == "circuit_open")
        assert line["level"] == "warning"


def test_requests_to_coinglass_are_those_that_it_received(run: Run) -> None:
    script, seen = run
    sent: Counter[str] = Counter()
    for (name, outcome), count in seen.by_label(
        "coinglass_graphql_upstream_requests_total", "group", "outcome"
    ).items():
        sent[name] += count if outcome != "connect" else 0
    received: Counter[str] = Counter()
    for path, count in script.sandbox.calls.items():
        received[group(path)] += count
    assert sent == received
    for failure in FAILURES:
        if failure.fault is FaultKind.HTTP_500:
            continue  # it failed several times, and only the first has a line
        lines = [line for line in seen.events("upstream failure") if line["endpoint"] == failure.path]
        attempts = sum(line["attempts"] for line in lines)
        assert attempts == script.sandbox.calls[failure.path]
        retries = seen.total("coinglass_graphql_upstream_retries_total", group=group(failure.path))
        assert retries == attempts - len(lines)


def test_operations_over_websocket_have_a_line_each(run: Run) -> None:
    script, seen = run
    lines = seen.events("websocket operation")
    assert {(line["operation"], line["document"]) for line in lines} == {("fearGreed", digest(query("fearGreed")))}
    assert len(lines) == seen.total("coinglass_graphql_websocket_operations_total") == script.socket_operations
    assert len(seen.events("websocket closed")) == script.socket_operations


def test_figures_of_processes_are_those_of_all_workers(run: Run) -> None:
    script, seen = run
    assert seen.total("coinglass_graphql_quota_limit") == 1200
    assert seen.total("coinglass_graphql_build_info") == 1
    assert seen.total("process_resident_memory_bytes") > 30_000_000 * script.turns
    assert seen.total("process_cpu_seconds_total") > 0
    assert seen.total("coinglass_graphql_lookups_total", of="response", outcome="hit") == 2 * script.turns
    assert seen.total("coinglass_graphql_circuit_opened_total", group=group(FAILURES[2].path)) == script.turns
    assert seen.total("coinglass_graphql_event_loop_delay_seconds_count") > 0


def test_every_line_of_the_log_is_an_event_in_json(run: Run) -> None:
    _, seen = run
    assert all(line.keys() >= {"event", "level", "timestamp"} for line in seen.lines)
