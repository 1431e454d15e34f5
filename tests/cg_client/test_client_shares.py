"""Shares of the quota: what a client requests within its share starts, however much others request."""

import asyncio

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cg_client.errors import QuotaExhausted, StartsTooLate, UpstreamFailed
from cg_client.quota import client_shares as module
from cg_client.quota.admission_queue import AdmissionQueue
from cg_client.quota.client_shares import ACTIVE_SECONDS, ClientShares
from cg_client.quota.requester import SYSTEM, Priority, Requester
from cg_client.quota.round_robin import EQUAL, Weights
from cg_client.quota.throttle import Throttle
from cg_client.quota.window import MINUTE, QuotaWindow
from cg_client.transport import UpstreamResponse
from tests.cg_client.conftest import a_call
from tests.cg_client.test_admission_queue import ANN, BOB, Queue, enqueued
from tests.cg_client.test_throttle import refused

CAT = Requester("cat")
HALF = 0.5


def queue_with(limit: int, part: float = HALF, weights: Weights = EQUAL) -> Queue:
    """Return a queue whose clients have shares."""
    queue = Queue(limit, weights=weights)
    queue.throttle = Throttle(queue.sent, queue.window, queue.clock, weights, part)
    assert isinstance(queue.throttle.admission_queue, AdmissionQueue)
    queue.admission_queue = queue.throttle.admission_queue
    return queue


async def burst(queue: Queue, requester: Requester, count: int, seconds: float = 15.0) -> int:
    """Request so many series at once, and return how many were sent."""
    deadline = queue.in_seconds(seconds)
    calls = (queue.call(requester, f"{requester.client}{number}", deadline) for number in range(count))
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(answer, UpstreamResponse | StartsTooLate) for answer in answers), answers
    return sum(isinstance(answer, UpstreamResponse) for answer in answers)


async def test_a_client_that_is_alone_has_the_whole_quota() -> None:
    assert await burst(queue_with(10), ANN, 20) == 10


@pytest.mark.parametrize("count", [1, 20])
async def test_two_clients_have_half_of_the_quota_each(count: int) -> None:
    queue = queue_with(10)
    assert await burst(queue, BOB, 1) == 1
    assert await burst(queue, ANN, 20) == 5
    assert await burst(queue, BOB, count) == min(count, 4)


async def test_the_message_of_a_refusal_names_the_share() -> None:
    queue = queue_with(4)
    await burst(queue, BOB, 1)
    await burst(queue, ANN, 2)
    with pytest.raises(QuotaExhausted, match="share of this caller") as refusal:
        await queue.call(ANN, deadline=queue.in_seconds(15))
    assert refusal.value.retry_after == MINUTE


async def test_a_client_that_sends_nothing_for_a_while_is_no_longer_active() -> None:
    queue = queue_with(10)
    await burst(queue, BOB, 1)
    queue.clock.advance(ACTIVE_SECONDS - 1)
    assert await burst(queue, ANN, 20) == 5
    queue.clock.advance(MINUTE + 1)
    assert await burst(queue, ANN, 20) == 10


async def test_the_shares_of_clients_follow_their_weights() -> None:
    queue = queue_with(10, weights={"ann": 4})
    await burst(queue, BOB, 1)
    assert await burst(queue, ANN, 20) == 8
    assert await burst(queue, BOB, 20) == 1


async def test_beyond_the_shares_clients_use_a_part_of_the_quota() -> None:
    queue = queue_with(12)
    for requester in (ANN, BOB, CAT):
        await burst(queue, requester, 1)
    assert await burst(queue, ANN, 20) == 3  # its share of four, of which one is spent; then six are used
    queue.clock.advance(MINUTE)
    assert await burst(queue, ANN, 20) == 6


@pytest.mark.parametrize(("part", "sent"), [(1.0, 10), (0.0, 5)])
async def test_with_the_whole_quota_as_the_part_there_are_no_shares(part: float, sent: int) -> None:
    queue = queue_with(10, part)
    await burst(queue, BOB, 1)
    queue.clock.advance(MINUTE)
    assert await burst(queue, ANN, 20) == sent


async def test_calls_of_the_system_belong_to_no_share() -> None:
    queue = queue_with(10)
    await burst(queue, BOB, 1)
    await burst(queue, SYSTEM, 3)
    assert await burst(queue, ANN, 20) == 5
    await queue.call(SYSTEM, deadline=queue.clock.monotonic())


async def test_waiting_calls_leave_a_client_its_share_that_becomes_active_later() -> None:
    """All of them wait with the priority that they have for a client that is alone."""
    queue = queue_with(10)
    many = [queue.ask(ANN, deadline=queue.in_seconds(90)) for _ in range(20)]
    await enqueued()
    queue.clock.advance(1)
    assert await burst(queue, BOB, 1, seconds=MINUTE) == 1
    assert await burst(queue, BOB, 4) == 4
    await asyncio.gather(*many, return_exceptions=True)
    assert queue.sent.order.count("ann") == 15


