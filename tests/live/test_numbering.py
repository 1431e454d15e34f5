"""Cursors name events by numbers that may be those of other replicas."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from cg_client.live.stream import EventNumber
from live.numbering import Numbering


def test_a_feed_numbers_its_events_itself_at_first() -> None:
    numbering = Numbering("a")
    assert [numbering.number(position) for position in (0, 1, 7)] == [("a", 0), ("a", 1), ("a", 7)]
    assert numbering.position(EventNumber("a", 7)) == 7
    assert numbering.position(EventNumber("b", 7)) is None


def test_a_feed_that_begins_late_goes_on_after_the_number_before() -> None:
    numbering = Numbering("a")
    numbering.begin(1, EventNumber("shared", 101))
    assert numbering.number(0) == ("shared", 100)
    assert numbering.position(EventNumber("shared", 100)) == 0
    assert numbering.position(EventNumber("shared", 99)) is None
    assert numbering.position(EventNumber("a", 0)) is None


def test_numbers_that_the_feed_has_not_are_not_known() -> None:
    numbering = Numbering("a")
    numbering.begin(1, EventNumber("shared", 1))
    numbering.begin(4, EventNumber("shared", 9))
    positions = [numbering.position(EventNumber("shared", number)) for number in range(11)]
    assert positions == [0, 1, 2, 3, None, None, None, None, 3, 4, 5]


def test_a_notice_of_the_replica_has_the_number_of_the_event_before_it() -> None:
    numbering = Numbering("a")
    numbering.begin(1, EventNumber("shared", 5))
    numbering.begin(2, EventNumber("shared", 5), is_event=False)
    numbering.begin(3, EventNumber("shared", 6))
    assert [numbering.number(position).number for position in (1, 2, 3)] == [5, 5, 6]
    assert [numbering.position(EventNumber("shared", number)) for number in (4, 5, 6)] == [0, 1, 3]


def test_a_notice_at_the_beginning_says_nothing_of_the_event_before_it() -> None:
    numbering = Numbering("a")
    numbering.begin(1, EventNumber("shared", 5), is_event=False)
    numbering.begin(2, EventNumber("shared", 6))
    assert [numbering.position(EventNumber("shared", number)) for number in (4, 5, 6)] == [None, 1, 2]


def test_the_oldest_numbers_are_forgotten() -> None:
    numbering = Numbering("a")
    for position in range(1, 3_000):
        numbering.begin(position, EventNumber("shared", 2 * position))
    assert numbering.position(EventNumber("shared", 2 * 2_999)) == 2_999
    assert numbering.position(EventNumber("shared", 2)) is None
    assert numbering.position(EventNumber(*numbering.number(1))) is None


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 3)), max_size=30))
def test_whoever_has_a_number_gets_what_follows_it(steps: Sequence[tuple[str, int]]) -> None:
    """Each step is an event of one of two streams, which skips some numbers."""
    numbering, numbers = Numbering("first"), {"a": 0, "b": 0}
    events: list[EventNumber] = []
    for epoch, skip in steps:
        numbers[epoch] += skip
        events.append(EventNumber(epoch, numbers[epoch]))
        numbering.begin(len(events), events[-1])
    for position, event in enumerate(events, 1):
        assert numbering.number(position) == event
        assert numbering.position(event) == position
    for epoch in "ab":
        for number in range(numbers[epoch]):
            after = numbering.position(EventNumber(epoch, number))
            if after is not None:
                following = [item.number for item in events[after:] if item.epoch == epoch]
                assert following == [item.number for item in events if item.epoch == epoch and item.number > number]
