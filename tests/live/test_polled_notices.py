"""What a polled feed says of failures, to those who watch and to those who come later."""

import asyncio
import math
from datetime import timedelta
from typing import Any

import pytest

from cg_client.errors import ProblemCode
from graph_types.problems import Unavailable
from graph_types.stream_status import StreamState, StreamStatus
from live.events import Changes, FeedEvent, Notice
from live.polled_feed import Polled, PolledFeed
from tests.clock import START, SteppedClock
from tests.live.series import PERIOD, ScriptedFeed, series, unavailable

SERIES = series({1: 1.0, 2: 2.0})
QUOTA = unavailable(ProblemCode.QUOTA_EXHAUSTED, 40.0)
BROKEN = unavailable(ProblemCode.UPSTREAM_ERROR)


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


def word(event: FeedEvent) -> str:
    if isinstance(event, Changes):
        return "snapshot" if event.is_snapshot else "changes"
    assert isinstance(event, Notice)
    value = event.value
    return value.state.name if isinstance(value, StreamStatus) else value.code.name


async def statuses(clock: SteppedClock, *answers: Any) -> list[str]:
    """Return the events of polls with these answers, each of which stands for two minutes."""
    feed = ScriptedFeed(clock, answers[0])
    feed.watch(lambda: None)
    for answer in answers:
        feed.answer = answer
        await clock.elapse(120)
    events = [word(item.event) for item in feed.ring.after(0)]
    await feed.close()
    assert clock.sleeping == 0
    return events


async def test_a_short_quota_makes_the_period_longer_until_it_suffices(clock: SteppedClock) -> None:
    feed = ScriptedFeed(clock, SERIES)
    feed.watch(lambda: None)
    await clock.elapse(1)
    feed.answer, before = QUOTA, feed.polls
    await clock.elapse(120)
    assert feed.polls - before == 3
    feed.answer = SERIES
    await clock.elapse(41)
    notices = [item.event.value for item in feed.ring.after(1) if isinstance(item.event, Notice)]
    assert [notice.state for notice in notices if isinstance(notice, StreamStatus)] == [StreamState.POLLED] * 2
    assert [notice.period_seconds for notice in notices if isinstance(notice, StreamStatus)] == [40.0, PERIOD]
    await feed.close()


@pytest.mark.parametrize(
    ("answers", "events"),
    [
        ([SERIES], ["snapshot"]),
        ([SERIES, BROKEN, SERIES], ["snapshot", "UPSTREAM_ERROR", "RESUMED"]),
        ([BROKEN, SERIES], ["UPSTREAM_ERROR", "snapshot"]),
        ([QUOTA, SERIES], ["POLLED", "POLLED", "snapshot"]),
        ([SERIES, QUOTA, BROKEN, SERIES], ["snapshot", "POLLED", "UPSTREAM_ERROR", "RESUMED"]),
        (
            [SERIES, BROKEN, unavailable(ProblemCode.CIRCUIT_OPEN), BROKEN, SERIES],
            ["snapshot", "UPSTREAM_ERROR", "RESUMED"],
        ),
        ([SERIES, BROKEN, series({1: 1.0, 2: 3.0})], ["snapshot", "UPSTREAM_ERROR", "RESUMED", "changes"]),
    ],
)
async def test_each_change_of_the_state_is_said_once(
    clock: SteppedClock, answers: list[Any], events: list[str]
) -> None:
    assert await statuses(clock, *answers) == events


@pytest.mark.parametrize("expires_at", [0.0, math.inf])
@pytest.mark.parametrize("code", [ProblemCode.UPSTREAM_ERROR, ProblemCode.QUOTA_EXHAUSTED])
async def test_a_series_of_days_is_requested_again_soon_after_a_failure(
    clock: SteppedClock, code: ProblemCode, expires_at: float
) -> None:
    feed = ScriptedFeed(clock, unavailable(code), period=86_400.0, expires_at=expires_at)
    feed.watch(lambda: None)
    await clock.elapse(130)
    assert feed.polls == 3
    feed.answer = SERIES
    await clock.elapse(60)
    assert word(feed.ring.after(feed.ring.last - 1)[0].event) == "snapshot"
    await clock.elapse(86_000)
    assert feed.polls == 4
    await clock.elapse(1_000)
    assert feed.polls == 5
    await feed.close()


