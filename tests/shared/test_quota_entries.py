"""What the store has of a quota lasts as long as something counts, and a new key waits for nothing that is over."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import redis

from cg_client.quota.window import PauseReason
from tests.shared.quota_world import AGE, QuotaReplica, World
from tests.shared.test_quota import sent, started

NO_TIME = 0.5  # seconds: less than any settling
RECOVERY_SECONDS = 4.0
OLD = 120.0  # seconds: more than what was granted before may count


@pytest.fixture
async def world(quota_store: "redis.Redis") -> AsyncIterator[World]:
    created = World(quota_store)
    yield created
    await created.close()


async def leave(world: World, replica: QuotaReplica) -> None:
    await asyncio.gather(replica.leave(), world.elapse(2))


async def grow_old(world: World) -> None:
    """Let the store reach an age by which nothing counts that it may have lost, without an entry but that."""
    first = world.replica(recovery_seconds=0.0)
    await world.elapse(1)
    await leave(world, first)
    await world.elapse(OLD)
    assert world.entries == set()


async def test_a_quota_without_replicas_is_gone_once_its_calls_are(world: World) -> None:
    (first,) = await started(world, 1)
    calls = [first.call(seconds=0) for _ in range(30)]
    await world.elapse(5)
    await leave(world, first)
    second = world.replica(recovery_seconds=0.0)
    await world.elapse(1)
    await leave(world, second)
    await world.elapse(44)
    assert (sent(calls), len(world.entries)) == (30, 1)
    third = world.replica(recovery_seconds=0.0)
    more = [third.call(seconds=0, within=20) for _ in range(30)]
    await world.elapse(1)
    assert sent(more) == 0
    await leave(world, third)
    await world.elapse(20)
    assert world.entries == set()


async def test_a_quota_that_counts_nothing_is_gone_at_once(world: World) -> None:
    (first,) = await started(world, 1)
    await leave(world, first)
    await world.elapse(2)
    assert world.entries == set()


async def test_a_pause_outlasts_the_replicas(world: World) -> None:
    (first,) = await started(world, 1)
    first.quota.pause(300, PauseReason.REQUESTED)
    await world.elapse(2)
    await leave(world, first)
    await world.elapse(250)
    second = world.replica(recovery_seconds=0.0)
    await world.elapse(2)
    assert second.quota.usage().is_paused


async def test_the_first_call_of_a_new_key_waits_for_no_store_that_is_old(world: World) -> None:
    await grow_old(world)
    first = world.replica(recovery_seconds=RECOVERY_SECONDS, opens=False)
    call = first.call()
    await world.elapse(NO_TIME)
    assert sent([call]) == 1


async def test_the_first_call_of_a_new_key_waits_for_a_store_that_is_young(world: World) -> None:
    await grow_old(world)
    world.empty()
    for _ in range(2):
        first = world.replica(recovery_seconds=RECOVERY_SECONDS, opens=False)
        call = first.call()
        await world.elapse(RECOVERY_SECONDS - NO_TIME)
        assert sent([call]) == 0
        await world.elapse(2 * NO_TIME)
        assert sent([call]) == 1
        await leave(world, first)
        await world.elapse(70)
        assert world.entries == set()


async def test_a_new_replica_waits_for_those_that_an_old_store_has_lost_with_its_data(world: World) -> None:
    await grow_old(world)
    first = world.replica(recovery_seconds=RECOVERY_SECONDS)
    calls = [first.call(seconds=0) for _ in range(30)]
    await world.elapse(1)
    world.empty()
    second = world.replica(recovery_seconds=RECOVERY_SECONDS)
    more = [second.call(seconds=0, within=20) for _ in range(30)]
    await world.elapse(20)
    assert (sent(calls), sent(more), world.upstream.most) == (30, 0, 30)


@pytest.mark.parametrize("history", ["another-id 0", "{id} 1"], ids=["failover", "eviction"])
async def test_a_store_that_may_have_lost_something_is_young(
    world: World, quota_store: "redis.Redis", history: str
) -> None:
    await grow_old(world)
    noted = quota_store.get(AGE)
    assert isinstance(noted, bytes)
    since, identity, _ = noted.decode().split()
    quota_store.set(AGE, f"{since} {history.format(id=identity)}")
    first = world.replica(recovery_seconds=RECOVERY_SECONDS, opens=False)
    call = first.call()
    await world.elapse(RECOVERY_SECONDS - NO_TIME)
    assert sent([call]) == 0


async def test_a_store_whose_clock_was_set_back_is_young(world: World) -> None:
    await grow_old(world)
    world.store_offset -= 2 * OLD
    first = world.replica(recovery_seconds=RECOVERY_SECONDS, opens=False)
    call = first.call()
    await world.elapse(RECOVERY_SECONDS - NO_TIME)
    assert sent([call]) == 0


async def test_the_age_of_a_store_lasts_as_long_as_replicas_use_it(world: World) -> None:
    await started(world, 1)
    for _ in range(30):
        world.store_offset += 3700  # as if nothing had happened for an hour
        await world.elapse(2)
    await leave(world, world.replicas[0])
    await world.elapse(10)
    assert world.entries == set()
    first = world.replica(recovery_seconds=RECOVERY_SECONDS, opens=False)
    call = first.call()
    await world.elapse(NO_TIME)
    assert sent([call]) == 1


async def test_a_quota_that_no_call_needs_is_not_in_the_store(world: World) -> None:
    first = world.replica(opens=False)
    assert (first.quota.usage().limit, first.quota.remaining(first.clock.monotonic())) == (30, 30)
    await first.quota.on_return(first.link)
    await world.elapse(10)
    await leave(world, first)
    assert (world.entries, first.quota.exchanges) == (set(), 0)


async def test_a_quota_whose_first_call_finds_no_store_falls_back_as_any_other(world: World) -> None:
    world.is_down = True
    first = world.replica(opens=False)
    calls = [first.call(within=5)]
    await world.elapse(3)
    assert (sent(calls), len(world.refusals)) == (0, 1)
    world.is_down = False
    await world.elapse(3)
    assert not first.is_alone
