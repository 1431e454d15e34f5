"""The cache in front of a second tier: memory first, the rules of stale answers, and nothing lost if the tier fails."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import Any

import pytest

from cg_client import cache as cache_module
from cg_client.cache import Cache
from cg_client.call import Answer, Call, Fetched, count_sent, count_upstream_calls
from cg_client.entries import MAX_STALE, Entry, MemoryStore
from cg_client.errors import CoinglassError, QuotaExhausted, UpstreamTimeout
from cg_client.quota.admission import RefusalForecast
from cg_client.quota.requester import SYSTEM, Priority, Requester
from cg_client.second_tier import Lookup
from tests.cg_client.conftest import a_call
from tests.clock import START, FakeClock

AGES = 1e9
LIFETIME = 20.0


class ScriptedLease:
    """Notes how it ended."""

    def __init__(self) -> None:
        self.ends: list[object] = []

    def finish(self, entry: Entry) -> None:
        self.ends.append(entry.answer.value)

    def fail(self, failure: CoinglassError) -> None:
        self.ends.append(failure)

    def release(self) -> None:
        self.ends.append("released")


class ScriptedFetch:
    """A fetch by another replica, which ends when the test says so."""

    def __init__(self) -> None:
        self.outcome: asyncio.Future[Lookup] = asyncio.get_running_loop().create_future()
        self.has_left = False
        self.hurried: Priority | None = None

    async def wait(self, _deadline: float) -> Lookup:
        return await self.outcome

    def hurry(self, priority: Priority) -> None:
        self.hurried = priority

    def leave(self) -> None:
        self.has_left = True


class ScriptedTier:
    """Gives the lookups that the test has put in, one after the other, when its gate is open."""

    def __init__(self, *lookups: Lookup | Exception) -> None:
        self.lookups = [*lookups]
        self.calls: list[Call] = []
        self.entries: list[Entry | None] = []  # what memory had
        self.claims: list[bool] = []
        self.open = asyncio.Event()
        self.open.set()

    def on_urgent(self, hurry: Callable[[Call, Priority], None]) -> None:
        self.hurry = hurry

    async def look_up(
        self, call: Call, _deadline: float, _priority: Priority, entry: Entry | None, *, claims: bool
    ) -> Lookup:
        self.calls.append(call)
        self.claims.append(claims)
        self.entries.append(entry)
        await self.open.wait()
        lookup = self.lookups.pop(0) if self.lookups else Lookup()
        if isinstance(lookup, Exception):
            raise lookup
        return lookup

    async def survey(self, _calls: Sequence[Call]) -> Collection[Call]:
        return ()


class NumberedOrigin:
    """Answers with the number of the fetch, and counts each as a call."""

    def __init__(self) -> None:
        self.count = 0

    async def __call__(self, call: Call, _deadline: float, _requester: Requester) -> Fetched:
        self.count += 1
        count_sent()
        return Fetched(Answer(self.count, call.endpoint, START), 1, LIFETIME)


def entry_at(now: float, fresh: float, grace: float = 0.0) -> Entry:
    """Return an entry that is fresh, and then in its grace, for so many seconds."""
    answer = Answer(77, a_call().endpoint, START, fresh_until=now + fresh)
    return Entry(answer, 1, now - 1, now + fresh, now + fresh + grace, now + MAX_STALE)


def cache_of(clock: FakeClock, tier: ScriptedTier, **options: Any) -> tuple[Cache, NumberedOrigin]:
    origin = NumberedOrigin()
    return Cache(origin, MemoryStore(1000), clock, second_tier=tier, **options), origin


async def run_ready_tasks() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_hit_in_memory_does_not_ask_the_second_tier(clock: FakeClock) -> None:
    tier = ScriptedTier()
    cache, _ = cache_of(clock, tier)
    await cache.get(a_call(), AGES)
    answer = cache.get(a_call(), AGES)
    assert (answer.done(), len(tier.calls)) == (True, 1)


async def test_many_callers_look_up_once(clock: FakeClock) -> None:
    tier = ScriptedTier(Lookup(entry_at(clock.monotonic(), LIFETIME)))
    cache, origin = cache_of(clock, tier)
    answers = await asyncio.gather(*(cache.get(a_call(), AGES) for _ in range(20)))
    assert ({answer.value for answer in answers}, len(tier.calls), origin.count) == ({77}, 1, 0)
    assert cache.lookups["hit"] == 20


async def test_an_answer_of_the_second_tier_is_in_memory_then(clock: FakeClock) -> None:
    learned: list[Answer[Any]] = []
    tier = ScriptedTier(Lookup(entry_at(clock.monotonic(), LIFETIME)))
    cache, _ = cache_of(clock, tier, on_learned=learned.append)
    await cache.get(a_call(), AGES)
    assert cache.get(a_call(), AGES).done()
    assert [answer.value for answer in learned] == [77]


async def test_an_answer_too_large_for_memory_is_served_all_the_same(clock: FakeClock) -> None:
    entry = entry_at(clock.monotonic(), LIFETIME)
    tier = ScriptedTier(Lookup(Entry(entry.answer, 5000, 0.0, entry.fresh_until, AGES, AGES)))
    cache, origin = cache_of(clock, tier)
    assert ((await cache.get(a_call(), AGES)).value, origin.count) == (77, 0)


async def test_a_second_tier_with_a_bug_costs_no_answer(clock: FakeClock) -> None:
    reports: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reports.append(context["message"]))
    cache, _ = cache_of(clock, ScriptedTier(ValueError("a bug of ours")))
    assert (await cache.get(a_call(), AGES)).value == 1
    assert reports == ["The second tier of the cache failed."]


async def test_the_holder_of_a_lease_shares_its_answer(clock: FakeClock) -> None:
    lease = ScriptedLease()
    cache, _ = cache_of(clock, ScriptedTier(Lookup(lease=lease)))
    assert (await cache.get(a_call(), AGES)).value == 1
    assert lease.ends[0] == 1


async def test_a_lease_is_released_if_all_callers_left_during_the_lookup(clock: FakeClock) -> None:
    lease, tier = ScriptedLease(), ScriptedTier()
    tier.lookups.append(Lookup(lease=lease))
    tier.open.clear()
    cache, origin = cache_of(clock, tier)
    waiting = [cache.get(a_call(), AGES) for _ in range(2)]
    await run_ready_tasks()
    for answer in waiting:
        answer.cancel()
    tier.open.set()
    await run_ready_tasks()
    assert (lease.ends, origin.count) == (["released"], 0)


async def test_a_fetch_elsewhere_is_left_if_its_callers_leave(clock: FakeClock) -> None:
    remote = ScriptedFetch()
    cache, origin = cache_of(clock, ScriptedTier(Lookup(remote=remote)))
    waiting = cache.get(a_call(), AGES)
    await run_ready_tasks()
    waiting.cancel()
    await run_ready_tasks()
    assert (remote.has_left, origin.count) == (True, 0)


async def test_calls_count_for_the_operation_that_fetches_and_not_for_those_that_wait_elsewhere(
    clock: FakeClock,
) -> None:
    remote = ScriptedFetch()
    cache, _ = cache_of(clock, ScriptedTier(Lookup(lease=ScriptedLease()), Lookup(remote=remote)))
    with count_upstream_calls() as fetching:
        await cache.get(a_call("A"), AGES)
    with count_upstream_calls() as waiting:
        answer = cache.get(a_call("B"), AGES)
        await run_ready_tasks()
        remote.outcome.set_result(Lookup(entry_at(clock.monotonic(), LIFETIME)))
        await answer
    assert (fetching.sent, waiting.sent) == (1, 0)


async def test_a_refresh_after_a_lookup_counts_for_no_operation(clock: FakeClock) -> None:
    tier = ScriptedTier(Lookup(entry_at(clock.monotonic(), -1.0, 5.0), lease=ScriptedLease()))
    cache, origin = cache_of(clock, tier)
    with count_upstream_calls() as counter:
        answer = await cache.get(a_call(), AGES)
        await run_ready_tasks()
    assert (answer.value, answer.stale, origin.count, counter.sent) == (77, True, 1, 0)


async def test_a_caller_with_a_stale_answer_waits_only_briefly_for_another_replica(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "STALE_PATIENCE", 0.0)
    cache, _ = cache_of(clock, ScriptedTier(Lookup(entry_at(clock.monotonic(), -9.0), remote=ScriptedFetch())))
    answer = await cache.get(a_call(), AGES)
    assert (answer.value, answer.stale, type(answer.failure)) == (77, True, UpstreamTimeout)


async def test_a_joining_caller_with_a_stale_answer_waits_for_another_replica_as_for_a_request(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "QUOTA_PATIENCE", 0.0)
    remote = ScriptedFetch()
    cache, _ = cache_of(clock, ScriptedTier(Lookup(entry_at(clock.monotonic(), -9.0), remote=remote)))
    cache.get(a_call(), AGES)
    await run_ready_tasks()
    joining = cache.get(a_call(), AGES)
    await run_ready_tasks()
    assert not joining.done()
    remote.outcome.set_result(Lookup(entry_at(clock.monotonic(), LIFETIME)))
    assert not (await joining).stale


async def test_an_older_answer_of_the_second_tier_does_not_replace_that_in_memory(clock: FakeClock) -> None:
    tier = ScriptedTier(Lookup(), Lookup(entry_at(clock.monotonic(), 0.0), lease=ScriptedLease()))
    cache, _ = cache_of(clock, tier)
    await cache.get(a_call(), AGES)
    clock.advance(LIFETIME + 1)
    assert (await cache.get(a_call(), AGES)).value == 1
    await run_ready_tasks()
    assert (await cache.get(a_call(), AGES)).value == 2


@pytest.mark.parametrize("grace", [True, False])
async def test_an_answer_that_expires_on_the_way_is_fetched_with_a_lease_only(clock: FakeClock, grace: bool) -> None:
    lease = ScriptedLease()
    tier = ScriptedTier(Lookup(entry_at(clock.monotonic(), 1.0, LIFETIME)), Lookup(lease=lease))
    tier.open.clear()
    cache, origin = cache_of(clock, tier)
    waiting = cache.get(a_call(), AGES, grace=grace)
    await run_ready_tasks()
    clock.advance(1.0)
    tier.open.set()
    answer = await waiting
    await run_ready_tasks()
    assert (answer.value, answer.stale) == ((77, True) if grace else (1, False))
    assert (len(tier.calls), origin.count, lease.ends) == (2, 1, [1, "released"])


async def test_an_answer_that_expires_on_the_way_to_a_refresh_is_not_fetched_without_a_lease(clock: FakeClock) -> None:
    tier = ScriptedTier(Lookup(entry_at(clock.monotonic(), 1.0)))
    tier.open.clear()
    cache, origin = cache_of(clock, tier)
    cache.refresh(a_call(), AGES)
    await run_ready_tasks()
    clock.advance(1.0)
    tier.open.set()
    await run_ready_tasks()
    assert (len(tier.calls), origin.count) == (1, 0)


async def test_a_fetch_for_which_somebody_urgent_waits_elsewhere_stays_in_the_share_of_its_client(
    clock: FakeClock,
) -> None:
    joined: list[tuple[Call, Requester]] = []
    tier = ScriptedTier(Lookup(remote=ScriptedFetch()))
    cache, _ = cache_of(clock, tier, on_join=lambda *who: joined.append(who))
    cache.get(a_call(), AGES, Requester("ann", Priority.BACKFILL))
    await run_ready_tasks()
    tier.hurry(a_call(), Priority.REFRESH)
    tier.hurry(a_call("unknown"), Priority.REFRESH)
    assert joined == [(a_call(), Requester("ann", Priority.REFRESH))]
    await cache.close()


@pytest.mark.parametrize("is_unclaimed", [False, True])
async def test_a_fetch_elsewhere_is_as_urgent_as_whoever_joined_the_lookup_that_found_it(
    clock: FakeClock, is_unclaimed: bool
) -> None:
    remote, tier = ScriptedFetch(), ScriptedTier()
    tier.lookups += [Lookup(is_unclaimed=True)] * is_unclaimed + [Lookup(remote=remote)]
    cache, _ = cache_of(clock, tier)
    tier.open.clear()
    cache.get(a_call(), AGES, Requester("ann", Priority.BACKFILL))
    await run_ready_tasks()
    if is_unclaimed:
        tier.open.set()
        await asyncio.sleep(0)
        tier.open.clear()
        await run_ready_tasks()
        assert len(tier.calls) == 2
    cache.get(a_call(), AGES, Requester("bob"))
    tier.open.set()
    await run_ready_tasks()
    assert remote.hurried is Priority.INTERACTIVE
    await cache.close()


async def test_a_fetch_elsewhere_is_as_urgent_as_who_is_left_of_those_who_looked_it_up(clock: FakeClock) -> None:
    remote = ScriptedFetch()
    cache, _ = cache_of(clock, ScriptedTier(Lookup(remote=remote)))
    left = cache.get(a_call(), AGES, Requester("ann", Priority.BACKFILL))
    cache.get(a_call(), AGES, Requester("bob"))
    left.cancel()
    await run_ready_tasks()
    assert remote.hurried is Priority.INTERACTIVE
    await cache.close()


async def test_a_fetch_that_another_replica_takes_over_is_as_urgent_as_before(clock: FakeClock) -> None:
    remote, next_remote = ScriptedFetch(), ScriptedFetch()
    cache, _ = cache_of(clock, ScriptedTier(Lookup(remote=remote)))
    cache.get(a_call(), AGES, Requester("ann", Priority.BACKFILL))
    await run_ready_tasks()
    cache.get(a_call(), AGES, Requester("bob"))
    remote.outcome.set_result(Lookup(remote=next_remote))
    await run_ready_tasks()
    assert [fetch.hurried for fetch in (remote, next_remote)] == [Priority.INTERACTIVE] * 2
    await cache.close()


async def test_a_fetch_is_as_urgent_as_whoever_joined_the_lookup_before(clock: FakeClock) -> None:
    requesters: list[Requester] = []

    async def fetch(call: Call, _deadline: float, requester: Requester) -> Fetched:
        requesters.append(requester)
        return Fetched(Answer(1, call.endpoint, START), 1, LIFETIME)

    cache = Cache(fetch, MemoryStore(1000), clock, second_tier=ScriptedTier(Lookup(lease=ScriptedLease())))
    waiting = [
        cache.get(a_call(), AGES, Requester(name, priority))
        for name, priority in (("ann", Priority.BACKFILL), ("bob", Priority.INTERACTIVE), ("cat", Priority.REFRESH))
    ]
    await asyncio.gather(*waiting)
    assert requesters == [Requester("bob")]


async def test_closing_cancels_those_who_wait_for_a_lookup(clock: FakeClock) -> None:
    tier = ScriptedTier()
    tier.open.clear()
    cache, _ = cache_of(clock, tier)
    waiting = cache.get(a_call(), AGES)
    await run_ready_tasks()
    await cache.close()
    assert waiting.cancelled()


def refusing(*priorities: Priority) -> RefusalForecast:
    """Return the refusals of a spent quota that has no room for these."""

    def will_refuse(_deadline: float, requester: Requester) -> bool:
        return requester.priority in priorities

    def refuse(_call: Call, deadline: float, requester: Requester) -> CoinglassError | None:
        return QuotaExhausted(30.0) if will_refuse(deadline, requester) else None

    return RefusalForecast(will_refuse, refuse)


async def test_a_caller_whom_the_quota_will_refuse_takes_no_lease(clock: FakeClock) -> None:
    tier = ScriptedTier(Lookup(is_unclaimed=True))
    cache, origin = cache_of(clock, tier, refusals=refusing(Priority.INTERACTIVE))
    with pytest.raises(QuotaExhausted):
        await cache.get(a_call(), AGES)
    assert (tier.claims, origin.count) == ([False], 0)


async def test_a_caller_whom_the_quota_will_refuse_gets_what_others_have(clock: FakeClock) -> None:
    tier = ScriptedTier(Lookup(entry_at(clock.monotonic(), LIFETIME)))
    cache, _ = cache_of(clock, tier, refusals=refusing(Priority.INTERACTIVE))
    assert (await cache.get(a_call(), AGES)).value == 77


async def test_a_caller_whom_the_quota_will_refuse_gets_a_stale_answer_and_for_a_second_all_do(
    clock: FakeClock,
) -> None:
    tier = ScriptedTier(Lookup(entry_at(clock.monotonic(), -9.0), is_unclaimed=True))
    cache, origin = cache_of(clock, tier, refusals=refusing(Priority.INTERACTIVE))
    answers = [await cache.get(a_call(), AGES) for _ in range(2)]
    assert [(answer.value, answer.stale, type(answer.failure)) for answer in answers] == [
        (77, True, QuotaExhausted)
    ] * 2
    assert (len(tier.calls), origin.count) == (1, 0)


async def test_a_refresh_that_the_quota_will_refuse_takes_no_lease(clock: FakeClock) -> None:
    tier = ScriptedTier(Lookup(entry_at(clock.monotonic(), -1.0, 5.0), is_unclaimed=True))
    cache, origin = cache_of(clock, tier, refusals=refusing(Priority.INTERACTIVE, Priority.REFRESH))
    assert (await cache.get(a_call(), AGES)).stale
    await run_ready_tasks()
    assert (tier.claims, origin.count) == ([False], 0)


async def test_if_the_quota_has_room_again_the_lease_is_taken_before_the_fetch(clock: FakeClock) -> None:
    lease, refused = ScriptedLease(), [True]
    tier = ScriptedTier(Lookup(is_unclaimed=True), Lookup(lease=lease))
    cache, _ = cache_of(clock, tier, refusals=RefusalForecast(lambda *_: refused.pop()))
    assert (await cache.get(a_call(), AGES)).value == 1
    assert (tier.claims, lease.ends[0]) == ([False, True], 1)


async def test_if_another_replica_has_the_lease_then_its_fetch_is_waited_for(clock: FakeClock) -> None:
    remote = ScriptedFetch()
    tier = ScriptedTier(Lookup(is_unclaimed=True), Lookup(remote=remote))
    cache, origin = cache_of(clock, tier, refusals=RefusalForecast(lambda *_: True))
    waiting = cache.get(a_call(), AGES)
    await run_ready_tasks()
    remote.outcome.set_result(Lookup(entry_at(clock.monotonic(), LIFETIME)))
    assert ((await waiting).value, origin.count) == (77, 0)


async def test_the_refusal_of_a_refresh_is_not_that_of_a_caller_who_looks_at_the_same_time(clock: FakeClock) -> None:
    lease = ScriptedLease()
    tier = ScriptedTier(Lookup(is_unclaimed=True), Lookup(lease=lease))
    cache, _ = cache_of(clock, tier, refusals=refusing(Priority.REFRESH))
    cache.refresh(a_call(), AGES)
    assert (await cache.get(a_call(), AGES)).value == 1
    assert tier.claims == [False, True]


async def test_a_second_tier_with_a_bug_costs_no_answer_when_the_lease_is_taken(clock: FakeClock) -> None:
    reports: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reports.append(context["message"]))
    tier = ScriptedTier(Lookup(is_unclaimed=True), ValueError("a bug of ours"))
    cache, _ = cache_of(clock, tier, refusals=RefusalForecast(lambda *_: True))
    assert (await cache.get(a_call(), AGES)).value == 1
    assert reports == ["The second tier of the cache failed."]


async def test_an_error_of_one_caller_after_the_lookup_costs_no_other(clock: FakeClock) -> None:
    cache, _ = cache_of(clock, ScriptedTier())
    lookups = cache._lookups
    assert lookups is not None

    def broken(_: Lookup) -> Any:
        raise ValueError("a bug of ours")

    failed, answered = lookups.then(a_call(), AGES, SYSTEM, broken), cache.get(a_call(), AGES)
    assert (await answered).value == 1
    with pytest.raises(ValueError, match="bug"):
        await failed
