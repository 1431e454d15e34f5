"""A plan that changes, is not stated, or is not what COINGLASS_PLAN says, while the server runs."""

from typing import Any

import pytest

from cg_client.plans.gate import Gate
from cg_client.plans.plan_table import Plan
from sandbox.app import Sandbox, create_sandbox
from tests.conftest import Graph, StartGraph
from tests.running import running, watching
from tests.test_cli import KEY, run

HEATMAP = """{ pair(exchange: "Binance", symbol: "BTCUSDT") { it: liquidationHeatmap(range: H24) {
    __typename ... on Problem { code message } ... on PlanGated { currentPlan decidedBy } } } }"""
RATE = '{ pair(exchange: "Binance", symbol: "BTCUSDT") { it: fundingRate(interval: H8, last: %d) { __typename } } }'


def heatmap(graph: Graph) -> dict[str, Any]:
    result: dict[str, Any] = graph.data(HEATMAP)["pair"]["it"]
    return result


def ready_plan(graph: Graph) -> str | None:
    plan: str | None = graph.http.get("/readyz").json()["plan"]
    return plan


def test_a_plan_is_inferred_from_the_rate_limit_where_the_account_answers_404(start_graph: StartGraph) -> None:
    sandbox = Sandbox(Plan.STANDARD)
    sandbox.account_missing = True
    graph = start_graph(sandbox=sandbox, declared=False)
    refused = heatmap(graph)
    assert (refused["currentPlan"], refused["decidedBy"]) == ("STANDARD", "CATALOGUE")
    assert "this server runs with Standard (inferred from the rate limit of 300 a minute)." in refused["message"]


def test_without_account_and_with_a_limit_of_no_plan_nothing_is_invented(start_graph: StartGraph) -> None:
    sandbox = Sandbox(Plan.STANDARD, quota=500)
    sandbox.account_missing = True
    graph = start_graph(sandbox=sandbox, declared=False)
    refused = heatmap(graph)
    assert (refused["currentPlan"], refused["decidedBy"]) == (None, "UPSTREAM")
    assert "a plan that is not known" in refused["message"]
    assert ready_plan(graph) is None
    assert graph.data("{ upstreamQuota { limit } }")["upstreamQuota"]["limit"] == 500


@pytest.mark.parametrize("account_missing", [False, True])
def test_an_upgrade_shown_by_the_headers_applies_at_once(start_graph: StartGraph, *, account_missing: bool) -> None:
    sandbox = Sandbox(Plan.STANDARD)
    sandbox.account_missing = account_missing
    graph = start_graph(sandbox=sandbox, declared=False)
    assert heatmap(graph)["__typename"] == "PlanGated"
    sandbox.plan, sandbox.quota.limit = Plan.PROFESSIONAL, 1200
    with watching((Gate, "know")) as until:
        graph.data(RATE % 3)
        until(lambda: ready_plan(graph) == "PROFESSIONAL")
    assert heatmap(graph)["__typename"] == "LiquidationHeatmap"


def test_a_declared_plan_that_is_not_the_keys_is_reported_in_the_problem_and_once_in_the_log(
    start_graph: StartGraph, capfd: pytest.CaptureFixture[str]
) -> None:
    graph = start_graph(sandbox=Sandbox(Plan.PROFESSIONAL), plan=Plan.STANDARD)
    graph.data(RATE % 3)
    stated = "COINGLASS_PLAN declares Standard, but the key has the rate limit of Professional, 1200 a minute."
    for _ in range(2):
        refused = heatmap(graph)
        assert refused["message"].endswith(f"this server runs with Standard (declared by COINGLASS_PLAN). {stated}")
        assert refused["currentPlan"] == "STANDARD"
    graph.data(RATE % 700)
    assert capfd.readouterr().out.count("COINGLASS_PLAN is not the plan of the key") == 1


def test_the_doctor_reports_a_declared_plan_that_the_key_does_not_have() -> None:
    with running(create_sandbox(Sandbox(Plan.STANDARD, key=KEY))) as upstream:
        done = run("doctor", COINGLASS_API_KEY=KEY, COINGLASS_BASE_URL=upstream, COINGLASS_PLAN="professional")
    assert done.returncode == 0
    assert (
        "COINGLASS_PLAN declares Professional, but the key is Standard by CoinGlass' account endpoint." in done.stdout
    )


def test_the_doctor_infers_the_plan_where_the_account_answers_404() -> None:
    sandbox = Sandbox(Plan.STANDARD, key=KEY)
    sandbox.account_missing = True
    with running(create_sandbox(sandbox)) as upstream:
        done = run("doctor", COINGLASS_API_KEY=KEY, COINGLASS_BASE_URL=upstream)
        declared = run("doctor", COINGLASS_API_KEY=KEY, COINGLASS_BASE_URL=upstream, COINGLASS_PLAN="hobbyist")
    assert (done.returncode, declared.returncode) == (0, 0)
    assert "account  NOT_FOUND" in done.stdout
    assert "plan     Standard (inferred from the rate limit of 300 a minute)\n" in done.stdout
    assert "but the key has the rate limit of Standard, 300 a minute." in declared.stdout


def test_the_switches_of_the_sandbox_change_plan_account_and_limit(start_graph: StartGraph) -> None:
    graph = start_graph()
    with running(create_sandbox(graph.sandbox)) as upstream:
        for name, change in (("plan", {"plan": "startup"}), ("account", {"missing": True}), ("quota", {"limit": 77})):
            assert graph.http.put(f"{upstream}/_sandbox/{name}", json=change).status_code == 204
    assert (graph.sandbox.plan, graph.sandbox.account_missing, graph.sandbox.quota.limit) == (Plan.STARTUP, True, 77)
