"""The feeds of one CoinGlass key: one for each channel or series that somebody watches, and for some time after."""

import asyncio
from collections.abc import Callable, Hashable
from functools import partial
from typing import Final

from graphql import GraphQLError

from cg_client.clock import Clock
from cg_client.live.stream import ChannelSocket
from live.feed import Feed
from resolvers.context import Context

LINGER_SECONDS: Final = 30.0  # for which a feed that nobody watches is kept, so that clients can come back
MAX_FEEDS: Final = 2_000
SHARED_ROWS: Final = 200_000  # of which a new feed may keep an equal share; older feeds keep what they may
MIN_ROWS: Final = 100  # that any feed may keep
MAX_LINGERING: Final = 200  # feeds, so that a caller who opens one after the other does not fill the memory


class Feeds:
    """Feeds by key, and the socket for those of channels.

    A feed that nobody watches is kept for `LINGER_SECONDS`, unless others need the room; the one left first makes it.
    """

    def __init__(
        self, socket: ChannelSocket, clock: Clock, max_feeds: int = MAX_FEEDS, max_lingering: int = MAX_LINGERING
    ) -> None:
        self.socket, self._clock, self._max_feeds, self._max_lingering = socket, clock, max_feeds, max_lingering
        self._feeds: dict[Hashable, Feed] = {}
        self._lingering: dict[Hashable, asyncio.Task[None]] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._feeds)

    def feed(self, key: Hashable, make: Callable[[], Feed]) -> Feed:
        """Return the feed, which is new if there is none; raises GraphQLError without room for it."""
        feed = self._feeds.get(key)
        if feed is not None and not feed.is_ended:
            return feed
        if feed is not None:
            self._stop_lingering(key)
            if not feed.is_watched:
                self._close(feed)
        elif len(self._feeds) >= self._max_feeds:
            self._make_room()
        feed = self._feeds[key] = make()
        feed.ring.limit = min(feed.ring.limit, max(MIN_ROWS, SHARED_ROWS // len(self._feeds)))
        feed.when_idle = partial(self._let_linger, key)
        feed.when_idle(feed)  # nobody watches it yet
        return feed

    def _let_linger(self, key: Hashable, feed: Feed) -> None:
        if self._feeds.get(key) is feed:
            self._stop_lingering(key)
            if len(self._lingering) >= self._max_lingering:
                self._drop_lingering()
            self._lingering[key] = asyncio.create_task(self._linger(key, feed))
        else:  # another took its place when it had ended
            self._close(feed)

    def _stop_lingering(self, key: Hashable) -> None:
        task = self._lingering.pop(key, None)
        if task is not None:
            task.cancel()

    async def close(self) -> None:
        lingering = list(self._lingering.values())
        for key in list(self._lingering):
            self._stop_lingering(key)
        await asyncio.gather(*lingering, *self._closing, return_exceptions=True)
        feeds, self._feeds = list(self._feeds.values()), {}
        await asyncio.gather(*(feed.close() for feed in feeds))
        await self.socket.close()

    async def _linger(self, key: Hashable, feed: Feed) -> None:
        if not feed.is_ended:
            await self._clock.sleep(LINGER_SECONDS)
        del self._lingering[key]
        if not feed.is_watched:
            del self._feeds[key]
            self._close(feed)

    def _make_room(self) -> None:
        if not self._drop_lingering():
            text = f"The server follows {self._max_feeds} series and channels, the most that it does. Try again later."
            raise GraphQLError(text, extensions={"code": "TOO_MANY_SUBSCRIPTIONS"})

    def _drop_lingering(self) -> bool:
        """Close the feed that was left first, if there is one."""
        key = next((key for key in self._lingering if not self._feeds[key].is_watched), None)
        if key is not None:
            self._stop_lingering(key)
            self._close(self._feeds.pop(key))
        return key is not None

    def _close(self, feed: Feed) -> None:
        task = asyncio.create_task(feed.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


def feeds_of(context: Context) -> Feeds:
    """Return the feeds of the key with which an operation runs; raises GraphQLError where there are none."""
    if not isinstance(context.live, Feeds):
        raise GraphQLError("Subscriptions are not served here.", extensions={"code": "BAD_REQUEST"})
    return context.live
