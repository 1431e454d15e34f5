"""One request with many parts, on each plan: every part is its payload or the right problem."""

from typing import Any

import pytest

from cg_client.plans.plan_table import Plan
from sandbox.faults import FaultKind
from tests.conftest import Graph, StartGraph

PROBLEMS = (
    "... on Problem { code message endpoint } ... on PlanGated { reason requiredPlan currentPlan minInterval "
    "alternatives decidedBy } ... on Unavailable { retryable retryAfter }"
)
PARTS = f"""
{{
  pair(exchange: "Binance", symbol: "BTCUSDT") {{
    fundingRate(interval: H4, last: 3) {{ __typename ... on FundingSeries {{ count }} {PROBLEMS} }}
    openInterest(interval: H4, last: 3) {{ __typename ... on OISeries {{ count }} {PROBLEMS} }}
    liquidations(interval: D1, last: 3) {{ __typename ... on Liquidations {{ count }} {PROBLEMS} }}
    orderbook(interval: H4, last: 3) {{ __typename ... on Orderbook {{ count }} {PROBLEMS} }}
    heatmap: liquidationHeatmap {{ __typename ... on LiquidationHeatmap {{ prices }} {PROBLEMS} }}
    fine: fundingRate(interval: M1, last: 3) {{ __typename ... on FundingSeries {{ count }} {PROBLEMS} }}
  }}
  coin(symbol: "BTC") {{
    options {{ byExchange {{ __typename ... on OptionsByExchange {{ total {{ exchange }} }} {PROBLEMS} }} }}
  }}
  etf(asset: BTC) {{ flows {{ __typename ... on ETFFlows {{ count }} {PROBLEMS} }} }}
}}
"""
ALWAYS = {
    "fundingRate": "FundingSeries",
    "openInterest": "OISeries",
    "liquidations": "Liquidations",
    "orderbook": "Orderbook",
    "options": "OptionsByExchange",
    "flows": "ETFFlows",
}
HEATMAP = "/api/futures/liquidation/heatmap/model1"
FUNDING = "/api/futures/funding-rate/history"


def parts(graph: Graph) -> dict[str, Any]:
    data = graph.data(PARTS)
    pair: dict[str, Any] = data["pair"]
    return pair | {"options": data["coin"]["options"]["byExchange"], "flows": data["etf"]["flows"]}


@pytest.mark.parametrize("plan", [Plan.HOBBYIST, Plan.STARTUP, Plan.STANDARD, Plan.PROFESSIONAL, Plan.ENTERPRISE])
def test_fields_of_every_plan_answer_on_every_plan(start_graph: StartGraph, plan: Plan) -> None:
    result = parts(start_graph(plan))
    assert {name: result[name]["__typename"] for name in ALWAYS} == ALWAYS


@pytest.mark.parametrize("plan", [Plan.HOBBYIST, Plan.STARTUP, Plan.STANDARD])
def test_a_heatmap_below_professional_is_gated_without_a_request(start_graph: StartGraph, plan: Plan) -> None:
    graph = start_graph(plan)
    heatmap = parts(graph)["heatmap"]
    assert heatmap == {
        "__typename": "PlanGated",
        "code": "PLAN_REQUIRED",
        "message": f"Liquidation heatmap of a pair, model 1: needs the Professional plan; this server runs with "
        f"{plan.name.title()} (declared by COINGLASS_PLAN).",
        "endpoint": HEATMAP,
        "reason": "ENDPOINT",
        "requiredPlan": "PROFESSIONAL",
        "currentPlan": plan.name,
        "minInterval": None,
        "alternatives": ["Pair.liquidations", "Pair.liquidationProfile"],
        "decidedBy": "CATALOGUE",
    }
    assert graph.calls(HEATMAP) == 0


@pytest.mark.parametrize(
    ("plan", "floor", "needed"), [(Plan.HOBBYIST, "H4", "STANDARD"), (Plan.STARTUP, "M30", "STANDARD")]
)
def test_an_interval_below_the_floor_is_gated_without_a_request(
    start_graph: StartGraph, plan: Plan, floor: str, needed: str
) -> None:
    graph = start_graph(plan)
    fine = parts(graph)["fine"]
    assert (fine["__typename"], fine["code"], fine["reason"]) == ("PlanGated", "INTERVAL_TOO_FINE", "INTERVAL")
    assert (fine["minInterval"], fine["requiredPlan"], fine["decidedBy"]) == (floor, needed, "CATALOGUE")
    assert [query["interval"] for path, query in graph.sandbox.requests if path == FUNDING] == ["4h"]


def test_standard_has_fine_intervals_and_no_heatmap(start_graph: StartGraph) -> None:
    result = parts(start_graph(Plan.STANDARD))
    assert (result["fine"]["__typename"], result["heatmap"]["__typename"]) == ("FundingSeries", "PlanGated")


def test_professional_has_everything(start_graph: StartGraph) -> None:
    result = parts(start_graph(Plan.PROFESSIONAL))
    assert (result["fine"]["__typename"], result["heatmap"]["__typename"]) == ("FundingSeries", "LiquidationHeatmap")


def test_an_undeclared_plan_is_requested_from_the_account(start_graph: StartGraph) -> None:
    graph = start_graph(Plan.HOBBYIST, declared=False)
    assert parts(graph)["heatmap"]["currentPlan"] == "HOBBYIST"
    assert graph.calls("/api/user/account/subscription") == 1
    assert graph.calls(HEATMAP) == 0


MODEL2 = "/api/futures/liquidation/aggregated-heatmap/model2"
RANGE = """query($coin: String!, $range: Range!) {
  coin(symbol: $coin) { liquidationHeatmap(range: $range, model: MODEL2) { __typename ... on Problem { message } } } }
"""


def test_a_refused_range_is_not_requested_again_for_another_coin(start_graph: StartGraph) -> None:
    graph = start_graph()

    def kind_of(coin: str, period: str) -> str:
        heatmap: dict[str, str] = graph.data(RANGE, coin=coin, range=period)["coin"]["liquidationHeatmap"]
        return heatmap["__typename"]

    assert kind_of("BTC", "H24") == "LiquidationHeatmap"
    graph.fail(FaultKind.PLAN, MODEL2, times=1)
    assert [kind_of("BTC", "Y1"), kind_of("ETH", "Y1")] == ["PlanGated", "PlanGated"]
    assert graph.calls(MODEL2) == 2
    assert [kind_of("BTC", "H24"), kind_of("ETH", "H24")] == ["LiquidationHeatmap", "LiquidationHeatmap"]


def test_a_call_refused_by_coinglass_is_not_sent_twice(start_graph: StartGraph) -> None:
    graph = start_graph(Plan.PROFESSIONAL)
    graph.sandbox.plan = Plan.STANDARD  # the key is worth less than COINGLASS_PLAN says
    first, second = parts(graph)["heatmap"], parts(graph)["heatmap"]
    assert (first["__typename"], first["decidedBy"], first["code"]) == ("PlanGated", "UPSTREAM", "PLAN_REQUIRED")
    assert second == first
    assert graph.calls(HEATMAP) == 1
