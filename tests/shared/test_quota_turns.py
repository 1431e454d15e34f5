"""Rules of the quota's script about turns: who is active, what is a caller's share, and which call is next."""

from typing import Any

import msgspec
import pytest
import redis

from cg_client.quota.requester import Priority
from shared.quota.messages import QuotaReply
from tests.shared.exchange_rig import GRANT_LIFETIME, LIMIT, MEMBER_LIFETIME, ExchangeRig, QuotaMember

INTERACTIVE, REFRESH, _, EXCESS = Priority
HALF = LIMIT // 2
SYSTEM = ""
MAX_CLIENTS = 1000
MAX_STEPS = 2000


@pytest.fixture
def rig(quota_store: "redis.Redis") -> ExchangeRig:
    return ExchangeRig(quota_store)


def group(client: str, count: int, *, priority: int = 0, weight: int = 1, ago: float = 0.0) -> tuple[Any, ...]:
    return client, priority, weight, count, ago, ago


def turns(member: QuotaMember, *groups: tuple[Any, ...], **changes: Any) -> dict[str, int]:
    """Return how many calls of each client may start at once; none starts."""
    reply = member.contact(leased=0, waiting=list(groups), **changes)
    member.in_flight = 0
    member.contact(leased=0, **changes)  # they no longer wait
    return by_client(reply)


def by_client(reply: QuotaReply) -> dict[str, int]:
    return {client: count for client, _, count in reply.granted}


def in_shares(reply: QuotaReply) -> dict[tuple[str, int], int]:
    """Return how many waiting calls of each group are within the share of their client."""
    return {(item.client, item.priority): item.in_share for item in reply.forecasts}


@pytest.mark.parametrize(
    "use",
    [
        {"ended": [(59.0, "ann")]},
        {"in_flight": [("ann", 1)]},
        {"waiting": [group("ann", 1)]},
        {"candidates": [("ann", 0, 1)]},
    ],
)
def test_a_caller_has_a_share_from_whatever_it_does_on(rig: ExchangeRig, use: dict[str, Any]) -> None:
    (member,) = rig.joined("a", excess_fraction=0.5)
    assert turns(member, group("hog", LIMIT)) == {"hog": LIMIT}
    member.contact(**use)
    member.in_flight = 0
    rig.wait_with(member, seconds=2)
    assert turns(member, group("hog", LIMIT)) == {"hog": HALF}


def test_a_caller_is_active_for_five_minutes(rig: ExchangeRig) -> None:
    (member,) = rig.joined("a", excess_fraction=0.5)
    member.contact(ended=[(59.0, "ann")])
    rig.wait_with(member, seconds=299)
    assert turns(member, group("hog", LIMIT)) == {"hog": HALF}
    rig.wait_with(member, seconds=2)
    assert turns(member, group("hog", LIMIT)) == {"hog": LIMIT}


def test_of_too_many_callers_those_that_were_seen_last_are_remembered(rig: ExchangeRig) -> None:
    (member,) = rig.joined("a")
    member.contact(candidates=[("old", 0, 1), ("older", 0, 1)])
    rig.now += 1
    member.contact(candidates=[(f"client {number}", 0, 1) for number in range(MAX_CLIENTS - 1)] + [("old", 0, 1)])
    clients = msgspec.msgpack.decode(rig.snapshot())["clients"]
    assert (len(clients), "old" in clients, "older" in clients) == (MAX_CLIENTS, True, False)


def test_shares_go_by_weights_and_by_what_is_used(rig: ExchangeRig) -> None:
    (member,) = rig.joined("a", excess_fraction=0.5)
    member.contact(candidates=[("ann", 0, 3), ("hog", 0, 1)])
    assert turns(member, group("ann", LIMIT, weight=3)) == {"ann": 9}
    assert turns(member, group("ann", LIMIT, weight=3), in_flight=[("ann", 4)]) == {"ann": 5}
    assert turns(member, group("hog", LIMIT)) == {"hog": 6}  # three in its share, and the free half


