"""A replica without the store has a safe part of the quota, and returns to the common one without a burst."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
import redis
from structlog.testing import capture_logs

from cg_client.errors import NoQuotaPart, QuotaExhausted
from cg_client.quota.requester import Priority
from cg_client.quota.window import PauseReason
from shared.quota.contact import _STALE
from tests.shared.quota_world import QuotaReplica, World
from tests.shared.test_quota import sent, started

RECOVERY = 5.0


@pytest.fixture
async def world(quota_store: "redis.Redis") -> AsyncIterator[World]:
    created = World(quota_store)
    yield created
    await created.close()


async def saturate(world: World, replicas: Sequence[QuotaReplica], seconds: float) -> None:
    """Let calls of all replicas wait all the time."""
    for _ in range(int(seconds)):
        for replica in replicas:
            if replica in world.replicas:
                replica.call(seconds=1, within=20)
                replica.call(seconds=0, within=20, priority=Priority.REFRESH)
        await world.elapse(1)


async def test_replicas_go_on_at_once_when_the_store_is_lost(world: World) -> None:
    replicas = await started(world, 2)
    world.is_down = True
    calls = [replica.call(within=3) for replica in replicas for _ in range(9)]
    await world.elapse(0.5)
    assert sent(calls) == 12  # half of what is not reserved
    assert all(replica.quota.usage().is_alone for replica in replicas)


async def test_a_lost_store_leaves_each_replica_as_many_slots(world: World) -> None:
    replicas = await started(world, 3)
    world.is_down = True
    calls = [[replica.call(within=3) for _ in range(20)] for replica in replicas]
    await world.elapse(0.5)
    assert [sent(some) for some in calls] == [4, 4, 4]


async def test_a_call_that_waits_for_the_store_goes_on_without_it(world: World) -> None:
    first, _second = await started(world, 2)
    waiting = [first.call(seconds=0, within=10) for _ in range(20)]
    world.is_down = True
    await world.elapse(1)
    assert (sent(waiting), world.upstream.most) == (6, 6)  # a quarter of what is not reserved
    assert {type(refusal) for refusal in world.refusals} == {QuotaExhausted}


async def test_each_replica_has_its_share_once_nothing_else_can_count(world: World) -> None:
    first, second = await started(world, 2)
    for _ in range(30):
        first.call(seconds=0)
    await world.elapse(2)
    world.is_down = True
    await world.elapse(first.quota.contact.safe_share.grant_lifetime_seconds + 5)
    calls = [[replica.call(within=20) for _ in range(20)] for replica in (first, second)]
    await world.elapse(20)
    assert [sent(group) for group in calls] == [15, 15]
    assert world.upstream.most == 30


async def test_a_replica_without_slots_says_when_it_has_its_share(world: World) -> None:
    first, second = await started(world, 2)
    for _ in range(30):
        first.call(seconds=0)
    await world.elapse(2)
    world.is_down = True
    await world.elapse(10)
    late, patient = second.call(within=15), second.call(within=100)
    await world.elapse(1)
    assert world.refusals[0].retry_after == pytest.approx(
        second.quota.contact.safe_share.grant_lifetime_seconds - 10, abs=4
    )
    await world.elapse(100)
    assert (late.result(), sent([patient])) == (None, 1)


async def test_the_others_leave_a_replica_without_contact_its_share(world: World) -> None:
    replicas = await started(world, 3)
    replicas[0].link.is_cut = True
    await saturate(world, replicas, 300)
    assert replicas[0].is_alone
    assert world.upstream.most == 30
    minute = world.clock.monotonic() - 62
    shares = [sum(started > minute for started in replica.sent) for replica in replicas]
    assert shares[0] == 10
    assert sum(shares) >= 29


async def test_a_store_that_hangs_and_goes_on_causes_no_burst(world: World) -> None:
    replicas = await started(world, 3)
    await saturate(world, replicas, 70)
    world.is_paused = True
    await saturate(world, replicas, 30)
    world.resume()
    await saturate(world, replicas, int(RECOVERY))
    assert not any(replica.is_alone for replica in replicas)
    await saturate(world, replicas, 100)
    assert world.upstream.most == 30


async def test_an_emptied_store_is_used_again_once_all_have_reported(world: World) -> None:
    replicas = await started(world, 3)
    await saturate(world, replicas, 70)
    world.empty()
    await saturate(world, replicas, int(RECOVERY))
    assert not any(replica.is_alone for replica in replicas)
    await saturate(world, replicas, 100)
    assert world.upstream.most == 30


async def test_an_emptied_store_waits_for_those_that_do_not_report(world: World) -> None:
    first, second = await started(world, 2)
    second.link.is_cut = True
    world.empty()
    await world.elapse(RECOVERY)
    assert first.is_alone
    calls = [first.call(within=30) for _ in range(30)]
    await world.elapse(30)
    assert sent(calls) == 6  # a quarter of what is not reserved
    await world.elapse(first.quota.contact.safe_share.grant_lifetime_seconds)
    assert not first.is_alone


async def test_a_new_replica_finds_what_an_emptied_store_forgot(world: World) -> None:
    first, second = await started(world, 2)
    await saturate(world, [first, second], 30)
    world.empty()
    third = world.replica(recovery_seconds=None)
    await saturate(world, [first, second, third], 5)
    assert not third.is_alone
    await saturate(world, [first, second, third], 100)
    assert world.upstream.most == 30


@pytest.mark.parametrize("assumed", [30, 600])
async def test_a_stated_limit_survives_a_loss_of_data_whoever_registers_first(world: World, assumed: int) -> None:
    first, second = await started(world, 2)
    world.headers = lambda: (80, None)
    first.call(seconds=0)
    await world.elapse(2)
    world.headers = lambda: (None, None)
    world.is_down = True
    await world.elapse(2)
    world.empty()
    for replica in (first, second):
        replica.link.is_cut = True
    world.is_down = False
    third = world.replica(recovery_seconds=4.0, limit=assumed)  # has heard of no limit
    await world.elapse(1)
    for replica in (first, second):
        replica.link.is_cut = False
    await world.elapse(90)
    replicas = (first, second, third)
    assert [replica.is_alone for replica in replicas] == [False] * 3
    assert [replica.quota.usage().limit for replica in replicas] == [80] * 3


async def test_a_plan_survives_a_loss_of_data_even_if_the_replica_that_learnt_it_has_ended(world: World) -> None:
    first, second = await started(world, 2)
    second.quota.allow(300)
    await world.elapse(2)
    await asyncio.gather(second.leave(), world.elapse(1))
    world.empty()
    first.link.is_cut = True
    third = world.replica(recovery_seconds=4.0)
    await world.elapse(1)
    first.link.is_cut = False
    await world.elapse(90)
    assert [replica.quota.usage().limit for replica in (first, third)] == [300, 300]


async def test_a_header_that_states_the_assumed_limit_overrules_a_plan(world: World) -> None:
    first, second = await started(world, 2)
    world.headers = lambda: (30, None)
    first.call(seconds=0)
    await world.elapse(2)
    second.quota.allow(300)
    await world.elapse(2)
    assert [replica.quota.usage().limit for replica in (first, second)] == [30, 30]


async def test_a_limit_that_a_replica_reads_while_it_is_alone_is_that_of_all(world: World) -> None:
    first, second = await started(world, 2)
    world.is_down = True
    await world.elapse(2)
    world.headers = lambda: (80, None)
    first.call(seconds=0)
    await world.elapse(2)
    world.is_down = False
    await world.elapse(5)
    assert [replica.quota.usage().limit for replica in (first, second)] == [80, 80]


async def test_a_store_without_data_grants_nothing_before_earlier_calls_are_over(world: World) -> None:
    first = world.replica(recovery_seconds=None)
    await world.elapse(1)
    early, patient = first.call(within=15), first.call(within=100)
    await world.elapse(0.1)
    assert world.refusals[0].retry_after == pytest.approx(first.quota.contact.safe_share.grant_lifetime_seconds, abs=2)
    await world.elapse(100)
    assert (early.result(), sent([patient])) == (None, 1)


async def test_calls_wait_for_a_store_without_data_that_soon_grants_them(world: World) -> None:
    first = world.replica(recovery_seconds=4.0)
    await world.elapse(0.1)
    calls = [first.call(within=5) for _ in range(20)]
    await world.elapse(6)
    assert (sent(calls), world.refusals) == (20, [])


async def test_a_replica_that_never_saw_the_store_sends_nothing(world: World) -> None:
    world.is_down = True
    first = world.replica()
    calls = [first.call(within=15) for _ in range(5)]
    await world.elapse(20)
    assert sent(calls) == 0
    world.is_down = False
    await world.elapse(3)
    assert not first.is_alone


async def test_a_restarted_replica_takes_the_place_of_its_predecessor(world: World) -> None:
    first, second = await started(world, 2)
    await saturate(world, [first, second], 20)
    second.kill()
    successor = world.replica(second.name, recovery_seconds=None)
    await saturate(world, [first, successor], int(RECOVERY))
    assert not successor.is_alone
    assert first.quota.usage().replicas == 2
    await saturate(world, [first, successor], 100)
    assert world.upstream.most == 30


async def test_two_processes_never_have_one_name(world: World) -> None:
    first, _second = await started(world, 2)
    other = world.replica(first.name)
    await world.elapse(20)
    assert (first.is_alone, other.is_alone) == (False, True)


async def test_a_process_whose_name_another_has_refuses_at_once_and_says_why(world: World) -> None:
    first, _second = await started(world, 2)
    other = world.replica(first.name)
    with capture_logs() as logged:
        await world.elapse(4)
        waiting = other.call(within=15)  # the other one may just have been killed
        await world.elapse(1)
        assert not waiting.done()
        await world.elapse(3)
    assert waiting.done()
    other.call(within=15)
    await world.elapse(0.1)
    assert [(type(refusal), "COINGLASS_REPLICA" in str(refusal)) for refusal in world.refusals] == [
        (NoQuotaPart, True)
    ] * 2
    assert "COINGLASS_REPLICA" in str(other.quota.obstacle)
    assert [line["log_level"] for line in logged if "COINGLASS_REPLICA" in line["event"]] == ["error"]


async def test_a_name_that_is_free_again_is_used(world: World) -> None:
    first, _second = await started(world, 2)
    other = world.replica(first.name)
    await world.elapse(10)
    first.kill()
    await world.elapse(5)
    assert (other.is_alone, other.quota.obstacle) == (False, None)


async def test_a_killed_replica_is_forgotten_in_the_end(world: World) -> None:
    first, second = await started(world, 2, member_lifetime_seconds=900)
    second.kill()
    await world.elapse(890)
    assert first.quota.usage().replicas == 2
    await world.elapse(20)
    calls = [first.call(seconds=0) for _ in range(30)]
    await world.elapse(5)
    assert (first.quota.usage().replicas, sent(calls)) == (1, 30)


@pytest.mark.parametrize("loss", ["requests", "replies"])
async def test_a_lost_message_neither_takes_nor_doubles_a_slot(world: World, loss: str) -> None:
    first, second = await started(world, 2)
    calls = [first.call(seconds=0, within=30) for _ in range(20)]
    setattr(first.link, f"lost_{loss}", 1)
    await world.elapse(RECOVERY)
    assert not first.is_alone
    calls += [second.call(seconds=0, within=5) for _ in range(30 - sent(calls))]
    await world.elapse(RECOVERY)
    assert (sent(calls), world.upstream.most) == (30, 30)


async def test_a_replica_that_stood_still_asks_first(world: World) -> None:
    first, _second = await started(world, 2)
    assert first.quota.contact.leased > 0
    first.clock._offset += _STALE + 0.1
    call = first.call()
    await asyncio.sleep(0)
    assert first.is_alone
    await world.elapse(RECOVERY)
    assert (sent([call]), first.is_alone) == (1, False)


async def test_a_pause_lasts_through_a_loss(world: World) -> None:
    first, second = await started(world, 2)
    first.quota.pause(30, PauseReason.REQUESTED)
    await world.elapse(2)
    world.is_down = True
    await world.elapse(5)
    call = second.call(within=60)
    await world.elapse(20)
    assert not call.done()
    await world.elapse(5)
    assert sent([call]) == 1


async def test_a_replica_that_has_never_reached_the_store_refuses_soon_and_names_the_setting(world: World) -> None:
    world.is_down = True
    replica = world.replica()
    replica.call(within=5)
    await world.elapse(3)
    (refusal,) = world.refusals
    assert isinstance(refusal, NoQuotaPart)
    assert refusal.retry_after == 2.0
    assert "COINGLASS_SHARED_URL" in str(refusal)
    assert " s at the earliest" not in str(refusal)  # it may be there as soon as the store is
    assert world.upstream.most == 0
