"""What is believed of the key's plan follows the key: its account, else the limit in CoinGlass' headers."""

import asyncio

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from cg_client.call import Call
from cg_client.client import Client
from cg_client.endpoint import Endpoint
from cg_client.endpoints import account
from cg_client.errors import Gated, PlanRequired
from cg_client.params.core import CoinParams
from cg_client.plans.key_plan import KeyPlan
from cg_client.plans.plan_table import REQUESTS_PER_MINUTE, Plan
from tests.cg_client.conftest import ENDPOINT, answer, client_with, decode, failure, fetch
from tests.clock import FakeClock

ACCOUNT = account.SUBSCRIPTION.path
ADVANCED = Endpoint(path="/api/advanced", summary="What Professional has.", params=CoinParams, plan=Plan.PROFESSIONAL)
LIMITS = {30: Plan.HOBBYIST, 80: Plan.STARTUP, 300: Plan.STANDARD, 1200: Plan.PROFESSIONAL}


def limit(requests: int) -> dict[str, str]:
    return {"API-KEY-MAX-LIMIT": str(requests), "API-KEY-USE-LIMIT": "1"}


def level(plan: Plan, **headers: str) -> httpx.Response:
    return answer({"level": plan.name}, **headers)


def missing(**headers: str) -> httpx.Response:
    return httpx.Response(404, content=b'{"code":"404","msg":"Endpoint not found"}', headers=headers)


async def advanced(client: Client) -> Gated:
    """Return the refusal of what only Professional has."""
    with pytest.raises(Gated) as refused:
        await client.get(Call(ADVANCED, CoinParams(symbol="BTC"), decode))
    return refused.value


async def wait_for_account_request(client: Client) -> None:
    """Wait for the question in the background, if there is one."""
    if client.plan_watch.task is not None:
        await client.plan_watch.task


@pytest.fixture
def account_route(upstream: respx.MockRouter) -> respx.Route:
    """CoinGlass with a key of Standard."""
    upstream.get(ENDPOINT.path).mock(return_value=answer([]))
    upstream.get(ADVANCED.path).mock(return_value=answer([]))
    return upstream.get(ACCOUNT).mock(return_value=level(Plan.STANDARD))


@pytest.mark.parametrize(("requests", "plan"), [*LIMITS.items(), (600, None), (6000, None)])
@pytest.mark.parametrize("first", [True, False])
async def test_a_permanently_failing_account_infers_the_plan_from_the_rate_limit(
    undeclared: Client,
    upstream: respx.MockRouter,
    account_route: respx.Route,
    requests: int,
    plan: Plan | None,
    first: bool,
) -> None:
    headers = limit(requests)
    account_route.mock(return_value=missing(**(headers if first else {})))
    upstream.get(ENDPOINT.path).mock(return_value=answer([], **headers))
    await fetch(undeclared)
    assert undeclared.gate.plan is plan
    assert undeclared.quota.limit == requests
    if plan is not None:
        assert (
            undeclared.gate.key.stated == f"{plan.name.title()} (inferred from the rate limit of {requests} a minute)"
        )


@pytest.mark.parametrize("reply", [failure("500", "Server Error"), httpx.Response(502), failure("429", "Too Many")])
async def test_a_temporarily_failing_account_does_not_infer_the_plan(
    undeclared: Client, upstream: respx.MockRouter, account_route: respx.Route, reply: httpx.Response
) -> None:
    account_route.mock(return_value=reply)
    upstream.get(ENDPOINT.path).mock(return_value=answer([], **limit(300)))
    await undeclared.know_plan()
    assert undeclared.gate.plan is None
    assert undeclared.gate.key.stated == "a plan that is not known"


async def test_the_account_wins_over_the_rate_limit(undeclared: Client, account_route: respx.Route) -> None:
    account_route.mock(return_value=level(Plan.STARTUP, **limit(1200)))
    await fetch(undeclared)
    assert (undeclared.gate.plan, undeclared.quota.limit) == (Plan.STARTUP, 1200)
    assert undeclared.gate.key.stated == "Startup (by CoinGlass' account endpoint)"


