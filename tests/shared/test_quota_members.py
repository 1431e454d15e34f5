"""Rules of the quota's script about its members: who counts, who registers, and what is set aside for whom."""

import pytest
import redis

from tests.shared.exchange_rig import GRANT_LIFETIME, LIMIT, MEMBER_LIFETIME, ExchangeRig

SILENT = 3.0
LATE = 1.0
SLOWEST = 0.98
MINUTE = 60.0


@pytest.fixture
def rig(quota_store: "redis.Redis") -> ExchangeRig:
    return ExchangeRig(quota_store)


def test_a_request_of_a_member_does_not_begin_a_state_in_which_newcomers_need_not_wait(rig: ExchangeRig) -> None:
    (first,) = rig.joined("a")
    rig.empty()
    assert first.contact().status == "unknown"
    newcomer = rig.member("b", recovery_seconds=4.0).register()
    assert not newcomer.ready
    assert newcomer.recovers_in == pytest.approx(4.0, abs=0.01)


def test_after_a_silence_of_all_nothing_is_granted_before_all_have_registered(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    rig.now += SILENT + 1
    reply = first.register()
    assert not reply.ready
    assert reply.recovers_in == pytest.approx(GRANT_LIFETIME, abs=0.01)
    second.register()
    assert first.register().recovers_in == 0


def test_a_clock_that_was_set_back_makes_all_register_again(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    rig.now -= LATE + 0.5
    assert first.contact().status == "unknown"
    assert not first.register().ready
    second.register()
    assert first.register().recovers_in == 0


def test_what_a_silent_member_has_used_counts_until_it_may_use_no_more_than_its_share(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    first.contact(ended=[(0.0, "ann")] * 2, leased=0)
    for _ in range(int(GRANT_LIFETIME)):
        rig.now += 1
        assert second.contact().used == 2
    rig.now += 1
    assert second.contact().used == 0


def test_an_earlier_request_that_comes_late_changes_nothing(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    late = first._request(in_flight=[])
    first.contact(in_flight=[("ann", 3)])
    assert rig.execute(late).status == "late"
    assert second.contact().used == 3


def test_a_request_of_which_the_sender_has_given_up_changes_nothing(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    assert first.contact(sent=rig.now - LATE - 0.1, in_flight=[("ann", 3)]).status == "unknown"
    assert second.contact().used == 0


def test_a_member_that_was_silent_registers_first(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    rig.wait_with(second, seconds=4)
    assert first.contact().status == "unknown"
    first.register()
    second.contact()
    second.contact()
    assert first.register().ready
    assert first.contact().status == "ok"


def test_a_store_with_an_older_state_is_one_that_has_lost_it(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    older = rig.snapshot()
    newcomer = rig.member("c")
    while not newcomer.register().ready:
        first.contact()
        second.contact()
    newcomer.contact(in_flight=[("ann", 3)])
    first.contact()
    rig.restore(older)
    assert first.contact().status == "unknown"
    assert not first.register().ready
    second.register()
    assert first.register().recovers_in > 0, "the newcomer is forgotten"
    newcomer.register(in_flight=[("ann", 3)])
    assert first.register().recovers_in == 0


def test_a_member_that_others_named_registers_without_making_them_register_again(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    rig.empty()
    first.register()
    assert second.register().recovers_in == 0


def test_a_member_of_the_same_name_that_others_named_is_a_predecessor(rig: ExchangeRig) -> None:
    first, _second = rig.joined("a", "b")
    rig.empty()
    first.register()
    reply = rig.member("b", boot="another boot").register(age=10.0)
    assert reply.status == "ok"
    assert reply.recovers_in == pytest.approx(MINUTE - 10 * SLOWEST, abs=0.01)


def test_a_predecessor_that_another_names_later_counts(rig: ExchangeRig) -> None:
    first, _second = rig.joined("a", "b")
    rig.empty()
    rig.member("b", boot="another boot").register(age=10.0)
    assert first.register().recovers_in == pytest.approx(MINUTE - 10 * SLOWEST, abs=0.01)


def test_calls_that_ended_count_for_a_minute_of_the_slowest_clock(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    first.contact(ended=[(20.0, "ann")])
    rig.wait_with(first, seconds=MINUTE - 20 * SLOWEST - 0.1)
    assert (first.contact().used, second.register().status) == (1, "ok")


def test_a_newcomer_gets_nothing_before_each_in_contact_has_read_its_name(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    newcomer = rig.member("c")
    assert not newcomer.register().ready
    first.contact()
    first.contact()
    assert not newcomer.register().ready
    second.contact()
    assert not newcomer.register().ready, "the reply to the second may be lost"
    second.contact()
    assert newcomer.register().ready


def test_a_silent_member_need_not_read_a_name(rig: ExchangeRig) -> None:
    first, _second = rig.joined("a", "b")
    rig.wait_with(first, seconds=4)
    newcomer = rig.member("c")
    newcomer.register()
    first.contact()
    first.contact()
    assert newcomer.register().ready


@pytest.mark.parametrize("last_slot", ["in flight", "ended", "leased"])
def test_what_a_member_that_leaves_has_used_counts_for_a_minute(rig: ExchangeRig, last_slot: str) -> None:
    first, second = rig.joined("a", "b")
    before = {
        "in flight": {"in_flight": [("ann", 2)], "leased": 0},
        "ended": {"ended": [(0.0, "ann")] * 2, "leased": 0},
        "leased": {"in_flight": [("ann", 1)], "leased": 1},
    }[last_slot]
    first.contact(**before)
    leaving = {**before, "ended": [(0.0, "ann")] * 2} if last_slot == "ended" else before
    assert first.register(leave=True, **leaving).status == "left"
    rig.now += 1
    assert (second.contact().used, second.contact().members) == (2, 1)
    rig.wait_with(second, seconds=MINUTE)
    assert second.contact().used == 0


def test_a_member_that_was_forgotten_has_no_share(rig: ExchangeRig) -> None:
    _first, second = rig.joined("a", "b")
    for _ in range(int(MEMBER_LIFETIME)):
        rig.now += 1
        assert second.contact().members == 2
    rig.now += 1
    second.contact()
    reply = second.contact()
    assert (reply.members, reply.peers if reply.peers is not None else second.peers, reply.share_divisor) == (1, [], 1)


def test_the_successor_of_a_member_in_contact_that_was_killed_counts_its_slots(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    first.in_flight = 1
    first.contact(ended=[(0.0, "ann")])
    leased = first.contact().leased
    rig.wait_with(second, seconds=4)
    rig.member("a", boot="another boot").register()
    assert (second.contact().used, leased) == (2 + leased, 2)


def test_the_successor_of_a_member_that_was_alone_counts_its_whole_share(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    first.register(in_flight=[("ann", 1)])
    rig.wait_with(second, seconds=4)
    rig.member("a", boot="another boot").register()
    assert second.contact().used == LIMIT / 2


def test_the_successor_of_a_member_that_was_silent_for_long_counts_its_whole_share(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    first.contact(in_flight=[("ann", 1)], leased=0)
    rig.wait_with(second, seconds=GRANT_LIFETIME - 2)
    rig.member("a", boot="another boot").register()
    assert second.contact().used == LIMIT / 2


def test_what_a_silent_predecessor_may_have_used_again_counts_from_now_on(rig: ExchangeRig) -> None:
    first, second = rig.joined("a", "b")
    first.contact(ended=[(0.0, "ann")])
    leased = first.contact().leased
    rig.wait_with(second, seconds=70)
    rig.member("a", boot="another boot").register()
    for _ in range(59):
        assert second.contact().used == 1 + leased
        rig.now += 1
