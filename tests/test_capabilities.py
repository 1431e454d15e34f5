"""The capabilities that the graph states."""

from cg_client.plans.plan_table import Plan
from tests.conftest import StartGraph

QUERY = """{ capabilities { field endpoint requiredPlan available minInterval refreshSeconds
  intervalFloors { plan minInterval } history { interval days } } }"""


def test_each_capability_states_its_plan_and_whether_it_is_available(start_graph: StartGraph) -> None:
    graph = start_graph(Plan.HOBBYIST)
    result = {item["field"]: item for item in graph.data(QUERY)["capabilities"]}
    funding = result["Pair.fundingRate"]
    assert (funding["endpoint"], funding["available"]) == ("/api/futures/funding-rate/history", True)
    assert (funding["minInterval"], funding["refreshSeconds"]) == ("H4", 60)
    assert {"plan": "STARTUP", "minInterval": "M30"} in funding["intervalFloors"]
    assert {"interval": "H4", "days": 180} in funding["history"]
    assert not result["Pair.liquidationHeatmap"]["available"]
    assert result["Pair.liquidationHeatmap"]["requiredPlan"] == "PROFESSIONAL"
    assert graph.sandbox.calls.total() == 0


def test_a_field_with_a_special_retention_states_it(start_graph: StartGraph) -> None:
    result = {item["field"]: item for item in start_graph(Plan.PROFESSIONAL).data(QUERY)["capabilities"]}
    assert {"interval": "M1", "days": 3} in result["Pair.orderbookHeatmap"]["history"]
