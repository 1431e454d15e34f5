"""A feed: numbered events, of which it keeps the newest, and those who watch it."""

import secrets
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final, TypeAlias

from cg_client.clock import Clock
from cg_client.live.stream import EventNumber
from graph_types.stream_status import StreamStatus, resumed
from live.cursor import Cursor
from live.events import FeedEvent, Notice, Published, at_ms, count_of, weight_of
from live.numbering import Numbering
from live.ring import Ring

Wake: TypeAlias = Callable[[], None]

GATED_SECONDS: Final = 60.0  # until CoinGlass is asked again for what the plan lacks: an upgrade shows by itself
RING_EVENTS: Final = 20_000  # rows that a feed keeps for clients that come back


class Feed(ABC):
    """`epoch` names the life of this feed. It runs while it is watched; then `when_idle` gets it.

    Cursors have the numbers of `numbering`: those of the feed itself, unless `number_next` gives others.
    """

    def __init__(self, clock: Clock, ring_events: int = RING_EVENTS) -> None:
        self.clock, self.epoch = clock, secrets.token_urlsafe(9)
        self.ring: Ring[Published] = Ring(ring_events)
        self.numbering = Numbering(self.epoch)
        self._time_ms: int | None = None  # of the next event
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
        time_ms, self._time_ms = self._time_ms, None
        published = Published(event, position, at_ms(self.clock.now()) if time_ms is None else time_ms, self.total)
        self.ring.append(published, weight_of(event))
        self.is_ended = isinstance(event, Notice) and event.ends
        for wake in list(self._watchers):
            wake()

    def number_next(self, number: EventNumber | None, time_ms: int | None = None, *, is_event: bool = True) -> None:
        """Take over the number of the next event, and its time. None: the number of the feed itself.

        With `is_event` False the next event has no number, and comes after the event of this one.
        """
        position = self.ring.last + 1
        number = EventNumber(self.epoch, position) if number is None else number
        self.numbering.begin(position, number, is_event=is_event)
        self._time_ms = time_ms

    def status_after_gap(self, since: float, until: float, message: str) -> StreamStatus:
        """Return RESUMED for a gap between two monotonic times. Its start is stated by the wall clock as it is now."""
        ago = timedelta(seconds=self.clock.monotonic() - since)
        return resumed(self.clock.now() - ago, until - since, message)

    def cursor(self, position: int) -> Cursor:
        """Return the cursor of an event that was published."""
        return Cursor(*self.numbering.number(position), at_ms(self.clock.now()))

    def cursor_of(self, item: Published) -> Cursor:
        """Return the cursor of an event that was published or recalled."""
        number = self.numbering.number(item.position) if item.number is None else item.number
        return Cursor(*number, item.time_ms)

    def position_of(self, cursor: Cursor) -> int | None:
        """Return the position after which a client with this cursor goes on; None if something may be missing then."""
        position = self.numbering.position(EventNumber(cursor.epoch, cursor.position))
        return position if position is not None and self.ring.holds(position) else None

    async def ready(self, after: Cursor | None) -> None:  # noqa: B027  # as a rule there is nothing to wait for
        """Wait, for a moment at most, until `opening` has the state, or until it is known where the cursor is."""

    def recall(self, _: Cursor, __: int) -> Callable[[], Awaitable[Sequence[Published] | None]] | None:
        """Return what reads the events after a cursor up to a position, if others may have them."""
        return None

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
