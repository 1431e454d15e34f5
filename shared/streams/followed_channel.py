"""A channel that a feed of this replica follows: by the stream of the owner, or else by a socket of this replica.

    NOTHING --attach--> STREAM --leave_stream--> SOCKET --attach--> STREAM ...

`SharedSocket` looks at the state of the stream and calls `attach`; `EntryReader` brings its entries to `take`, which
tells them in the order of their numbers. When the store fails, `leave_stream` follows an `UpstreamChannel`, which
brings notes to `deliver`, and states what it may have missed. Once the stream is live again and complete for long
enough, `attach` goes back to it: from some seconds before (the backlog), since either of the two may bring an event
later, and with a filter for what came from the socket. Whatever may be lost in between is told as a gap.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Final

import msgspec
import structlog

from cg_client.clock import Clock
from cg_client.errors import ProblemCode
from cg_client.live.channels import Channel
from cg_client.live.events import ChannelEvent
from cg_client.live.notes import (
    ChannelConnected,
    ChannelInterrupted,
    ChannelNote,
    ChannelRefused,
    ChannelResumed,
    EventsReceived,
    tell,
)
from cg_client.live.overlap import WINDOW_SECONDS, Overlap
from cg_client.live.stream import EventNumber, NumberedNote, Recall, StreamListener
from cg_client.live.subscription import ChannelHistory
from cg_client.live.timers import within
from shared.store.errors import CommandRefused, StoreAway
from shared.streams.recent_events import RecentEvents
from shared.streams.stream_store import (
    PendingNote,
    RawEntry,
    StoredStream,
    StreamNote,
    StreamStore,
    UnreadableEntry,
    milliseconds_of,
)
from shared.streams.stream_times import StreamTimes
from shared.streams.upstream_channel import UpstreamChannel

log = structlog.get_logger(__name__)

_READY_SECONDS: Final = 0.6  # more than a lookup in the store takes, or its limit


class Following(Enum):
    NOTHING = "nothing yet"
    STREAM = "the stream of the owner"
    SOCKET = "a socket of this replica"


@dataclass(slots=True)
class StreamMoments:
    """Times of a stream, in milliseconds by the store's clock."""

    alive: float = 0.0  # up to when the owner that appended last appended all
    last: float = 0.0  # when the last entry came
    came: float = 0.0  # when the last events came, or the channel was live again
    resumed: float = 0.0  # when the last gap ended, of those that were told
    gap: float = 0.0  # what came before is stated as a gap already
    late: float = 0.0  # what came before would come after later events