async def test_calls_in_flight_count_in_the_share_until_a_minute_after_their_end() -> None:
    queue = queue_with(10)
    await burst(queue, BOB, 1)
    slow = [queue.ask(ANN, "70s") for _ in range(5)]
    await enqueued()
    queue.clock.advance(65)
    assert await refused(queue.call(ANN, "x", deadline=queue.in_seconds(5))) is not None
    assert await burst(queue, BOB, 20) == 5
    await asyncio.gather(*slow)


async def test_a_call_that_was_not_sent_is_given_back_to_the_share() -> None:
    queue, failing = queue_with(10), True
    send = queue.throttle._send

    async def unreachable(*args: object) -> UpstreamResponse:
        if failing:
            error = UpstreamFailed("no connection")
            error.sent = False
            raise error
        return await send(*args)  # type: ignore[arg-type]  # those of the throttle

    queue.throttle._send = unreachable
    for requester in [BOB, *[ANN] * 20]:
        with pytest.raises(UpstreamFailed):
            await queue.call(requester)
    failing = False
    assert await burst(queue, ANN, 20) == 5


async def test_a_cancelled_call_is_given_back_to_the_share() -> None:
    queue = queue_with(2)
    await burst(queue, BOB, 1)
    await burst(queue, ANN, 1)
    leaving = queue.ask(ANN, deadline=queue.in_seconds(90))
    await enqueued()
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    queue.clock.advance(MINUTE)
    assert await burst(queue, ANN, 2) == 1


async def test_a_call_that_a_client_within_its_share_joins_is_started_in_that_share() -> None:
    """Else two clients that request the same would use more than their shares."""
    queue = queue_with(10)
    await burst(queue, BOB, 1)
    await burst(queue, ANN, 5)
    waiting = [queue.ask(ANN, f"same{number}", queue.in_seconds(70)) for number in range(8)]
    await enqueued()
    for number in range(8):
        queue.admission_queue.reprioritize(a_call(f"same{number}"), BOB)
    await enqueued()
    assert sum(name.startswith("same") for name in queue.sent.order) == 4
    await asyncio.gather(*waiting)


async def test_a_waiting_call_starts_as_soon_as_its_share_has_room() -> None:
    queue = queue_with(10)
    await burst(queue, BOB, 1)
    await burst(queue, ANN, 1)
    queue.clock.advance(30)
    assert await burst(queue, ANN, 4) == 4
    await burst(queue, BOB, 4)
    queue.clock.advance(20)
    assert await burst(queue, ANN, 3) == 1
    assert queue.clock.monotonic() == 1000 + MINUTE


async def test_a_low_priority_stays_behind_the_others_within_the_share() -> None:
    queue = queue_with(10)
    patient = Requester("ann", Priority.BACKFILL)
    await burst(queue, BOB, 1)
    backfill = [queue.ask(patient, "patient", queue.in_seconds(90)) for _ in range(9)]
    await enqueued()
    assert queue.sent.order.count("patient") == 5
    assert await burst(queue, BOB, 4) == 4
    await asyncio.gather(*backfill, return_exceptions=True)


def test_what_is_remembered_of_clients_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_CLIENTS", 3)
    shares = ClientShares(QuotaWindow(10), EQUAL, HALF)
    for number in range(10):
        shares.see(f"client{number}", float(number))
    assert len(shares._clients) == 3


def test_the_calls_of_a_client_that_is_alone_are_forgotten_after_a_minute() -> None:
    shares = ClientShares(QuotaWindow(10), EQUAL, HALF)
    for second in range(1000):
        shares.see("ann", second)
        shares.start("ann")
        shares.end("ann", second)
    assert len(shares._clients["ann"].releases) <= MINUTE


bursts = st.lists(
    st.tuples(st.integers(0, 239), st.integers(1, 40), st.sampled_from([0, 0.5, 4])),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(plan=bursts, limit=st.integers(2, 8).map(lambda half: 2 * half), has_priority=st.booleans())
@example(plan=[(second, 40, 4) for second in range(0, 240, 8)], limit=16, has_priority=True)
async def test_a_client_within_its_share_is_never_refused_while_another_bursts(
    *, plan: list[tuple[int, int, float]], limit: int, has_priority: bool
) -> None:
    """From its second minute on: what was sent before it became active still counts."""
    queue, share = queue_with(limit), limit // 2
    late: list[object] = []

    async def bursting(second: int, count: int, takes: float) -> None:
        await queue.clock.sleep(second)
        name = f"{takes}s" if takes else "burst"
        requester = Requester("bursting", Priority(count % 3) if has_priority else Priority.INTERACTIVE)
        calls = (queue.call(requester, name, queue.in_seconds(15)) for _ in range(count))
        await asyncio.gather(*calls, return_exceptions=True)

    async def steady() -> None:
        for number in range(4 * share):
            await queue.clock.sleep(MINUTE / share)
            try:
                await queue.call(ANN, "steady", queue.in_seconds(15))
            except StartsTooLate as error:
                if number >= share:
                    late.append((number, error))

    tasks = [asyncio.create_task(bursting(second, count, takes)) for second, count, takes in plan]
    await asyncio.gather(steady(), *tasks)
    assert not late
