"""Sends the events of one operation to all clients that have it: each is executed and encoded once."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import structlog

from graph_types.stream_status import lagging
from live.cursor import Cursor
from live.events import Notice, count_of
from live.polled_feed import PolledFeed
from live.ring import Ring
from live.source import Presented, Source
from server.live.counts import BroadcastCounts
from server.live.openings import Openings, Render, first_part, rendered
from server.live.stream_tasks import StreamTasks

log = structlog.get_logger(__name__)

RING_BYTES: Final = 4 * 1024 * 1024  # of messages for clients that are behind
_MAX_TAKEN: Final = 64 * 1024  # bytes that a client takes at once: what it is behind is not to be in its own buffer
_YIELD_AFTER: Final = 500  # clients, for which the event loop is held up some milliseconds
_REST: Final = 8  # times as long as a round of sending, nothing is sent: then events come together
_MIN_REST: Final = 0.01  # seconds
_MAX_WAIT: Final = 0.2  # of an event for the end of its round, if rounds do not take more than half of the time
_UNREAD: Final = "{} events were not read in time, and not sent. Subscribe `after` this cursor to get them."
_TOO_FAST: Final = "{} events of CoinGlass came faster than the server could read them, and are lost."


class StreamPoint(NamedTuple):
    """A place in a stream. `position`: in its feed. `events`: how many of CoinGlass' events there were up to it."""

    position: int
    events: int


@dataclass(frozen=True, slots=True)
class Message:
    """An encoded result. `events_before`: of CoinGlass, before it; `end`: the place after it."""

    body: bytes
    events_before: int
    end: StreamPoint


class BroadcastClient:
    """One client of a broadcast: what it was sent, and what is to be sent to it."""

    __slots__ = ("_broadcast", "_first", "_is_catching_up", "_is_woken", "_wake", "at", "index")

    def __init__(self, broadcast: "Broadcast") -> None:
        self._broadcast = broadcast
        self._first: list[bytes] = []
        self._wake: Callable[[], None] = _do_nothing
        self._is_woken = self._is_catching_up = False
        self.go_on_from(broadcast.messages.last, broadcast.end)

    def go_on_from(self, index: int, at: StreamPoint) -> None:
        """Note up to which message and place the client has everything, or knows what it has not."""
        self.index, self.at, self._is_catching_up = index, at, False

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
            self._is_woken = self._wake is not _do_nothing
            self._wake()

    def take(self) -> Sequence[bytes]:
        """Return encoded results that the client has not had, oldest first; some of them if there are many."""
        self._is_woken = False
        messages, first = self._broadcast.messages, self._first
        if self._is_catching_up:
            return ()
        if first:
            self._first = []
        if self.index == messages.last:
            return first
        if not messages.holds(self.index):
            self._is_catching_up = True
            self._broadcast.catch_up(self)
            return first
        bodies, self.at = self._broadcast.piece(self.index)
        self._broadcast.counts.sent += len(bodies)
        self.index += len(bodies)
        return [*first, *bodies] if first else bodies

    def add_first(self, bodies: Sequence[bytes]) -> None:
        """Send these before any other message."""
        self._first += bodies
        self.wake()

    def close(self) -> None:
        """Note that the client has left."""
        self._wake = _do_nothing
        self._broadcast.leave(self)


