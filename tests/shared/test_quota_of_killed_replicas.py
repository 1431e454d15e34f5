"""What replicas that are killed may have used leaves room for the others, and costs the store no time."""

from collections.abc import AsyncIterator, Callable
from typing import Final

import pytest
import redis

from shared.quota.messages import LATE
from tests.shared.quota_world import QuotaReplica, World
from tests.shared.test_quota import sent, started

DOWN: Final = 5  # seconds until a killed replica is started again
EVERY: Final = 10  # seconds between two kills

NewWorld = Callable[[int], World]


@pytest.fixture
async def new_world(quota_store: "redis.Redis") -> AsyncIterator[NewWorld]:
    worlds = []

    def create(limit: int) -> World:
        worlds.append(World(quota_store, limit))
        return worlds[-1]

    yield create
    for world in worlds:
        await world.close()


async def kill_in_turn(world: World, kills: int) -> int:
    """Kill and restart one replica after another while all that have a part send calls; return how many were sent."""
    replicas: list[QuotaReplica | None] = [*await started(world, 3)]
    names = [replica.name for replica in world.replicas]
    calls = []
    for second in range(kills * EVERY):
        victim = second // EVERY % len(names)
        if second % EVERY == 0 and (killed := replicas[victim]):
            killed.kill()
            replicas[victim] = None
        elif second % EVERY == DOWN:
            replicas[victim] = world.replica(names[victim])
        calls += [each.call(within=5) for each in replicas if each and each.quota.obstacle is None]
        await world.elapse(1)
    return sent(calls)


@pytest.mark.parametrize("limit", [600, 1_000_000])
async def test_replicas_that_are_killed_in_turn_leave_room_for_the_others(new_world: NewWorld, limit: int) -> None:
    world = new_world(limit)
    assert await kill_in_turn(world, 9) > 150
    assert world.refusals == []


async def test_an_exchange_takes_no_longer_the_more_slots_a_killed_replica_leaves(
    new_world: NewWorld, quota_store: "redis.Redis"
) -> None:
    world = new_world(10_000_000)
    quota_store.config_set("slowlog-log-slower-than", int(LATE * 1e6))
    quota_store.slowlog_reset()
    await kill_in_turn(world, 2)
    assert quota_store.slowlog_len() == 0
