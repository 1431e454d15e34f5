"""A response states its own cost: zero if it is cached or shared."""

import asyncio
from collections.abc import Callable

import pytest

from tests.server.raw_asgi import Origin, Reply, Served, Server, get, post, run_pending

Make = Callable[..., Served]


def cost(reply: Reply) -> tuple[str | None, str | None]:
    return reply.headers.get("x-upstream-calls"), reply.headers.get("x-quota-remaining")


@pytest.fixture
def costly(origin: Origin) -> Origin:
    origin.calls = 7
    return origin


async def test_a_run_states_its_cost_and_a_cached_response_zero(cache: Served, costly: Origin, server: Server) -> None:
    server.left = 11
    assert cost(await post(cache)) == ("7", "11")
    assert cost(await post(cache)) == ("0", "11")
    server.left = 12
    assert cost(await post(cache, b' {"query": "{ a }"}')) == ("0", "12")
    assert costly.count == 1


async def test_a_shared_response_states_a_cost_of_zero(cache: Served, costly: Origin) -> None:
    costly.open.clear()
    tasks = [asyncio.create_task(post(cache)) for _ in range(4)]
    await run_pending()
    costly.open.set()
    assert [cost(reply) for reply in await asyncio.gather(*tasks)] == [("7", "30"), *[("0", "30")] * 3]


async def test_a_304_response_states_its_cost(cache: Served, costly: Origin) -> None:
    tag = (await get(cache)).headers["etag"]
    not_modified = await get(cache, if_none_match=tag)
    assert (not_modified.status, cost(not_modified), costly.count) == (304, ("0", "30"), 1)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"accept_encoding": "identity;q=0"}, 406),
        ({"content_length": "99999999"}, 413),
        ({"content_encoding": "gzip"}, 415),
    ],
)
async def test_a_refused_request_states_a_cost_of_zero(cache: Served, headers: dict[str, str], status: int) -> None:
    refused = await post(cache, **headers)
    assert (refused.status, cost(refused)) == (status, ("0", "30"))


@pytest.mark.parametrize("wish", ["1", "true", "maybe"])
async def test_a_dry_run_is_neither_cached_nor_shared(cache: Served, origin: Origin, wish: str) -> None:
    assert (await post(cache)).number == 1
    assert [(await post(cache, x_dry_run=wish)).number for _ in range(2)] == [2, 3]
    assert (await post(cache)).number == 1
    origin.open.clear()
    tasks = [asyncio.create_task(post(cache, {"query": "{ b }"}, x_dry_run=wish)) for _ in range(2)]
    tasks.append(asyncio.create_task(post(cache, {"query": "{ b }"})))
    await run_pending()
    origin.open.set()
    assert sorted(reply.number for reply in await asyncio.gather(*tasks)) == [4, 5, 6]


@pytest.mark.parametrize("wish", ["0", "false"])
async def test_x_dry_run_off_equals_an_absent_header(cache: Served, wish: str) -> None:
    assert [(await post(cache)).number, (await post(cache, x_dry_run=wish)).number] == [1, 1]
