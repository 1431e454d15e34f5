"""A dry client reports what its client would do, and does none of it."""

import asyncio

import httpx
import pytest
import respx

from cg_client.call import CacheStatus, Call
from cg_client.client import Client
from cg_client.dry_client import CallPlan, DryClient, DryRunMiss
from cg_client.endpoint import Endpoint
from cg_client.endpoints import account, futures
from cg_client.errors import PlanRequired, UnknownName
from cg_client.params.core import CoinParams, Params
from cg_client.plans.plan_table import Plan
from cg_client.symbols.listings import LISTING_LIFETIME, UNKNOWN_NAME_INTERVAL, Symbols
from tests.cg_client.conftest import ENDPOINT, a_call, answer, decode, fetch
from tests.clock import FakeClock

COINS = futures.market.SUPPORTED_COINS.path
ADVANCED = Endpoint(path="/api/advanced", summary="For others.", params=CoinParams, plan=Plan.STANDARD)


@pytest.fixture
def plan() -> CallPlan:
    return CallPlan()


@pytest.fixture
def dry(client: Client, plan: CallPlan) -> DryClient:
    return DryClient(client, plan)


async def test_an_uncached_call_is_reported_once_and_not_sent(
    dry: DryClient, plan: CallPlan, upstream: respx.MockRouter
) -> None:
    with pytest.raises(DryRunMiss):
        await dry.get(Call(ENDPOINT, CoinParams(symbol="BTC"), decode))
    with pytest.raises(DryRunMiss) as miss:
        await dry.get(Call(ENDPOINT, CoinParams(symbol="BTC"), decode))
    assert (plan.calls, plan.is_complete) == ({a_call(): CacheStatus.MISS}, True)
    assert miss.value.endpoint == ENDPOINT.path
    assert not upstream.calls
    assert dry.quota.used == 0


@pytest.mark.parametrize(
    ("age", "status"),
    [(59.0, CacheStatus.HIT), (61.0, CacheStatus.REFRESH), (89.0, CacheStatus.REFRESH), (91.0, CacheStatus.MISS)],
)
async def test_a_cached_answer_has_the_same_status_as_in_a_real_run(
    client: Client,
    plan: CallPlan,
    dry: DryClient,
    upstream: respx.MockRouter,
    clock: FakeClock,
    age: float,
    status: CacheStatus,
) -> None:
    route = upstream.get(ENDPOINT.path).mock(return_value=answer(1))
    await fetch(client)
    clock.advance(age)
    result = await asyncio.gather(dry.get(Call(ENDPOINT, CoinParams(symbol="BTC"), decode)), return_exceptions=True)
    assert plan.calls == {a_call(): status}
    assert isinstance(result[0], DryRunMiss) == (status is CacheStatus.MISS)
    assert route.call_count == 1
    await fetch(client)
    for _ in range(20):
        await asyncio.sleep(0)
    assert route.call_count == (1 if status is CacheStatus.HIT else 2)


async def test_without_grace_an_expired_answer_is_fetched(
    client: Client, plan: CallPlan, dry: DryClient, upstream: respx.MockRouter, clock: FakeClock
) -> None:
    upstream.get(ENDPOINT.path).mock(return_value=answer(1))
    await fetch(client)
    clock.advance(61)
    with pytest.raises(DryRunMiss):
        await dry.get(Call(ENDPOINT, CoinParams(symbol="BTC"), decode), grace=False)
    assert plan.calls == {a_call(): CacheStatus.MISS}


async def test_a_call_in_flight_is_not_counted_again(
    client: Client, plan: CallPlan, dry: DryClient, upstream: respx.MockRouter
) -> None:
    landing = asyncio.Event()

    async def late(_: httpx.Request) -> httpx.Response:
        await landing.wait()
        return answer(1)

    upstream.get(ENDPOINT.path).mock(side_effect=late)
    in_flight = asyncio.create_task(fetch(client))
    await asyncio.sleep(0)
    with pytest.raises(DryRunMiss):
        await dry.get(Call(ENDPOINT, CoinParams(symbol="BTC"), decode))
    assert plan.calls == {a_call(): CacheStatus.PENDING}
    landing.set()
    assert (await in_flight).value == 1


