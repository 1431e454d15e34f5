"""Requests with several candidate plans share the calls of concurrent requests."""

import asyncio
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from cg_client.call import Call, count_sent, count_upstream_calls
from cg_client.coalescer import Coalescer, FetchPlan, StartedPlan
from tests.cg_client.conftest import a_call

A, B, C, D = (a_call(name) for name in "ABCD")


class CandidateUpstream:
    """What was started is free from then on."""

    def __init__(self, free: frozenset[Call] = frozenset()) -> None:
        self.free = set(free)
        self.coalescer = Coalescer(self.free.__contains__)

    def select(self, candidates: Sequence[FetchPlan]) -> asyncio.Future[StartedPlan]:
        return self.coalescer.select(candidates, self.start)

    def start(self, plan: FetchPlan) -> list[asyncio.Future[None]]:
        self.free |= set(plan)
        return []


async def selected(*candidates: list[FetchPlan], free: frozenset[Call] = frozenset()) -> list[FetchPlan]:
    return [plan for plan, _ in await asyncio.gather(*map(CandidateUpstream(free).select, candidates))]


async def test_a_single_candidate_is_selected_at_once() -> None:
    waiting = CandidateUpstream().select([(A, B)])
    assert waiting.done()
    assert waiting.result() == ((A, B), [])


async def test_a_lone_request_starts_its_first_candidate() -> None:
    assert await selected([(A,), (B,)]) == [(A,)]


async def test_the_request_with_the_fewest_candidates_selects_first() -> None:
    assert await selected([(A,), (B,), (C,)], [(B,), (C,)]) == [(B,), (B,)]


async def test_cached_and_pending_calls_are_free() -> None:
    assert await selected([(A,), (B,)], free=frozenset({B})) == [(B,)]
    assert await selected([(A, B), (C,)], free=frozenset({A, B})) == [(A, B)]


async def test_a_call_that_another_replica_has_or_fetches_is_free() -> None:
    surveyed: list[Sequence[Call]] = []

    async def survey(calls: Sequence[Call]) -> set[Call]:
        surveyed.append(calls)
        return {B}

    upstream = CandidateUpstream(frozenset({D}))
    upstream.coalescer = Coalescer(upstream.free.__contains__, None, survey)
    chosen = await asyncio.gather(*map(upstream.select, ([(A,), (B,)], [(C,), (D,)])))
    assert [plan for plan, _ in chosen] == [(B,), (D,)]
    assert surveyed == [[A, B]]


async def test_a_cancelled_request_starts_no_call() -> None:
    upstream = CandidateUpstream()
    gone = upstream.select([(A,), (B,)])
    stays = upstream.select([(B,), (C,)])
    gone.cancel()
    assert await stays == ((B,), [])
    assert upstream.free == {B}


async def test_a_request_whose_calls_cannot_be_started_fails_alone() -> None:
    upstream = CandidateUpstream()

    def fails(_: FetchPlan) -> list[asyncio.Future[None]]:
        raise LookupError

    fails_alone = upstream.coalescer.select([(A,), (B,)], fails)
    assert await upstream.select([(B,), (C,)]) == ((B,), [])
    assert isinstance(fails_alone.exception(), LookupError)


async def test_a_started_call_counts_for_the_operation_that_requested_it() -> None:
    coalescer = Coalescer(lambda _: False)
    waiting, counters = [], []

    def start(_: FetchPlan) -> list[asyncio.Future[None]]:
        count_sent()
        return []

    for _ in range(2):
        with count_upstream_calls() as counter:
            waiting.append(coalescer.select([(A,), (B,)], start))
            counters.append(counter)
    await asyncio.gather(*waiting)
    assert [counter.sent for counter in counters] == [1, 1]


@given(st.lists(st.lists(st.sets(st.sampled_from([A, B, C, D]), min_size=1), min_size=1, max_size=3), max_size=6))
async def test_coalescing_never_sends_more_calls_than_the_first_candidates(
    candidate_sets: list[list[set[Call]]],
) -> None:
    candidate_lists: list[list[FetchPlan]] = [[tuple(plan) for plan in candidates] for candidates in candidate_sets]
    actual = await selected(*candidate_lists)
    assert all(plan in candidates for plan, candidates in zip(actual, candidate_lists, strict=True))
    assert len({call for plan in actual for call in plan}) <= sum(len(candidates[0]) for candidates in candidate_lists)


calls = st.sampled_from([A, B, C, D])
plans = st.lists(st.lists(calls, max_size=3).map(tuple), min_size=1, max_size=4)


@given(st.lists(plans, max_size=6), st.frozensets(calls), st.sets(calls))
async def test_each_selection_is_the_first_of_the_cheapest_candidates(
    candidate_lists: list[list[FetchPlan]], free: frozenset[Call], sent: set[Call]
) -> None:
    upstream = CandidateUpstream(free)
    for call in sent:
        await upstream.select([(call,)])
    actual = [plan for plan, _ in await asyncio.gather(*map(upstream.select, candidate_lists))]
    costless = free | sent
    for some, plan in sorted(zip(candidate_lists, actual, strict=True), key=lambda pair: len(pair[0])):
        assert plan == min(some, key=lambda plan: sum(call not in costless for call in plan))
        costless |= set(plan)
