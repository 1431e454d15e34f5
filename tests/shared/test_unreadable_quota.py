"""What another program has written over the quota is lost, as all data of a store may be."""

from collections.abc import AsyncIterator

import msgspec
import pytest
import redis
from structlog.testing import capture_logs

from tests.shared.exchange_rig import ExchangeRig
from tests.shared.quota_world import SCOPE, World
from tests.shared.test_quota import sent, started
from tests.shared.test_quota_entries import grow_old

ENTRY = SCOPE.name("quota")
UNREADABLE = {
    "text": b"garbage",
    "number": b"\x05",
    "no fields": b"\x80",
    "wrong fields": msgspec.msgpack.encode({"last": 1.0, "members": [1], "limit": "a"}),
    "half": b"\x82\xa4last",
}
RECOVERED = 3.0  # seconds in which replicas share the quota again
DAY = 86_400  # seconds


@pytest.fixture
async def world(quota_store: "redis.Redis") -> AsyncIterator[World]:
    created = World(quota_store)
    yield created
    await created.close()


async def recover(world: World) -> None:
    """Let replicas that share the quota note what became of it, and check that it counts what was sent."""
    first, second = world.replicas
    calls = [replica.call(seconds=0) for replica in (first, second) for _ in range(10)]
    await world.elapse(RECOVERED)
    assert (first.is_alone, second.is_alone, sent(calls)) == (False, False, 20)
    more = [first.call(seconds=0, within=20) for _ in range(20)]
    await world.elapse(RECOVERED)
    assert (sent(more), world.upstream.most) == (10, world.limit)


@pytest.mark.parametrize("entry", UNREADABLE.values(), ids=UNREADABLE)
async def test_an_unreadable_quota_is_counted_anew_and_logged_once(
    world: World, quota_store: "redis.Redis", entry: bytes
) -> None:
    await started(world, 2)
    quota_store.set(ENTRY, entry, ex=DAY)
    with capture_logs() as logs:
        await recover(world)
    assert [log["event"] for log in logs] == [
        "what the shared store had as the quota could not be read, and is counted anew"
    ]


async def test_a_quota_of_another_type_is_counted_anew(world: World, quota_store: "redis.Redis") -> None:
    await started(world, 2)
    quota_store.delete(ENTRY)
    quota_store.rpush(ENTRY, "garbage")
    quota_store.expire(ENTRY, DAY)
    await recover(world)


async def test_a_new_replica_waits_for_those_whose_quota_became_unreadable_in_an_old_store(
    world: World, quota_store: "redis.Redis"
) -> None:
    await grow_old(world)
    first = world.replica()
    calls = [first.call(seconds=0) for _ in range(30)]
    await world.elapse(1)
    first.link.is_cut = True
    quota_store.set(ENTRY, b"garbage", ex=DAY)
    second = world.replica(recovery_seconds=None)
    more = [second.call(seconds=0, within=20) for _ in range(30)]
    await world.elapse(20)
    assert (sent(calls), sent(more), world.upstream.most) == (30, 0, 30)


def test_what_the_store_refuses_makes_no_quota_unreadable(quota_store: "redis.Redis") -> None:
    rig = ExchangeRig(quota_store)
    (member,) = rig.joined("a")
    state = rig.snapshot()
    quota_store.config_set("maxmemory", 1)
    try:
        with pytest.raises(redis.exceptions.OutOfMemoryError):
            member.contact()
    finally:
        quota_store.config_set("maxmemory", 0)
    assert rig.snapshot() == state
    assert member.contact().status == "ok"
