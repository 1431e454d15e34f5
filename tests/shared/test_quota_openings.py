"""What the quota's script says of calls that cannot start yet: when each could, and when one more could."""

import random
from typing import Any

import pytest
import redis

from cg_client.quota.requester import Priority
from tests.shared.exchange_rig import LIMIT, ExchangeRig
from tests.shared.test_quota_turns import by_client, group

INTERACTIVE, REFRESH, BACKFILL, _ = Priority
SYSTEM = ""
CALLERS = (SYSTEM, "ann", "bob", "eve", "hog")
WEIGHTS = {"bob": 2}
SLOT = 0.25  # seconds to which the ends of calls are rounded up


@pytest.fixture
def rig(quota_store: "redis.Redis") -> ExchangeRig:
    return ExchangeRig(quota_store)


@pytest.mark.parametrize("seed", range(12))
def test_what_is_told_of_one_more_call_is_what_a_call_that_waits_is_told(rig: ExchangeRig, seed: int) -> None:
    chance = random.Random(seed)
    excess_fraction = chance.choice([0.5, 0.7, 1.0])
    (member,) = rig.joined("a", excess_fraction=excess_fraction)
    ended = sorted((chance.uniform(0, 59), chance.choice(CALLERS)) for _ in range(chance.randint(LIMIT - 4, LIMIT)))
    member.contact(leased=0, ended=ended[::-1], pause=chance.choice([0.0, 0.0, 7.0]))
    groups = {(chance.choice(CALLERS), chance.choice([INTERACTIVE, REFRESH])) for _ in range(4)}
    waiting = {(client, int(priority)): chance.randint(1, 4) for client, priority in sorted(groups)}
    candidates = [(client, int(priority)) for client in CALLERS for priority in (INTERACTIVE, REFRESH, BACKFILL)]

    def waits(more: tuple[str, int] | None = None) -> list[Any]:
        counts = {**waiting, **({} if more is None else {more: waiting.get(more, 0) + 1})}
        return [
            group(client, count, priority=priority, weight=WEIGHTS.get(client, 1))
            for (client, priority), count in counts.items()
        ]

    listed = [(client, priority, WEIGHTS.get(client, 1)) for client, priority in candidates]
    member.contact(leased=0, waiting=waits(), candidates=listed)
    member.in_flight = 0
    state, now, before = rig.snapshot(), rig.now, (member.seq, member.acked)
    reply = member.contact(leased=0, waiting=waits(), candidates=listed)
    openings = {(item.client, item.priority): item for item in reply.openings}
    for candidate in candidates:
        rig.restore(state)
        member.in_flight = 0
        rig.now, (member.seq, member.acked) = now, before
        waiter = member.contact(leased=0, waiting=waits(candidate), candidates=listed)
        times = {(item.client, item.priority): item for item in waiter.forecasts}
        opening, forecast = openings[candidate], times.get(candidate)
        if forecast is None:
            assert opening.seconds == 0
        else:
            expected = waiter.time + forecast.times[-1]
            assert reply.time + opening.seconds == pytest.approx(expected, abs=0.05, rel=0), candidate
            assert opening.is_beyond_share is (forecast.in_share < len(forecast.times)), candidate


def test_a_call_beyond_a_share_may_start_when_its_caller_uses_less(rig: ExchangeRig) -> None:
    (member,) = rig.joined("a", excess_fraction=0.5)
    member.contact(leased=0, ended=[(30.0, "hog")] * 6 + [(0.0, "ann")] * 6)
    reply = member.wait(1, "hog")
    assert reply.forecasts[0].times == [pytest.approx(30.6, abs=SLOT)]
    assert reply.next == reply.forecasts[0].times[0]


def test_a_refresh_beyond_a_share_leaves_the_reserve(rig: ExchangeRig) -> None:
    (member,) = rig.joined("a", excess_fraction=0.5)
    member.contact(leased=0, ended=[(30.0, "hog")] + [(0.0, "hog")] * 5 + [(0.0, "ann")] * 6)
    assert member.wait(1, "hog", REFRESH).forecasts[0].times == [pytest.approx(60.0, abs=SLOT)]
    assert member.wait(1, "hog").forecasts[0].times == [pytest.approx(30.6, abs=SLOT)]


def test_what_was_granted_now_is_not_leased_again(rig: ExchangeRig) -> None:
    rig.limit = 60
    first, second = rig.joined("a", "b")
    second.in_flight = 30
    for _ in range(2):
        second.contact()
        first.contact(leased=0)
    first.leased = 0
    reply = first.wait(10)
    assert (by_client(reply), reply.leased) == ({"ann": 10}, 2)  # of the 20 that are free 12 are reserved


def test_what_was_granted_waits_no_more(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    second.contact(leased=0, pause=0.5)
    first.contact(leased=0)
    rig.now += 1
    assert by_client(first.contact(leased=0, waiting=[group("ann", 7)])) == {"ann": 7}
    assert second.contact(leased=0).leased == 1  # of the 5 that are free 2 are reserved


def test_a_caller_that_waits_for_less_urgent_calls_is_first_when_their_time_has_come(rig: ExchangeRig) -> None:
    (member,) = rig.joined("a")
    refresh = group("bob", 4, priority=REFRESH)
    for _ in range(4):
        reply = member.contact(leased=0, in_flight=[(SYSTEM, LIMIT - 1)], waiting=[group("ann", 1), refresh])
        assert by_client(reply) == {"ann": 1}
    both = [group("ann", 4, priority=REFRESH), refresh]
    reply = member.contact(leased=0, in_flight=[(SYSTEM, 6)], waiting=both)
    assert by_client(reply) == {"bob": 4}


def test_a_caller_alone_has_no_share_that_would_leave_less_to_lease(rig: ExchangeRig) -> None:
    (member,) = rig.joined("a", excess_fraction=0.5)
    member.contact(candidates=[("ann", 0, 1)])
    assert member.contact().leased == (LIMIT - LIMIT // 5) // 2