async def test_the_plan_is_requested_again_every_five_minutes(
    undeclared: Client, account_route: respx.Route, clock: FakeClock
) -> None:
    await fetch(undeclared)
    account_route.mock(return_value=level(Plan.STARTUP))
    clock.advance(290)
    await fetch(undeclared)
    await wait_for_account_request(undeclared)
    assert (account_route.call_count, undeclared.gate.plan) == (1, Plan.STANDARD)
    clock.advance(11)
    await fetch(undeclared, "ETH")
    await wait_for_account_request(undeclared)
    assert (account_route.call_count, undeclared.gate.plan) == (2, Plan.STARTUP)


async def test_an_idle_server_requests_the_plan_again_too(
    undeclared: Client, account_route: respx.Route, clock: FakeClock
) -> None:
    await undeclared.know_plan()
    clock.advance(301)
    undeclared.plan_watch.review()
    await wait_for_account_request(undeclared)
    assert account_route.call_count == 2


async def test_an_upgrade_shows_within_a_minute_of_a_refusal(
    undeclared: Client, account_route: respx.Route, clock: FakeClock
) -> None:
    assert (await advanced(undeclared)).current is Plan.STANDARD
    account_route.mock(return_value=level(Plan.PROFESSIONAL))
    for _ in range(5):
        clock.advance(11)
        await advanced(undeclared)
        await wait_for_account_request(undeclared)
    assert account_route.call_count == 1
    clock.advance(6)
    await advanced(undeclared)
    await wait_for_account_request(undeclared)
    assert account_route.call_count == 2
    assert (await undeclared.get(Call(ADVANCED, CoinParams(symbol="BTC"), decode))).value == []


async def test_a_contradicting_refusal_requests_the_plan_at_most_once_a_minute(
    undeclared: Client, upstream: respx.MockRouter, account_route: respx.Route, clock: FakeClock
) -> None:
    account_route.mock(return_value=level(Plan.PROFESSIONAL))
    await fetch(undeclared)
    account_route.mock(return_value=level(Plan.STANDARD))
    route = upstream.get(ADVANCED.path).mock(return_value=failure("401", "Upgrade plan"))
    clock.advance(61)
    refused = await advanced(undeclared)
    assert (refused.current, route.call_count) == (Plan.PROFESSIONAL, 1)
    await wait_for_account_request(undeclared)
    assert (account_route.call_count, undeclared.gate.plan) == (2, Plan.STANDARD)
    assert "needs the Professional plan; this server runs with Standard" in str(await advanced(undeclared))
    assert route.call_count == 1


async def test_another_limit_in_the_headers_requests_the_plan_at_once(
    undeclared: Client, upstream: respx.MockRouter, account_route: respx.Route
) -> None:
    account_route.mock(return_value=level(Plan.STANDARD, **limit(300)))
    await advanced(undeclared)
    account_route.mock(return_value=level(Plan.PROFESSIONAL, **limit(1200)))
    upstream.get(ENDPOINT.path).mock(return_value=answer([], **limit(1200)))
    await fetch(undeclared)
    await wait_for_account_request(undeclared)
    assert (undeclared.gate.plan, undeclared.quota.limit) == (Plan.PROFESSIONAL, 1200)


async def test_a_limit_that_changes_with_each_answer_does_not_request_the_plan_each_time(
    undeclared: Client, upstream: respx.MockRouter, account_route: respx.Route
) -> None:
    replies = [answer([], **limit(300 if number % 2 else 1200)) for number in range(20)]
    upstream.get(ENDPOINT.path).mock(side_effect=replies)
    for number in range(20):
        await fetch(undeclared, f"COIN{number}")
        await wait_for_account_request(undeclared)
    assert account_route.call_count == 2


async def test_a_call_that_one_plan_refused_is_sent_again_on_another(
    undeclared: Client, upstream: respx.MockRouter, account_route: respx.Route, clock: FakeClock
) -> None:
    upstream.get(ENDPOINT.path).mock(side_effect=[failure("401", "Upgrade plan"), answer([1])])
    with pytest.raises(PlanRequired):
        await fetch(undeclared)
    account_route.mock(return_value=level(Plan.PROFESSIONAL))
    clock.advance(301)
    undeclared.plan_watch.review()
    await wait_for_account_request(undeclared)
    assert (await fetch(undeclared)).value == [1]