async def test_a_fresh_answer_is_reported(
    client: Client, plan: CallPlan, dry: DryClient, upstream: respx.MockRouter
) -> None:
    upstream.get(ENDPOINT.path).mock(return_value=answer(1))
    assert dry.peek(a_call()) == (CacheStatus.MISS, None)
    assert plan.calls == {}
    await fetch(client)
    _, entry = dry.peek(a_call())
    assert entry is not None
    assert (entry.answer.value, plan.calls) == (1, {a_call(): CacheStatus.HIT})


async def test_an_endpoint_outside_the_plan_is_not_reported_as_a_call(plan: CallPlan, dry: DryClient) -> None:
    with pytest.raises(PlanRequired) as refusal:
        await dry.get(Call(ADVANCED, CoinParams(symbol="BTC"), decode))
    assert plan.calls == {}
    for _ in range(2):
        plan.refuse(refusal.value)
    assert [error.endpoint for error in plan.refused] == [ADVANCED.path]


async def test_a_dry_run_does_not_request_an_unknown_plan(
    undeclared: Client, plan: CallPlan, upstream: respx.MockRouter
) -> None:
    with pytest.raises(DryRunMiss):
        await DryClient(undeclared, plan).get(Call(ENDPOINT, CoinParams(symbol="BTC"), decode))
    replay_query = Call(account.SUBSCRIPTION, Params(), account.decode_subscription)
    assert plan.calls == {replay_query: CacheStatus.MISS}
    assert list(plan.open) == [account.SUBSCRIPTION.path]
    assert not upstream.calls
    assert not undeclared.plan_watch.was_requested


@pytest.fixture
def symbols(client: Client, upstream: respx.MockRouter) -> Symbols:
    upstream.get(COINS).mock(return_value=answer(["BTC", "ETH"]))
    return Symbols(client)


async def test_names_are_looked_up_in_cached_listings(
    client: Client, symbols: Symbols, plan: CallPlan, upstream: respx.MockRouter, clock: FakeClock
) -> None:
    def copied() -> Symbols:
        return symbols.for_client(DryClient(client, plan, followup="They are names."))

    with pytest.raises(DryRunMiss):
        await copied().coin("btc")
    assert (plan.open, len(upstream.calls)) == ({COINS: "They are names."}, 0)
    await symbols.coin("btc")
    plan.open.clear()
    plan.calls.clear()
    assert await copied().coin("btc") == "BTC"
    assert (plan.open, plan.calls) == ({}, {})
    clock.advance(LISTING_LIFETIME + 1)
    version = client.revision.count
    assert await copied().coin("btc") == "BTC"
    assert list(plan.open) == [COINS]
    assert (client.revision.count, len(upstream.calls)) == (version, 1)
    await symbols.coin("btc")
    assert len(upstream.calls) == 2


async def test_a_dry_run_refreshes_no_listing_for_an_unknown_name(
    client: Client, symbols: Symbols, plan: CallPlan, clock: FakeClock
) -> None:
    await symbols.coin("btc")
    until, version = symbols.futures_coins.valid_until, client.revision.count
    clock.advance(UNKNOWN_NAME_INTERVAL - 1)
    with pytest.raises(UnknownName):
        await symbols.futures_coins.find(lambda names: names.require("NOSUCH"))
    clock.advance(2)
    other = symbols.for_client(DryClient(client, plan))
    with pytest.raises(UnknownName):
        await other.futures_coins.find(lambda names: names.require("NOSUCH"))
    assert list(plan.calls.values()) == [CacheStatus.MISS]
    assert (symbols.futures_coins.valid_until, client.revision.count) == (until, version)
