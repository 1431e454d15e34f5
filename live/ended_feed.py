"""The source of a subscription that is refused: a feed that has one event, the problem, and ends."""

from collections.abc import Sequence

from cg_client.endpoint import Endpoint
from cg_client.errors import CoinglassError, InvalidRequest
from live.events import FeedEvent, Notice
from live.feed import Feed
from live.source import Source
from resolvers.context import Context
from resolvers.results import problem


class EndedFeed(Feed):
    def opening(self) -> Sequence[FeedEvent]:
        return ()

    def start(self) -> None:
        """Start nothing."""

    def pause(self) -> None:
        """Pause nothing."""

    async def close(self) -> None:
        """Close nothing."""


def refused(context: Context, error: CoinglassError | InvalidRequest, endpoint: Endpoint) -> Source:
    """Return the source of a subscription that cannot be: the problem, and nothing after it."""
    error.endpoint = error.endpoint or endpoint.path
    context.note_problem(error)
    feed = EndedFeed(context.client.clock)
    feed.publish(Notice(problem(error, context.client.gate), ends=True))
    return Source(feed, ("ended", feed.epoch), lambda *_: None, feed.cursor(0))
