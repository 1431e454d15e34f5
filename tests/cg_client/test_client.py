"""The client over HTTP: what it sends and caches, and what it learns of plan and quota."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
import respx

from cg_client.call import Call
from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.decoding.tolerance import items_of, scalar, tolerant
from cg_client.endpoints import account, futures
from cg_client.errors import (
    CoinglassError,
    IntervalTooFine,
    NoData,
    PayloadMismatch,
    PlanRequired,
    ProblemCode,
    QuotaExhausted,
    RateLimited,
)
from cg_client.intervals import Interval
from cg_client.params.core import CoinParams, PairSeries
from cg_client.plans.plan_table import REQUESTS_PER_MINUTE, Plan
from cg_client.quota.requester import Priority, Requester
from cg_client.secret import Secret
from cg_client.transport import KEY_HEADER
from tests.cg_client.conftest import ENDPOINT, KEY, answer, decode, fails, failure, fetch
from tests.clock import START, FakeClock

HISTORY = futures.funding_rate.HISTORY
ASK_PLAN = account.SUBSCRIPTION.path


def pair_series(interval: Interval = Interval.H8, **window: Any) -> PairSeries:
    return PairSeries(exchange="OKX", symbol="BTC-USDT-SWAP", interval=interval, **window)


async def test_the_request_is_sent_exactly_as_upstream_reads_it(client: Client, upstream: respx.MockRouter) -> None:
    route = upstream.get(HISTORY.path).mock(return_value=answer([{"time": 1}]))
    params = pair_series(last=100, from_=START - timedelta(days=2), to=START)
    actual = await client.get(Call(HISTORY, params, decode))
    request = route.calls.last.request
    assert request.url.query == (
        b"interval=8h&limit=100&start_time=1782734400000&end_time=1782907200000&exchange=OKX&symbol=BTC-USDT-SWAP"
    )
    assert request.headers[KEY_HEADER] == KEY
    assert (actual.value, actual.endpoint, actual.fetched_at, actual.stale, actual.sandbox) == (
        [{"time": 1}],
        HISTORY,
        START,
        False,
        False,
    )


async def test_a_path_without_parameters_has_no_query(undeclared: Client, upstream: respx.MockRouter) -> None:
    route = upstream.get(ASK_PLAN).mock(return_value=answer({"level": "Startup"}))
    await undeclared.know_plan()
    assert str(route.calls.last.request.url) == f"https://open-api-v4.coinglass.com{ASK_PLAN}"


async def test_equal_calls_are_sent_once(client: Client, upstream: respx.MockRouter) -> None:
    upstream.get(ENDPOINT.path).mock(return_value=answer([]))
    await asyncio.gather(*(fetch(client) for _ in range(20)))
    await fetch(client)
    assert len(upstream.calls) == 1


@pytest.mark.parametrize(("ago", "calls"), [(timedelta(days=2), 1), (timedelta(hours=9), 2), (timedelta(0), 2)])
async def test_a_window_that_is_closed_is_valid_for_an_hour_and_any_other_for_its_refresh_time(
    client: Client, upstream: respx.MockRouter, clock: FakeClock, ago: timedelta, calls: int
) -> None:
    upstream.get(HISTORY.path).mock(return_value=answer([]))
    for _ in range(2):
        await client.get(Call(HISTORY, pair_series(from_=START - timedelta(days=9), to=START - ago), decode))
        clock.advance(3500)
    assert len(upstream.calls) == calls


async def test_a_malformed_answer_names_its_endpoint(client: Client, upstream: respx.MockRouter) -> None:
    upstream.get(ASK_PLAN).mock(return_value=answer(["no object"]))
    with pytest.raises(PayloadMismatch) as error:
        await client.get(Call(account.SUBSCRIPTION, account.SUBSCRIPTION.params(), account.decode_subscription))
    assert error.value.endpoint == ASK_PLAN


async def test_a_failure_followed_by_a_successful_retry_is_not_reported(
    client: Client, upstream: respx.MockRouter, clock: FakeClock
) -> None:
    upstream.get(ENDPOINT.path).mock(side_effect=[httpx.ReadError("reset"), httpx.Response(503), answer([1])])
    assert (await fetch(client)).value == [1]
    assert clock.slept == [0.25, 0.5]


async def test_a_rate_limit_pauses_every_call_for_the_requested_time(
    client: Client, upstream: respx.MockRouter, clock: FakeClock
) -> None:
    limited = httpx.Response(429, headers={"retry-after": "40"})
    upstream.get(ENDPOINT.path).mock(side_effect=[limited, answer([])])
    assert isinstance(await fails(client), RateLimited)
    other = await fails(client, "ETH")
    assert (other.code, other.retryable, other.retry_after) == (ProblemCode.RATE_LIMITED, True, 40)
    assert str(other) == "CoinGlass requested a pause; requests go on in 40 s."
    clock.advance(40)
    assert (await fetch(client, "ETH")).value == []


async def test_a_rate_limit_without_retry_after_says_that_none_was_stated(
    client: Client, upstream: respx.MockRouter
) -> None:
    upstream.get(ENDPOINT.path).mock(return_value=failure("400", "Too Many Requests"))
    assert isinstance(await fails(client), RateLimited)
    other = await fails(client, "ETH")
    assert other.code is ProblemCode.RATE_LIMITED
    assert "named no time to wait; requests go on in 60 s" in str(other)
    assert len(upstream.calls) == 1


async def test_a_quota_without_room_at_the_end_of_a_pause_is_exhausted(
    client: Client, upstream: respx.MockRouter, clock: FakeClock
) -> None:
    limited = httpx.Response(429, headers={"retry-after": "20"})
    upstream.get(ENDPOINT.path).mock(side_effect=[*[answer([])] * 29, limited])
    await asyncio.gather(*(fetch(client, f"COIN{number}") for number in range(29)))
    await fails(client)
    assert isinstance(await fails(client, "ETH"), QuotaExhausted)
    clock.advance(21)
    assert isinstance(await fails(client, "ETH"), QuotaExhausted)


rows = tolerant(msgspec.json.Decoder(list[int]).decode, items_of(scalar(int)), list)


@pytest.mark.parametrize("data", ["null", "{}", "{ }"])
@pytest.mark.parametrize("more", ["", ',"success":true'])
async def test_an_empty_success_is_no_data_for_any_decoder(
    client: Client, upstream: respx.MockRouter, data: str, more: str
) -> None:
    route = upstream.get(ENDPOINT.path)
    route.mock(return_value=httpx.Response(200, text=f'{{"code":"0","msg":"success","data":{data}{more}}}'))
    with pytest.raises(NoData) as error:
        await client.get(Call(ENDPOINT, CoinParams(symbol="BTC"), rows))
    assert (error.value.code, error.value.retryable, error.value.endpoint) == (
        ProblemCode.NO_DATA,
        False,
        ENDPOINT.path,
    )
    assert route.call_count == 1
    route.mock(return_value=answer([]))
    assert (await client.get(Call(ENDPOINT, CoinParams(symbol="BTC"), rows))).value == []


async def test_the_quota_of_the_plan_is_not_exceeded(client: Client, upstream: respx.MockRouter) -> None:
    upstream.get(ENDPOINT.path).mock(return_value=answer([]))
    calls = (fetch(client, f"COIN{number}") for number in range(40))
    refusals = [
        item for item in await asyncio.gather(*calls, return_exceptions=True) if isinstance(item, QuotaExhausted)
    ]
    assert (len(upstream.calls), len(refusals)) == (30, 10)
    assert all(refusal.endpoint == ENDPOINT.path for refusal in refusals)


async def test_the_quota_follows_the_headers_of_upstream(client: Client, upstream: respx.MockRouter) -> None:
    headers = {"API-KEY-MAX-LIMIT": "80", "API-KEY-USE-LIMIT": "12"}
    upstream.get(ENDPOINT.path).mock(return_value=answer([], **headers))
    await fetch(client)
    assert (client.quota.limit, client.quota.used) == (80, 12)


async def test_an_endpoint_outside_the_plan_is_not_called(client: Client, upstream: respx.MockRouter) -> None:
    with pytest.raises(IntervalTooFine) as error:
        await client.get(Call(HISTORY, pair_series(Interval.M1), decode))
    assert error.value.endpoint == HISTORY.path
    assert len(upstream.calls) == 0


@pytest.mark.parametrize("level", ["Standard", "STANDARD", "standard"])
async def test_an_undeclared_plan_is_requested_once(undeclared: Client, upstream: respx.MockRouter, level: str) -> None:
    route = upstream.get(ASK_PLAN).mock(return_value=answer({"level": level, "expire_time": 1}))
    upstream.get(ENDPOINT.path).mock(return_value=answer([]))
    assert not undeclared.plan_watch.was_requested
    await asyncio.gather(*(fetch(undeclared, symbol) for symbol in ("BTC", "ETH", "SOL")))
    assert (route.call_count, undeclared.gate.plan, undeclared.plan_watch.was_requested) == (1, Plan.STANDARD, True)
    assert undeclared.quota.limit == REQUESTS_PER_MINUTE[Plan.STANDARD]


@pytest.mark.parametrize(
    ("reply", "seconds"), [(failure("500", "Server Error"), 1), (answer({"level": "Galaxy"}), 60), (answer([]), 60)]
)
async def test_an_unavailable_plan_blocks_no_call_and_is_requested_again(
    undeclared: Client, upstream: respx.MockRouter, clock: FakeClock, reply: httpx.Response, seconds: float
) -> None:
    route = upstream.get(ASK_PLAN).mock(return_value=reply)
    upstream.get(ENDPOINT.path).mock(return_value=answer([]))
    await fetch(undeclared)
    before = route.call_count
    clock.advance(seconds * 0.9)
    await fetch(undeclared, "ETH")
    assert (route.call_count, undeclared.gate.plan, undeclared.plan_watch.was_requested) == (before, None, True)
    route.mock(return_value=answer({"level": "Startup"}))
    clock.advance(seconds * 0.2)
    await undeclared.know_plan()
    assert undeclared.plan_watch.task is not None
    await undeclared.plan_watch.task
    assert undeclared.gate.plan is Plan.STARTUP


async def test_no_call_waits_while_the_plan_is_requested_again(
    undeclared: Client, upstream: respx.MockRouter, clock: FakeClock
) -> None:
    hanging = asyncio.Event()

    async def hangs(_: httpx.Request) -> httpx.Response:
        await hanging.wait()
        return httpx.Response(500)

    route = upstream.get(ASK_PLAN).mock(return_value=httpx.Response(500))
    upstream.get(ENDPOINT.path).mock(return_value=answer([]))
    await fetch(undeclared)
    route.mock(side_effect=hangs)
    clock.advance(1)
    for symbol in ("ETH", "SOL"):
        assert (await fetch(undeclared, symbol)).value == []
    assert undeclared.gate.plan is None
    hanging.set()


async def test_an_unavailable_plan_is_requested_with_backoff_up_to_ten_seconds(
    undeclared: Client, upstream: respx.MockRouter, clock: FakeClock
) -> None:
    upstream.get(ASK_PLAN).mock(side_effect=httpx.ConnectError("down"))
    waits = []
    for _ in range(6):
        await undeclared.plan_watch.request()
        waits.append(undeclared.plan_watch._due - clock.monotonic())
    assert waits == pytest.approx([1, 2, 4, 8, 10, 10])


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (failure("401", "Upgrade plan"), PlanRequired),
        (failure("403", "The requested interval is not available for your current API plan."), IntervalTooFine),
    ],
)
async def test_a_call_refused_for_the_plan_is_not_sent_twice(
    client: Client, upstream: respx.MockRouter, clock: FakeClock, refusal: httpx.Response, error: type[CoinglassError]
) -> None:
    route = upstream.get(HISTORY.path).mock(side_effect=[refusal, answer([])])
    for last in (10, 20):
        with pytest.raises(error) as raised:
            await client.get(Call(HISTORY, pair_series(last=last), decode))
        assert raised.value.endpoint == HISTORY.path
    assert route.call_count == 1
    clock.advance(601)
    assert (await client.get(Call(HISTORY, pair_series(), decode))).value == []


async def test_a_failing_upstream_is_covered_by_a_stale_answer(
    client: Client, upstream: respx.MockRouter, clock: FakeClock
) -> None:
    upstream.get(ENDPOINT.path).mock(side_effect=[answer([1]), *[httpx.ReadError("reset")] * 3])
    await fetch(client)
    clock.advance(1000)
    actual = await fetch(client)
    assert (actual.value, actual.stale, actual.fetched_at) == ([1], True, START)


async def test_answers_of_a_sandbox_are_marked(client: Client, upstream: respx.MockRouter) -> None:
    upstream.get(ENDPOINT.path).mock(return_value=answer([], **{"X-CoinGlass-Source": "sandbox"}))
    assert client.is_sandbox is None
    assert (await fetch(client)).sandbox
    assert client.is_sandbox is True


async def test_whether_answers_come_from_a_sandbox_is_unknown_before_the_first(
    client: Client, upstream: respx.MockRouter
) -> None:
    upstream.get(ENDPOINT.path).mock(return_value=answer([]))
    assert client.is_sandbox is None
    await fetch(client)
    assert client.is_sandbox is False


def test_a_deadline_is_the_configured_seconds_from_now(clock: FakeClock) -> None:
    client = Client(ClientConfig(api_key=Secret(KEY), deadline_seconds=7.0), clock=clock)
    assert client.deadline() == clock.monotonic() + 7.0


async def test_a_background_call_joined_by_an_interactive_caller_becomes_interactive(
    client: Client, clock: FakeClock, upstream: respx.MockRouter
) -> None:
    """The reserve of a Hobbyist minute is six: the backfill waits for room, until it is not one any more."""
    route = upstream.get("/api/test").mock(return_value=answer([]))
    patient = Requester("ann", Priority.BACKFILL)
    for number in range(24):
        await client.get(Call(ENDPOINT, CoinParams(symbol=f"COIN{number}"), decode), requester=patient)
    late = clock.monotonic() + 100
    waiting = client.get(Call(ENDPOINT, CoinParams(symbol="BTC"), decode), late, requester=patient)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (client.admission_queue.waiting(Priority.BACKFILL), route.call_count) == (1, 24)
    joined = await client.get(Call(ENDPOINT, CoinParams(symbol="BTC"), decode), late, requester=Requester("bob"))
    assert clock.monotonic() == 1000
    assert await waiting is joined
    assert route.call_count == 25


async def test_clients_and_priorities_are_not_part_of_the_cache_key(client: Client, upstream: respx.MockRouter) -> None:
    route = upstream.get("/api/test").mock(return_value=answer([]))
    requesters = (Requester("ann"), Requester("bob", Priority.BACKFILL), Requester(""))
    answers = [
        await client.get(Call(ENDPOINT, CoinParams(symbol="BTC"), decode), requester=requester)
        for requester in requesters
    ]
    assert answers[0] is answers[1] is answers[2]
    assert route.call_count == 1


async def test_configured_weights_apply_to_the_queue(clock: FakeClock, upstream: respx.MockRouter) -> None:
    route = upstream.get("/api/test").mock(return_value=answer([]))
    config = ClientConfig(api_key=Secret(KEY), plan=Plan.HOBBYIST, workers=30, client_weights={"ann": 2})
    client = Client(config, clock=clock, transport=httpx.AsyncHTTPTransport())
    await fetch(client)
    expected = ["ann1", "ann2", "ann3", "bob1", "bob2"]
    await asyncio.gather(
        *(
            client.get(Call(ENDPOINT, CoinParams(symbol=name), decode), 1e9, requester=Requester(name[:3]))
            for name in expected
        )
    )
    sent = [call.request.url.params["symbol"] for call in route.calls]
    assert sent == ["BTC", "ann1", "ann2", "bob1", "ann3", "bob2"]
    await client.close()
