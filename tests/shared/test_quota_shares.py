"""Rules of the quota's script about what each member may use: shares, slots that are leased, and limits."""

import random
from collections.abc import Sequence

import pytest
import redis

from tests.shared.exchange_rig import GRANT_LIFETIME, LIMIT, MEMBER_LIFETIME, ExchangeRig, QuotaMember

HALF = LIMIT // 2
MINUTE = 60.0


@pytest.fixture
def rig(quota_store: "redis.Redis") -> ExchangeRig:
    return ExchangeRig(quota_store)


def granted(member: QuotaMember, count: int = LIMIT) -> int:
    """Return how many of these calls may start at once."""
    return sum(number for *_, number in member.wait(count).granted)


def test_the_share_of_a_silent_member_is_set_aside(rig: ExchangeRig) -> None:
    _first, second = rig.joined("a", "b")
    rig.wait_with(second, seconds=4)
    second.leased = 0
    assert granted(second) == HALF


def test_the_share_of_a_member_that_is_alone_is_set_aside(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    first.register()
    second.leased = 0
    assert granted(second) == HALF


def test_what_a_silent_member_uses_is_a_part_of_its_share(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    first.contact(in_flight=[("ann", 3)], leased=0)
    rig.wait_with(second, seconds=4)
    second.leased = 0
    assert granted(second) == HALF


def test_a_silent_member_that_uses_more_than_its_share_leaves_the_others_the_rest(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    first.contact(in_flight=[("ann", 9)], leased=0)
    rig.wait_with(second, seconds=4)
    second.leased = 0
    assert granted(second) == LIMIT - 9


def test_of_a_member_whose_share_is_unknown_everything_else_is_set_aside(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    rig.empty()
    first.register()
    rig.wait_alone(first, GRANT_LIFETIME + 1)
    reply = first.register()
    assert (reply.ready, reply.share_divisor) == (True, 2)
    assert first.contact().share_divisor == 2
    first.leased = 0
    assert granted(first) == HALF
    assert second.share_divisor == 2


def test_a_share_that_a_member_got_since_an_older_state_is_set_aside(rig: ExchangeRig) -> None:
    (first,) = rig.joined("a")
    second = rig.member("b")
    second.register()
    older = rig.snapshot()
    rig.admit(second, first)
    for _ in range(3):
        first.contact()
        second.contact()
    assert (first.share_divisor, second.share_divisor) == (2, 2)
    rig.restore(older)
    first.contact()
    rig.wait_alone(first, GRANT_LIFETIME + 1)
    assert first.register().ready
    first.contact()
    first.leased = 0
    assert granted(first) == HALF


def test_a_member_has_less_only_when_it_has_read_so(rig: ExchangeRig) -> None:
    (first,) = rig.joined("a")
    newcomer = rig.member("b")
    newcomer.register()
    assert first.contact().share_divisor == 2
    assert newcomer.register().share_divisor == 0, "the reply to the first may be lost"
    first.contact()
    assert newcomer.register().ready
    assert newcomer.contact().share_divisor == 2


def test_a_share_that_was_offered_in_a_lost_reply_is_free_for_others(rig: ExchangeRig) -> None:
    first, second, third = rig.joined("a", "b", "c")
    second.leave()
    before = first.share_divisor
    assert (before, third.contact().share_divisor, first.contact().share_divisor) == (3, 2, 2)
    first.share_divisor = before
    newcomer = rig.member("d")
    for _ in range(2):
        newcomer.register()
        first.register()
        third.contact()
    assert newcomer.register().ready
    assert newcomer.contact().share_divisor == 3


def test_all_shares_together_are_never_more_than_the_limit(rig: ExchangeRig) -> None:
    """Members come and leave, and replies are lost."""
    chance = random.Random(19)
    members: list[QuotaMember] = []
    alone: set[str] = set()
    shared = 0
    for number in range(600):
        rig.now += 0.1
        if not members or (len(members) < 5 and chance.random() < 0.05):
            members.append(rig.member(f"{number}"))
            alone.add(members[-1].name)
        member = chance.choice(members)
        if len(members) > 1 and chance.random() < 0.02:
            members.remove(member)
            member.leave()
            continue
        before = member.share_divisor, member.version, member.peers, member.acked, member.replied_at
        reply = member.register() if member.name in alone else member.contact()
        if chance.random() < 0.2:
            member.share_divisor, member.version, member.peers, member.acked, member.replied_at = before
            alone.add(member.name)
        elif reply.status != "ok":
            alone.add(member.name)
        elif reply.ready:
            alone.discard(member.name)
        assert sum(LIMIT // item.share_divisor for item in members if item.share_divisor) <= LIMIT
        shared += len(members) > 1 and all(item.share_divisor for item in members)
    assert shared > 100, "each has a share most of the time"


def leases(members: Sequence[QuotaMember]) -> list[int]:
    for _ in range(4):
        for member in members:
            member.contact()
    return [member.leased for member in members]


def test_members_lease_even_parts_of_half_of_what_is_not_reserved(rig: ExchangeRig) -> None:
    rig.limit = 50
    for names, lease in (("a", 20), ("bc", 10), ("defg", 5), ("hijklm", 4)):  # of 20 the last have 3.3 each
        assert leases(rig.joined(*names)) == [lease] * len(names)
        rig.empty()


def test_a_member_leases_less_by_what_it_uses(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    first.in_flight = 5
    assert leases([first, second]) == [1, 2]
    first.in_flight = 6
    assert leases([first, second]) == [0, 1]


def test_a_member_without_a_share_leases_nothing(rig: ExchangeRig) -> None:
    (first,) = rig.joined("a")
    newcomer = rig.member("b")
    newcomer.register()
    for _ in range(2):
        first.contact(share_divisor=1)  # it has not read of less
    assert newcomer.register().ready
    reply = newcomer.contact()
    assert (reply.share_divisor, reply.leased) == (0, 0)


def test_while_calls_wait_nobody_leases_and_the_waiting_look_again_soon(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    leases([first, second])
    second.leased = 0
    reply = second.wait(LIMIT)
    assert sum(number for *_, number in reply.granted) == LIMIT - first.leased
    assert reply.next == pytest.approx(0.25)
    assert first.contact().leased == 0


def test_what_a_member_may_use_without_asking_counts_until_it_says_that_it_does_not(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    lease, _ = leases([first, second])
    second.leased = 0
    second.in_flight = sum(number for *_, number in second.wait(LIMIT).granted)
    first.contact()  # which revokes its leases; the reply may be lost
    assert second.wait(LIMIT).granted == []
    first.contact()
    assert sum(number for *_, number in second.wait(LIMIT).granted) == lease == 3


def test_calls_that_nobody_reports_are_told_to_those_who_may_tell_a_store_without_data(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    assert first.contact().unreported_for == 0
    second.contact(ended=[(50.0, "ann")], in_flight=[("ann", 1)], leased=0)
    second.register(leave=True, ended=[(50.0, "ann")], in_flight=[("ann", 1)])
    assert first.contact().unreported_for == pytest.approx(MINUTE, abs=0.3)
    rig.empty()
    assert first.register(unreported_for=20.0).recovers_in == pytest.approx(20.0, abs=0.01)
    assert first.register().unreported_for == pytest.approx(20.0, abs=0.01)


def test_those_who_registered_first_with_a_store_without_data_tell_until_when_it_has_recovered(
    rig: ExchangeRig,
) -> None:
    assert rig.member("a", recovery_seconds=9.0).register().unreported_for == 9.0


def test_names_make_the_time_unnecessary(rig: ExchangeRig) -> None:
    first, _second = rig.joined("a", "b")
    rig.empty()
    assert first.register().unreported_for == 0


def test_a_store_that_a_newcomer_found_without_data_waits_for_the_names_that_others_know(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    rig.empty()
    newcomer = rig.member("c", recovery_seconds=4.0)
    newcomer.register()
    rig.wait_alone(first, 5)
    assert first.register().recovers_in == pytest.approx(GRANT_LIFETIME - 4, abs=0.01)
    second.register()
    newcomer.register()
    assert first.register().recovers_in == 0


def test_one_that_returns_late_to_a_store_in_use_does_not_stop_it(rig: ExchangeRig) -> None:
    first, _second = rig.joined("a", "b")
    rig.empty()
    rig.joined("c")
    rig.now += 1
    assert first.register().recovers_in == 0


def test_names_are_sent_once(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    assert (first.contact().peers, first.peers) == (None, [(second.name, second.boot)])


def test_the_shorter_pause_of_another_ends_none(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    first.contact(pause=20.0, pause_reason=1)
    reply = second.contact(pause=5.0, pause_reason=2)
    assert reply.pause_reason == 1
    assert reply.pause == pytest.approx(20.0, abs=0.01)


def test_the_store_remembers_the_quota_longer_than_a_member_and_not_for_ever(rig: ExchangeRig) -> None:
    rig.joined("a")
    assert rig.seconds_to_live() > MEMBER_LIFETIME


def test_calls_of_strangers_count_for_a_minute(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    first.contact(corrections=[(0.0, 5)])
    assert second.contact().used == 5
    rig.wait_with(first, second, seconds=MINUTE + 0.5)
    assert second.contact().used == 0


def test_a_header_that_counts_more_than_the_limit_fills_it(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    first.contact(corrections=[(0.0, 5 * LIMIT)])
    assert second.contact().used == LIMIT


def test_a_header_may_count_what_was_set_aside_for_a_silent_member(rig: ExchangeRig) -> None:
    _first, second = rig.joined("a", "b")
    rig.wait_with(second, seconds=4)
    second.contact(corrections=[(0.0, 1)])
    assert second.contact().used == 0


def test_a_header_frees_what_ended_before_its_minute_oldest_first(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    first.contact(ended=[(50.0, "ann"), (40.0, "ann"), (10.0, "ann"), (1.0, "ann")])
    first.contact(corrections=[(5.0, 2)])  # of the three that ended before its call, one counts upstream, with itself
    assert second.contact().used == 2
    rig.wait_with(first, second, seconds=40)
    assert second.contact().used == 2, "the oldest went"
    rig.wait_with(first, second, seconds=11.5)
    assert second.contact().used == 1
