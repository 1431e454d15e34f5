"""What can be fetched in several ways shares the calls of what is asked for together."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from cg_client.call import Call
from cg_client.clock import Clock
from cg_client.gathering import HELD_AT_MOST, Gathering, Way
from tests.cg_client.conftest import a_call
from tests.clock import FakeClock

A, B, C, D = (a_call(name) for name in "ABCD")


async def chosen(*ways: list[Way], free: frozenset[Call] = frozenset()) -> list[Way]:
    gathering = Gathering(free.__contains__, Clock())
    return await asyncio.gather(*map(gathering.choose, ways))


async def test_who_has_no_choice_is_not_held_back() -> None:
    waiting = Gathering(lambda _: False, Clock()).choose([(A, B)])
    assert waiting.done()
    assert waiting.result() == (A, B)


async def test_alone_the_first_way_is_taken() -> None:
    assert await chosen([(A,), (B,)]) == [(A,)]


async def test_who_has_the_least_choice_decides_first() -> None:
    assert await chosen([(A,), (B,), (C,)], [(B,), (C,)]) == [(B,), (B,)]


async def test_what_is_at_hand_or_under_way_costs_nothing() -> None:
    assert await chosen([(A,), (B,)], free=frozenset({B})) == [(B,)]
    assert await chosen([(A, B), (C,)], free=frozenset({A, B})) == [(A, B)]


async def test_who_goes_leaves_the_choice_to_the_others() -> None:
    gathering = Gathering(lambda _: False, Clock())
    gone = gathering.choose([(A,), (B,)])
    stays = gathering.choose([(B,), (C,)])
    gone.cancel()
    assert await stays == (B,)


@given(st.lists(st.lists(st.sets(st.sampled_from([A, B, C, D]), min_size=1), min_size=1, max_size=3), max_size=6))
async def test_each_gets_one_of_its_ways_and_together_they_send_no_more_than_the_first_ways(
    wanted: list[list[set[Call]]],
) -> None:
    asked: list[list[Way]] = [[tuple(way) for way in ways] for ways in wanted]
    found = await chosen(*asked)
    assert all(way in ways for way, ways in zip(found, asked, strict=True))
    assert len({call for way in found for call in way}) <= sum(len(ways[0]) for ways in asked)


calls = st.sampled_from([A, B, C, D])
ways = st.lists(st.lists(calls, max_size=3).map(tuple), min_size=1, max_size=4)


@given(st.lists(ways, max_size=6), st.frozensets(calls), st.sets(calls))
async def test_each_choice_is_the_first_of_those_that_cost_least(
    asked: list[list[Way]], free: frozenset[Call], sent: set[Call]
) -> None:
    gathering = Gathering(free.__contains__, Clock())
    for call in sent:
        await gathering.choose([(call,)])
    found = await asyncio.gather(*map(gathering.choose, asked))
    costless = free | sent
    for some, way in sorted(zip(asked, found, strict=True), key=lambda one: len(one[0])):
        assert way == min(some, key=lambda way: sum(call not in costless for call in way))
        costless |= set(way)


async def test_a_call_that_was_chosen_a_moment_ago_is_shared_before_it_is_under_way(clock: FakeClock) -> None:
    gathering = Gathering(lambda _: False, clock)
    assert await gathering.choose([(B,)]) == (B,)
    assert await gathering.choose([(A,), (B,)]) == (B,)
    clock.advance(2 * HELD_AT_MOST)
    assert await gathering.choose([(A,), (B,)]) == (A,)
