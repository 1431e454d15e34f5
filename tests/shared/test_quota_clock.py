"""The clock of the store is set back: nothing lasts longer for it, and no minute has more requests than the limit."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import redis

from cg_client.quota.window import PauseReason
from tests.shared.quota_world import World
from tests.shared.test_quota import sent, started

HOUR = 3600.0


@pytest.fixture
async def world(quota_store: "redis.Redis") -> AsyncIterator[World]:
    created = World(quota_store)
    yield created
    await created.close()


async def test_a_pause_ends_as_it_would_have(world: World) -> None:
    first, second = await started(world, 2)
    first.quota.pause(10, PauseReason.REQUESTED)
    await world.elapse(2)
    world.store_offset -= HOUR
    await world.elapse(4)
    calls = [replica.call(within=10) for replica in (first, second)]
    await world.elapse(1)
    assert sent(calls) == 0
    await world.elapse(5)
    assert (sent(calls), first.is_alone, second.is_alone) == (2, False, False)


async def test_calls_of_a_replica_that_has_left_count_for_their_minute(world: World) -> None:
    first, second = await started(world, 2)
    used = [second.call(seconds=0) for _ in range(30)]
    await world.elapse(5)
    await asyncio.gather(second.leave(), world.elapse(2))
    world.store_offset -= HOUR
    calls = [first.call(seconds=0, within=90) for _ in range(30)]
    await world.elapse(45)
    assert (sent(used), sent(calls)) == (30, 0)
    await world.elapse(20)
    assert (sent(calls), world.upstream.most) == (30, 30)


async def test_calls_of_others_with_the_key_count_for_their_minute(world: World) -> None:
    first, second = await started(world, 2)
    world.headers = lambda: (30, 30)
    first.call(seconds=0)
    await world.elapse(2)
    world.headers = lambda: (None, None)
    world.store_offset -= HOUR
    await world.elapse(2)
    calls = [second.call(seconds=0, within=90) for _ in range(29)]
    await world.elapse(45)
    assert sent(calls) == 0
    await world.elapse(15)
    assert sent(calls) == 29


async def test_a_silent_replica_is_forgotten_in_the_end(world: World) -> None:
    first, second = await started(world, 2, member_lifetime_seconds=900)
    second.kill()
    await world.elapse(10)
    world.store_offset -= HOUR
    await world.elapse(900)
    calls = [first.call(seconds=0) for _ in range(30)]
    await world.elapse(5)
    assert (first.quota.usage().replicas, sent(calls)) == (1, 30)


async def test_replicas_name_each_other_to_an_empty_store_whose_clock_is_behind(world: World) -> None:
    _first, second = await started(world, 2)
    second.link.is_cut = True
    world.empty()
    world.store_offset -= HOUR
    await world.elapse(10)
    assert [replica.is_alone for replica in world.replicas] == [True, True]
    second.link.is_cut = False
    await world.elapse(5)
    assert [replica.is_alone for replica in world.replicas] == [False, False]
