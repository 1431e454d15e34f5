"""A feed that has one event and ends: why there is no stream."""

from collections.abc import Sequence

from cg_client.clock import Clock
from graph_types.problems import Problems
from live.events import Event, Notice
from live.feed import Feed
from live.source import Source


class EndedFeed(Feed):
    def opening(self) -> Sequence[Event]:
        return ()

    def start(self) -> None:
        """Start nothing."""

    def pause(self) -> None:
        """Pause nothing."""

    async def close(self) -> None:
        """Close nothing."""


def ended_source(problem: Problems, clock: Clock) -> Source:
    """Return a source whose only event is the problem."""
    feed = EndedFeed(clock)
    feed.publish(Notice(problem, ends=True))
    return Source(feed, ("ended", feed.epoch), lambda *_: None, feed.cursor(0))
