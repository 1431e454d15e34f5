"""Two servers on one store have one budget for each caller, and know what the other has learnt of the key."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from cg_client.plans.plan_table import Plan
from sandbox.app import Sandbox, create_sandbox
from sandbox.faults import FaultKind
from server.settings import Settings
from shared.store.address import parse_address
from tests.conftest import Graph, StartGraph
from tests.running import LIMIT, running
from tests.store_server import StoreServer, store_server

__all__ = ["store_server"]

ANN = {"x-forwarded-for": "192.0.2.1"}
BY_COIN = '{{ coin(symbol: "{}") {{ fundingRate(interval: H8, last: 3) {{ __typename }} }} }}'


def post(graph: Graph, query: str) -> httpx.Response:
    return graph.http.post("/graphql", json={"query": query}, headers=ANN)


def left(response: httpx.Response) -> int:
    return int(response.headers["ratelimit"].split("r=")[1].split(";")[0])


@pytest.fixture
def start_pair(start_graph: StartGraph, store_server: StoreServer) -> Iterator[Any]:
    """Start two servers on one store and one sandbox, at one address."""
    sandbox, address = Sandbox(Plan.PROFESSIONAL), parse_address(store_server.url)
    proxies = Settings.from_env({"COINGLASS_TRUSTED_PROXIES": "127.0.0.1"}).trusted_proxies
    with running(create_sandbox(sandbox)) as upstream:

        def start(**settings: Any) -> tuple[Graph, Graph]:
            options = {"sandbox": sandbox, "base_url": upstream, "trusted_proxies": proxies, "shared_url": address}
            options |= settings
            return start_graph(replica="a", **options), start_graph(replica="b", **options)

        yield start


def test_a_budget_is_spent_at_all_servers(start_pair: Any) -> None:
    ann, bob = start_pair(values_per_minute=40)
    cost = 40 - left(post(ann, BY_COIN.format("BTC")))
    assert cost > 0
    responses = [post((ann, bob)[number % 2], BY_COIN.format("ETH") + " " * number) for number in range(60)]
    assert [response.status_code for response in responses].count(200) == 40 // cost - 1
    refused = responses[-1].json()["errors"][0]
    assert refused["extensions"]["code"] == "CLIENT_RATE_LIMITED"
    assert 0 < refused["extensions"]["retryAfter"] <= 60
    assert left(post(bob, "{ upstreamQuota { limit } }")) < cost


def test_with_the_store_away_a_server_goes_on_within_its_part(start_pair: Any, store_server: StoreServer) -> None:
    ann, bob = start_pair(values_per_minute=40)
    cost = 40 - left(post(ann, BY_COIN.format("BTC")))
    store_server.kill()
    statuses = [post((ann, bob)[number % 2], BY_COIN.format("ETH") + " " * number).status_code for number in range(60)]
    assert 0 < statuses.count(200) <= 2 * (40 // cost)
    assert {*statuses} == {200, 429}


def test_what_is_refused_at_one_server_is_gated_at_the_other_whatever_it_has_cached(start_pair: Any) -> None:
    ann, bob = start_pair()
    query = BY_COIN.format("BTC")
    assert "FundingSeries" in post(bob, query).text
    assert "age" in post(bob, query).headers
    (path,) = [path for path in ann.sandbox.calls if "funding-rate" in path]
    ann.fail(FaultKind.PLAN, path, times=1)
    assert "PlanGated" in post(ann, BY_COIN.format("ETH")).text
    calls, deadline = ann.sandbox.calls[path], time.monotonic() + LIMIT
    while "PlanGated" not in post(bob, query).text:
        assert time.monotonic() < deadline
    assert ann.sandbox.calls[path] == calls
