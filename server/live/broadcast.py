"""Sends the events of one operation to all clients that have it: each is executed and encoded once."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import structlog

from graph_types.stream_status import StreamState, StreamStatus, resumed
from live.cursor import Cursor
from live.events import Event, Notice, Published, count_of
from live.polled_feed import PolledFeed
from live.ring import Ring
from live.source import Presented, Source
from server.live.counts import BroadcastCounts

log = structlog.get_logger(__name__)

Render: TypeAlias = Callable[[object], Awaitable[bytes]]
"""Executes the operation on a value of its field, and encodes the result."""

RING_BYTES: Final = 4 * 1024 * 1024  # of messages for clients that are behind
_MAX_OPENINGS: Final = 32
_YIELD_AFTER: Final = 500  # clients, for which the event loop is held up some milliseconds
_REST: Final = 8  # times as long as a round of sending, nothing is sent: then events come together
_LONGEST_REST: Final = 0.2  # seconds
_SHORTEST_REST: Final = 0.01
_MAX_ROWS: Final = 1_000  # in one message, if they came as several events
_TOO_OLD: Final = "The server has no longer what came after that cursor. What it has follows."


@dataclass(frozen=True, slots=True)
class Message:
    """An encoded result. `total_before` and `total`: CoinGlass' events before it, and up to it."""

    body: bytes
    total_before: int
    total: int


class Subscription:
    """One client of a broadcast: what it was sent, and what is to be sent to it."""

    __slots__ = ("_broadcast", "_first", "_is_catching_up", "_is_woken", "_wake", "index", "total")

    def __init__(self, broadcast: "Broadcast") -> None:
        self._broadcast = broadcast
        self._first: list[bytes] = []
        self._wake: Callable[[], None] = _sleep
        self._is_woken = self._is_catching_up = False
        self.go_on_from(broadcast.messages.last, broadcast.total)

    def go_on_from(self, index: int, total: int) -> None:
        """Note up to which message the client has everything, or knows what it has not."""
        self.index, self.total, self._is_catching_up = index, total, False

    @property
    def is_ended(self) -> bool:
        """Whether nothing follows what was taken."""
        return self._broadcast.is_ended and self.index == self._broadcast.messages.last and not self._first

    def attach(self, wake: Callable[[], None]) -> None:
        """Call `wake` when there is something to take or the stream has ended: once until it is taken."""
        self._wake = wake
        if self._first or self.index < self._broadcast.messages.last or self._broadcast.is_ended:
            self.wake()

    def wake(self) -> None:
        if not self._is_woken:
            self._is_woken = self._wake is not _sleep
            self._wake()

    def take(self) -> Sequence[bytes]:
        """Return the encoded results that the client has not had, oldest first."""
        self._is_woken = False
        messages, first = self._broadcast.messages, self._first
        if self._is_catching_up:
            return ()
        if first:
            self._first = []
        if self.index == messages.last:
            return first
        if self.index < messages.first - 1:
            self._is_catching_up = True
            self._broadcast.catch_up(self)
            return first
        new = messages.after(self.index)
        self._broadcast.counts.sent += len(new)
        self.index, self.total = messages.last, new[-1].total
        return [*first, *(message.body for message in new)]

    def add_first(self, bodies: Sequence[bytes]) -> None:
        """Send these before any other message."""
        self._first += bodies
        self.wake()

    def close(self) -> None:
        """Note that the client has left."""
        self._wake = _sleep
        self._broadcast.leave(self)


