"""Feeds are shared, kept for a while without clients, and closed then or when another needs the room."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from graphql import GraphQLError

from graph_types.stream_status import StreamState, StreamStatus
from live.ended_feed import EndedFeed
from live.events import Notice
from live.feed import Feed
from live.feeds import LINGER_SECONDS, Feeds
from live.reopening_socket import ReopeningSocket
from tests.clock import SteppedClock
from tests.live.rig import StubSocket

STATUS = Notice(StreamStatus(state=StreamState.CONNECTED, message=""))
END = Notice(StreamStatus(state=StreamState.CONNECTED, message=""), ends=True)


class NotedFeed(EndedFeed):
    """Notes what it is called for."""

    def __init__(self, clock: SteppedClock) -> None:
        super().__init__(clock)
        self.calls: list[str] = []

    def start(self) -> None:
        self.calls.append("start")

    def pause(self) -> None:
        self.calls.append("pause")

    async def close(self) -> None:
        self.calls.append("close")


class Desk:
    def __init__(self) -> None:
        self.clock = SteppedClock()
        self.feeds = Feeds(ReopeningSocket(StubSocket(), self.clock), self.clock, max_feeds=3)

    def feed(self, key: str) -> NotedFeed:
        feed: Feed = self.feeds.feed(key, lambda: NotedFeed(self.clock))
        assert isinstance(feed, NotedFeed)
        return feed


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    yield desk
    await desk.feeds.close()
    assert len(desk.feeds) == desk.clock.sleeping == 0


def wake() -> None:
    """Do nothing with an event."""


def other_wake() -> None:
    """Do nothing either."""


async def test_one_feed_serves_all_who_want_the_same(desk: Desk) -> None:
    assert desk.feed("a") is desk.feed("a")
    assert desk.feed("a") is not desk.feed("b")


async def test_a_feed_runs_from_the_first_watcher_to_the_last(desk: Desk) -> None:
    feed = desk.feed("a")
    feed.watch(wake)
    feed.watch(other_wake)
    feed.unwatch(wake)
    assert feed.calls == ["start"]
    feed.unwatch(other_wake)
    feed.watch(wake)
    assert feed.calls == ["start", "pause", "start"]


async def test_a_feed_without_watchers_is_kept_for_a_while(desk: Desk) -> None:
    feed = desk.feed("a")
    feed.watch(wake)
    feed.unwatch(wake)
    await desk.clock.elapse(LINGER_SECONDS - 1)
    assert desk.feed("a") is feed
    feed.watch(wake)
    await desk.clock.elapse(10 * LINGER_SECONDS)
    assert desk.feed("a") is feed
    feed.unwatch(wake)
    await desk.clock.elapse(LINGER_SECONDS + 1)
    assert feed.calls[-1] == "close"
    assert len(desk.feeds) == 0


async def test_a_feed_that_nobody_ever_watches_goes_as_well(desk: Desk) -> None:
    feed = desk.feed("a")
    await desk.clock.elapse(LINGER_SECONDS + 1)
    assert feed.calls == ["close"]
    assert len(desk.feeds) == 0


async def test_the_feed_that_was_left_first_makes_room(desk: Desk) -> None:
    watched, first, second = desk.feed("watched"), desk.feed("first"), desk.feed("second")
    watched.watch(wake)
    desk.feed("new")
    await desk.clock.elapse(0)
    assert first.calls == ["close"]
    assert second.calls == []
    assert desk.feed("watched") is watched
    assert len(desk.feeds) == 3


async def test_without_room_a_feed_is_refused_and_none_is_lost(desk: Desk) -> None:
    feeds = [desk.feed(key) for key in "abc"]
    for feed in feeds:
        feed.watch(wake)
    with pytest.raises(GraphQLError, match="the most") as refused:
        desk.feed("d")
    assert refused.value.extensions == {"code": "TOO_MANY_SUBSCRIPTIONS"}
    assert [desk.feed(key) for key in "abc"] == feeds


async def test_the_more_feeds_there_are_the_less_a_new_one_keeps(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live.feeds.SHARED_ROWS", 300)
    assert [desk.feed(key).ring.limit for key in "abc"] == [300, 150, 100]


async def test_an_ended_feed_is_replaced_and_closed_when_it_is_left(desk: Desk) -> None:
    ended = desk.feed("a")
    ended.watch(wake)
    ended.publish(END)
    new = desk.feed("a")
    assert new is not ended
    new.watch(wake)
    ended.unwatch(wake)
    await desk.clock.elapse(0)
    assert ended.calls[-1] == "close"
    assert desk.feed("a") is new


async def test_an_ended_feed_that_nobody_watches_is_closed_when_it_is_replaced(desk: Desk) -> None:
    ended = desk.feed("a")
    ended.publish(END)
    assert desk.feed("a") is not ended
    await desk.clock.elapse(0)
    assert ended.calls == ["close"]


async def test_who_leaves_an_ended_feed_does_not_keep_its_successor(desk: Desk) -> None:
    ended = desk.feed("a")
    ended.watch(wake)
    ended.publish(END)
    desk.feed("a")
    ended.unwatch(wake)
    await desk.clock.elapse(LINGER_SECONDS + 1)
    assert len(desk.feeds) == 0


async def test_an_ended_feed_does_not_linger(desk: Desk) -> None:
    feed = desk.feed("a")
    feed.watch(wake)
    feed.publish(END)
    feed.unwatch(wake)
    await desk.clock.elapse(0)
    assert len(desk.feeds) == 0


async def test_nothing_comes_after_the_end(desk: Desk) -> None:
    feed = desk.feed("a")
    feed.publish(END)
    feed.publish(STATUS)
    assert feed.ring.last == 1


async def test_to_close_closes_all_and_the_socket() -> None:
    socket, clock = StubSocket(), SteppedClock()
    feeds = Feeds(ReopeningSocket(socket, clock), clock)
    opened = [NotedFeed(clock) for _ in range(3)]
    for key, feed in enumerate(opened):
        feeds.feed(key, lambda feed=feed: feed)  # type: ignore[misc]  # mypy infers no type of a default
    opened[0].watch(wake)
    tasks = len(asyncio.all_tasks())
    await feeds.close()
    assert all(feed.calls[-1] == "close" for feed in opened)
    assert socket.is_closed
    assert len(asyncio.all_tasks()) < tasks
