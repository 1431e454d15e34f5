"""`X-Upstream-Calls` and `X-Quota-Remaining` over real sockets: the cost of each response, and the remaining quota."""

import asyncio
from typing import Any

import httpx
import pytest

from cg_client.plans.plan_table import Plan
from sandbox.faults import FaultKind
from tests.conftest import Graph, StartGraph

FUNDING = "/api/futures/funding-rate/exchange-list"
RATES = '{ coin(symbol: "BTC") { currentFundingRates { __typename } } }'
SHARED = '{ coin(symbol: "BTC") { currentFundingRates { __typename } } again: coin(symbol: "ETH") { symbol } }'


def cost(response: httpx.Response) -> tuple[int, int]:
    return int(response.headers["x-upstream-calls"]), int(response.headers["x-quota-remaining"])


def ask(graph: Graph, query: str, **headers: str) -> httpx.Response:
    return graph.http.post("/graphql", json={"query": query}, headers=headers)


def test_each_response_states_its_cost_and_the_remaining_quota(start_graph: StartGraph) -> None:
    graph = start_graph(Plan.HOBBYIST)
    assert cost(ask(graph, RATES)) == (2, 28)  # the listing of coins, and the rates
    assert cost(ask(graph, RATES)) == (0, 28)
    assert cost(ask(graph, SHARED)) == (0, 28)
    assert cost(graph.http.get("/graphql", params={"query": "{ upstreamQuota { remaining } }"})) == (0, 28)
    assert graph.data("{ upstreamQuota { remaining } }")["upstreamQuota"]["remaining"] == 28


def test_retries_count(graph: Graph) -> None:
    graph.data('{ coin(symbol: "BTC") { symbol } }')
    graph.fail(FaultKind.SERVER_ERROR, FUNDING, times=1)
    calls, _ = cost(ask(graph, RATES))
    assert calls == graph.calls(FUNDING) == 2


@pytest.mark.parametrize(
    "body", ["[]", "no JSON", '{"query": "{ nope }"}', '{"query": "{"}', '{"query": 5}'], ids=["[]", "", "f", "p", "t"]
)
def test_a_wrong_request_states_a_cost_of_zero(graph: Graph, body: str) -> None:
    response = graph.http.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert cost(response) == (0, 1200)


def test_a_response_of_another_media_type_states_its_cost_as_well(graph: Graph) -> None:
    response = ask(graph, RATES, accept="text/html, application/json")
    assert cost(response) == (2, 1198)


async def test_the_costs_of_many_clients_add_up_to_what_coinglass_counts(graph: Graph) -> None:
    """Some of them ask the same, some of them for a part of what others ask for, all at one time."""
    query = '{ coin(symbol: "%s") { openInterest(interval: %s) { __typename } currentFundingRates { __typename } } }'
    queries = [query % (coin, interval) for coin in ("BTC", "ETH") for interval in ("H4", "D1")] * 5

    async with httpx.AsyncClient(base_url=graph.http.base_url, timeout=60) as http:

        async def post(query: str) -> Any:
            return await http.post("/graphql", json={"query": query})

        responses = await asyncio.gather(*map(post, queries))
    costs = [cost(response)[0] for response in responses]
    assert sum(costs) == graph.sandbox.calls.total() == 6  # the listing, the rates, and four series
    assert costs.count(0) >= len(queries) - 6