class Broadcast:
    """`render` executes the operation on a value. `when_empty` is called once, after the last client has left."""

    def __init__(self, source: Source, render: Render, counts: BroadcastCounts, when_empty: Callable[[], None]) -> None:
        self.source, self._render, self.counts, self._when_empty = source, render, counts, when_empty
        self.messages: Ring[Message] = Ring(RING_BYTES)
        self.subscriptions: dict[Subscription, None] = {}
        self.total = 0
        feed = source.feed
        self.is_ended = feed.is_ended
        self._position, self._feed_total = feed.ring.last, feed.total  # of the last event that is in messages
        self._advancing = asyncio.Lock()
        self._openings: dict[Cursor | None, list[bytes]] = {}  # at this position, by where clients were
        self._news = asyncio.Event()
        self._since = 0.0  # when the first event came that was not sent yet, in monotonic seconds
        self._tasks: set[asyncio.Task[None]] = set()
        self._start(self._send())
        feed.watch(self._note_news)

    async def join(self, after: Cursor | None) -> Subscription:
        """Add a client, which goes on after the cursor, or begins with the state as it is now."""
        subscription = Subscription(self)
        self.subscriptions[subscription] = None
        try:
            await self._advance()  # so that no cursor is ahead of the messages
            subscription.go_on_from(self.messages.last, self.total)
            subscription.add_first(await self._opening(after))
        except BaseException:
            self.leave(subscription)
            raise
        return subscription

    def leave(self, subscription: Subscription) -> None:
        if subscription in self.subscriptions:
            del self.subscriptions[subscription]
            if not self.subscriptions:
                self._close()

    def catch_up(self, subscription: Subscription) -> None:
        """Tell a client that it was too slow, and let it go on from what there is."""
        self._start(self._catch_up(subscription))

    async def _catch_up(self, subscription: Subscription) -> None:
        is_series = isinstance(self.source.feed, PolledFeed)
        at = self.messages.last if is_series else self.messages.first - 1
        total = self.total if is_series else self.messages.after(at)[0].total_before
        dropped = total - subscription.total
        self.counts.dropped += dropped
        self.counts.lagged += 1
        bodies = await self._rendered([Notice(_lagging(dropped))])
        if is_series:
            bodies += await self._opening(None)
        subscription.go_on_from(at, total)
        subscription.add_first(bodies)

    def _note_news(self) -> None:
        if not self._news.is_set():
            self._since = self.source.feed.clock.monotonic()
            self._news.set()

    async def _send(self) -> None:
        """Send what is new. The longer that takes, the longer the rest after it, in which events come together."""
        clock = self.source.feed.clock
        while not self.is_ended:
            await self._news.wait()
            self._news.clear()
            since = self._since
            await self._advance()
            started = time.perf_counter()
            for count, subscription in enumerate(list(self.subscriptions), 1):
                if subscription.index < self.messages.last or self.is_ended:
                    subscription.wake()
                if not count % _YIELD_AFTER:
                    await asyncio.sleep(0)
            self.counts.on_delay(clock.monotonic() - since)
            rest = _REST * (time.perf_counter() - started)
            await clock.sleep(min(max(rest, _SHORTEST_REST), _LONGEST_REST))

    async def _advance(self) -> None:
        """Make messages of all events of the feed."""
        async with self._advancing:
            ring = self.source.feed.ring
            while self._position < ring.last and not self.is_ended:
                self._openings.clear()
                if not ring.holds(self._position):
                    await self._skip(ring.first - 1)
                published = _part(ring.after(self._position))
                for value in self.source.values(published):
                    self._append(await self._render(value.value), value)
                self._position, self._feed_total = published[-1].position, published[-1].total

    async def _skip(self, position: int) -> None:
        """Tell all clients of events that the feed has dropped before they were executed."""
        first = self.source.feed.ring.after(position)[0]
        dropped = first.total - count_of(first.event) - self._feed_total
        for value in self.source.opening([Notice(_lagging(dropped))], self.source.feed.cursor(position)):
            self._append(await self._render(value.value), value)
        self.counts.dropped += dropped * len(self.subscriptions)
        self._position = position

    def _append(self, body: bytes, value: Presented) -> None:
        self.counts.executed += 1
        before, self.total = self.total, self.total + value.events
        self.messages.append(Message(body, before, self.total), len(body))
        self.is_ended = value.ends

    async def _opening(self, after: Cursor | None) -> list[bytes]:
        """Return what a client gets before the next message: what it has missed, or the state as it is now."""
        bodies = self._openings.get(after)
        if bodies is None:
            openings = self._openings if len(self._openings) < _MAX_OPENINGS else {}
            bodies = openings[after] = await self._made_opening(after)
        return [*bodies]

    async def _made_opening(self, after: Cursor | None) -> list[bytes]:
        feed = self.source.feed
        if after is None:
            return await self._rendered(feed.opening())
        if not feed.holds(after):
            seconds = max(0.0, (feed.clock.now() - after.time).total_seconds())
            gap = Notice(resumed(after.time, seconds, _TOO_OLD))
            return await self._rendered([gap, *feed.opening()])
        missed = feed.ring.after(after.position)[: self._position - after.position]
        bodies = []
        while missed:
            part = _part(missed)
            bodies += [await self._render(value.value) for value in self.source.values(part)]
            missed = missed[len(part) :]
        return bodies

    async def _rendered(self, events: Sequence[Event]) -> list[bytes]:
        values = self.source.opening(events, self.source.feed.cursor(self._position))
        return [await self._render(value.value) for value in values]

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Log a failure: clients of this operation hear nothing more."""
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("the events of a subscription could not be sent", exc_info=error)

    def _close(self) -> None:
        self.source.feed.unwatch(self._note_news)
        for task in self._tasks:
            task.cancel()
        self._when_empty()


def _part(published: Sequence[Published]) -> Sequence[Published]:
    """Return the first of the events, as many as one message may have."""
    rows = 0
    for index, item in enumerate(published):
        rows += count_of(item.event)
        if rows > _MAX_ROWS and index:
            return published[:index]
    return published


def _lagging(dropped: int) -> StreamStatus:
    text = f"{dropped} events were not read in time, and not sent. Subscribe `after` the last cursor to get them."
    return StreamStatus(state=StreamState.LAGGING, message=text, dropped=dropped)


def _sleep() -> None:
    """Do nothing for a client that is not attached yet, or no longer."""