def test_calls_that_end_at_the_same_time_count_to_their_callers(rig: ExchangeRig) -> None:
    (member,) = rig.joined("a", excess_fraction=0.5)
    member.contact(ended=[(0.0, "ann")] * 3 + [(0.0, "hog")] * 3)
    assert turns(member, group("hog", LIMIT)) == {"hog": 3}


def test_each_caller_has_one_call_in_its_share_however_many_they_are(rig: ExchangeRig) -> None:
    (member,) = rig.joined("a", excess_fraction=0.5)
    member.contact(in_flight=[("ann", LIMIT)], candidates=[(f"{number}", 0, 1) for number in range(2 * LIMIT)])
    reply = member.contact(in_flight=[("ann", LIMIT)], waiting=[group("bob", 2)])
    assert in_shares(reply) == {("bob", INTERACTIVE): 1}


def test_the_server_itself_is_no_caller(rig: ExchangeRig) -> None:
    (member,) = rig.joined("a", excess_fraction=0.5)
    assert turns(member, group(SYSTEM, LIMIT)) == {SYSTEM: LIMIT}
    assert turns(member, group("hog", LIMIT)) == {"hog": LIMIT}
    member.contact(candidates=[("ann", 0, 1)])
    assert turns(member, group(SYSTEM, LIMIT)) == {SYSTEM: LIMIT}


def test_without_shares_a_caller_may_use_everything(rig: ExchangeRig) -> None:
    (member,) = rig.joined("a")
    member.contact(candidates=[("ann", 0, 1)])
    assert turns(member, group("hog", LIMIT)) == {"hog": LIMIT}


