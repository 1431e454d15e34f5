"""Requests count for the operation that started them, each attempt once, and for no other."""

import asyncio

import httpx
import pytest
import respx

from cg_client.call import count_upstream_calls
from cg_client.client import Client
from cg_client.errors import CoinglassError
from cg_client.symbols.listings import Symbols
from tests.cg_client.conftest import ENDPOINT, answer, fetch
from tests.clock import FakeClock


async def sent(client: Client, symbol: str = "BTC") -> int:
    """Return the number of calls that one operation sends, in a separate task."""

    async def operation() -> int:
        with count_upstream_calls() as counter:
            await fetch(client, symbol)
        return counter.sent

    return await asyncio.create_task(operation())


async def test_a_cached_answer_counts_no_call(client: Client, upstream: respx.MockRouter) -> None:
    upstream.get(ENDPOINT.path).mock(return_value=answer(1))
    assert [await sent(client), await sent(client), await sent(client, "ETH")] == [1, 0, 1]


async def test_retries_count(client: Client, upstream: respx.MockRouter) -> None:
    upstream.get(ENDPOINT.path).mock(side_effect=[httpx.Response(503), httpx.ReadError("no"), answer(1)])
    assert await sent(client) == 3


async def test_a_failed_operation_counts_its_sent_calls(client: Client, upstream: respx.MockRouter) -> None:
    upstream.get(ENDPOINT.path).mock(return_value=httpx.Response(404))
    with count_upstream_calls() as counter, pytest.raises(CoinglassError):
        await fetch(client)
    assert counter.sent == 1


async def test_a_call_counts_from_its_start_although_nobody_waits_for_the_answer(
    client: Client, upstream: respx.MockRouter
) -> None:
    begun = asyncio.Event()

    async def hang(_: httpx.Request) -> httpx.Response:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    upstream.get(ENDPOINT.path).mock(side_effect=hang)
    with count_upstream_calls() as counter:
        waiting = asyncio.create_task(fetch(client))
        await begun.wait()
        waiting.cancel()
        assert counter.sent == 1


async def test_a_call_whose_connection_fails_does_not_count(client: Client, upstream: respx.MockRouter) -> None:
    upstream.get(ENDPOINT.path).mock(side_effect=httpx.ConnectError("no"))
    with count_upstream_calls() as counter, pytest.raises(CoinglassError):
        await fetch(client)
    assert counter.sent == 0


async def test_a_shared_call_counts_for_the_operation_that_started_it(
    client: Client, upstream: respx.MockRouter
) -> None:
    upstream.get(ENDPOINT.path).mock(return_value=answer(1))
    assert sorted(await asyncio.gather(*(sent(client) for _ in range(5)))) == [0, 0, 0, 0, 1]


async def test_a_listing_counts_for_the_operation_that_needs_it(client: Client, upstream: respx.MockRouter) -> None:
    upstream.get("/api/futures/supported-coins").mock(return_value=answer(["BTC"]))
    symbols = Symbols(client)
    with count_upstream_calls() as counter:
        await asyncio.gather(symbols.coin("BTC"), symbols.coin("btc"))
    assert counter.sent == 1


async def test_a_background_refresh_counts_for_no_operation(
    client: Client, upstream: respx.MockRouter, clock: FakeClock
) -> None:
    route = upstream.get(ENDPOINT.path).mock(return_value=answer(1))
    await fetch(client)
    clock.advance(61)
    with count_upstream_calls() as counter:
        assert (await fetch(client)).stale
        for _ in range(50):
            await asyncio.sleep(0)
    assert (counter.sent, route.call_count) == (0, 2)


async def test_a_call_refused_by_the_quota_is_not_counted_as_sent(client: Client, upstream: respx.MockRouter) -> None:
    upstream.get(ENDPOINT.path).mock(return_value=answer(1))
    client._throttle.pause(None)
    with count_upstream_calls() as counter, pytest.raises(CoinglassError):
        await fetch(client)
    assert (counter.sent, client.remaining(client.clock.monotonic()), client.quota.remaining) == (0, 0, 0)


async def test_the_remaining_quota_is_the_same_by_either_way(
    client: Client, upstream: respx.MockRouter, clock: FakeClock
) -> None:
    upstream.get(ENDPOINT.path).mock(return_value=answer(1))
    seen = []
    for symbol in ("A", "B", "C"):
        await fetch(client, symbol)
        clock.advance(25)
        seen.append(client.remaining(clock.monotonic()))
        assert seen[-1] == client.quota.remaining
    assert seen == [29, 28, 28]
