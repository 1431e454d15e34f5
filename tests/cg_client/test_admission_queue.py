"""The order of waiting calls: by priority, fair between clients, and refused as soon as a wait is in vain."""

import asyncio
import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cg_client.errors import ProblemCode, QueueFull, QuotaExhausted
from cg_client.quota import admission_queue as module
from cg_client.quota.requester import Priority, Requester
from cg_client.quota.round_robin import EQUAL, Weights
from cg_client.quota.throttle import Throttle
from cg_client.quota.window import MINUTE, QuotaWindow
from cg_client.transport import UpstreamResponse
from tests.cg_client.conftest import a_call
from tests.cg_client.test_throttle import AGES, MAX, USED, CountingUpstream, refused
from tests.clock import FakeClock

INTERACTIVE, REFRESH, BACKFILL, _ = Priority
ANN, BOB = Requester("ann"), Requester("bob")


class Queue:
    """A throttle with an upstream that answers at once, unless the call's symbol says after how many seconds."""

    def __init__(self, limit: int, clock: FakeClock | None = None, weights: Weights = EQUAL) -> None:
        self.clock = clock or FakeClock()
        self.sent = CountingUpstream(self.clock)
        self.window = QuotaWindow(limit)
        self.throttle = Throttle(self.sent, self.window, self.clock, weights)
        assert isinstance(self.throttle.admission_queue, module.AdmissionQueue)
        self.admission_queue = self.throttle.admission_queue

    def ask(self, requester: Requester, name: str = "", deadline: float = AGES) -> asyncio.Task[UpstreamResponse]:
        return asyncio.create_task(self.call(requester, name, deadline))

    async def call(self, requester: Requester, name: str = "", deadline: float = AGES) -> UpstreamResponse:
        return await self.throttle(a_call(name or requester.client), deadline, requester)

    async def fill(self) -> None:
        """Spends what the minute has."""
        for _ in range(self.window.share):
            await self.call(Requester("filler"))
        self.sent.order.clear()

    def in_seconds(self, seconds: float) -> float:
        return self.clock.monotonic() + seconds

    @property
    def waiting(self) -> Sequence[int]:
        return [self.admission_queue.waiting(priority) for priority in Priority]


@pytest.fixture
def queue_of(clock: FakeClock) -> Callable[..., Queue]:
    return lambda limit, weights=EQUAL: Queue(limit, clock, weights)


QueueOf = Callable[..., Queue]


async def enqueued() -> None:
    """Let the created tasks enter the queue; no time passes."""
    for _ in range(2):
        await asyncio.sleep(0)


async def test_a_client_with_three_hundred_calls_delays_another_by_two_slots_at_most(queue_of: QueueOf) -> None:
    queue = queue_of(10)
    many = [queue.ask(ANN) for _ in range(300)]
    await enqueued()
    await queue.call(BOB)
    assert queue.sent.order.index("bob") + 1 - 10 <= 2
    assert queue.clock.monotonic() == 1000 + MINUTE
    await asyncio.gather(*many)


async def test_clients_take_turns_and_the_calls_of_each_stay_in_order(queue_of: QueueOf) -> None:
    queue = queue_of(1)
    await queue.fill()
    expected = ["ann1", "ann2", "ann3", "bob1", "bob2", "cat1"]
    await asyncio.gather(*(queue.ask(Requester(name[:3]), name) for name in expected))
    assert queue.sent.order == ["ann1", "bob1", "cat1", "ann2", "bob2", "ann3"]


async def test_a_client_with_more_weight_sends_more_calls_per_turn(queue_of: QueueOf) -> None:
    queue = queue_of(1, {"ann": 3})
    await queue.fill()
    await asyncio.gather(*(queue.ask(requester) for requester in [ANN] * 4 + [BOB] * 3))
    assert queue.sent.order == ["ann", "ann", "ann", "bob", "ann", "bob", "bob"]


async def test_calls_start_by_priority(queue_of: QueueOf) -> None:
    queue = queue_of(1)
    await queue.fill()
    patient_first = [*reversed(Priority)]
    tasks = [queue.ask(Requester("ann", priority), f"{priority}") for priority in patient_first * 2]
    await enqueued()
    assert queue.waiting == [2, 2, 2, 2]
    await asyncio.gather(*tasks)
    assert queue.sent.order == ["0", "0", "1", "1", "2", "2", "3", "3"]
    assert queue.waiting == [0, 0, 0, 0]


