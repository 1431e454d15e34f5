"""What callers get, and who has the lease, when operations of the store are lost or take their time."""

import pytest

from cg_client.errors import NotFound, QuotaExhausted
from tests.shared.desk import SharedDesk
from tests.shared.replicas import LIFETIME, ended, run_ready
from tests.shared.stepped_store import Loss

LAG = 0.2  # seconds


async def test_a_store_that_has_just_gone_away_is_given_a_moment_to_return(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    waiting = [first.get()]
    await run_ready()
    second.store.leave()
    waiting.append(second.get())
    await desk.clock.elapse(0.1)
    await second.store.come_back()
    await desk.clock.elapse(0.1)
    assert desk.requests == 1
    await desk.answer()
    assert [await ended(answer) for answer in waiting] == [1, 1]


async def test_who_waits_for_another_replica_does_not_fetch_because_one_look_was_lost(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    waiting = [first.get(), second.get()]
    await run_ready()
    second.store.loss = Loss.REQUEST
    await desk.clock.elapse(1.5)
    assert desk.requests == 1
    await desk.answer()
    assert [await ended(answer) for answer in waiting] == [1, 1]


@pytest.mark.parametrize("seconds", [0.0, LAG / 2])
async def test_a_replica_that_ends_during_a_lookup_gives_the_lease_up(desk: SharedDesk, seconds: float) -> None:
    first, second = desk.start(2)
    first.store.lag = LAG
    first.get()
    await desk.clock.elapse(seconds)
    await first.cache.close()
    await desk.clock.elapse(2 * LAG)
    waiting = second.get()
    await desk.answer()
    assert (await ended(waiting), desk.requests) == (1, 1)


async def test_a_caller_that_leaves_while_it_takes_a_lease_over_gives_it_up(desk: SharedDesk) -> None:
    first, second, third = desk.start(3)
    first.get()
    await run_ready()
    left = second.get()
    await run_ready()
    second.store.lag = LAG
    await desk.fail(QuotaExhausted(9.0))
    await desk.clock.elapse(LAG / 2)
    left.cancel()
    await desk.clock.elapse(2 * LAG)
    waiting = third.get()
    await desk.answer()
    assert (await ended(waiting), desk.requests) == (2, 2)


async def test_a_notice_that_comes_before_the_reply_to_the_lookup_counts(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    first.get()
    await run_ready()
    second.store.lag = LAG
    waiting = second.get()
    await desk.clock.elapse(LAG / 2)
    await desk.answer()
    await desk.clock.elapse(2 * LAG)
    assert await ended(waiting) == 1


async def test_an_answer_is_fresh_no_longer_because_the_reply_with_it_was_late(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    first.get()
    await desk.answer()
    fresh_until = desk.clock.monotonic() + LIFETIME
    second.store.lag = LAG
    waiting = second.get()
    await desk.clock.elapse(LAG)
    assert fresh_until - LAG <= (await waiting).fresh_until <= fresh_until


async def test_a_failure_reaches_those_whose_lookup_was_under_way(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    first.get()
    await run_ready()
    second.store.lag = LAG
    waiting = second.get()
    await desk.clock.elapse(LAG / 2)
    failure = NotFound("no such pair")
    await desk.fail(failure)
    await desk.clock.elapse(2 * LAG)
    assert isinstance(await ended(waiting), NotFound)
