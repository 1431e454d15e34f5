"""What a replica with a stale answer in memory asks of the store: nothing that it has, and nothing again at once."""

from collections.abc import Sequence
from typing import Any

import pytest

from cg_client.call import AnyAnswer
from cg_client.entries import MAX_GRACE
from cg_client.errors import (
    CoinglassError,
    NotFound,
    QuotaExhausted,
    ShareExhausted,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from cg_client.recent_failures import FAILURE_SECONDS
from shared.store.commands import Argument
from tests.shared.desk import SharedDesk
from tests.shared.replicas import LIFETIME, Replica, ended, run_ready, shared_call
from tests.shared.stepped_store import Loss

PAST_GRACE = LIFETIME + min(LIFETIME, MAX_GRACE) + 1
SPENT = QuotaExhausted(30.0)


def looks(desk: SharedDesk, monkeypatch: pytest.MonkeyPatch) -> list[list[Any]]:
    """Return what the store replies to lookups from now on."""
    replies: list[list[Any]] = []
    execute = desk.server.execute

    def listed(command: Sequence[Argument]) -> Any:
        reply = execute(command)
        if isinstance(reply, list) and len(reply) == 10:
            replies.append(reply)
        return reply

    monkeypatch.setattr(desk.server, "execute", listed)
    return replies


async def has_stale_answer(desk: SharedDesk) -> Replica:
    """Return a replica with an answer past its grace."""
    (replica,) = desk.start()
    replica.get()
    await desk.answer()
    await desk.clock.elapse(PAST_GRACE)
    return replica


async def refused(desk: SharedDesk, replica: Replica, failure: CoinglassError = SPENT) -> AnyAnswer:
    """Let a fetch fail, and return what its caller gets."""
    waiting = replica.get()
    await desk.fail(failure)
    return await waiting


async def test_what_this_replica_has_stored_is_not_sent_again(
    desk: SharedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    replica = await has_stale_answer(desk)
    replies = looks(desk, monkeypatch)
    assert (await refused(desk, replica)).value == 1
    assert [(reply[0], reply[4]) for reply in replies] == [(b"lease", None)]


@pytest.mark.parametrize("loss", Loss)
async def test_nor_is_what_was_stored_although_its_reply_was_lost(
    desk: SharedDesk, monkeypatch: pytest.MonkeyPatch, loss: Loss
) -> None:
    (replica,) = desk.start()
    replica.get()
    await run_ready()
    replica.store.loss = loss
    await desk.answer()
    await desk.clock.elapse(PAST_GRACE)
    replies = looks(desk, monkeypatch)
    await refused(desk, replica)
    assert [reply[4] for reply in replies] == [None]


async def test_nor_is_what_was_fetched_without_the_store_and_stored_when_it_came_back(
    desk: SharedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    (replica,) = desk.start()
    replica.store.leave()
    replica.get()
    await desk.clock.elapse(1.0)
    await desk.answer()
    await replica.store.come_back()
    await desk.clock.elapse(PAST_GRACE)
    replies = looks(desk, monkeypatch)
    await refused(desk, replica)
    assert [reply[4] for reply in replies] == [None]


async def test_nor_is_what_came_from_the_store(desk: SharedDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = desk.start(2)
    first.get()
    await desk.answer()
    await second.get()
    await desk.clock.elapse(PAST_GRACE)
    replies = looks(desk, monkeypatch)
    assert (await refused(desk, second)).value == 1
    assert [reply[4] for reply in replies] == [None]


async def test_what_another_replica_has_fetched_since_is_sent(desk: SharedDesk) -> None:
    replica = await has_stale_answer(desk)
    (other,) = desk.start()
    other.get()
    await desk.answer()
    answer = await replica.get()
    assert (answer.value, answer.stale, desk.requests) == (2, False, 2)


async def test_an_answer_that_was_stored_without_a_token_is_sent(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    first.get()
    await desk.answer()
    (name,) = desk.server.client.keys("*:answer:*")
    desk.server.client.hset(name, "token", "0")
    assert await ended(second.get()) == 1


async def test_after_a_refusal_the_stale_answer_is_served_for_a_second_without_the_store(
    desk: SharedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    replica = await has_stale_answer(desk)
    replies = looks(desk, monkeypatch)
    first = await refused(desk, replica)
    answers = [await replica.get() for _ in range(5)]
    assert [(answer.value, answer.stale, answer.failure) for answer in [first, *answers]] == [(1, True, SPENT)] * 6
    assert (len(replies), desk.requests) == (1, 2)
    await desk.clock.elapse(FAILURE_SECONDS)
    replica.get()
    await desk.answer()
    assert (len(replies), desk.requests) == (2, 3)


async def test_another_replica_is_not_held_back(desk: SharedDesk) -> None:
    replica = await has_stale_answer(desk)
    (other,) = desk.start()
    await refused(desk, replica)
    answer = other.get()
    await desk.answer()
    assert await ended(answer) == 3


async def test_a_caller_that_takes_no_stale_answer_is_not_held_back(desk: SharedDesk) -> None:
    replica = await has_stale_answer(desk)
    await refused(desk, replica)
    strict = replica.get(grace=False)
    await desk.answer()
    assert await ended(strict) == 3


async def test_a_call_without_a_stale_answer_is_fetched_again_at_once(desk: SharedDesk) -> None:
    (replica,) = desk.start()
    waiting = replica.get()
    await desk.fail(SPENT)
    assert await ended(waiting) is SPENT
    again = replica.get()
    await desk.answer()
    assert await ended(again) == 2


async def test_a_failure_that_ends_stale_answers_is_not_hidden(desk: SharedDesk) -> None:
    replica = await has_stale_answer(desk)
    for _ in range(2):
        waiting = replica.get()
        failure = NotFound("delisted")
        await desk.fail(failure)
        assert await ended(waiting) is failure


async def test_other_calls_are_not_held_back(desk: SharedDesk) -> None:
    replica = await has_stale_answer(desk)
    await refused(desk, replica)
    other = replica.get(shared_call("ETH"))
    await desk.answer()
    assert await ended(other) == 3


async def test_a_failure_of_coinglass_counts_as_a_refusal_does(desk: SharedDesk) -> None:
    replica = await has_stale_answer(desk)
    failure = UpstreamUnavailable("down")
    await refused(desk, replica, failure)
    answer = await replica.get()
    assert (answer.value, answer.stale, answer.failure, desk.requests) == (1, True, failure, 2)


async def test_the_failure_of_a_caller_with_too_little_time_holds_nobody_back(desk: SharedDesk) -> None:
    replica = await has_stale_answer(desk)
    await refused(desk, replica, UpstreamTimeout("late", had_enough_time=False))
    patient = replica.get()
    await desk.answer()
    assert await ended(patient) == 3


async def test_a_refresh_that_was_refused_is_not_tried_again_at_once(desk: SharedDesk) -> None:
    (replica,) = desk.start()
    replica.get()
    await desk.answer()
    await desk.clock.elapse(LIFETIME + 1)
    assert (await refused(desk, replica)).failure is None
    for _ in range(3):
        answer = await replica.get()
        assert (answer.value, answer.stale, answer.failure) == (1, True, None)
        await run_ready()
    assert desk.requests == 2
    await desk.clock.elapse(FAILURE_SECONDS)
    await replica.get()
    await desk.answer()
    assert desk.requests == 3


async def test_the_refusal_of_a_refresh_holds_no_caller_back_that_waits(desk: SharedDesk) -> None:
    (replica,) = desk.start()
    replica.get()
    await desk.answer()
    await desk.clock.elapse(PAST_GRACE - 1.5)
    await refused(desk, replica)
    await desk.clock.elapse(0.7)
    waiting = replica.get()
    await desk.answer()
    assert await ended(waiting) == 3


async def test_the_spent_share_of_a_client_is_a_refusal(desk: SharedDesk) -> None:
    replica = await has_stale_answer(desk)
    await refused(desk, replica, ShareExhausted(30.0))
    assert (await replica.get()).stale
    assert desk.requests == 2


@pytest.mark.parametrize("age", [1.0, LIFETIME / 2])
async def test_an_answer_is_not_fresh_for_longer_because_the_clock_of_the_store_was_set_back(
    desk: SharedDesk, age: float
) -> None:
    first, second = desk.start(2)
    first.get()
    await desk.answer()
    await desk.clock.elapse(age)
    desk.server.skew -= 3600
    waiting = second.get()
    await desk.answer()
    assert (await ended(waiting), second.answers.counts["unreadable"]) == (2, 1)
    answer = await desk.start()[0].get()
    assert answer.value == 2
    assert answer.fresh_until == pytest.approx(desk.clock.monotonic() + LIFETIME, abs=0.01)


async def test_an_answer_in_memory_stays_usable_when_the_clock_of_the_store_was_set_back(desk: SharedDesk) -> None:
    replica = await has_stale_answer(desk)
    desk.server.skew -= 3600
    answer = await refused(desk, replica)
    assert (answer.value, answer.failure) == (1, SPENT)
    await desk.clock.elapse(FAILURE_SECONDS)
    waiting = replica.get()
    await desk.answer()
    assert (await ended(waiting), await ended(desk.start()[0].get())) == (3, 3)


async def test_an_answer_with_more_fresh_time_than_its_lifetime_is_fetched_anew(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    first.get()
    await desk.answer()
    (name,) = desk.server.client.keys("*:answer:*")
    desk.server.client.hset(name, "fresh", int(desk.server.client.hget(name, "fresh") or 0) + 5)
    waiting = second.get()
    await desk.answer()
    assert (await ended(waiting), second.answers.counts["unreadable"]) == (2, 1)


async def test_a_clock_that_was_set_back_makes_what_replicas_have_no_fresher_and_one_of_them_refreshes(
    desk: SharedDesk,
) -> None:
    replicas = desk.start(2)
    for replica in replicas:
        waiting = replica.get()
        if not desk.requests:
            await desk.answer()
        await ended(waiting)
    await desk.clock.elapse(LIFETIME + 1)
    desk.server.skew -= LIFETIME / 2
    assert [(await replica.get()).stale for replica in replicas] == [True, True]
    await desk.answer()
    assert desk.requests == 2
    assert [(await replica.get()).value for replica in replicas] == [2, 2]