async def test_a_failing_account_endpoint_does_not_discard_the_plan(
    undeclared: Client, account_route: respx.Route, clock: FakeClock
) -> None:
    await undeclared.know_plan()
    for reply in (httpx.Response(502), failure("401", "Unauthorized")):
        account_route.mock(return_value=reply)
        clock.advance(301)
        undeclared.plan_watch.review()
        await wait_for_account_request(undeclared)
        assert undeclared.gate.plan is Plan.STANDARD


async def test_a_declared_plan_is_used_and_not_requested(
    client: Client, account_route: respx.Route, clock: FakeClock
) -> None:
    for _ in range(3):
        assert (await advanced(client)).current is Plan.HOBBYIST
        client.plan_watch.review()
        clock.advance(301)
    assert account_route.call_count == 0


async def test_a_limit_that_contradicts_the_declared_plan_is_reported_once_and_in_each_problem(
    client: Client, upstream: respx.MockRouter
) -> None:
    messages: list[str] = []
    client.gate.on_contradiction = messages.append
    upstream.get(ENDPOINT.path).mock(return_value=answer([], **limit(300)))
    assert "but the key" not in str(await advanced(client))
    for symbol in ("BTC", "ETH"):
        await fetch(client, symbol)
    message = "COINGLASS_PLAN declares Hobbyist, but the key has the rate limit of Standard, 300 a minute."
    assert messages == [message]
    refused = await advanced(client)
    assert str(refused).endswith(f"this server runs with Hobbyist (declared by COINGLASS_PLAN). {message}")
    assert refused.current is Plan.HOBBYIST


async def test_a_declared_plan_that_coinglass_refuses_is_compared_with_the_account(
    clock: FakeClock, upstream: respx.MockRouter, account_route: respx.Route
) -> None:
    messages: list[str] = []
    client = client_with(Plan.PROFESSIONAL, clock)
    client.gate.on_contradiction = messages.append
    upstream.get(ADVANCED.path).mock(return_value=failure("401", "Upgrade plan"))
    await advanced(client)
    await wait_for_account_request(client)
    assert messages == ["COINGLASS_PLAN declares Professional, but the key is Standard by CoinGlass' account endpoint."]
    assert (client.gate.plan, account_route.call_count) == (Plan.PROFESSIONAL, 1)
    await client.close()


async def test_an_unknown_plan_is_not_stated(undeclared: Client, upstream: respx.MockRouter) -> None:
    upstream.get(ACCOUNT).mock(return_value=missing())
    upstream.get(ADVANCED.path).mock(return_value=failure("401", "Upgrade plan"))
    refused = await advanced(undeclared)
    assert refused.current is None
    assert "this server runs with a plan that is not known; check the subscription." in str(refused)
    assert not any(plan.name.title() in str(refused).replace("Professional and above", "") for plan in Plan)


plans = st.none() | st.sampled_from(Plan)


@given(plans, plans, st.none() | st.sampled_from([*LIMITS, 600]), st.booleans())
def test_the_plan_is_always_one_that_a_source_stated(
    declared: Plan | None, by_account: Plan | None, requests: int | None, account_fails: bool
) -> None:
    key = KeyPlan(declared=declared, account=by_account, limit=requests, account_fails=account_fails)
    by_limit = LIMITS.get(requests or 0)
    assert key.plan in (declared, by_account, by_limit, None)
    assert key.plan is (declared or by_account or (by_limit if account_fails else None))
    observed = by_account or by_limit
    if declared is None or observed is None:
        assert not key.contradiction
    else:
        differs = by_account is not declared if by_account else REQUESTS_PER_MINUTE[declared] != requests
        assert bool(key.contradiction) == differs


async def test_closing_the_client_cancels_its_plan_request(
    undeclared: Client, account_route: respx.Route, clock: FakeClock
) -> None:
    await undeclared.know_plan()
    hanging = asyncio.Event()

    async def hangs(_: httpx.Request) -> httpx.Response:
        await hanging.wait()
        return httpx.Response(500)

    account_route.mock(side_effect=hangs)
    clock.advance(301)
    undeclared.plan_watch.review()
    await asyncio.sleep(0)
    await undeclared.close()
    task = undeclared.plan_watch.task
    assert task is not None
    with pytest.raises(asyncio.CancelledError):
        await task
