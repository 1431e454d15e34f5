"""What users see while a group of endpoints fails or hangs, and how soon all is well again: over real sockets."""

import time
from typing import Any

import httpx
import pytest

from cg_client.clock import Clock
from cg_client.plans.gate import Gate
from cg_client.plans.plan_table import Plan
from cg_client.secret import Secret
from sandbox.app import KEY, Sandbox, create_sandbox
from sandbox.faults import Fault, FaultKind
from server.app import create_app
from server.settings import Settings
from tests.conftest import Graph, StartGraph
from tests.running import running, watching

PRICE = "/api/futures/price/history"
PAIRS = "/api/futures/supported-exchange-pairs"
INTERVALS = ("M1", "M3", "M5", "M15", "M30", "H6", "H8", "H12", "D1", "W1")
OPEN_SECONDS = 1.0  # of a circuit, after which a call finds out whether CoinGlass is well


def price(interval: str) -> str:
    return f"""{{ pair(exchange: "Binance", symbol: "BTCUSDT") {{ part: price(interval: {interval}, last: 2) {{
      __typename ... on PriceSeries {{ source {{ freshness }} }}
      ... on Problem {{ code message endpoint }} ... on Unavailable {{ retryable retryAfter }} }} }} }}"""


def part(graph: Graph, query: str) -> dict[str, Any]:
    result: dict[str, Any] = graph.data(query)["pair"]["part"]
    return result


class ShiftedClock:
    """The real clock, which a test can put forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> ShiftedClock:
    """Set the clock before the servers start, since their clients read it."""
    shifted = ShiftedClock()
    monkeypatch.setattr(Clock, "monotonic", staticmethod(shifted.monotonic))
    return shifted


def opened(graph: Graph, kind: FaultKind = FaultKind.HTTP_500) -> Graph:
    """With the circuit of prices open."""
    graph.fail(kind, PRICE)
    for interval in INTERVALS[:5]:
        assert part(graph, price(interval))["code"] == "UPSTREAM_ERROR"
    return graph


def test_an_open_circuit_sends_nothing_states_retry_after_and_closes_by_itself(
    clock: ShiftedClock, start_graph: StartGraph
) -> None:
    graph = opened(start_graph())
    graph.forget()
    refused = part(graph, price("H4"))
    assert (refused["code"], refused["endpoint"], refused["retryable"]) == ("CIRCUIT_OPEN", PRICE, True)
    assert 0 < refused["retryAfter"] <= 1
    assert graph.calls(PRICE) == 0
    other = '{ pair(exchange: "Binance", symbol: "BTCUSDT") { part: fundingRate(interval: H4) { __typename } } }'
    assert part(graph, other)["__typename"] == "FundingSeries"
    graph.sandbox.faults.clear()
    clock.ahead += OPEN_SECONDS
    assert part(graph, price("H4"))["__typename"] == "PriceSeries"
    assert part(graph, price("D1"))["source"]["freshness"] == "FRESH"


@pytest.mark.parametrize(
    "kind",
    [FaultKind.PARAMETER_MISSING, FaultKind.NOT_FOUND, FaultKind.PAIR_UNKNOWN, FaultKind.WRONG_SHAPE, FaultKind.PLAN],
)
def test_errors_that_are_not_coinglass_failures_open_no_circuit(graph: Graph, kind: FaultKind) -> None:
    graph.fail(kind, PRICE)
    codes = {part(graph, price(interval))["code"] for interval in INTERVALS}
    assert "CIRCUIT_OPEN" not in codes
    graph.sandbox.faults.clear()


def test_the_short_deadlines_of_users_open_no_circuit(start_graph: StartGraph) -> None:
    graph = start_graph(deadline_seconds=0.2)
    graph.data('{ pair(exchange: "Binance", symbol: "BTCUSDT") { symbol } }')
    graph.fail(FaultKind.SLOW, PRICE, seconds=0.5)
    assert {part(graph, price(interval))["code"] for interval in INTERVALS} == {"TIMEOUT"}


def test_a_hanging_group_leaves_connections_for_the_others(start_graph: StartGraph) -> None:
    graph = start_graph(connections=4, deadline_seconds=2.0, attempt_seconds=2.0)
    graph.fail(FaultKind.HANG, PRICE, seconds=5.0)
    parts = "\n".join(
        f"p{number}: price(interval: {name}) {{ __typename ... on Problem {{ code }} }}"
        for number, name in enumerate(INTERVALS)
    )
    pair = graph.data(
        f'{{ pair(exchange: "Binance", symbol: "BTCUSDT") {{ {parts} fundingRate(interval: H4) {{ __typename }} }} }}'
    )["pair"]
    assert pair.pop("fundingRate") == {"__typename": "FundingSeries"}
    assert {result["code"] for result in pair.values()} == {"TIMEOUT"}
    assert graph.calls(PRICE) == 3


@pytest.mark.parametrize("kind", [FaultKind.HTTP_500, FaultKind.RESET, FaultKind.HANG])
def test_a_server_that_starts_while_coinglass_is_down_recovers_by_itself(kind: FaultKind) -> None:
    sandbox = Sandbox(Plan.STARTUP)
    sandbox.faults.append(Fault(kind, seconds=3.0))
    with running(create_sandbox(sandbox)) as upstream:
        settings = Settings(api_key=Secret(KEY), base_url=upstream, deadline_seconds=1.0, attempt_seconds=1.0)
        with (
            running(create_app(settings), lifespan="on") as address,
            httpx.Client(base_url=address, timeout=60) as http,
        ):
            graph = Graph(http, sandbox)
            assert http.get("/healthz").status_code == 200
            assert part(graph, price("H4"))["__typename"] == "Unavailable"
            assert http.get("/readyz").json() == {"ready": True, "plan": None, "sandbox": None}
            sandbox.faults.clear()
            with watching((Gate, "know"), (Sandbox, "_answer")) as until:
                until(lambda: http.get("/readyz").json()["plan"] == "STARTUP")
                until(lambda: graph.calls(PAIRS) > 0)
            assert part(graph, price("H4"))["__typename"] == "PriceSeries"
