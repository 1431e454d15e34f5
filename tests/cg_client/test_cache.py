"""Answers are cached for their lifetime, fetched once for all waiting callers, and cover transient failures."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_client import cache as cache_module
from cg_client.cache import QUOTA_PATIENCE, Cache
from cg_client.call import FREE, Answer, CacheStatus, Call, Fetched
from cg_client.entries import MAX_GRACE, MAX_STALE, Entry, MemoryStore
from cg_client.errors import (
    CircuitOpen,
    CoinglassError,
    NotFound,
    PayloadMismatch,
    PlanRefused,
    QuotaExhausted,
    RateLimited,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from cg_client.quota.requester import Priority, Requester
from tests.cg_client.conftest import ENDPOINT, a_call
from tests.clock import START, FakeClock

AGES = 1e9
ANN, BOB, PATIENT = Requester("ann"), Requester("bob"), Requester("cat", Priority.BACKFILL)
LIFETIME = 20.0


class CountingOrigin:
    """Answers with a running number, once its gate is open; fails while a failure is set."""

    def __init__(self) -> None:
        self.count = 0
        self.failure: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self, call: Call, _deadline: float, _requester: Requester) -> Fetched:
        self.count += 1
        value = self.count
        await self.open.wait()
        if self.failure is not None:
            raise self.failure
        return Fetched(Answer(value, call.endpoint, START), 1, LIFETIME)


@pytest.fixture
def origin() -> CountingOrigin:
    return CountingOrigin()


@pytest.fixture
def ask(origin: CountingOrigin, clock: FakeClock) -> Callable[[], asyncio.Future[Answer[int]]]:
    cache = Cache(origin, MemoryStore(1000), clock)
    return lambda: cache.get(a_call(), AGES)


Ask = Callable[[], asyncio.Future[Answer[int]]]


async def run_ready_tasks() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_concurrent_callers_share_one_fetch(ask: Ask, origin: CountingOrigin) -> None:
    origin.open.clear()
    waiting = [ask() for _ in range(50)]
    await run_ready_tasks()
    origin.open.set()
    assert {answer.value for answer in await asyncio.gather(*waiting)} == {1}
    assert origin.count == 1


async def test_concurrent_callers_share_one_failure_and_the_next_caller_fetches(
    ask: Ask, origin: CountingOrigin
) -> None:
    origin.failure = NotFound("gone")
    failures = await asyncio.gather(*(ask() for _ in range(5)), return_exceptions=True)
    assert failures == [origin.failure] * 5
    origin.failure = None
    assert (await ask()).value == 2


async def test_different_parameters_are_fetched_separately(origin: CountingOrigin, clock: FakeClock) -> None:
    cache = Cache(origin, MemoryStore(1000), clock)
    answers = [await cache.get(a_call(symbol), AGES) for symbol in ("BTC", "ETH", "BTC")]
    assert [answer.value for answer in answers] == [1, 2, 1]


@pytest.mark.parametrize(("age", "fetched"), [(0, 1), (LIFETIME - 0.1, 1), (MAX_STALE * 2, 2)])
async def test_an_answer_is_fetched_again_after_its_lifetime(
    ask: Ask, origin: CountingOrigin, clock: FakeClock, age: float, fetched: int
) -> None:
    await ask()
    clock.advance(age)
    answer = await ask()
    assert (answer.value, answer.stale, origin.count) == (fetched, False, fetched)


async def test_within_the_grace_a_stale_answer_is_served_while_one_refresh_runs(
    ask: Ask, origin: CountingOrigin, clock: FakeClock
) -> None:
    await ask()
    clock.advance(LIFETIME + 0.1)
    origin.open.clear()
    old = [await ask() for _ in range(5)]
    assert {(answer.value, answer.stale) for answer in old} == {(1, True)}
    origin.open.set()
    await run_ready_tasks()
    new = await ask()
    assert (new.value, new.stale, origin.count) == (2, False, 2)


async def test_a_failed_refresh_within_the_grace_affects_no_caller(
    ask: Ask, origin: CountingOrigin, clock: FakeClock
) -> None:
    await ask()
    clock.advance(LIFETIME + 0.1)
    origin.failure = PlanRefused("no")
    assert (await ask()).value == 1
    await run_ready_tasks()
    assert (await ask()).value == 1


async def test_after_the_grace_a_new_answer_is_waited_for(ask: Ask, clock: FakeClock) -> None:
    await ask()
    clock.advance(LIFETIME + min(LIFETIME, MAX_GRACE))
    answer = await ask()
    assert (answer.value, answer.stale) == (2, False)


@given(st.floats(0, 1e5))
def test_the_grace_is_as_long_as_the_lifetime_but_bounded(lifetime: float) -> None:
    entry = Entry.of(Fetched(Answer(None, ENDPOINT, START), 1, lifetime), 0.0)
    assert entry.grace_until - entry.fresh_until == pytest.approx(min(lifetime, MAX_GRACE))
    assert entry.usable_until - entry.fresh_until == pytest.approx(MAX_STALE)


@pytest.mark.parametrize(
    "failure",
    [UpstreamTimeout("late"), UpstreamUnavailable("down"), RateLimited("slow down"), QuotaExhausted(9.0)],
    ids=repr,
)
@pytest.mark.parametrize("late", [LIFETIME, MAX_STALE - 0.1])
async def test_a_stale_answer_covers_a_temporary_failure(
    ask: Ask, origin: CountingOrigin, clock: FakeClock, failure: CoinglassError, late: float
) -> None:
    await ask()
    clock.advance(LIFETIME + late)
    origin.failure = failure
    answer = await ask()
    assert (answer.value, answer.stale) == (1, True)


async def test_a_failure_is_raised_if_the_stale_answer_is_beyond_its_bound(
    ask: Ask, origin: CountingOrigin, clock: FakeClock
) -> None:
    await ask()
    clock.advance(LIFETIME + MAX_STALE)
    origin.failure = UpstreamTimeout("late")
    with pytest.raises(UpstreamTimeout):
        await ask()


async def test_a_caller_with_a_stale_answer_waits_for_a_new_one_only_briefly(
    ask: Ask, origin: CountingOrigin, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ask()
    clock.advance(LIFETIME * 2)
    origin.open.clear()
    monkeypatch.setattr(cache_module, "STALE_PATIENCE", 0.0)
    answer = await ask()
    assert (answer.value, answer.stale, type(answer.failure)) == (1, True, UpstreamTimeout)


@pytest.mark.parametrize(("is_sending", "waits"), [(True, True), (False, False)])
async def test_a_caller_with_a_stale_answer_hardly_waits_for_a_refresh_that_waits_for_the_quota(
    origin: CountingOrigin, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, *, is_sending: bool, waits: bool
) -> None:
    monkeypatch.setattr(cache_module, "QUOTA_PATIENCE", 0.0)
    cache = Cache(origin, MemoryStore(1000), clock, is_sending=lambda _: is_sending)
    await cache.get(a_call(), AGES)
    origin.open.clear()
    cache.refresh(a_call(), AGES)
    clock.advance(LIFETIME * 2)
    waiting = cache.get(a_call(), AGES)
    for _ in range(20):
        await run_ready_tasks()
    assert waiting.done() is not waits
    origin.open.set()
    assert (await waiting).value == (2 if waits else 1)


@pytest.mark.parametrize(("grace", "patience"), [(True, QUOTA_PATIENCE), (False, math.inf)])
async def test_a_caller_that_takes_a_stale_answer_waits_for_the_quota_only_briefly(
    clock: FakeClock, *, grace: bool, patience: float
) -> None:
    requesters: list[Requester] = []

    async def fetch(call: Call, _deadline: float, requester: Requester) -> Fetched:
        requesters.append(requester)
        return Fetched(Answer(len(requesters), call.endpoint, START), 1, LIFETIME)

    cache = Cache(fetch, MemoryStore(1000), clock)
    await cache.get(a_call(), AGES, ANN)
    clock.advance(LIFETIME * 2)
    await cache.get(a_call(), AGES, ANN, grace=grace)
    assert requesters == [ANN, replace(ANN, patience=patience)]


@pytest.mark.parametrize(
    "failure",
    [NotFound("gone"), PlanRefused("no"), PayloadMismatch("data", "no list"), ValueError("a bug of ours")],
    ids=repr,
)
async def test_a_stale_answer_does_not_hide_a_permanent_failure(
    ask: Ask, origin: CountingOrigin, clock: FakeClock, failure: Exception
) -> None:
    await ask()
    clock.advance(LIFETIME * 2)
    origin.failure = failure
    with pytest.raises(type(failure)):
        await ask()


async def test_a_cancelled_waiter_does_not_cancel_the_fetch_for_the_others(ask: Ask, origin: CountingOrigin) -> None:
    origin.open.clear()
    first, second = ask(), ask()
    await run_ready_tasks()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    origin.open.set()
    assert (await second).value == 1
    assert origin.count == 1


@pytest.mark.parametrize("is_sending", [True, False])
async def test_a_fetch_without_waiters_goes_on_only_if_it_was_sent(
    origin: CountingOrigin, clock: FakeClock, is_sending: bool
) -> None:
    cache = Cache(origin, MemoryStore(1000), clock, is_sending=lambda _: is_sending)
    origin.open.clear()
    waiting = [cache.get(a_call(), deadline) for deadline in (AGES, AGES, AGES + 1)]
    await run_ready_tasks()
    for answer in waiting:
        answer.cancel()
        await run_ready_tasks()
    origin.open.set()
    await run_ready_tasks()
    expected = 1 if is_sending else 2
    assert ((await cache.get(a_call(), AGES)).value, origin.count) == (expected, expected)


async def test_a_refresh_goes_on_when_a_caller_that_joined_it_leaves(origin: CountingOrigin, clock: FakeClock) -> None:
    cache = Cache(origin, MemoryStore(1000), clock)
    origin.open.clear()
    cache.refresh(a_call(), AGES)
    joined = cache.get(a_call(), AGES)
    await run_ready_tasks()
    joined.cancel()
    origin.open.set()
    await run_ready_tasks()
    assert ((await cache.get(a_call(), AGES)).value, origin.count) == (1, 1)


async def test_a_caller_does_not_join_a_fetch_that_is_being_cancelled(ask: Ask, origin: CountingOrigin) -> None:
    origin.open.clear()
    left = ask()
    await run_ready_tasks()
    left.cancel()
    await asyncio.sleep(0)
    after = ask()
    origin.open.set()
    assert (await after).value == 2


async def test_a_caller_that_joins_a_fetch_waits_until_its_own_deadline(
    origin: CountingOrigin, clock: FakeClock
) -> None:
    cache = Cache(origin, MemoryStore(1000), clock)
    origin.open.clear()
    patient = cache.get(a_call(), AGES)
    await run_ready_tasks()
    with pytest.raises(UpstreamTimeout):
        await cache.get(a_call(), clock.monotonic())
    origin.open.set()
    assert (await patient).value == 1


def entry_of(size: int) -> Entry:
    return Entry.of(Fetched(Answer(None, ENDPOINT, START), size, LIFETIME), 0.0)


async def test_closing_the_cache_cancels_a_refresh(origin: CountingOrigin, clock: FakeClock) -> None:
    cache = Cache(origin, MemoryStore(1000), clock)
    await cache.get(a_call(), AGES)
    origin.open.clear()
    clock.advance(LIFETIME + 1)
    assert (await cache.get(a_call(), AGES)).stale
    await run_ready_tasks()
    before = asyncio.all_tasks()
    await cache.close()
    assert len(before) - len(asyncio.all_tasks()) == 1


async def test_closing_the_cache_cancels_its_waiters(origin: CountingOrigin, clock: FakeClock) -> None:
    cache = Cache(origin, MemoryStore(1000), clock)
    origin.open.clear()
    waiting = [cache.get(a_call(), AGES) for _ in range(2)]
    await run_ready_tasks()
    await cache.close()
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(item) for item in ended] == [asyncio.CancelledError] * 2


async def test_a_call_is_free_while_its_answer_is_fresh_or_in_flight(origin: CountingOrigin, clock: FakeClock) -> None:
    cache = Cache(origin, MemoryStore(1000), clock)
    free = []
    for seconds in (0.0, LIFETIME - 0.1, 0.2, 2 * LIFETIME):
        clock.advance(seconds)
        free.append(cache.peek(a_call())[0] in FREE)
        origin.open.clear()
        pending = cache.get(a_call(), AGES)
        await run_ready_tasks()
        free.append(cache.peek(a_call())[0] in FREE)
        origin.open.set()
        await pending
        await run_ready_tasks()
    assert free == [False, True, True, True, False, True, False, True]


@pytest.mark.parametrize("turns", range(6))
@pytest.mark.parametrize("failure", [None, CircuitOpen("futures", 1.0)])
async def test_a_caller_that_joins_a_fetch_while_it_ends_is_answered(
    clock: FakeClock, failure: CoinglassError | None, turns: int
) -> None:
    later: list[asyncio.Future[Answer[int]]] = []

    def join(turns: int) -> None:
        if turns:
            asyncio.get_running_loop().call_soon(join, turns - 1)
        else:
            later.append(cache.get(a_call(), AGES + 1))

    async def ends(call: Call, _deadline: float, _requester: Requester) -> Fetched:
        if not later:
            join(turns)
        if failure is not None:
            raise failure
        return Fetched(Answer(1, call.endpoint, START), 1, LIFETIME)

    cache = Cache(ends, MemoryStore(1000), clock)
    first = cache.get(a_call(), AGES)
    await run_ready_tasks()
    await run_ready_tasks()
    assert [first.exception(), *(waiting.exception() for waiting in later)] == [failure, failure]


async def test_a_caller_that_leaves_before_its_wait_began_does_not_keep_the_fetch(
    origin: CountingOrigin, clock: FakeClock
) -> None:
    cache = Cache(origin, MemoryStore(1000), clock)
    origin.open.clear()
    first, second = cache.get(a_call(), AGES), cache.get(a_call(), AGES + 1)
    first.cancel()
    second.cancel()
    await run_ready_tasks()
    assert cache.peek(a_call())[0] is CacheStatus.MISS


@pytest.mark.parametrize("failure", [QuotaExhausted(9.0), UpstreamTimeout("slow")])
async def test_a_caller_with_more_time_than_the_fetch_it_joined_fetches_again(
    origin: CountingOrigin, clock: FakeClock, failure: CoinglassError
) -> None:
    async def fails_first(call: Call, deadline: float, requester: Requester) -> Fetched:
        fetched = await origin(call, deadline, requester)
        if fetched.answer.value == 1:
            raise failure
        return fetched

    cache = Cache(fails_first, MemoryStore(1000), clock)
    origin.open.clear()
    deadlines = [clock.monotonic() + seconds for seconds in (5.0, 9.0, 9.0, 4.9)]
    calls = [cache.get(a_call(), deadline) for deadline in deadlines]
    await run_ready_tasks()
    origin.open.set()
    hasty, *patient, hastier = await asyncio.gather(*calls, return_exceptions=True)
    assert [hasty, hastier] == [failure, failure]
    assert [answer.value for answer in patient if isinstance(answer, Answer)] == [2, 2]
    assert origin.count == 2


async def test_callers_who_fetch_again_do_so_for_the_most_urgent(clock: FakeClock) -> None:
    log = RequesterLog(clock)
    log.origin.open.clear()
    log.origin.failure = QuotaExhausted(9.0)
    callers = ((5.0, ANN), (9.0, PATIENT), (9.0, BOB))
    waiting = [log.cache.get(a_call(), clock.monotonic() + seconds, requester) for seconds, requester in callers]
    await run_ready_tasks()
    log.origin.open.set()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert log.requesters == [ANN, BOB]


def test_the_store_evicts_the_least_recently_used_answer() -> None:
    store = MemoryStore(100)
    for symbol in ("A", "B"):
        store.put(a_call(symbol), entry_of(50))
    store.get(a_call("A"))
    store.put(a_call("C"), entry_of(50))
    assert [store.get(a_call(symbol)) is not None for symbol in "ABC"] == [True, False, True]


@given(st.lists(st.tuples(st.sampled_from("ABCDEF"), st.integers(0, 120))))
def test_the_store_never_exceeds_its_limit_in_bytes(puts: list[tuple[str, int]]) -> None:
    store, last = MemoryStore(100), {}
    for symbol, size in puts:
        store.put(a_call(symbol), entry_of(size))
        last[symbol] = size
    sizes = [last[symbol] for symbol in last if store.get(a_call(symbol)) is not None]
    assert store.size == sum(sizes) <= 100
    assert len(store) == len(sizes)


class RequesterLog:
    """Records the requesters that fetch, and those that join."""

    def __init__(self, clock: FakeClock) -> None:
        self.requesters: list[Requester] = []
        self.joined: list[Requester] = []
        self.origin = CountingOrigin()
        self.cache = Cache(self.fetch, MemoryStore(1000), clock, self.join)

    async def fetch(self, call: Call, deadline: float, requester: Requester) -> Fetched:
        self.requesters.append(requester)
        return await self.origin(call, deadline, requester)

    def join(self, _call: Call, requester: Requester) -> None:
        self.joined.append(requester)


async def test_every_caller_gets_the_same_answer(clock: FakeClock) -> None:
    log = RequesterLog(clock)
    answers = [await log.cache.get(a_call(), AGES, requester) for requester in (ANN, BOB, PATIENT)]
    assert [answer.value for answer in answers] == [1, 1, 1]
    assert log.requesters == [ANN]


@pytest.mark.parametrize(
    ("requester", "priority"),
    [(Requester("ann"), Priority.REFRESH), (Requester("ann", Priority.BACKFILL), Priority.BACKFILL)],
)
async def test_a_refresh_has_a_background_priority(clock: FakeClock, requester: Requester, priority: Priority) -> None:
    log = RequesterLog(clock)
    await log.cache.get(a_call(), AGES, BOB)
    clock.advance(LIFETIME + 0.1)
    assert (await log.cache.get(a_call(), AGES, requester)).stale
    await run_ready_tasks()
    assert log.requesters[1] == Requester("ann", priority)


async def test_a_fetch_runs_for_its_first_caller_and_reports_callers_that_join(clock: FakeClock) -> None:
    log = RequesterLog(clock)
    log.origin.open.clear()
    waiting = [log.cache.get(a_call(), AGES, PATIENT)]
    await run_ready_tasks()
    waiting += [log.cache.get(a_call(), AGES, requester) for requester in (ANN, BOB)]
    await run_ready_tasks()
    log.origin.open.set()
    assert {answer.value for answer in await asyncio.gather(*waiting)} == {1}
    assert (log.requesters, log.joined) == ([PATIENT], [ANN, BOB])


async def test_a_fetch_runs_for_the_most_urgent_of_those_who_join_before_it_begins(clock: FakeClock) -> None:
    log = RequesterLog(clock)
    await asyncio.gather(*(log.cache.get(a_call(), AGES, requester) for requester in (PATIENT, ANN, BOB)))
    assert log.requesters == [ANN]


async def test_a_caller_served_a_stale_answer_joins_the_refresh_in_the_background(clock: FakeClock) -> None:
    log = RequesterLog(clock)
    await log.cache.get(a_call(), AGES, BOB)
    clock.advance(LIFETIME + 0.1)
    log.origin.open.clear()
    for requester in (PATIENT, ANN):
        assert (await log.cache.get(a_call(), AGES, requester)).stale
    assert log.joined == [Requester("ann", Priority.REFRESH)]
    log.origin.open.set()
    await run_ready_tasks()


async def test_a_fetch_that_was_sent_is_not_sent_again_once_nobody_waits(
    origin: CountingOrigin, clock: FakeClock
) -> None:
    states = []

    async def fetch(call: Call, deadline: float, requester: Requester) -> Fetched:
        fetched = await origin(call, deadline, requester)
        states.append(cache.is_awaited())
        return fetched

    cache = Cache(fetch, MemoryStore(1000), clock, is_sending=lambda _: True)
    for leaves in (True, False):
        origin.open.clear()
        answer = cache.get(a_call(str(leaves)), AGES)
        await run_ready_tasks()
        if leaves:
            answer.cancel()
        await run_ready_tasks()
        origin.open.set()
        await run_ready_tasks()
    assert states == [False, True]