async def test_only_the_first_request_is_one_that_a_client_waits_for(clock: SteppedClock) -> None:
    feed = ScriptedFeed(clock, BROKEN)
    feed.watch(lambda: None)
    await clock.elapse(3 * PERIOD)
    assert feed.firsts == [True, False, False, False]
    await feed.close()


async def test_a_client_that_leaves_before_the_first_answer_delays_nobody(clock: SteppedClock) -> None:
    answered = asyncio.Event()

    async def ask(*, is_first: bool) -> Polled:
        assert is_first
        await answered.wait()
        return Polled(SERIES, 0.0)

    feed = PolledFeed(ask, period=86_400.0, clock=clock)
    feed.watch(wake := lambda: None)
    await clock.elapse(1)
    feed.unwatch(wake)
    feed.watch(wake)
    answered.set()
    await clock.elapse(1)
    assert [word(item.event) for item in feed.ring.after(0)] == ["snapshot"]
    await feed.close()


async def test_a_gap_is_measured_by_a_clock_that_does_not_jump(clock: SteppedClock) -> None:
    feed = ScriptedFeed(clock, SERIES)
    feed.watch(lambda: None)
    await clock.elapse(1)
    feed.answer = BROKEN
    await clock.elapse(60)
    clock.jump(jump := timedelta(hours=-3))
    feed.answer = SERIES
    await clock.elapse(PERIOD)
    last = feed.ring.after(feed.ring.last - 1)[0].event
    assert isinstance(last, Notice)
    assert isinstance(last.value, StreamStatus)
    seconds, start = last.value.gap_seconds, last.value.gap_start
    assert seconds == pytest.approx(60, abs=2 * PERIOD)
    assert start is not None
    assert START <= start - jump <= START + timedelta(seconds=2)  # by the clock as it is now
    await feed.close()


async def test_those_who_come_later_hear_the_state_as_it_is(clock: SteppedClock) -> None:
    feed = ScriptedFeed(clock, SERIES)
    feed.watch(lambda: None)
    await clock.elapse(1)
    assert [word(event) for event in feed.opening()] == ["POLLED", "snapshot"]
    feed.answer = BROKEN
    await clock.elapse(60)
    assert [word(event) for event in feed.opening()] == ["POLLED", "UPSTREAM_ERROR", "snapshot"]
    feed.answer = SERIES
    await clock.elapse(60)
    assert [word(event) for event in feed.opening()] == ["POLLED", "snapshot"]
    await feed.close()


async def test_an_exception_is_a_failure_after_which_no_change_is_missing(
    clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = ScriptedFeed(clock, SERIES)
    feed.watch(lambda: None)
    await clock.elapse(1)
    with monkeypatch.context() as patch:
        patch.setattr("live.polled_feed.changed_part", lambda *_: 1 / 0)
        feed.answer = series({1: 1.0, 2: 5.0})
        await clock.elapse(PERIOD)
    await clock.elapse(2 * PERIOD)
    events = [item.event for item in feed.ring.after(1)]
    assert [word(event) for event in events] == ["UPSTREAM_ERROR", "RESUMED", "changes"]
    assert isinstance(events[0], Notice)
    assert isinstance(events[0].value, Unavailable)
    await feed.close()


async def test_the_ring_of_a_series_is_bounded_by_rows(clock: SteppedClock) -> None:
    feed = ScriptedFeed(clock, SERIES, ring_rows=100)
    feed.watch(lambda: None)
    for number in range(30):
        feed.answer = series({time: float(number) for time in range(20)})
        await clock.elapse(PERIOD)
    assert feed.ring.weight <= 100
    assert len(feed.ring.after(feed.ring.first - 1)) == 5
    await feed.close()