def test_what_is_beyond_a_share_leaves_the_reserve(rig: ExchangeRig) -> None:
    (member,) = rig.joined("a", excess_fraction=0.95)
    member.contact(candidates=[("ann", 0, 1)])
    assert turns(member, group("hog", LIMIT)) == {"hog": LIMIT - LIMIT // 5}


def test_a_member_may_start_one_call_without_asking_however_small_the_part_is(rig: ExchangeRig) -> None:
    (member,) = rig.joined("a", excess_fraction=0.01)
    member.contact(candidates=[("ann", 0, 1), ("bob", 0, 1)])
    assert member.contact().leased == 1


def test_the_more_urgent_calls_of_a_caller_are_those_in_its_share(rig: ExchangeRig) -> None:
    (member,) = rig.joined("a", excess_fraction=0.5)
    used = [("ann", 5), ("bob", 7)]
    member.contact(in_flight=used)
    reply = member.contact(in_flight=used, waiting=[group("ann", 1, priority=REFRESH, ago=9.0), group("ann", 1)])
    assert in_shares(reply) == {("ann", INTERACTIVE): 1, ("ann", REFRESH): 0}


def test_of_one_caller_the_call_that_has_waited_longest_is_next(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    first.in_flight = LIMIT - 2
    second.contact(leased=0, pause=0.5)
    first.contact(leased=0, waiting=[("ann", 0, 1, 3, 10.0, 0.0)])
    rig.now += 1
    assert by_client(second.contact(leased=0, waiting=[("ann", 0, 1, 1, 8.0, 8.0)])) == {"ann": 1}
    assert by_client(first.contact(leased=0, waiting=[("ann", 0, 1, 3, 11.0, 1.0)])) == {"ann": 1}


def test_calls_of_a_member_without_contact_take_no_turn(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    first.contact(leased=0, pause=1.0)
    assert second.contact(leased=0, waiting=[group("bob", LIMIT)]).granted == []
    rig.now += 1.5
    assert turns(first, group("ann", LIMIT)) == {"ann": HALF}
    second.contact(leased=0, waiting=[])
    first.contact(leased=0, pause=1.0)
    second.contact(leased=0, waiting=[group("bob", LIMIT)])
    rig.now += 2.5
    assert turns(first, group("ann", LIMIT)) == {"ann": LIMIT}


def test_a_forecast_is_one_of_so_many_calls(rig: ExchangeRig) -> None:
    (member,) = rig.joined("a")
    reply = member.wait(2 * MAX_STEPS)
    assert sum(len(item.times) for item in reply.forecasts) + sum(by_client(reply).values()) == MAX_STEPS


def test_a_silent_member_may_use_again_what_it_has_used(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    first.contact(ended=[(0.0, "ann")] * LIMIT, leased=0)
    second.contact(leased=0)
    rig.wait_with(second, seconds=61)
    second.leased = 0
    reply = second.wait(1)
    assert (reply.granted, reply.used) == ([], LIMIT)
    assert reply.forecasts[0].times == [pytest.approx(60.0)]


def test_calls_in_flight_are_used_for_another_minute(rig: ExchangeRig) -> None:
    (member,) = rig.joined("a")
    assert member.contact().resets_in is None
    assert member.contact(ended=[(30.0, "ann")]).resets_in == pytest.approx(30.6, abs=0.3)
    assert member.contact(in_flight=[("ann", 1)]).resets_in == pytest.approx(60.0)


def test_callers_take_turns_over_several_exchanges(rig: ExchangeRig) -> None:
    """One slot at a time; a caller that comes later gets no more turns than the others."""
    (member,) = rig.joined("a")
    waiting, order = {"ann": 6}, ""
    for number in range(12):
        if number == 4:
            waiting["bob"] = 6
        reply = member.contact(
            leased=0,
            in_flight=[(SYSTEM, LIMIT - 1)],
            waiting=[group(client, count) for client, count in waiting.items() if count],
        )
        for client, count in by_client(reply).items():
            waiting[client] -= count
            order += client[0] * count
    assert order[:4] == "aaaa"
    assert sorted(order[4:8]) == ["a", "a", "b", "b"]


def test_a_caller_that_did_not_wait_for_a_time_gets_no_turns_for_that_time(rig: ExchangeRig) -> None:
    (member,) = rig.joined("a")
    full = {"leased": 0, "in_flight": [(SYSTEM, LIMIT - 1)]}
    assert by_client(member.contact(waiting=[group("bob", 1)], **full)) == {"bob": 1}
    for _ in range(6):
        assert by_client(member.contact(waiting=[group("ann", 1)], **full)) == {"ann": 1}
    order = [by_client(member.contact(waiting=[group("ann", 9), group("bob", 9)], **full)) for _ in range(4)]
    assert sum(turn.get("ann", 0) for turn in order) == 2


def test_a_share_that_no_other_replica_reports_is_nobody_elses(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    rig.empty()
    newcomer = rig.member("c")
    newcomer.register()
    first.register()
    for _ in range(int(GRANT_LIFETIME) + 2):
        rig.now += 1
        newcomer.register()
        assert first.register().status == "ok"
    for _ in range(3):
        assert first.contact().share_divisor == 2
        assert newcomer.contact().share_divisor == 0
    assert second.share_divisor == 2


def test_a_newcomer_has_what_the_shares_of_others_leave(rig: ExchangeRig) -> None:
    _silent, second = rig.joined("a", "b")
    rig.wait_with(second, seconds=4)
    newcomer = rig.member("c")
    rig.admit(newcomer, second)
    for _ in range(3):
        second.contact()
        newcomer.contact()
    assert (second.share_divisor, newcomer.share_divisor) == (3, 6)


def test_a_share_that_was_given_away_counts_until_its_former_owner_has_read_so(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    rig.wait_with(second, seconds=MEMBER_LIFETIME + 2)
    first.register()
    for _ in range(2):
        second.contact(share_divisor=1)
    assert first.register().ready
    assert first.contact(share_divisor=2).share_divisor == 0
    rig.wait_with(second, seconds=4)
    newcomer = rig.member("c")
    rig.admit(newcomer, second)
    for _ in range(3):
        second.contact()
        newcomer.contact()
    assert (second.share_divisor, newcomer.share_divisor) == (3, 6)


def test_a_member_leases_what_its_share_leaves_although_there_is_more(rig: ExchangeRig) -> None:
    members = rig.joined("a", "b", "c")
    members[0].in_flight = 3
    for _ in range(4):
        for member in members:
            member.contact()
    assert [member.leased for member in members] == [1, 2, 2]
