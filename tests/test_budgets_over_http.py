"""Budgets of callers over HTTP and WebSocket, on real sockets."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from cg_client.plans.plan_table import Plan
from cg_client.quota.round_robin import RoundRobin
from sandbox.app import Sandbox
from tests.conftest import Graph, StartGraph
from tests.running import watching
from tests.test_quota_over_http import DelayedAnswers, parts_of
from tests.test_websocket import PROTOCOL, address, send

RATES = '{ coin(symbol: "BTC") { currentFundingRates { __typename } } }'
QUOTA = "{ upstreamQuota { limit } }"
ANN, BOB = {"x-forwarded-for": "192.0.2.1"}, {"x-forwarded-for": "192.0.2.2"}


def post(graph: Graph, query: str, headers: dict[str, str] = ANN) -> httpx.Response:
    return graph.http.post("/graphql", json={"query": query}, headers=headers)


def rates(coin: str) -> str:
    return RATES.replace("BTC", coin)


@pytest.fixture
def start_limited(start_graph: StartGraph) -> Any:
    """Start a server that has the listings."""

    def start(**settings: Any) -> Graph:
        graph = start_graph(trusted_proxies=_local(), **settings)
        post(graph, rates("ETH"), {"x-forwarded-for": "192.0.2.99"})
        graph.forget()
        return graph

    return start


def _local() -> Any:
    from server.settings import Settings  # noqa: PLC0415  # the parser of the setting

    return Settings.from_env({"COINGLASS_TRUSTED_PROXIES": "127.0.0.1"}).trusted_proxies


def estimate(graph: Graph, query: str) -> dict[str, int]:
    """Return what a dry run states."""
    plan = post(graph, query, ANN | {"x-dry-run": "1"}).json()["extensions"]["plan"]
    result: dict[str, int] = plan["estimate"]
    return result


def error_of(response: httpx.Response) -> dict[str, Any]:
    (error,) = response.json()["errors"]
    result: dict[str, Any] = error
    return result


def series(number: int) -> str:
    """Return an operation that takes one call."""
    coin = ("BTC", "ETH", "SOL", "XRP", "DOGE")[number % 5]
    interval = ("H4", "H6", "H8", "H12", "D1")[number // 5]
    return f'{{ coin(symbol: "{coin}") {{ fundingRate(interval: {interval}, last: 3) {{ __typename }} }} }}'


def test_an_operation_beyond_the_budget_is_refused_with_429_and_sends_nothing(start_limited: Any) -> None:
    graph = start_limited(values_per_minute=40)
    responses = [post(graph, RATES.replace("__typename", f"a{number}: __typename")) for number in range(40)]
    response = responses[-1]
    error = error_of(response)
    assert response.status_code == 429
    assert error["extensions"]["code"] == "CLIENT_RATE_LIMITED"
    assert 0 < error["extensions"]["retryAfter"] <= 60
    assert 0 < int(response.headers["retry-after"]) <= 60
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-upstream-calls"] == "0"
    assert "of your 40 per minute are left" in error["message"]
    before = graph.sandbox.calls.total()
    assert post(graph, series(7)).status_code == 429
    assert graph.sandbox.calls.total() == before


def test_an_operation_larger_than_the_budget_has_no_time_to_retry(start_limited: Any) -> None:
    graph = start_limited(values_per_minute=2)
    response = post(graph, RATES)
    assert response.status_code == 429
    assert error_of(response)["extensions"]["retryAfter"] is None
    assert "retry-after" not in response.headers


def test_headers_state_the_budget_and_what_is_left(start_limited: Any) -> None:
    graph = start_limited(calls_per_minute=50, values_per_day=9000)
    first = post(graph, RATES, BOB)
    assert first.headers["ratelimit-policy"] == '"calls-per-minute";q=50;w=60, "values-per-day";q=9000;w=86400'
    calls, values = first.headers["ratelimit"].split(", ")
    assert calls.startswith(f'"calls-per-minute";r={50 - int(first.headers["x-upstream-calls"])};t=')
    assert values.startswith(f'"values-per-day";r={9000 - estimate(graph, RATES)["values"]};t=')


def test_without_budgets_there_are_no_such_headers(graph: Graph) -> None:
    assert not [name for name in post(graph, QUOTA).headers if name.startswith("ratelimit")]


def left(response: httpx.Response) -> int:
    return int(response.headers["ratelimit"].split("r=")[1].split(";")[0])


def test_a_cached_answer_costs_nothing(start_limited: Any) -> None:
    graph = start_limited(values_per_minute=1000)
    first, again = post(graph, RATES), post(graph, RATES)
    assert "age" in again.headers
    assert left(again) == left(first)


def test_a_dry_run_costs_nothing_and_states_the_estimate_of_what_would_be_refused(start_limited: Any) -> None:
    graph = start_limited(values_per_minute=2)
    assert estimate(graph, RATES)["values"] > 2
    assert left(post(graph, RATES, ANN | {"x-dry-run": "1"})) == 2


def test_calls_that_the_operation_did_not_take_are_given_back(start_limited: Any) -> None:
    graph = start_limited(calls_per_minute=20)
    post(graph, series(3), BOB)
    again = post(graph, series(3).replace("__typename", "again: __typename"))
    assert again.headers["x-upstream-calls"] == "0"
    assert left(again) == 20


@pytest.mark.parametrize(
    "names",
    [
        [{"x-forwarded-for": f"2001:db8::{number:x}"} for number in range(1, 6)],
        [ANN | {"x-client-id": f"client-{number}"} for number in range(5)],
    ],
    ids=["addresses of a /64", "X-Client-Ids"],
)
def test_rotating_names_gains_nothing(start_limited: Any, names: list[dict[str, str]]) -> None:
    graph = start_limited(calls_per_minute=3)
    statuses = [post(graph, series(number + 2), name).status_code for number, name in enumerate(names)]
    assert statuses == [200] * 3 + [429] * 2
    assert graph.sandbox.calls.total() == 3


async def test_a_refusal_is_not_shared_with_another_caller(start_limited: Any) -> None:
    graph = start_limited(calls_per_minute=2)
    for number in (2, 3):
        post(graph, series(number))
    async with httpx.AsyncClient(base_url=graph.http.base_url, timeout=60) as http:
        body = {"query": series(9)}
        responses = await asyncio.gather(
            *(http.post("/graphql", json=body, headers=headers) for headers in (ANN, BOB) * 5)
        )
    assert [response.status_code for response in responses[1::2]] == [200] * 5
    assert set(responses[0].headers) >= {"ratelimit"}


async def test_equal_requests_at_a_time_are_charged_once(start_limited: Any) -> None:
    graph = start_limited(values_per_minute=1000)
    cost = estimate(graph, RATES)["values"]
    async with httpx.AsyncClient(base_url=graph.http.base_url, timeout=60) as http:
        await asyncio.gather(*(http.post("/graphql", json={"query": RATES}, headers=ANN) for _ in range(8)))
    assert left(post(graph, RATES)) == 1000 - cost


async def test_a_refused_operation_over_websocket_has_the_same_error(start_limited: Any) -> None:
    graph = start_limited(calls_per_minute=1)
    async with connect(address(graph), subprotocols=[PROTOCOL], proxy=None, additional_headers=ANN) as socket:
        await send(socket, {"type": "connection_init"})
        await socket.recv()
        messages = []
        for number in (2, 3):
            await send(socket, {"type": "subscribe", "id": f"{number}", "payload": {"query": series(number)}})
            messages += [json.loads(await socket.recv()) for _ in range(2 if number == 2 else 1)]
    message = messages[-1]
    assert [item["type"] for item in messages] == ["next", "complete", "error"]
    assert message["payload"][0]["extensions"]["code"] == "CLIENT_RATE_LIMITED"
    assert 0 < message["payload"][0]["extensions"]["retryAfter"] <= 60
    assert post(graph, series(4)).status_code == 429


async def test_a_client_that_leaves_gets_back_what_was_not_sent(start_limited: Any) -> None:
    graph = start_limited(plan=Plan.HOBBYIST, quota=12, calls_per_minute=100, deadline_seconds=7200.0)
    post(graph, '{ pair(exchange: "Binance", symbol: "BTCUSDT") { symbol } }', BOB)
    sandbox, delay = graph.sandbox, DelayedAnswers()
    sandbox.faults[:] = [delay]
    sent = len(sandbox.requests)
    with watching((Sandbox, "_answer"), (RoundRobin, "push"), (RoundRobin, "discard")) as until:
        async with httpx.AsyncClient(base_url=graph.http.base_url, timeout=60) as http:
            query = f"{{ {parts_of('fundingRate', 30)} }}"
            leaving = asyncio.create_task(http.post("/graphql", json={"query": query}, headers=ANN))
            await asyncio.to_thread(until, lambda: len(sandbox.requests) > sent + 5)
            leaving.cancel()
            await asyncio.to_thread(until, lambda: left(post(graph, QUOTA)) > 80)
            assert 100 - left(post(graph, QUOTA)) == len(sandbox.requests) - sent  # none of which is answered yet
    delay.opened.set()
    assert 100 - left(post(graph, QUOTA)) <= 12