@pytest.mark.parametrize("priority", [REFRESH, BACKFILL])
@pytest.mark.parametrize(("limit", "open_to_all"), [(1, 1), (4, 4), (30, 24), (300, 240)])
async def test_background_calls_never_use_the_reserve(
    queue_of: QueueOf, priority: Priority, limit: int, open_to_all: int
) -> None:
    queue, patient = queue_of(limit), Requester("ann", priority)
    calls = (queue.call(patient, deadline=queue.in_seconds(15)) for _ in range(limit + 5))
    answers = await asyncio.gather(*calls, return_exceptions=True)
    refusals = [answer for answer in answers if isinstance(answer, QuotaExhausted)]
    assert (len(queue.sent.order), len(refusals)) == (open_to_all, limit + 5 - open_to_all)
    assert priority.name.lower() in str(refusals[0])
    for _ in range(limit - open_to_all):
        await queue.call(BOB, deadline=queue.clock.monotonic())
    assert await refused(queue.call(BOB, deadline=queue.in_seconds(15))) == MINUTE
    none = dict.fromkeys(Priority, 0)
    assert queue.admission_queue.refused == none | {INTERACTIVE: 1, priority: len(refusals)}


async def test_a_refresh_starts_only_while_the_reserve_is_untouched(queue_of: QueueOf) -> None:
    queue, patient = queue_of(30), Requester("ann", REFRESH)
    for _ in range(23):
        await queue.call(BOB)
    await queue.call(patient, deadline=queue.clock.monotonic())
    assert await refused(queue.call(patient, deadline=queue.in_seconds(15))) == MINUTE


async def test_an_admitted_call_creates_no_task_and_no_timer(queue_of: QueueOf) -> None:
    queue = queue_of(2)
    for requester in (ANN, Requester("bob", BACKFILL)):
        before = asyncio.all_tasks()
        admission = await queue.admission_queue.start(a_call(), AGES, requester)
        assert (admission.at, asyncio.all_tasks()) == (queue.clock.monotonic(), before)
    assert await refused(queue.call(ANN, deadline=queue.clock.monotonic())) == MINUTE
    assert queue.clock.slept == []


async def test_a_waiting_background_call_does_not_delay_an_urgent_call(queue_of: QueueOf) -> None:
    queue = queue_of(10)
    tasks = [queue.ask(Requester("ann", BACKFILL)) for _ in range(20)]
    await enqueued()
    assert queue.waiting == [0, 0, 12, 0]
    await queue.call(BOB, deadline=queue.clock.monotonic())
    assert queue.clock.monotonic() == 1000
    await asyncio.gather(*tasks)


async def test_a_refusal_states_the_wait_for_its_position_in_the_queue(queue_of: QueueOf) -> None:
    queue = queue_of(2)
    await queue.fill()
    waiting = [queue.ask(ANN) for _ in range(4)]
    await enqueued()
    soon = queue.in_seconds(15)
    assert await refused(queue.call(ANN, deadline=soon)) == 3 * MINUTE
    assert await refused(queue.call(BOB, deadline=soon)) == MINUTE
    assert await refused(queue.call(Requester("bob", REFRESH), deadline=soon)) == 3 * MINUTE
    await queue.call(BOB, deadline=queue.in_seconds(MINUTE))
    await asyncio.gather(*waiting)


requesters = st.builds(Requester, st.sampled_from("abc"), st.sampled_from(Priority))
ages = st.floats(0, 59, allow_nan=False).map(lambda value: round(value, 2))
crowds = st.tuples(
    st.integers(1, 8),
    st.lists(ages, max_size=8),
    st.lists(requesters, max_size=12),
    st.dictionaries(st.sampled_from("abc"), st.integers(1, 3)),
)


Crowd = tuple[int, list[float], list[Requester], Weights]


async def crowd(
    limit: int, spent: list[float], waiting: list[Requester], weights: Weights
) -> tuple[Queue, list[asyncio.Task[UpstreamResponse]]]:
    """Return a queue in which some wait, after requests that were sent at different times."""
    queue = Queue(limit, weights=weights)
    for at in sorted(spent)[:limit]:
        queue.clock.advance(max(0.0, at - (queue.clock.monotonic() - 1000)))  # by rounding it could go back
        await queue.call(Requester("filler"))
    tasks = [queue.ask(requester) for requester in waiting]
    await enqueued()
    return queue, tasks