class Broadcast:
    """`render` executes the operation on a value. `when_done` is called after a failure, and after the last client."""

    def __init__(
        self,
        source: Source,
        render: Render,
        counts: BroadcastCounts,
        when_done: Callable[[], None],
        ring_bytes: int = RING_BYTES,
        turn: asyncio.Lock | None = None,
        replays: asyncio.Lock | None = None,
    ) -> None:
        """`turn`: of those that send to many, which is soonest done for all if they do so one after the other.

        `replays`: of all clients that missed much, so that they hold up nobody else.
        """
        self.source, self._render, self.counts, self._when_done = source, render, counts, when_done
        self._turn, self._replays = turn or asyncio.Lock(), replays or asyncio.Lock()
        self.messages: Ring[Message] = Ring(ring_bytes)
        self.clients: dict[BroadcastClient, None] = {}
        feed = source.feed
        self.is_ended = feed.is_ended
        self._position, self._feed_total = feed.ring.last, feed.total  # of the last event that is in messages
        self.end = StreamPoint(self._position, 0)  # of the last message
        self._piece_at = 0, 0  # the messages before and after those that were taken last
        self._piece: tuple[Sequence[bytes], StreamPoint] = (), self.end
        self._advancing = asyncio.Lock()
        self._news = asyncio.Event()
        self._since = 0.0  # when the first event came that was not sent yet, in monotonic seconds
        self._tasks = StreamTasks()
        self._openings = Openings(source, render, self._tasks, self._replays)
        self._tasks.start(self._send())
        feed.watch(self._note_news)

    async def join(self, after: Cursor | None) -> BroadcastClient:
        """Add a client, which goes on after the cursor, or begins with the state as it is now."""
        client = BroadcastClient(self)
        self.clients[client] = None
        try:
            await self.source.feed.ready(after)
            await self._advance()  # so that no cursor is ahead of the messages
            client.go_on_from(self.messages.last, StreamPoint(self._position, self.end.events))
            for opening in self._openings.begin(after, self._position):
                client.add_first(await asyncio.shield(opening))
        except BaseException:
            self.leave(client)
            raise
        return client

    def leave(self, client: BroadcastClient) -> None:
        if client in self.clients:
            del self.clients[client]
            if not self.clients:
                self._close()

    def piece(self, index: int) -> tuple[Sequence[bytes], StreamPoint]:
        """Return the messages after this one, as many as a client takes at once, and the place after them."""
        if self._piece_at != (index, self.messages.last):  # as a rule all clients are at the same one
            messages = _piece(self.messages.after(index))
            self._piece_at = index, self.messages.last
            self._piece = tuple(message.body for message in messages), messages[-1].end
        return self._piece

    def catch_up(self, client: BroadcastClient) -> None:
        """Tell a client that it was too slow, and let it go on from what there is."""
        self._tasks.start(self._catch_up(client))

    async def _catch_up(self, client: BroadcastClient) -> None:
        try:
            await self._tell_lag(client)
        except Exception:
            client.go_on_from(self.messages.last, self.end)
            self._fail()
            await self._wake_all()
            raise

    async def _tell_lag(self, client: BroadcastClient) -> None:
        """Name the place where the client was, so that it can subscribe anew with nothing missing."""
        if isinstance(self.source.feed, PolledFeed):
            await self._advance()
            index, at = self.messages.last, StreamPoint(self._position, self.end.events)
            openings = self._openings.begin(None, self._position)
        else:
            index = self.messages.first - 1
            at = StreamPoint(client.at.position, self.messages.after(index)[0].events_before)
            openings = []
        dropped = at.events - client.at.events
        self.counts.dropped += dropped
        self.counts.lagged += 1
        notice = Notice(lagging(dropped, _UNREAD.format(dropped)))
        bodies = await rendered(self._render, self._notice(notice, client.at.position))
        for opening in openings:
            bodies += await asyncio.shield(opening)
        client.go_on_from(index, at)
        client.add_first(bodies)

    def _note_news(self) -> None:
        if not self._news.is_set():
            self._since = self.source.feed.clock.monotonic()
            self._news.set()

    async def _send(self) -> None:
        """Send what is new until the stream ends."""
        clock = self.source.feed.clock
        try:
            while not self.is_ended:
                await self._news.wait()
                async with self._turn if len(self.clients) > _YIELD_AFTER else contextlib.nullcontext():
                    self._news.clear()
                    since = self._since
                    await self._advance()
                    rest = await self._wake_all()
                self.counts.on_delay(clock.monotonic() - since)
                await clock.sleep(rest)
        except Exception:
            log.exception("the events of a subscription could not be sent")
            self._fail()
        await self._wake_all()  # the end may have been found by a client that joined in the rest

    def _fail(self) -> None:
        """End the stream, so that clients can come back, to another broadcast."""
        self.is_ended = True
        self._when_done()

    async def _wake_all(self) -> float:
        """Wake the clients that are behind, and drop what all have; return for how many seconds to rest.

        The longer it takes, the longer the rest, in which events come together. The event that waits longest came right
        after the start of a round: it waits for the rest of that, for the rest, and for the next round.
        """
        started = time.perf_counter()
        lowest = self.messages.last
        for count, client in enumerate(list(self.clients), 1):
            if client.index < self.messages.last or self.is_ended:
                lowest = min(lowest, client.index)
                client.wake()
            if not count % _YIELD_AFTER:
                await asyncio.sleep(0)
        self.messages.forget(lowest)
        seconds = time.perf_counter() - started
        return min(max(_REST * seconds, _MIN_REST), max(_MAX_WAIT - 2 * seconds, seconds))

    async def _advance(self) -> None:
        """Make messages of all events of the feed.

        A client that joins may be cancelled in here: what was executed by then is executed again, and nothing is sent.
        """
        async with self._advancing:
            ring = self.source.feed.ring
            while self._position < ring.last and not self.is_ended:
                if not ring.holds(self._position):
                    await self._skip(ring.first - 1)
                    continue
                published = first_part(ring.after(self._position))
                values = self.source.values(published)
                self._append(await rendered(self._render, values), values)
                self._position, self._feed_total = published[-1].position, published[-1].total

    async def _skip(self, position: int) -> None:
        """Tell all clients of events that the feed has dropped before they were executed."""
        first = self.source.feed.ring.after(position)[0]
        feed_total = first.total - count_of(first.event)
        dropped = feed_total - self._feed_total
        values = self._notice(Notice(lagging(dropped, _TOO_FAST.format(dropped))), position)
        values = [value._replace(events=dropped, position=position) for value in values]
        self._append(await rendered(self._render, values), values)
        self.counts.dropped += dropped * len(self.clients)
        self._position, self._feed_total = position, feed_total

    def _append(self, bodies: Sequence[bytes], values: Sequence[Presented]) -> None:
        """Add messages, and forget openings, which were of the place before them."""
        self._openings.forget()
        for body, value in zip(bodies, values, strict=True):
            self.counts.executed += 1
            before, self.end = self.end.events, StreamPoint(value.position, self.end.events + value.events)
            self.messages.append(Message(body, before, self.end), len(body))
            self.is_ended = value.ends

    def _notice(self, notice: Notice, position: int) -> list[Presented]:
        return self.source.opening([notice], self.source.feed.cursor(position))

    def _close(self) -> None:
        self.source.feed.unwatch(self._note_news)
        self._tasks.cancel()
        self._when_done()


def _piece(messages: Sequence[Message]) -> Sequence[Message]:
    """Return the first of the messages, as many as a client takes at once."""
    size = 0
    for index, message in enumerate(messages):
        size += len(message.body)
        if size > _MAX_TAKEN and index:
            return messages[:index]
    return messages


def _do_nothing() -> None:
    """Do nothing for a client that is not attached yet, or no longer."""
