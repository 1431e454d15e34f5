"""A feed: numbered events, of which it keeps the newest, and those who watch it."""

import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final, TypeAlias

from cg_client.clock import Clock
from graph_types.stream_status import StreamStatus, resumed
from live.cursor import Cursor
from live.events import FeedEvent, Notice, Published, at_ms, count_of, weight_of
from live.ring import Ring

Wake: TypeAlias = Callable[[], None]

GATED_SECONDS: Final = 60.0  # until CoinGlass is asked again for what the plan lacks: an upgrade shows by itself
RING_EVENTS: Final = 20_000  # rows that a feed keeps for clients that come back


class Feed(ABC):
    """`epoch` names the life of this feed in cursors. It runs while it is watched; then `when_idle` gets it."""

    def __init__(self, clock: Clock, ring_events: int = RING_EVENTS) -> None:
        self.clock, self.epoch = clock, secrets.token_urlsafe(9)
        self.ring: Ring[Published] = Ring(ring_events)
        self.total = 0  # events of CoinGlass that were published
        self.is_ended = False
        self.when_idle: Callable[[Feed], None] = _do_nothing
        self._watchers: dict[Wake, None] = {}

    @property
    def is_watched(self) -> bool:
        return bool(self._watchers)

    def watch(self, wake: Wake) -> None:
        """Call `wake` after each event from now on."""
        self._watchers[wake] = None
        if len(self._watchers) == 1 and not self.is_ended:
            self.start()

    def unwatch(self, wake: Wake) -> None:
        self._watchers.pop(wake, None)
        if not self._watchers:
            self.pause()
            self.when_idle(self)

    def publish(self, event: FeedEvent) -> None:
        if self.is_ended:
            return
        position = self.ring.last + 1
        self.total += count_of(event)
        self.ring.append(Published(event, position, at_ms(self.clock.now()), self.total), weight_of(event))
        self.is_ended = isinstance(event, Notice) and event.ends
        for wake in list(self._watchers):
            wake()

    def status_after_gap(self, since: float, until: float, message: str) -> StreamStatus:
        """Return RESUMED for a gap between two monotonic times. Its start is stated by the wall clock as it is now."""
        ago = timedelta(seconds=self.clock.monotonic() - since)
        return resumed(self.clock.now() - ago, until - since, message)

    def cursor(self, position: int) -> Cursor:
        """Return the cursor of an event that was published."""
        return Cursor(self.epoch, position, at_ms(self.clock.now()))

    def holds(self, cursor: Cursor) -> bool:
        """Whether a client with this cursor can go on with nothing missing."""
        return cursor.epoch == self.epoch and self.ring.holds(cursor.position)

    @abstractmethod
    def opening(self) -> Sequence[FeedEvent]:
        """Return what a client that has nothing gets before the next event: the state as it is now."""

    @abstractmethod
    def start(self) -> None:
        """Begin to bring events; called when the first one watches."""

    @abstractmethod
    def pause(self) -> None:
        """Bring no more events; called when nobody watches any more."""

    @abstractmethod
    async def close(self) -> None:
        """Give up everything; the feed is not started again."""


def _do_nothing(_: Feed) -> None:
    """Do nothing for a feed that nobody keeps."""