@settings(max_examples=100)
@given(crowds, requesters)
async def test_a_refusal_states_exactly_when_the_call_would_start(conditions: Crowd, requester: Requester) -> None:
    """A call that waits starts exactly when the refusal says, if no other call arrives meanwhile."""
    queue, tasks = await crowd(*conditions)
    request_time = queue.clock.monotonic()
    try:
        await queue.call(requester, "late", deadline=request_time)
    except QuotaExhausted as refusal:
        stated = refusal.retry_after
        await queue.call(requester, "late")
        started = dict(zip(queue.sent.order, queue.sent.ran, strict=True))["late"][0]
        assert started - request_time == pytest.approx(stated)
    await asyncio.gather(*tasks)


@settings(max_examples=100)
@given(crowds, st.sampled_from("abc"))
async def test_a_call_waits_for_at_most_one_turn_of_each_other_client(conditions: Crowd, client: str) -> None:
    limit, spent, waiting, weights = conditions
    others = [requester for requester in waiting if requester.client != client]
    queue, tasks = await crowd(limit, spent, others, weights)
    before = len(queue.sent.order)
    urgent = {requester.client for requester in others if requester.priority is INTERACTIVE}
    await queue.call(Requester(client), "late")
    assert queue.sent.order.index("late") - before <= sum(weights.get(other, 1) for other in urgent)
    await asyncio.gather(*tasks)


async def test_an_overtaken_call_is_refused_before_its_deadline_with_its_new_wait(queue_of: QueueOf) -> None:
    queue = queue_of(1)
    await queue.fill()
    patient = queue.ask(Requester("ann", BACKFILL), deadline=queue.in_seconds(MINUTE + 30))
    await enqueued()
    assert queue.waiting == [0, 0, 1, 0]
    await queue.call(BOB)
    assert await refused(patient) == MINUTE
    assert queue.clock.monotonic() == 1000 + MINUTE
    assert queue.waiting == [0, 0, 0, 0]


@pytest.mark.parametrize(("patience", "is_sent"), [(MINUTE - 1, False), (MINUTE, True)])
async def test_a_call_waits_no_longer_than_its_requester_has_patience(
    queue_of: QueueOf, *, patience: float, is_sent: bool
) -> None:
    queue = queue_of(1)
    await queue.fill()
    waiting = queue.ask(replace(ANN, patience=patience))
    await asyncio.wait({waiting})
    assert isinstance(waiting.exception(), QuotaExhausted) is not is_sent


async def test_endless_interactive_load_delays_a_backfill_only_until_its_deadline(
    queue_of: QueueOf,
) -> None:
    queue = queue_of(2)
    await queue.fill()
    deadline = queue.in_seconds(5 * MINUTE)
    patient = queue.ask(Requester("ann", BACKFILL), "patient", deadline)
    load = [queue.ask(BOB) for _ in range(40)]
    refusal = await asyncio.gather(patient, return_exceptions=True)
    assert isinstance(refusal[0], QuotaExhausted)
    assert queue.clock.monotonic() <= deadline
    await asyncio.gather(*load)
    await queue.call(Requester("ann", BACKFILL), "patient")
    assert queue.sent.order[-1] == "patient"


async def test_a_pause_refuses_calls_that_can_no_longer_start_in_time(queue_of: QueueOf) -> None:
    queue = queue_of(1)
    await queue.fill()
    by = {"ann": 70.0, "bob": 500.0, "cat": 350.0}
    early, late, behind = (
        queue.ask(Requester(client), deadline=queue.in_seconds(seconds)) for client, seconds in by.items()
    )
    await enqueued()
    queue.throttle.pause(300)
    assert await refused(early) == 300
    assert await refused(behind) == 300 + MINUTE
    assert queue.clock.monotonic() == 1000
    await late
    assert queue.sent.ran[-1][0] == 1300


@pytest.mark.parametrize("headers", [{USED: b"1"}, {MAX: b"5", USED: b"3"}])
async def test_quota_freed_by_response_headers_is_used_at_once(queue_of: QueueOf, headers: dict[bytes, bytes]) -> None:
    """A new minute at upstream, or a higher limit."""
    queue = queue_of(3)
    for _ in range(2):
        await queue.call(ANN)
    queue.sent.headers = headers
    queue.clock.advance(1)
    under_way = queue.ask(ANN, "2s")
    await enqueued()
    await queue.call(BOB)
    assert queue.clock.monotonic() == 1003
    await under_way


