"""The last minute of a channel, by which repeated events are recognized."""

from cg_client.live.events import EventBatch
from cg_client.live.overlap import MAX_EVENTS, MEMORY_SECONDS
from shared.streams.recent_events import RecentEvents
from tests.cg_client.live.rig import LIQUIDATIONS
from tests.clock import START
from tests.live.rig import liquidation


def batch(*numbers: int) -> EventBatch:
    return EventBatch(channel=LIQUIDATIONS, events=[liquidation(number) for number in numbers], received_at=START)


def test_what_came_is_dropped_as_often_as_it_came() -> None:
    recent = RecentEvents(0.0)
    recent.add(1.0, batch(1, 2))
    recent.add(2.0, batch(2))
    repeated = recent.filter(3.0)
    assert repeated.new([liquidation(number) for number in (1, 1, 2, 2, 3)], 3.0) == [liquidation(1), liquidation(3)]


def test_older_events_are_forgotten_and_it_says_since_when_all_are_there() -> None:
    recent = RecentEvents(0.0)
    for second in range(100):
        recent.add(float(second), batch(second))
    assert recent.since == 99 - MEMORY_SECONDS - 1
    assert [at for at, _ in recent.events] == [float(second) for second in range(39, 100)]


def test_a_burst_that_is_too_large_leaves_nothing() -> None:
    recent = RecentEvents(0.0)
    recent.add(1.0, batch(*range(MAX_EVENTS + 1)))
    assert recent.batches == ()
    assert recent.since == 1.0
