"""Replicas share answers and fetches: one request for all, whoever holds the lease, and as long as the store allows."""

import asyncio
from collections.abc import Sequence

import pytest

from cg_client.call import CacheStatus, count_upstream_calls
from cg_client.entries import MAX_STALE, Entry
from cg_client.errors import (
    CircuitOpen,
    CoinglassError,
    NotFound,
    QuotaExhausted,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from cg_client.quota.requester import SYSTEM, Priority, Requester
from shared.answers.answers import FINISH_SECONDS, RETURN_SECONDS
from shared.answers.leases import LEASE_SECONDS, StoreLease
from shared.store.commands import Argument, StoreReply
from shared.store.errors import CommandRefused
from shared.store.script import LuaScript
from tests.shared.desk import SharedDesk
from tests.shared.replicas import LIFETIME, PATIENCE, Replica, ended, run_ready, shared_call
from tests.shared.stepped_store import Loss

VALUE_BYTES = 600  # of the answers here, with their places in the index: they are small


async def test_callers_of_all_replicas_share_one_request(desk: SharedDesk) -> None:
    waiting = [replica.get() for replica in desk.start(3) for _ in range(5)]
    await desk.answer()
    assert [await ended(answer) for answer in waiting] == [1] * 15
    assert desk.requests == 1


async def test_a_replica_that_starts_later_answers_from_what_another_has_fetched(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    first.get()
    await desk.answer()
    await desk.clock.elapse(LIFETIME / 2)
    answer = await second.get()
    assert (answer.value, answer.stale, answer.lifetime) == (1, False, LIFETIME)
    assert answer.fresh_until == pytest.approx(desk.clock.monotonic() + LIFETIME / 2, abs=0.01)
    assert desk.requests == 1


async def test_an_answer_from_the_store_gets_no_new_lifetime(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    first.get()
    await desk.answer()
    await desk.clock.elapse(LIFETIME - 1)
    await second.get()
    await desk.clock.elapse(1.1)
    assert (await second.get()).stale
    await desk.answer()
    assert (await ended(second.get()), desk.requests) == (2, 2)


async def test_an_answer_in_its_grace_is_served_at_once_while_one_replica_refreshes(desk: SharedDesk) -> None:
    first, *others = desk.start(3)
    first.get()
    await desk.answer()
    await desk.clock.elapse(LIFETIME + 1)
    old = [await replica.get() for replica in (*others, first)]
    assert [(answer.value, answer.stale) for answer in old] == [(1, True)] * 3
    await desk.answer()
    new = [await replica.get() for replica in desk.replicas]
    assert [(answer.value, answer.stale) for answer in new] == [(2, False)] * 3


async def test_a_caller_that_takes_no_stale_answer_waits_for_the_refresh(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    first.get()
    await desk.answer()
    await desk.clock.elapse(LIFETIME + 1)
    lenient, strict = second.get(), second.get(grace=False)
    assert await ended(lenient) == 1
    assert not strict.done()
    await desk.answer()
    assert await ended(strict) == 2


@pytest.mark.parametrize("failure", [NotFound("no such pair"), UpstreamUnavailable("down"), CircuitOpen("g", 9.0)])
async def test_callers_of_all_replicas_share_a_failure_and_the_next_one_fetches(
    desk: SharedDesk, failure: CoinglassError
) -> None:
    first, second = desk.start(2)
    failure.endpoint, failure.attempts = "/api/test", 3
    waiting = [first.get(), second.get()]
    await desk.fail(failure)
    for answer in waiting:
        error = await ended(answer)
        assert (type(error), str(error), vars(error)) == (type(failure), str(failure), vars(failure))
    assert desk.requests == 1
    again = second.get()
    await desk.answer()
    assert await ended(again) == 2


@pytest.mark.parametrize("failure", [QuotaExhausted(9.0), UpstreamTimeout("late", had_enough_time=False)])
async def test_a_failure_of_one_caller_alone_is_not_shared(desk: SharedDesk, failure: CoinglassError) -> None:
    first, second = desk.start(2)
    unlucky, other = first.get(), second.get()
    await desk.fail(failure)
    assert await ended(unlucky) is failure
    await desk.answer()
    assert await ended(other) == 2


async def test_a_timeout_at_the_deadline_of_the_first_caller_is_not_shared(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    hurried, patient = first.get(patience=2.0), second.get()
    await run_ready()
    await desk.clock.elapse(2.0)
    await desk.fail(UpstreamTimeout("late"))
    assert isinstance(await ended(hurried), UpstreamTimeout)
    await desk.answer()
    assert await ended(patient) == 2


async def test_nobody_takes_a_lease_over_for_less_time_than_an_answer_takes(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    answers = [first.get(patience=2.0), second.get(patience=2.1)]
    await run_ready()
    await desk.clock.elapse(2.0)
    await desk.fail(UpstreamTimeout("late"))
    assert [type(await ended(answer)) for answer in answers] == [UpstreamTimeout] * 2
    assert desk.requests == 1


async def test_a_replica_whose_callers_have_left_gives_the_lease_up_at_once(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    left, other = first.get(), second.get()
    await run_ready()
    left.cancel()
    await run_ready()
    await desk.answer()
    assert (await ended(other), desk.requests) == (2, 2)


async def test_a_lease_whose_caller_left_during_the_lookup_is_given_up(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    left = first.get()
    left.cancel()
    await run_ready()
    assert desk.requests == 0
    answer = second.get()
    await desk.answer()
    assert await ended(answer) == 1


async def test_a_slow_fetch_stays_with_the_replica_that_sends_it(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    waiting = [first.get(), second.get()]
    await desk.clock.elapse(5 * LEASE_SECONDS - 1)
    assert desk.requests == 1
    await desk.answer()
    assert [await ended(answer) for answer in waiting] == [1, 1]


async def test_a_lease_that_ends_is_not_renewed_again(desk: SharedDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is on its way to the store when the lease is due to be renewed."""
    (first,) = desk.start()
    small = Replica(desk.server, desk.upstream, desk.clock, limit=100)  # too small for the answer
    desk.replicas.append(small)
    waiting = small.get()
    put, renew = small.answers._put, small.answers._renewals.renew

    async def put_and_renew(lease: StoreLease, entry: Entry, data: bytes) -> None:
        await asyncio.gather(put(lease, entry, data), renew(small.store))

    monkeypatch.setattr(small.answers, "_put", put_and_renew)
    await desk.answer()
    assert await ended(waiting) == 1
    other = first.get()
    await desk.answer()
    assert await ended(other) == 2


async def test_a_replica_that_died_is_replaced_within_three_seconds(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    first.get()
    await desk.clock.elapse(0.5)
    other = second.get()
    await run_ready()
    desk.kill(first)
    await desk.clock.elapse(3.0)
    assert desk.requests == 2
    desk.upstream.pending[-1].answer()
    assert await ended(other) == 2


async def test_a_caller_waits_for_a_replica_that_died_no_longer_than_its_deadline(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    first.get()
    await run_ready()
    other = second.get(patience=1.5)
    await run_ready()
    desk.kill(first)
    await desk.clock.elapse(1.5)
    assert isinstance(await ended(other), UpstreamTimeout)


async def test_the_answer_of_a_holder_that_was_replaced_replaces_no_newer_one(desk: SharedDesk) -> None:
    first, second, third = desk.start(3)
    slow = first.get()
    await run_ready()
    first.store.leave()
    other = second.get()
    await desk.clock.elapse(3.0)
    old, new = desk.upstream.pending
    new.answer()
    assert await ended(other) == 2
    old.answer()
    assert await ended(slow) == 1
    await first.store.come_back()
    await desk.clock.elapse(1.0)
    assert await ended(third.get()) == 2
    assert first.answers.counts["outdated"] == 1


async def test_tokens_grow_in_a_store_that_was_emptied(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    slow = first.get()
    await run_ready()
    first.store.leave()
    desk.server.clear()
    other = second.get()
    await run_ready()
    old, new = desk.upstream.pending
    new.answer()
    assert await ended(other) == 2
    old.answer()
    await ended(slow)
    await first.store.come_back()
    await desk.clock.elapse(1.0)
    assert await ended(desk.start()[0].get()) == 2


async def test_a_lost_notice_costs_a_second(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    second.store.loses_notices = True
    first.get()
    await run_ready()
    waiting = second.get()
    await desk.answer()
    assert not waiting.done()
    await desk.clock.elapse(1.0)
    assert await ended(waiting) == 1


@pytest.mark.parametrize("loss", Loss)
async def test_a_lookup_that_is_lost_is_repeated(desk: SharedDesk, loss: Loss) -> None:
    first, second = desk.start(2)
    first.store.loss = loss
    waiting = [first.get()]
    await desk.clock.elapse(0.2)
    waiting.append(second.get())
    await desk.answer()
    assert ([await ended(answer) for answer in waiting], desk.requests) == ([1, 1], 1)


@pytest.mark.parametrize("loss", Loss)
async def test_an_answer_that_is_lost_on_the_way_to_the_store_is_sent_again(desk: SharedDesk, loss: Loss) -> None:
    first, second = desk.start(2)
    waiting = [first.get(), second.get()]
    await run_ready()
    first.store.loss = loss
    await desk.answer()
    await desk.clock.elapse(1.0)
    assert ([await ended(answer) for answer in waiting], desk.requests) == ([1, 1], 1)


async def test_without_the_store_each_replica_fetches_at_once(desk: SharedDesk) -> None:
    replicas = desk.start(2)
    for replica in replicas:
        replica.store.leave()
    await desk.clock.elapse(RETURN_SECONDS + 0.01)
    waiting = [replica.get() for replica in replicas]
    await run_ready()
    for sent in list(desk.upstream.pending):
        sent.answer()
    assert [await ended(answer) for answer in waiting] == [1, 2]
    assert (await replicas[0].get()).value == 1


async def test_a_fetch_that_began_without_the_store_is_shared_when_it_is_back(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    first.store.leave()
    waiting = [first.get()]
    await desk.clock.elapse(RETURN_SECONDS + 0.01)
    assert desk.requests == 1
    await first.store.come_back()
    waiting.append(second.get())
    await desk.answer()
    assert ([await ended(answer) for answer in waiting], desk.requests) == ([1, 1], 1)


async def test_an_answer_waits_for_a_store_that_is_away(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    first.get()
    await run_ready()
    first.store.leave()
    await desk.answer()
    await desk.clock.elapse(FINISH_SECONDS / 2)
    await first.store.come_back()
    await desk.clock.elapse(0.1)
    assert (await ended(second.get()), desk.requests) == (1, 1)


async def test_waiting_callers_go_on_alone_if_the_store_stays_away(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    waiting = [first.get(), second.get()]
    await run_ready()
    for replica in desk.replicas:
        replica.store.leave()
    await desk.clock.elapse(3.0)
    assert desk.requests == 2
    for sent in list(desk.upstream.pending):
        sent.answer()
    assert [await ended(answer) for answer in waiting] == [1, 2]


@pytest.mark.parametrize("damaged", [b"", b"x" * 40, b"\x00" * 200])
async def test_bytes_that_cannot_be_read_are_a_miss_and_are_deleted(desk: SharedDesk, damaged: bytes) -> None:
    first, second = desk.start(2)
    first.get()
    await desk.answer()
    (name,) = desk.server.client.keys("*:answer:*")
    desk.server.client.hset(name, "value", damaged)
    answer = second.get()
    await desk.answer()
    assert await ended(answer) == 2
    assert second.answers.counts["unreadable"] == 1
    assert await ended(desk.start()[0].get()) == 2


@pytest.mark.parametrize("field", ["token", "fresh", "stored"])
async def test_nor_is_what_others_have_written_beside_an_answer(desk: SharedDesk, field: str) -> None:
    first, second = desk.start(2)
    first.get()
    await desk.answer()
    (name,) = desk.server.client.keys("*:answer:*")
    desk.server.client.hset(name, field, "what is no number")
    answer = second.get()
    await desk.answer()
    assert await ended(answer) == 2


@pytest.mark.parametrize("field", ["token", "until", "priority"])
async def test_what_others_have_written_beside_a_lease_costs_no_answer(desk: SharedDesk, field: str) -> None:
    first, second = desk.start(2)
    waiting = [first.get(), second.get()]
    await run_ready()
    (name,) = desk.server.client.keys("*:lease:*")
    desk.server.client.hset(name, field, "what is no number")
    await desk.clock.elapse(1.5)
    for _ in waiting:
        for sent in list(desk.upstream.pending):
            sent.answer()
        await run_ready()
    assert [type(await ended(answer)) for answer in waiting] == [int, int]


async def test_an_answer_that_stays_unreadable_is_no_hit(desk: SharedDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = desk.start(2)
    first.get()
    await desk.answer()
    (name,) = desk.server.client.keys("*:answer:*")
    desk.server.client.hset(name, "value", b"damaged")

    async def delete_in_vain(*_names: str) -> None:
        """Something else writes the same bytes again."""

    monkeypatch.setattr(second.store, "delete", delete_in_vain)
    answer = second.get()
    await desk.answer()
    assert await ended(answer) == 2
    assert {outcome: count for outcome, count in second.answers.counts.items() if count} == {"unreadable": 2}


async def test_a_lookup_that_the_store_refuses_is_counted_as_that_and_costs_no_answer(
    desk: SharedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = desk.start(2)
    waiting = [first.get(), second.get()]
    await run_ready()

    async def refuse(*_: object) -> None:
        raise CommandRefused("no permission", "NOPERM")

    third = desk.start()[0]
    for replica in (second, third):
        monkeypatch.setattr(replica.store, "run", refuse)
    waiting.append(third.get())
    await desk.clock.elapse(1.0)
    for sent in list(desk.upstream.pending):
        sent.answer()
    assert [await ended(answer) for answer in waiting] == [1, 3, 2]
    for replica in desk.replicas[1:]:
        assert (replica.answers.counts["refused"], replica.answers.counts["away"]) == (1, 0)


async def test_an_answer_under_the_name_of_another_call_is_unreadable(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    first.get(shared_call("BTC"))
    await desk.answer()
    (btc,) = desk.server.client.keys("*:answer:*")
    first.get(shared_call("ETH"))
    await desk.answer()
    (eth,) = {*desk.server.client.keys("*:answer:*")} - {btc}
    desk.server.client.hset(eth, "value", desk.server.client.hget(btc, "value") or b"")
    second.get(shared_call("ETH"))
    await run_ready()
    assert second.answers.counts["unreadable"] == 1


async def test_the_oldest_answers_are_evicted_beyond_the_limit(desk: SharedDesk) -> None:
    small = Replica(desk.server, desk.upstream, desk.clock, limit=3 * VALUE_BYTES)
    desk.replicas.append(small)
    for symbol in ("A", "B", "C", "D", "E", "F"):
        small.get(shared_call(symbol))
        await desk.answer()
        await desk.clock.elapse(0.1)
    (sizes,) = desk.server.client.keys("*:sizes:*")
    assert int(desk.server.client.hget(sizes, "total") or 0) <= 3 * VALUE_BYTES
    (other,) = desk.start()
    newest, oldest = other.get(shared_call("F")), other.get(shared_call("A"))
    assert await ended(newest) == 6
    assert not oldest.done()
    await desk.answer()


async def test_an_answer_that_is_stored_while_an_older_one_is_evicted_stays(
    desk: SharedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Replica(desk.server, desk.upstream, desk.clock, limit=3 * VALUE_BYTES)
    desk.replicas.append(small)
    other, reader = desk.start(2)
    small.get(shared_call("A"))
    await desk.answer()
    await desk.clock.elapse(LIFETIME + 1)
    for symbol in ("B", "C"):
        small.get(shared_call(symbol))
        await desk.answer()
    waiting = other.get(shared_call("A"), grace=False)
    await run_ready()
    (newer,) = desk.upstream.pending
    run = small.store.run

    async def run_while_another_stores(
        script: LuaScript, keys: Sequence[str], args: Sequence[Argument] = ()
    ) -> StoreReply:
        reply = await run(script, keys, args)
        if script.name == "answers_evict":
            newer.answer()
            await run_ready()
        return reply

    monkeypatch.setattr(small.store, "run", run_while_another_stores)
    small.get(shared_call("D"))
    await run_ready()
    desk.upstream.pending[-1].answer()
    assert await ended(waiting) == 4
    await small.answers.flush()
    assert await ended(reader.get(shared_call("A"))) == 4


async def test_an_answer_larger_than_the_limit_is_not_stored_and_wakes_the_others(desk: SharedDesk) -> None:
    small = Replica(desk.server, desk.upstream, desk.clock, limit=100)
    desk.replicas.append(small)
    (other,) = desk.start()
    waiting = [small.get(), other.get()]
    await desk.answer()
    assert await ended(waiting[0]) == 1
    await desk.answer()
    assert await ended(waiting[1]) == 2


async def test_without_memory_in_the_store_requests_are_still_shared(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    desk.server.client.config_set("maxmemory", "1")
    try:
        waiting = [first.get(), second.get()]
        await run_ready()
        assert desk.requests == 1
        await desk.answer()
        assert await ended(waiting[0]) == 1
        await desk.answer()
        assert await ended(waiting[1]) == 2
    finally:
        desk.server.client.config_set("maxmemory", "0")


async def test_a_stale_answer_of_the_store_covers_a_temporary_failure(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    first.get()
    await desk.answer()
    await desk.clock.elapse(LIFETIME + MAX_STALE - 60)
    waiting = second.get()
    await desk.fail(UpstreamUnavailable("down"))
    answer = await waiting
    assert (answer.value, answer.stale, type(answer.failure)) == (1, True, UpstreamUnavailable)


async def test_a_caller_with_a_stale_answer_of_the_store_waits_for_the_quota_only_briefly(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    first.get()
    await desk.answer()
    await desk.clock.elapse(3 * LIFETIME)
    second.get()
    await desk.answer()
    assert [requester.patience for requester in second.requesters] == [1.0]


async def test_a_refresh_has_the_priority_of_one(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    first.get()
    await desk.answer()
    await desk.clock.elapse(LIFETIME + 1)
    await second.get()
    await desk.answer()
    assert [requester.priority for requester in second.requesters] == [Priority.REFRESH]


async def test_a_refresh_for_which_a_caller_of_another_replica_waits_is_no_longer_in_the_background(
    desk: SharedDesk,
) -> None:
    first, second, third = desk.start(3)
    first.cache.refresh(shared_call(), desk.clock.monotonic() + PATIENCE)
    await run_ready()
    assert first.joined == []
    waiting = [second.get(), third.get()]
    await run_ready()
    assert first.joined == [(shared_call(), SYSTEM)]
    await desk.answer()
    assert [await ended(answer) for answer in waiting] == [1, 1]


async def test_a_lost_notice_of_somebody_urgent_costs_a_second(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    first.cache.refresh(shared_call(), desk.clock.monotonic() + PATIENCE)
    await run_ready()
    first.store.loses_notices = True
    waiting = second.get()
    await run_ready()
    first.store.loses_notices = False
    assert first.joined == []
    await desk.clock.elapse(1.0)
    assert first.joined == [(shared_call(), SYSTEM)]
    await desk.answer()
    assert await ended(waiting) == 1


async def test_a_refresh_that_a_caller_joins_later_is_no_longer_in_the_background_elsewhere(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    deadline = desk.clock.monotonic() + PATIENCE
    for replica in (first, second):
        replica.cache.refresh(shared_call(), deadline)
        await run_ready()
    assert first.joined == []
    waiting = second.get()
    await run_ready()
    assert first.joined == [(shared_call(), SYSTEM)]
    await desk.answer()
    assert await ended(waiting) == 1


async def test_a_refresh_that_is_taken_over_is_as_urgent_as_those_who_wait_for_it(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    for replica in (first, second):
        replica.cache.refresh(shared_call(), desk.clock.monotonic() + PATIENCE)
        await run_ready()
    waiting = second.get()
    await desk.fail(QuotaExhausted(9.0))
    await desk.answer()
    assert await ended(waiting) == 2
    assert [requester.priority for requester in second.requesters] == [Priority.INTERACTIVE]


async def test_a_fetch_has_the_priority_of_whoever_waits_elsewhere_and_stays_in_its_clients_share(
    desk: SharedDesk,
) -> None:
    first, second, third = desk.start(3)
    waiting = [first.get(requester=Requester("ann", Priority.BACKFILL))]
    await run_ready()
    for replica, client, priority in ((second, "bob", Priority.REFRESH), (third, "cat", Priority.INTERACTIVE)):
        waiting.append(replica.get(requester=Requester(client, priority)))
        await run_ready()
    assert first.joined == [
        (shared_call(), Requester("ann", Priority.REFRESH)),
        (shared_call(), Requester("ann", Priority.INTERACTIVE)),
    ]
    await desk.answer()
    assert [await ended(answer) for answer in waiting] == [1, 1, 1]


@pytest.mark.parametrize("is_looking", [False, True])
async def test_a_caller_that_joins_a_backfill_makes_it_urgent_in_the_replica_that_fetches(
    desk: SharedDesk, is_looking: bool
) -> None:
    first, second = desk.start(2)
    backfill = Requester("ann", Priority.BACKFILL)
    waiting = [first.get(requester=backfill)]
    await run_ready()
    waiting.append(second.get(requester=backfill))
    if not is_looking:
        await run_ready()
    waiting.append(second.get(requester=Requester("bob")))
    await run_ready()
    assert first.joined == [(shared_call(), Requester("ann"))]
    await desk.answer()
    assert [await ended(answer) for answer in waiting] == [1, 1, 1]


async def test_a_lease_that_was_registered_again_hears_of_urgent_callers(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    first.get(requester=Requester("ann", Priority.BACKFILL))
    await run_ready()
    desk.server.clear()
    await desk.clock.elapse(1.0)
    waiting = second.get(requester=Requester("bob"))
    await run_ready()
    assert first.joined == [(shared_call(), Requester("ann"))]
    await desk.answer()
    assert await ended(waiting) == 1


@pytest.mark.parametrize("notice", [b"!", b"!9", b"!x", b"!0!"])
async def test_a_notice_that_cannot_be_read_hurries_nobody(desk: SharedDesk, notice: bytes) -> None:
    (first,) = desk.start()
    first.get(requester=Requester("ann", Priority.BACKFILL))
    await run_ready()
    (lease,) = first.answers._renewals._leases.values()
    first.store.receive(first.answers._channel.encode(), lease.names.digest.encode() + notice)
    assert first.joined == []
    await desk.answer()


async def test_a_look_that_claims_no_lease_leaves_none(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    deadline = desk.clock.monotonic() + PATIENCE
    assert (await first.answers.look_up(shared_call(), deadline, claims=False)).is_unclaimed
    assert desk.server.client.keys("*:lease:*") == []
    waiting = second.get()
    await run_ready()
    remote = await first.answers.look_up(shared_call(), deadline, claims=False)
    assert remote.remote is not None
    remote.drop()
    await desk.answer()
    assert await ended(waiting) == 1
    assert (await first.answers.look_up(shared_call(), deadline, claims=False)).was_fresh
    await desk.clock.elapse(LIFETIME + 1)
    stale = await first.answers.look_up(shared_call(), deadline, claims=False)
    assert stale.entry is not None
    assert (stale.entry.answer.value, stale.is_unclaimed) == (1, True)


async def test_an_answer_is_usable_no_longer_than_in_memory(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    first.get()
    await desk.answer()
    await desk.clock.elapse(LIFETIME + MAX_STALE + 1)
    waiting = second.get()
    await desk.fail(UpstreamUnavailable("down"))
    assert isinstance(await ended(waiting), UpstreamUnavailable)


async def test_a_call_that_is_looked_up_is_pending(desk: SharedDesk) -> None:
    (replica,) = desk.start()
    replica.get()
    assert replica.cache.peek(shared_call())[0] is CacheStatus.PENDING
    await desk.answer()
    assert replica.cache.peek(shared_call())[0] is CacheStatus.HIT


async def test_waiting_for_another_replica_counts_no_call(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    with count_upstream_calls() as counter:
        waiting = [first.get(), second.get()]
        await desk.answer()
        await asyncio.gather(*waiting)
    assert counter.sent == 0  # the transport counts, which these tests do not have


async def test_closing_ends_those_who_wait_and_gives_their_leases_up(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    waiting = [first.get(), second.get(shared_call("ETH"))]
    looking = first.get(shared_call("XRP"))
    await first.close()
    assert looking.cancelled()
    other = second.get()
    await run_ready()
    assert waiting[0].cancelled()
    assert [sent.replica for sent in desk.upstream.pending] == [second, second]
    for sent in list(desk.upstream.pending):
        sent.answer()
    assert isinstance(await ended(other), int)


async def test_names_and_values_show_neither_key_nor_parameters(desk: SharedDesk) -> None:
    (replica,) = desk.start()
    replica.get(shared_call("SECRETCOIN"))
    await desk.answer()
    names = desk.server.client.keys("*")
    texts = [*names, *desk.server.client.hgetall(desk.server.client.keys("*:answer:*")[0]).values()]
    assert not any(b"the-key-of-the-tests" in text or b"SECRETCOIN" in text for text in texts)


async def test_a_caller_of_a_replica_has_its_patience(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    first.get()
    await run_ready()
    waiting = second.get(patience=PATIENCE / 3)
    await run_ready()
    await desk.clock.elapse(PATIENCE / 3)
    error = await ended(waiting)
    assert (type(error), error.endpoint) == (UpstreamTimeout, "/api/test")
    await desk.answer()