async def test_a_raised_limit_starts_waiting_calls_at_once(queue_of: QueueOf) -> None:
    queue = queue_of(1)
    await queue.fill()
    waiting = queue.ask(ANN)
    await enqueued()
    queue.throttle.allow(2)
    queue.throttle.allow(1)
    await waiting
    assert queue.clock.monotonic() == 1000
    assert queue.throttle.usage().limit == 2


async def test_a_call_cancelled_when_admitted_passes_its_slot_on(queue_of: QueueOf) -> None:
    queue = queue_of(1)
    await queue.fill()
    first, second = queue.ask(ANN), queue.ask(BOB)
    await enqueued()
    queue.clock.advance(MINUTE)
    queue.admission_queue.review()
    assert queue.throttle.usage().used == 1
    first.cancel()
    await enqueued()
    assert queue.waiting == [0, 0, 0, 0]
    await second
    assert first.cancelled()
    assert (queue.sent.order, queue.clock.monotonic()) == (["bob"], 1000 + MINUTE)


@pytest.mark.parametrize("hold", [0.0, 300.0])
async def test_a_cancelled_call_takes_no_slot_and_is_not_refused(queue_of: QueueOf, hold: float) -> None:
    queue = queue_of(1)
    await queue.fill()
    first, second = queue.ask(ANN, deadline=queue.in_seconds(MINUTE)), queue.ask(BOB)
    await enqueued()
    queue.clock.advance(MINUTE)
    first.cancel()
    queue.throttle.pause(hold)
    await second
    assert first.cancelled()
    assert (queue.sent.order, queue.clock.monotonic()) == (["bob"], 1000 + MINUTE + hold)


async def test_an_urgent_call_starts_before_a_background_call_that_cannot_start_yet(queue_of: QueueOf) -> None:
    queue = queue_of(5)
    for _ in range(5):
        await queue.call(Requester("filler"))
        queue.clock.advance(10)
    patient = queue.ask(Requester("ann", BACKFILL))
    await enqueued()
    await queue.call(BOB)
    assert queue.clock.monotonic() == 1060
    await patient
    assert queue.clock.monotonic() == 1080  # when two have gone beside the urgent one: one is reserved


async def test_the_timer_stops_when_the_last_waiter_is_cancelled(queue_of: QueueOf) -> None:
    queue = queue_of(1)
    await queue.fill()
    before = asyncio.all_tasks()
    leaving = [queue.ask(requester) for requester in (ANN, BOB)]
    await enqueued()
    for task in leaving:
        task.cancel()
    await asyncio.gather(*leaving, return_exceptions=True)
    await enqueued()
    assert queue.waiting == [0, 0, 0, 0]
    assert asyncio.all_tasks() - before <= {queue.clock._waker}
    assert queue.admission_queue._timer is None


arrivals = st.tuples(requesters, st.floats(0, 200), st.floats(0, 70), st.none() | st.floats(0, 250), st.floats(0, 300))


@settings(max_examples=150)
@given(st.integers(1, 7), st.lists(arrivals, max_size=20))
async def test_no_slot_and_no_caller_is_lost_whatever_is_cancelled(
    limit: int, calls: list[tuple[Requester, float, float, float | None, float]]
) -> None:
    """Each call ends: sent, refused within its deadline, or cancelled at any moment; no minute has too many."""
    queue = Queue(limit)
    clock, ended = queue.clock, []

    async def call(requester: Requester, after: float, lasts: float, stays: float | None, patience: float) -> None:
        await clock.sleep(after)
        deadline = queue.in_seconds(patience)
        task = queue.ask(requester, f"{lasts:.2f}s", deadline)
        if stays is not None:
            await clock.sleep(stays)
            task.cancel()
        (outcome,) = await asyncio.gather(task, return_exceptions=True)
        if isinstance(outcome, QuotaExhausted):
            assert stays is not None or clock.monotonic() <= deadline + 1e-6
        else:
            assert isinstance(outcome, UpstreamResponse | asyncio.CancelledError)
        ended.append(outcome)

    await asyncio.gather(*(call(*item) for item in calls))
    assert len(ended) == len(calls)
    assert sum(isinstance(outcome, UpstreamResponse) for outcome in ended) <= len(queue.sent.ran)
    for started, _ in queue.sent.ran:
        assert len([end for start, end in queue.sent.ran if start <= started < end + MINUTE]) <= limit
    clock.advance(MINUTE + 1)
    assert (queue.throttle.usage().used, queue.waiting, queue.admission_queue._timer) == (0, [0, 0, 0, 0], None)