class FollowedChannel:
    """Tells the listener each event once, from wherever it comes.

    Entries of the stream have numbers by which cursors name them on all replicas; what comes from the replica's own
    socket has none. Between the two, events that come from both are recognized as those of a reconnect are.
    """

    def __init__(
        self,
        channel: Channel,
        listener: StreamListener,
        store: StreamStore,
        clock: Clock,
        times: StreamTimes,
        when_closed: "Callable[[FollowedChannel], None]",
    ) -> None:
        self.channel, self._listener, self._store, self._clock, self._times = channel, listener, store, clock, times
        self._when_closed = when_closed
        self.source = Following.NOTHING
        self.recent = RecentEvents(clock.monotonic())
        self.needs_look = True  # at the state of the stream
        self.is_stale = False  # the stream began anew, and is not followed yet
        self.read_after = "0-0"  # id of the last entry that was read
        self.synced_at = clock.monotonic()  # until then, all entries were read
        self._epoch, self._number = "", 0
        self._backlog = 0  # number of the last entry that was there when the stream took over from the socket
        self._writer = ""  # the owner that appended last
        self._ms = StreamMoments()
        self._waits_since: float | None = None  # for the channel to be live, in monotonic seconds
        self._filter: tuple[Overlap, float] | None = None  # and until when it is needed
        self._code: ProblemCode | None = None  # of the failure that the listener was told last, while it lasts
        self._unread: deque[PendingNote] = deque()  # of this replica as the owner, and not read back yet
        self._delivered = "", 0  # the writer, and the last of its notes that was not waited for
        self._is_ready = asyncio.Event()
        self.unreadable = 0  # entries

    # ChannelStream

    def close(self) -> None:
        self._is_ready.set()
        self._when_closed(self)

    async def ready(self) -> None:
        with contextlib.suppress(TimeoutError):
            if not self._is_ready.is_set():
                await within(self._clock, _READY_SECONDS, self._is_ready.wait())

    def recall(self, after: EventNumber, until: EventNumber) -> Recall | None:
        if self.source is not Following.STREAM or after.epoch != self._epoch:
            return None
        return lambda: self._recall(after, until)

    async def _recall(self, after: EventNumber, until: EventNumber) -> Sequence[NumberedNote] | None:
        try:
            notes = await self._store.recall(self.channel, after, until)
        except (StoreAway, CommandRefused, UnreadableEntry):
            return None
        return None if notes is None else [NumberedNote(item.number, self._wall_ms(item), item.note) for item in notes]

    def _wall_ms(self, note: StreamNote) -> int:
        return round(self._store.time.wall(note.at_ms).timestamp() * 1000)

    # What the stream brings

    def note_trouble(self) -> None:
        """Let nobody wait for the store."""
        self._is_ready.set()

    @property
    def lost_since(self) -> float:
        """From when on something may be missing, if nothing more is read, in monotonic seconds."""
        came_ms = self._ms.came if self._code is not None else max(self._ms.last, self._ms.alive)
        return min(self.synced_at, self._store.time.monotonic(came_ms))

    def note_alive(self, writer: str, alive_ms: float) -> None:
        """Note up to when an owner appended all; what another one did before is not known by that."""
        if writer == self._writer:
            self._ms.alive = max(self._ms.alive, alive_ms)

    def take(self, entries: Sequence[RawEntry]) -> None:
        """Take entries of the stream; the first one of another epoch says that the stream began anew."""
        epoch = self._epoch.encode()
        for raw in entries:
            if raw[1].get(b"e", epoch) != epoch:
                self.is_stale = self.needs_look = True
                return
            self.read_after = raw[0]  # whatever it is, it is read once
            try:
                note = self._store.entry(self.channel, raw)
            except UnreadableEntry as error:
                self._leave_unread(raw, error)
            else:
                self._take(note)

    def _leave_unread(self, raw: RawEntry, error: UnreadableEntry) -> None:
        """State as a gap what an entry may have had that cannot be read."""
        self.unreadable += 1
        if self.unreadable == 1:
            log.warning("an entry of a shared stream cannot be read", channel=self.channel.names[0], exc_info=error)
        number = self._number
        with contextlib.suppress(KeyError, ValueError):
            number = int(raw[1][b"n"])
            if number <= self._number:
                return  # it was read before
        if self._code is not None:
            return  # the gap is told with the next entry, which says whether the channel is live again
        self._tell_loss(milliseconds_of(raw[0]), number)
        self._number = number

    def _take(self, note: StreamNote) -> None:
        number = note.number.number
        while self._unread and note.writer == self._delivered[0] and self._unread[0].serial <= note.serial:
            self._unread.popleft()
        if number <= self._number:
            return
        expected = max(self._number, self._backlog) + 1
        if number > expected:
            self._tell_loss(note.at_ms, self._number)
        is_backlog = number <= self._backlog
        self._number, self._ms.last, self._writer = number, max(self._ms.last, note.at_ms), note.writer
        if not isinstance(note.note, ChannelInterrupted | ChannelRefused):
            self._ms.came = max(self._ms.came, note.at_ms)
        is_delivered = note.writer == self._delivered[0] and note.serial <= self._delivered[1]
        if is_delivered or (is_backlog and not isinstance(note.note, EventsReceived)):
            return
        if note.at_ms < self._ms.late:
            self._leave_out(note)
        else:
            self._deliver(self._with_wait(note.note), note.number, self._wall_ms(note))

    def _with_wait(self, note: ChannelNote) -> ChannelNote:
        """Let a gap begin no later than this replica has waited for the channel: others may have had it longer."""
        since, self._waits_since = self._waits_since, None
        if isinstance(note, ChannelResumed) and since is not None:
            end = note.gap_start + timedelta(seconds=note.seconds)
            start = min(note.gap_start, self._store.time.wall(self._store.time.store_ms(since)))
            return ChannelResumed(start, (end - start).total_seconds())
        if not isinstance(note, ChannelConnected | ChannelResumed):
            self._waits_since = since
        return note

    def _leave_out(self, note: StreamNote) -> None:
        """State as a gap what the replica's own socket did not bring, and would now come after later events."""
        is_new = isinstance(note.note, EventsReceived) and self._new(note.note.batch.events)
        if is_new and note.at_ms >= self._ms.gap:
            gap = ChannelResumed(self._store.time.wall(self._ms.gap), (self._ms.late - self._ms.gap) / 1000)
            self._ms.gap = self._ms.late
            self._deliver(gap, None, None)

    def _tell_loss(self, until_ms: float, number: int) -> None:
        """State as a gap what was trimmed from the stream before this replica read it, or is unreadable."""
        since_ms = self._ms.last if self._code is None else self._ms.came
        gap = ChannelResumed(self._store.time.wall(since_ms), max(0.0, (until_ms - since_ms) / 1000))
        self._ms.last = max(self._ms.last, until_ms)
        self._deliver(gap, EventNumber(self._epoch, number), None, is_event=False)

    def expect(self, pending: PendingNote, writer: str) -> None:
        """Note what this replica appends as the owner: it is read back, unless the store goes away."""
        if self._delivered[0] != writer:
            self._delivered = writer, 0
            self._unread.clear()
        if self.source is Following.SOCKET:
            self._delivered = writer, pending.serial  # it is delivered at once
        else:
            self._unread.append(pending)

    def expect_anew(self, unpassed: Sequence[ChannelNote]) -> Collection[int]:
        """Forget what was expected of a stream that vanished; return the ids of its batches that were not told.

        `unpassed`: what has come since then.
        """
        notes = [*(pending.note for pending in self._unread), *unpassed]
        self._unread.clear()
        return {id(note.batch) for note in notes if isinstance(note, EventsReceived)}

    def expect_nothing(self) -> None:
        """Note that this replica is no longer the owner."""
        self._unread.clear()

    def attach(self, state: StoredStream, upstream: UpstreamChannel | None) -> None:
        """Follow the stream if that leaves nothing out. `upstream`: what is followed in its place so far."""
        self.needs_look = False
        if self.source is Following.NOTHING:
            self._attach_first(state)
        elif self.source is Following.SOCKET or state.epoch != self._epoch:
            self.needs_look = not self._attach_again(state, upstream)

    def _attach_first(self, state: StoredStream) -> None:
        self._follow(state, state.last_id, state.number)
        is_new = state.status == "new"
        self._ms.last = self._ms.came = self._store.time.now_ms if is_new else state.until_ms
        note = self._store.status_note(self.channel, state)
        if note is not None:
            note = ChannelConnected() if isinstance(note, ChannelResumed) else note
            self._deliver(note, EventNumber(state.epoch, state.number), None, is_event=False)
        self._listener.number_next(EventNumber(state.epoch, state.number + 1))
        if state.status != "live":
            self._waits_since = self._clock.monotonic()
        self._is_ready.set()

    def _attach_again(self, state: StoredStream, upstream: UpstreamChannel | None) -> bool:
        """Return whether the stream is followed from now on."""
        time, now = self._store.time, self._clock.monotonic()
        since = time.monotonic(state.since_ms)
        if state.status != "live":
            if state.status == "down" and (upstream is None or upstream.live_since is None):
                self._tell_status(state)
            return False
        if upstream is not None and upstream.live_since is not None:
            if now < since + self._times.settle:
                return False
            lost_since = now
            self._ms.gap = time.store_ms(upstream.live_since)
            first_at = upstream.first_at
            self._ms.late = self._ms.gap if first_at is None else time.store_ms(first_at + self._times.lag)
        else:
            lost_since = self._lost_since(upstream)
            self._ms.gap = self._ms.late = max(time.store_ms(lost_since - self._times.lag), self._ms.resumed)
            self._tell_gap(state, lost_since, since)
        self._filter = self.recent.filter(now), now + WINDOW_SECONDS
        start = max(0.0, time.store_ms(min(lost_since, now) - self._times.backlog))
        self._follow(state, f"{round(start)}-0", 0)
        self._backlog = state.number
        self.synced_at = min(now, lost_since)  # until the backlog is read
        self._ms.last = self._ms.came = time.store_ms(self.synced_at)
        return True

    def _lost_since(self, upstream: UpstreamChannel | None) -> float:
        if upstream is None or upstream.lost_since is None:
            return self.lost_since
        return upstream.lost_since

    def _tell_status(self, state: StoredStream) -> None:
        note = self._store.status_note(self.channel, state)
        if note is not None:
            self._deliver(note, None, None)

    def _tell_gap(self, state: StoredStream, lost_since: float, since: float) -> None:
        """State what the stream lacks of what was lost here."""
        trimmed_until = lost_since
        if state.first_number > 1 and state.first_ms is not None:
            trimmed_until = self._store.time.monotonic(state.first_ms)
        until = max(since, trimmed_until, lost_since)
        if until > lost_since or self._code is not None:
            start = self._store.time.wall(self._store.time.store_ms(lost_since))
            self._deliver(ChannelResumed(start, until - lost_since), None, None)

    def _follow(self, state: StoredStream, after: str, number: int) -> None:
        self.source, self._epoch, self._number, self._backlog = Following.STREAM, state.epoch, number, 0
        self.read_after, self._writer, self._ms.alive = after, state.writer, 0.0
        self.synced_at = self._clock.monotonic()
        self.is_stale = False

    # What the socket of this replica brings

    @property
    def history(self) -> ChannelHistory | None:
        """What came so far, if anything could."""
        if self.source is Following.NOTHING:
            return None
        return ChannelHistory(self.recent.events, self.lost_since)

    def history_elsewhere(self, state: StoredStream) -> ChannelHistory | None:
        """Return what came so far, unless it came from this stream."""
        return None if state.epoch == self._epoch else self.history

    def leave_stream(self, upstream: UpstreamChannel) -> None:
        """Follow a socket of this replica; what it appended as the owner is delivered now."""
        self.source, self._filter, self.needs_look = Following.SOCKET, None, True
        self.is_stale = False
        while self._unread:
            pending = self._unread.popleft()
            self._delivered = self._delivered[0], pending.serial
            self.deliver(pending.note)
        for note in upstream.take_unpassed():  # while this replica wrote no stream
            self.deliver(note)
        upstream.deliver = self.deliver
        self._is_ready.set()

    def deliver(self, note: ChannelNote) -> None:
        """Tell the listener what comes from a socket of this replica."""
        self._deliver(note, None, None)

    def _new(self, events: Sequence[ChannelEvent]) -> Sequence[ChannelEvent]:
        """Return the events that the listener has not had, as far as some may come again."""
        if self._filter is None:
            return events
        overlap, until = self._filter
        now = self._clock.monotonic()
        if now > until:
            self._filter = None
        return overlap.new(events, now)

    def _deliver(
        self, note: ChannelNote, number: EventNumber | None, time_ms: int | None, *, is_event: bool = True
    ) -> None:
        now = self._clock.monotonic()
        match note:
            case EventsReceived(batch):
                if self._filter is not None:
                    batch = msgspec.structs.replace(batch, events=self._new(batch.events))
                    note = EventsReceived(batch)
                    if not batch.events and not batch.anomalies:
                        return
                self.recent.add(now, batch)
            case ChannelInterrupted(failure):
                if failure.code is self._code:
                    return
                self._code = failure.code
            case ChannelConnected() | ChannelResumed():
                self._code, self._ms.resumed = None, self._store.time.store_ms(now)
            case ChannelRefused():
                self.needs_look = False
        try:
            self._listener.number_next(number, time_ms, is_event=is_event)
            tell(self._listener, note)
        except Exception:  # a listener that fails ends neither what reads the streams nor what keeps them up
            log.exception("a listener failed", channel=self.channel.names[0])
