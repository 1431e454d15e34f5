"""A spent quota: calls are refused by what the last exchange told, as another exchange would refuse them."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import redis

from cg_client.errors import QuotaExhausted, RequestsPaused
from cg_client.quota.requester import Priority, Requester
from cg_client.quota.window import MINUTE, PauseReason
from shared.quota.forecasts import FRESH, MAX_CANDIDATES
from tests.cg_client.conftest import a_call
from tests.shared.quota_world import SCOPE, QuotaReplica, World
from tests.shared.test_quota import sent, started

INTERACTIVE, REFRESH, BACKFILL, _ = Priority
WITHIN = 15.0


@pytest.fixture
async def world(quota_store: "redis.Redis") -> AsyncIterator[World]:
    created = World(quota_store)
    yield created
    await created.close()


async def spend(world: World, replica: QuotaReplica, client: str = "filler", count: int = 30) -> None:
    calls = [replica.call(client, seconds=0) for _ in range(count)]
    await world.elapse(5)
    assert sent(calls) == count


async def hammer(world: World, replica: QuotaReplica, client: str = "ann", *, times: int = 1, **options: float) -> None:
    """Call again as soon as the call before is refused, and look that it is."""
    for _ in range(times):
        before = len(world.refusals)
        replica.call(client, within=options.get("within", WITHIN))
        await world.elapse(0.01)
        assert len(world.refusals) == before + 1


async def test_refused_calls_cost_no_exchanges(world: World) -> None:
    first, _second = await started(world, 2)
    await spend(world, first)
    before = first.quota.exchanges
    await hammer(world, first, times=500)
    assert first.quota.exchanges - before <= 5 + 3  # a heartbeat each second, and those of the first call


async def test_a_forecast_says_before_which_calls_are_refused(world: World) -> None:
    first, second = await started(world, 2)
    ann = Requester("ann")
    expected = []
    await spend(world, second, count=29)
    for _ in range(120):  # for a minute
        deadline = first.clock.monotonic() + WITHIN
        expected.append(first.quota.will_refuse(deadline, ann))
        before = len(world.refusals)
        first.call("ann", within=WITHIN)
        await world.elapse(0.5)
        assert len(world.refusals) > before or not expected[-1]
    assert not expected[0]
    assert sum(expected) > 70
    assert expected.count(False) > 20  # the last of the minute, who can wait


async def test_what_is_refused_by_a_forecast_counts_and_costs_no_exchange(world: World) -> None:
    first, _second = await started(world, 2)
    await spend(world, first)
    await hammer(world, first)
    earlier, now = world.refusals[-1], first.clock.monotonic()
    before = first.quota.exchanges, first.quota.refused[INTERACTIVE]
    refused = first.quota.refuse(now + WITHIN, Requester("ann"))
    assert isinstance(refused, type(earlier))
    assert refused.retry_after == pytest.approx(earlier.retry_after, abs=0.1)
    assert first.quota.refuse(now + 2 * MINUTE, Requester("ann")) is None
    assert first.quota.refuse(now + 2 * MINUTE, Requester("ann", patience=1.0)) is not None
    assert (first.quota.exchanges, first.quota.refused[INTERACTIVE]) == (before[0], before[1] + 2)


async def test_a_replica_that_is_alone_refuses_nothing_by_a_forecast(world: World) -> None:
    first, _second = await started(world, 2)
    await spend(world, first)
    await hammer(world, first)
    first.quota.on_loss()
    assert not first.quota.will_refuse(first.clock.monotonic() + WITHIN, Requester("ann"))


async def test_refused_calls_cost_no_exchanges_however_many_come_during_each(world: World) -> None:
    first, second = await started(world, 2)
    await spend(world, first)
    world.latency = 0.02
    before = first.quota.exchanges
    for _ in range(500):
        for replica in (first, second):
            replica.call("ann", within=WITHIN)
            replica.call("bob", within=WITHIN, priority=REFRESH)
        await world.elapse(0.01)
    assert first.quota.exchanges - before <= 5 + 5
    assert len(world.refusals) == pytest.approx(2000, abs=50)


async def test_refusals_say_the_same_whether_an_exchange_told_so_or_not(world: World) -> None:
    first, second = await started(world, 2)
    await spend(world, first)
    now = world.clock.monotonic()
    await hammer(world, second, times=300)
    starts = [refusal.retry_after or 0 for refusal in world.refusals]
    assert {type(refusal) for refusal in world.refusals} == {QuotaExhausted}
    assert [now + 0.01 * number + seconds for number, seconds in enumerate(starts)] == pytest.approx(
        [now + starts[0]] * 300, abs=1.0
    )
    assert second.quota.refused[INTERACTIVE] == 300


async def test_a_call_waits_as_soon_as_it_could_start_in_time(world: World) -> None:
    """Nothing is refused that would start: the first call that waits does so a deadline before the room comes."""
    first, second = await started(world, 2)
    await spend(world, first)
    began = world.clock.monotonic()
    call = second.call("ann", within=5)
    await world.elapse(0.05)
    while call.done() and world.clock.monotonic() < began + 70:
        call = second.call("ann", within=5)
        await world.elapse(0.05)
    waits_since = world.clock.monotonic()
    await world.elapse(6)
    assert sent([call]) == 1
    assert (call.result() or 0) - waits_since == pytest.approx(5, abs=0.2)


async def test_a_longer_deadline_is_not_refused_by_the_forecast_of_a_shorter(world: World) -> None:
    first, second = await started(world, 2)
    await spend(world, first)
    await hammer(world, second, times=10)
    patient = second.call("ann", within=70)
    await world.elapse(60)
    assert sent([patient]) == 1


async def test_a_pause_counts_down(world: World) -> None:
    first, second = await started(world, 2)
    first.quota.pause(40, PauseReason.REQUESTED)
    await world.elapse(2)
    before = second.quota.exchanges
    await hammer(world, second, times=300)
    assert second.quota.exchanges - before <= 3 + 3
    assert {type(refusal) for refusal in world.refusals} == {RequestsPaused}
    seconds = [refusal.retry_after or 0 for refusal in world.refusals]
    assert seconds[0] - seconds[-1] == pytest.approx(3, abs=1.1)


async def test_a_call_that_was_not_sent_ends_what_is_expected(world: World) -> None:
    first, _second = await started(world, 2)
    await spend(world, first, count=29)
    starting = asyncio.create_task(first.quota.start(a_call(), 1e9, Requester("filler")))
    await world.elapse(2)
    await hammer(world, first, times=5)
    first.quota.give_back(starting.result())
    call = first.call("ann", within=WITHIN)
    await world.elapse(0.5)
    assert sent([call]) == 1


async def test_a_plan_ends_what_is_expected(world: World) -> None:
    first, _second = await started(world, 2)
    await spend(world, first)
    await hammer(world, first, times=5)
    first.quota.allow(300)
    call = first.call("ann", within=WITHIN)
    await world.elapse(0.5)
    assert sent([call]) == 1


async def test_a_new_minute_upstream_ends_what_is_expected(world: World) -> None:
    first, _second = await started(world, 2)
    await spend(world, first, count=29)
    late = first.call("filler", seconds=6)
    await world.elapse(2)
    await hammer(world, first, times=5)
    world.headers = lambda: (30, 1)
    await world.elapse(4)
    call = first.call("ann", within=WITHIN)
    await world.elapse(0.5)
    assert (sent([late]), sent([call])) == (1, 1)


async def test_a_cancelled_call_ends_what_is_expected_of_those_behind_it(world: World) -> None:
    first, _second = await started(world, 2)
    for _ in range(30):
        first.call("filler", seconds=0)
        await world.elapse(1)
    waiting = [first.call("ann", within=40) for _ in range(5)]
    await world.elapse(0.1)
    await hammer(world, first, within=31 + 3.0, times=5)
    for call in waiting:
        call.cancel()
    await world.elapse(0)
    call = first.call("ann", within=31 + 3.0)
    await world.elapse(35)
    assert sent([call]) == 1


async def test_room_that_another_replica_makes_is_used_within_a_heartbeat(world: World) -> None:
    first, second = await started(world, 2)
    await spend(world, first)
    await hammer(world, second, times=5)
    first.quota.allow(300)
    await world.elapse(FRESH)
    call = second.call("ann", within=WITHIN)
    await world.elapse(0.5)
    assert sent([call]) == 1


async def test_more_urgent_calls_are_not_refused_by_what_others_were_told(world: World) -> None:
    first, second = await started(world, 2)
    calls = [first.call("ann", seconds=0, priority=BACKFILL) for _ in range(24)]  # all but the reserve
    await world.elapse(5)
    assert sent(calls) == 24
    refused = second.call("ann", within=WITHIN, priority=BACKFILL)
    await world.elapse(0.1)
    interactive = second.call("ann", within=WITHIN)
    await world.elapse(0.5)
    assert (refused.result(), sent([interactive])) == (None, 1)


async def test_a_caller_within_its_share_is_not_refused_by_what_others_were_told(world: World) -> None:
    first, second = await started(world, 2, excess_fraction=0.5)
    await spend(world, second, "ann", 1)
    hog = [first.call("hog", seconds=0, within=WITHIN) for _ in range(30)]
    await world.elapse(5)
    assert sent(hog) == 15
    before = second.quota.exchanges
    for _ in range(100):
        second.call("hog", within=WITHIN)
        await world.elapse(0.01)
    assert second.quota.exchanges - before <= 1 + 3
    assert second.quota.refused[Priority.EXCESS] == 100
    others = [second.call("ann", seconds=0, within=WITHIN) for _ in range(14)]
    await world.elapse(3)
    assert sent(others) == 14


async def test_of_many_callers_none_costs_an_exchange(world: World) -> None:
    first, _second = await started(world, 2)
    await spend(world, first)
    before = first.quota.exchanges
    for number in range(3 * MAX_CANDIDATES):
        await hammer(world, first, f"client {number}")
    assert first.quota.exchanges - before <= 3 + 3


@pytest.mark.parametrize("client", ["ann", "bob", "eve", "hog"])
@pytest.mark.parametrize("priority", [INTERACTIVE, REFRESH, BACKFILL])
async def test_what_is_told_of_one_more_call_is_when_it_could_start(
    world: World, client: str, priority: Priority
) -> None:
    """The forecast is that of a call which waits."""
    first, second = await started(world, 2, excess_fraction=0.7, weights={"bob": 2})
    for _ in range(10):
        for caller in ("hog", "hog", "ann"):
            first.call(caller, seconds=0)
            await world.elapse(1)
    for replica in (first, second):
        for caller in ("hog", "bob", "bob", "eve", "hog"):
            replica.call(caller)
            replica.call(caller, priority=REFRESH)
            await world.elapse(0.1)
    second.call(client, priority=priority, within=0.2)
    await world.elapse(0.1)
    assert len(world.refusals) == 1
    now = second.clock.monotonic()
    group = SCOPE.client(client), priority
    expected = second.quota._common.forecasts.find(group, now, now)
    assert expected is not None
    second.call(client, priority=priority)
    await world.elapse(0.05)
    (forecast,) = [item for item in second.quota.contact.reply.forecasts if (item.client, item.priority) == group]
    is_beyond = forecast.in_share < len(forecast.times)
    assert second.quota.contact.confirmed_at + forecast.times[-1] == pytest.approx(expected.at, abs=0.2)
    assert expected.priority == (Priority.EXCESS if is_beyond else priority)