@pytest.mark.parametrize("sliding", [True, False])
@given(limit=st.integers(1, 5), calls=st.lists(st.tuples(requesters, st.floats(0, 100), st.floats(0, 20)), max_size=20))
async def test_upstream_never_counts_more_requests_than_the_limit(
    sliding: bool, limit: int, calls: list[tuple[Requester, float, float]]
) -> None:
    queue = Queue(limit)

    async def call(requester: Requester, after: float, lasts: float) -> None:
        await queue.clock.sleep(after)
        await queue.call(requester, f"{lasts:.2f}s")

    await asyncio.gather(*(call(*item) for item in calls))
    starts = [start for start, _ in queue.sent.ran]
    for start in starts:
        first = start if sliding else start // MINUTE * MINUTE
        assert sum(first <= other < first + MINUTE for other in starts) <= limit
    assert len(starts) == len(calls)


async def test_a_client_has_at_most_as_many_waiting_calls_as_the_queue_has_free(
    queue_of: QueueOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 10)
    queue = queue_of(1)
    await queue.fill()
    clients = ("ann", "bob", "cat", "dan", "eve")
    tasks = {client: [queue.ask(Requester(client)) for _ in range(6)] for client in clients}
    await enqueued()
    assert {client: sum(not task.done() for task in client_tasks) for client, client_tasks in tasks.items()} == {
        "ann": 5,
        "bob": 3,
        "cat": 1,
        "dan": 1,
        "eve": 0,
    }
    ended = await asyncio.gather(*itertools.chain(*tasks.values()), return_exceptions=True)
    assert sum(isinstance(item, QueueFull) for item in ended) == 20


async def test_a_full_queue_refuses_with_a_retry_after(queue_of: QueueOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 2)
    queue = queue_of(1)
    await queue.fill()
    waiting = queue.ask(ANN)
    await enqueued()
    with pytest.raises(QueueFull, match=r"has 1 requests in the queue .*: request less at a time") as full:
        await queue.call(ANN)
    assert (full.value.retry_after, full.value.code) == (2 * MINUTE, ProblemCode.QUOTA_EXHAUSTED)
    assert queue.admission_queue.refused[INTERACTIVE] == 1
    await waiting


async def test_a_call_joined_by_a_more_urgent_requester_takes_its_priority(queue_of: QueueOf) -> None:
    queue = queue_of(1)
    await queue.fill()
    joined = queue.ask(Requester("ann", BACKFILL), "joined")
    others = [queue.ask(Requester("cat", priority), priority.name) for priority in (REFRESH, INTERACTIVE, INTERACTIVE)]
    await enqueued()
    queue.admission_queue.reprioritize(a_call("joined"), BOB)
    queue.admission_queue.reprioritize(a_call("unknown"), BOB)
    queue.admission_queue.reprioritize(a_call("REFRESH"), Requester("bob", BACKFILL))
    assert queue.waiting == [3, 1, 0, 0]
    await asyncio.gather(joined, *others)
    assert queue.sent.order == ["INTERACTIVE", "joined", "INTERACTIVE", "REFRESH"]


async def test_a_reprioritized_call_can_be_cancelled(queue_of: QueueOf) -> None:
    queue = queue_of(1)
    await queue.fill()
    joined = queue.ask(Requester("ann", BACKFILL), "joined")
    await enqueued()
    queue.admission_queue.reprioritize(a_call("joined"), BOB)
    joined.cancel()
    await enqueued()
    assert queue.waiting == [0, 0, 0, 0]


async def test_a_reprioritized_call_may_start_at_once(queue_of: QueueOf) -> None:
    queue = queue_of(10)
    tasks = [queue.ask(Requester("ann", REFRESH), f"{number}") for number in range(10)]
    await enqueued()
    queue.admission_queue.reprioritize(a_call("9"), BOB)
    await tasks[9]
    assert queue.clock.monotonic() == 1000
    await tasks[8]
