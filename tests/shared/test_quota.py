"""Replicas share one quota as one process has it, and go on within it while the store is away."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from hashlib import blake2b
from typing import Any

import pytest
import redis

from cg_client.errors import QueueFull, QuotaExhausted, RequestsPaused, StartsTooLate
from cg_client.quota.requester import Priority, Requester
from cg_client.quota.window import MINUTE, PauseReason
from tests.cg_client.conftest import a_call
from tests.shared.quota_world import SCOPE, QuotaReplica, World

INTERACTIVE, REFRESH, BACKFILL, _ = Priority


@pytest.fixture
async def world(quota_store: "redis.Redis") -> AsyncIterator[World]:
    created = World(quota_store)
    yield created
    await created.close()


async def started(world: World, count: int, **options: Any) -> Sequence[QuotaReplica]:
    """Return replicas that share the quota."""
    replicas = [world.replica(**options) for _ in range(count)]
    await world.elapse(4)
    assert not any(replica.is_alone for replica in replicas)
    return replicas


def sent(calls: Sequence["asyncio.Task[float | None]"]) -> int:
    return sum(call.done() and call.result() is not None for call in calls)


async def test_one_replica_may_use_the_whole_quota(world: World) -> None:
    first, _second, _third = await started(world, 3)
    calls = [first.call() for _ in range(40)]
    await world.elapse(5)
    assert (sent(calls), world.upstream.most) == (30, 30)


async def test_a_call_waits_for_no_store_while_the_quota_has_room(world: World) -> None:
    first, _second = await started(world, 2)
    world.latency = 0.2
    now = world.clock.monotonic()
    call = first.call(seconds=0)
    await world.elapse(0)
    assert call.done()
    assert call.result() == now


async def test_waiting_calls_cost_few_exchanges(world: World) -> None:
    first, _second = await started(world, 2)
    before = first.quota.exchanges
    calls = [first.call(seconds=1) for _ in range(30)]
    await world.elapse(0.5)
    assert first.quota.exchanges - before < 10
    await world.elapse(2)
    assert sent(calls) == 30


async def test_a_call_that_cannot_start_in_time_is_refused_at_once(world: World) -> None:
    first, second = await started(world, 2)
    calls = [first.call(seconds=0) for _ in range(30)]
    await world.elapse(10)
    assert sent(calls) == 30
    late, patient = second.call(within=20), second.call(within=60)
    await world.elapse(0.1)
    assert late.done()
    assert late.result() is None
    (refusal,) = world.refusals
    assert isinstance(refusal, QuotaExhausted)
    assert refusal.retry_after == pytest.approx(50, abs=2.5)
    await world.elapse(55)
    assert sent([patient]) == 1


async def test_calls_ahead_count_in_the_forecast_of_other_replicas(world: World) -> None:
    first, second = await started(world, 2)
    for _ in range(30):
        first.call(seconds=0)
        await world.elapse(1)
    waiting = [first.call() for _ in range(5)]
    await world.elapse(0.1)
    late, patient = second.call(within=33), second.call(within=38)
    await world.elapse(0.1)
    assert [late.done(), patient.done()] == [True, False]
    await world.elapse(40)
    assert (sent(waiting), sent([patient])) == (5, 1)


async def test_a_patience_ends_the_wait(world: World) -> None:
    first, _second = await started(world, 2)
    for _ in range(30):
        first.call(seconds=0)
    await world.elapse(5)
    waiting = asyncio.create_task(first.quota.start(a_call(), 1e9, Requester("ann", patience=2)))
    await world.elapse(0.1)
    with pytest.raises(StartsTooLate):
        await waiting


async def test_callers_take_turns_across_replicas(world: World) -> None:
    """As in one process: what one caller requests in excess waits until the others have had their turns."""
    first, second = await started(world, 2)
    for _ in range(30):
        first.call("filler", seconds=0)
        await world.elapse(1)
    world.order.clear()
    hog = [first.call("hog", seconds=0) for _ in range(100)]
    await world.elapse(0.5)
    others = [second.call("ann", seconds=0) for _ in range(5)] + [second.call("bob", seconds=0) for _ in range(5)]
    await world.elapse(60)
    assert (sent(hog), sent(others)) == (20, 10)
    assert Counter(world.order[:15]) == {"hog": 5, "ann": 5, "bob": 5}


async def test_weights_are_turns(world: World) -> None:
    first, second = await started(world, 2, weights={"ann": 2})
    for _ in range(30):
        first.call("filler", seconds=0)
        await world.elapse(1)
    world.order.clear()
    for _ in range(30):
        first.call("ann", seconds=0)
        second.call("bob", seconds=0)
    await world.elapse(46)
    assert len(world.order) >= 12
    assert Counter(world.order[:12]) == {"ann": 8, "bob": 4}


async def test_the_oldest_call_of_a_caller_comes_first_wherever_it_waits(world: World) -> None:
    first, second = await started(world, 2)
    for _ in range(29):
        first.call(seconds=0)
    await world.elapse(5)
    first.call(seconds=0)
    await world.elapse(20)
    older = second.call("ann", within=60)
    await world.elapse(1.5)
    newer = first.call("ann", within=60)
    await world.elapse(34)
    times = [call.result() for call in (older, newer) if call.done()]
    assert len(times) == 2
    assert times == sorted(times, key=lambda time: time or 0)


async def test_priorities_are_strict_across_replicas(world: World) -> None:
    first, second = await started(world, 2)
    for _ in range(30):
        first.call(seconds=0)
    await world.elapse(5)
    backfills = [first.call("ann", seconds=0, priority=BACKFILL) for _ in range(30)]
    await world.elapse(1)
    refreshes = [second.call("bob", seconds=0, priority=REFRESH) for _ in range(12)]
    await world.elapse(1)
    interactive = [second.call("eve", seconds=0) for _ in range(12)]
    await world.elapse(58)
    assert (sent(interactive), sent(refreshes), sent(backfills)) == (12, 12, 0)


async def test_a_fifth_is_reserved_for_interactive_calls(world: World) -> None:
    first, second = await started(world, 2)
    backfills = [first.call(seconds=0, priority=BACKFILL) for _ in range(30)]
    await world.elapse(5)
    assert sent(backfills) == 24
    interactive = [second.call(seconds=0) for _ in range(6)]
    await world.elapse(0.1)
    assert sent(interactive) == 6


async def test_what_is_beyond_a_share_leaves_a_part_to_others(world: World) -> None:
    first, second = await started(world, 2, excess_fraction=0.5)
    early = second.call("ann", seconds=0)
    await world.elapse(5)
    hog = [first.call("hog", seconds=0) for _ in range(30)]
    await world.elapse(5)
    assert (sent([early]), sent(hog)) == (1, 15)
    others = [second.call("ann", seconds=0) for _ in range(14)]
    await world.elapse(3)
    assert sent(others) == 14


async def test_a_client_alone_has_the_whole_quota_whatever_the_shares(world: World) -> None:
    first, _second = await started(world, 2, excess_fraction=0.5)
    hog = [first.call("hog", seconds=0) for _ in range(30)]
    await world.elapse(5)
    assert sent(hog) == 30


async def test_a_more_urgent_requester_takes_a_waiting_call_over(world: World) -> None:
    first, _second = await started(world, 2)
    for _ in range(24):
        first.call(seconds=0)
    await world.elapse(5)
    joined = first.call("ann", priority=REFRESH, name="joined")
    await world.elapse(1)
    assert (first.quota.waiting(REFRESH), first.quota.size) == (1, 1)
    first.quota.reprioritize(a_call("joined"), Requester("bob"))
    await world.elapse(1)
    assert (sent([joined]), first.quota.size) == (1, 0)


async def test_a_call_that_was_not_sent_does_not_count(world: World) -> None:
    first, second = await started(world, 2)
    unsent = [first.call(is_sent=False) for _ in range(10)]
    await world.elapse(3)
    assert all(call.done() for call in unsent)
    calls = [second.call() for _ in range(30)]
    await world.elapse(5)
    assert sent(calls) == 30


async def test_a_cancelled_call_leaves_its_slot_to_the_others(world: World) -> None:
    first, second = await started(world, 2)
    waiting = [first.call("ann") for _ in range(30)]
    await world.elapse(world.latency)  # those beyond what may start without asking are granted, and do not know it yet
    for call in waiting[20:]:
        call.cancel()
    await world.elapse(3)
    calls = [second.call() for _ in range(30)]
    await world.elapse(5)
    assert (sent(waiting[:20]), sent(calls)) == (20, 10)


async def test_a_caller_may_take_half_of_the_free_places_of_the_queue(world: World) -> None:
    (first,) = await started(world, 1)
    for _ in range(30):
        first.call(seconds=0)
    await world.elapse(5)
    for _ in range(501):
        first.call("ann")
    await world.elapse(0.1)
    assert [type(refusal) for refusal in world.refusals] == [QueueFull]


async def test_a_pause_holds_for_all(world: World) -> None:
    first, second = await started(world, 2)
    first.quota.pause(20, PauseReason.REQUESTED)
    await world.elapse(2)
    late, patient = second.call(within=10), second.call(within=30)
    await world.elapse(0.1)
    assert isinstance(world.refusals[0], RequestsPaused)
    assert (late.done(), second.quota.usage().is_paused, second.quota.remaining(second.clock.monotonic())) == (
        True,
        True,
        0,
    )
    await world.elapse(20)
    assert sent([patient]) == 1


async def test_a_pause_that_becomes_longer_during_an_exchange_holds_for_all(world: World) -> None:
    first, second = await started(world, 2)
    world.latency = 0.05
    first.quota.pause(2, PauseReason.REQUESTED)
    await world.elapse(0.01)
    first.quota.pause(60, PauseReason.REFUSED)
    await world.elapse(4)
    early, patient = second.call(within=30), second.call(within=70)
    await world.elapse(1)
    assert (early.done(), patient.done(), second.quota.usage().is_paused) == (True, False, True)
    await world.elapse(60)
    assert sent([early, patient]) == 1


async def test_headers_that_one_replica_sees_count_for_all(world: World) -> None:
    first, second = await started(world, 2)
    world.headers = lambda: (30, 26)
    first.call(seconds=0)
    await world.elapse(2)
    assert (second.quota.usage().used, second.quota.remaining(second.clock.monotonic())) == (26, 4)
    world.headers = lambda: (None, None)
    calls = [second.call(seconds=0) for _ in range(10)]
    await world.elapse(2)
    assert sent(calls) == 4


async def test_a_new_minute_upstream_frees_what_ended_before(world: World) -> None:
    first, second = await started(world, 2)
    calls = [first.call(seconds=0) for _ in range(29)]
    await world.elapse(10)
    world.headers = lambda: (30, 1)
    second.call(seconds=0)
    await world.elapse(2)
    assert (sent(calls), first.quota.usage().used) == (29, 1)


async def test_a_limit_in_a_header_is_that_of_all(world: World) -> None:
    first, second = await started(world, 2)
    world.headers = lambda: (80, None)
    first.call(seconds=0)
    await world.elapse(2)
    assert (first.quota.usage().limit, second.quota.usage().limit) == (80, 80)
    second.quota.allow(300)  # by its plan, which the header overrules
    await world.elapse(2)
    assert (first.quota.usage().limit, second.quota.usage().limit) == (80, 80)


async def test_a_plan_raises_the_limit_of_all(world: World) -> None:
    first, second = await started(world, 2)
    second.quota.allow(300)
    await world.elapse(2)
    assert (first.quota.usage().limit, second.quota.usage().limit) == (300, 300)


async def test_the_store_knows_a_caller_by_a_digest_that_only_the_key_yields(world: World) -> None:
    first, second = await started(world, 2)
    address = "203.0.113.7"
    for replica in (first, second):
        replica.call(address, seconds=0)
    await world.elapse(2)
    stored, name = world.stored(), SCOPE.client(address)
    assert stored.count(name.encode()) == 3  # a client, and a call of each replica
    assert address.encode() not in stored
    assert blake2b(address.encode(), digest_size=8).hexdigest().encode() not in stored


async def test_the_usage_is_that_of_all(world: World) -> None:
    first, second = await started(world, 2)
    for _ in range(3):
        first.call(seconds=0)
    await world.elapse(10)
    usage = second.quota.usage()
    assert (usage.limit, usage.used, usage.remaining, usage.replicas, usage.is_alone) == (30, 3, 27, 2, False)
    assert usage.resets_in == pytest.approx(MINUTE - 10, abs=2)


async def test_a_replica_that_leaves_gives_its_part_to_the_others(world: World) -> None:
    first, second = await started(world, 2)
    used = [second.call(seconds=0) for _ in range(4)]
    await world.elapse(1)
    leaving = asyncio.create_task(second.leave())
    await world.elapse(2)
    await leaving
    assert (sent(used), first.quota.usage().replicas, first.quota.usage().used) == (4, 1, 4)
    calls = [first.call(seconds=0) for _ in range(30)]
    await world.elapse(2)
    assert sent(calls) == 26


async def test_more_clients_than_are_remembered_may_wait_at_a_time(world: World) -> None:
    replicas = await started(world, 3)
    calls = [replica.call(f"client {number} of {replica.name}") for replica in replicas for number in range(400)]
    await world.elapse(2)
    assert not any(replica.is_alone for replica in replicas)
    assert (sent(calls), world.upstream.most) == (30, 30)
