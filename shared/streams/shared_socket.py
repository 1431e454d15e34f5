"""One WebSocket to CoinGlass for the channels that any replica follows.

The replica that has the lease of the owner opens the channels of all, and appends what comes to a stream for each; all
replicas, the owner included, follow the streams. While the store is away, each follows a socket of its own.
"""

import asyncio
import contextlib
import itertools
import math
import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Final

import structlog

from cg_client.clock import Clock
from cg_client.live.channels import Channel
from cg_client.live.notes import ChannelNote, EventsReceived
from cg_client.live.stream import LocalSocket, StreamListener
from cg_client.live.timers import within
from shared.store.errors import CommandRefused, StoreAway
from shared.store.scope import Scope
from shared.store.store import Store
from shared.store.stream_reader import StreamReader
from shared.streams.channel_codec import encode_channels
from shared.streams.entry_reader import EntryReader
from shared.streams.followed_channel import FollowedChannel, Following
from shared.streams.note_writer import NoteWriter
from shared.streams.stream_store import Beat, FormerOwner, OwnerLease, StreamStore
from shared.streams.stream_times import StreamTimes
from shared.streams.upstream_channel import UpstreamChannel

log = structlog.get_logger(__name__)

RING_ROWS: Final = 20_000  # that a stream retains for subscribers that come back
SHARED_ROWS: Final = 200_000  # of which each stream of many retains an equal part
MIN_ROWS: Final = 100
_RETAIN_BEATS: Final = 20
_MAX_PARALLEL: Final = 100  # operations of the store at a time, whose limit is for all of them
_INTEREST_BEATS: Final = 3  # in which all replicas note what they follow


class SharedSocket:
    """`local` is the socket of this process, `replica` the name of that, for logs and in the store."""

    def __init__(
        self,
        local: LocalSocket,
        store: Store,
        scope: Scope,
        clock: Clock,
        replica: str,
        times: StreamTimes | None = None,
        ring_rows: int = RING_ROWS,
    ) -> None:
        self._local, self._clock, self._times, self._ring_rows = local, clock, times or StreamTimes(), ring_rows
        self._name = f"{replica}.{secrets.token_hex(4)}"  # a process that comes back is another one
        self._streams = StreamStore(store, scope, clock, self._name, self._times, ring_rows)
        self._followed: dict[Channel, FollowedChannel] = {}
        self._wake = asyncio.Event()
        self._entries = EntryReader(StreamReader(store), self._streams, clock, self._times, self._followed, self._wake)
        self._upstream: dict[Channel, UpstreamChannel] = {}
        self._writer: NoteWriter | None = None  # of the owner
        self._served: set[Channel] = set()  # of which this replica writes the streams
        self._followed_anywhere: frozenset[Channel] = frozenset()  # by any replica
        self._noted: frozenset[Channel] | None = None  # what the store has as followed by this replica
        self._version = self._generation = ""
        self._renewed_at = self._owner_since = -math.inf
        self._owned_at = -math.inf  # until then, another replica may not have noticed that it lost the lease
        self._trouble_since: float | None = None
        self._back_at = -math.inf  # when the last trouble ended
        self._barred_until = -math.inf  # until then, this replica does not own the socket of all
        self._ownerless_since: float | None = None
        self._failed_token = ""  # of an ownership that this replica gave up
        self._beats = self.takeovers = 0
        self._task: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def is_owner(self) -> bool:
        """Whether this replica owns the socket of all."""
        return self._writer is not None

    @property
    def alone(self) -> int:
        """Channels that this replica follows by a socket of its own."""
        return sum(item.source is Following.SOCKET for item in self._followed.values())

    def open(self, channel: Channel, listener: StreamListener) -> FollowedChannel:
        followed = FollowedChannel(channel, listener, self._streams, self._clock, self._times, self._forget)
        self._followed[channel] = followed
        self._wake.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        return followed

    def _forget(self, followed: FollowedChannel) -> None:
        if self._followed.get(followed.channel) is followed:
            del self._followed[followed.channel]
            upstream = self._upstream.get(followed.channel)
            if upstream is not None:
                upstream.deliver = None
                self._release(followed.channel)
            self._wake.set()

    async def close(self) -> None:
        """Hand over to another replica, and leave nothing behind."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            await self._leave()
        for upstream in self._upstream.values():
            upstream.close()
        self._upstream.clear()
        await asyncio.gather(*self._closing, return_exceptions=True)
        await self._local.close()

    async def _leave(self) -> None:
        token, writer = "", self._writer
        if writer is not None:
            token = writer.token
            await writer.close()
            with contextlib.suppress(TimeoutError):
                await within(self._clock, self._times.handover, writer.flush())
        with contextlib.suppress(StoreAway, CommandRefused):
            await self._streams.leave(token)
        self._noted = None
        self._resign()
        await self._entries.close()

    # Beats

    async def _run(self) -> None:
        while self._followed:
            reading = asyncio.create_task(self._entries.run())
            try:
                await self._keep_up()
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
            await self._leave()

    async def _keep_up(self) -> None:
        while self._followed or self._served:
            self._wake.clear()
            try:
                await self._beat()
            except FormerOwner:
                self._stop_writing()
            except Exception as error:
                if not isinstance(error, StoreAway | CommandRefused):
                    log.exception("the shared streams could not be kept up")
                self._note_trouble()
            with contextlib.suppress(TimeoutError):
                await within(self._clock, self._times.beat, self._wake.wait())

    async def _beat(self) -> None:
        sent_at = self._clock.monotonic()
        followed = frozenset(self._followed)
        token, version = ("", "") if self._writer is None else (self._writer.token, self._version)
        channels = None if followed == self._noted else encode_channels([*followed]) if followed else b""
        beat = await self._streams.beat(token, channels, version, self._alive_at(), self._lease())
        self._noted = None if beat.is_unknown else followed
        for item in self._followed.values():
            item.note_alive(beat.token, beat.alive_ms)
        await self._note_ownership(beat, sent_at)
        if beat.generation != self._generation:
            self._generation = beat.generation
            for item in self._followed.values():
                item.needs_look = True
        await self._serve_all()
        is_owned = beat.token not in ("", self._failed_token)
        self._ownerless_since = None if is_owned else self._ownerless_since or sent_at
        if self._is_unserved(sent_at):
            self._go_alone_all()
        elif is_owned:
            await _in_parallel(partial(self._look, item) for item in self._followed.values() if item.needs_look)
        if self._trouble_since is not None:
            self._trouble_since, self._back_at = None, sent_at
        if beat.is_unknown and followed:
            self._wake.set()

    def _is_unserved(self, now: float) -> bool:
        """Whether the streams bring nothing although the store is there: they have no owner, or cannot be read."""
        sinces = self._entries.failing_since, self._ownerless_since
        return any(since is not None and now >= max(since, self._back_at) + self._times.patience for since in sinces)

    def _lease(self) -> OwnerLease:
        """Leave the lease for a moment to a replica that has missed nothing, after the store was away or emptied."""
        is_live = any(item.live_since is not None for item in self._upstream.values())
        if (
            self._clock.monotonic() < self._barred_until
            or not self._followed
            or (self._trouble_since is not None and not is_live)
        ):
            return OwnerLease.LEAVE
        is_early = self._clock.monotonic() < self._owned_at + self._times.beat
        return OwnerLease.TAKE_LATER if is_early and not is_live else OwnerLease.TAKE

    def _alive_at(self) -> float | None:
        """Return up to when this replica appended all that came, as the owner, if that is known of all channels."""
        last_at = self._local.last_message_at
        if self._writer is None or last_at is None or self._to_serve - self._served:
            return None
        if any(item.status is None for item in self._upstream.values()):
            return None
        oldest_at = self._writer.oldest_at
        return last_at if oldest_at is None else min(last_at, oldest_at)

    async def _note_ownership(self, beat: Beat, sent_at: float) -> None:
        if beat.token:
            self._owned_at = max(self._owned_at, sent_at + self._times.beat)
        if not beat.is_owner:
            self._resign()
            return
        self._renewed_at = sent_at
        if self._writer is None or self._writer.token != beat.token:
            self._stop_writing()
            self.takeovers += 1
            self._owner_since = sent_at
            log.info("this replica owns the socket to CoinGlass", replica=self._name)
            ends = self._begin_again, self._stop_writing, self._give_up
            self._writer = NoteWriter(self._streams, self._clock, beat.token, self._times, *ends)
        if beat.channels is not None:
            self._followed_anywhere, self._version = beat.channels, beat.version
            rows = max(MIN_ROWS, SHARED_ROWS // max(1, len(self._followed_anywhere)))
            self._streams.ring_rows = min(self._ring_rows, rows)

    def _note_trouble(self) -> None:
        now = self._clock.monotonic()
        if self._trouble_since is None:
            self._trouble_since = now
        for item in self._followed.values():
            item.note_trouble()
        if now >= self._trouble_since + self._times.patience:
            self._go_alone_all()
        if now >= min(self._renewed_at, self._trouble_since) + self._times.lease:
            if self._renewed_at > self._trouble_since:  # the lease is there, and nothing else works
                self._barred_until = now + self._times.barred
            self._resign()

    def _go_alone_all(self) -> None:
        for item in self._followed.values():
            if item.source is not Following.SOCKET:
                self._go_alone(item)

    def _go_alone(self, followed: FollowedChannel) -> None:
        """Follow a socket of this replica, which says what it may have missed by then."""
        upstream = self._upstream.get(followed.channel)
        if upstream is None:
            upstream = UpstreamChannel(self._local, followed.channel, self._clock, followed.history)
            self._upstream[followed.channel] = upstream
        followed.leave_stream(upstream)

    async def _look(self, followed: FollowedChannel) -> None:
        state = await self._streams.look(followed.channel, _new_epoch())
        if self._followed.get(followed.channel) is not followed:
            return
        upstream = self._upstream.get(followed.channel)
        is_alone = followed.source is Following.SOCKET
        followed.attach(state, upstream if is_alone else None)
        if is_alone and followed.source is Following.STREAM and upstream is not None:
            upstream.deliver = None
            self._release(followed.channel)

    # The owner

    def _resign(self) -> None:
        """Leave the socket to another replica."""
        self._stop_writing()
        for followed in self._followed.values():
            followed.expect_nothing()
        for channel in [*self._upstream]:
            self._release(channel)

    def _stop_writing(self) -> None:
        """Write nothing more, since the lease is lost; the next beat tells whether another replica has it."""
        writer, self._writer = self._writer, None
        self._served, self._followed_anywhere, self._version = set(), frozenset(), ""
        if writer is not None:
            log.info("this replica does not own the socket to CoinGlass any more", replica=self._name)
            self._wake.set()
            closing = asyncio.create_task(writer.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
        for upstream in self._upstream.values():
            upstream.publish = None

    def _give_up(self) -> None:
        """Leave the lease to another replica for a while, since this one cannot append what it receives."""
        token = "" if self._writer is None else self._writer.token
        self._stop_writing()
        if self._trouble_since is None:  # else it is the store that is away
            self._failed_token, self._ownerless_since = token, -math.inf
            self._barred_until = self._clock.monotonic() + self._times.barred
        self._go_alone_all()  # at once, so that nothing is lost of what comes

    def _release(self, channel: Channel) -> None:
        """Close the channel at CoinGlass, unless somebody has a use for it."""
        upstream = self._upstream[channel]
        if upstream.publish is None and upstream.deliver is None:
            upstream.close()
            del self._upstream[channel]

    @property
    def _to_serve(self) -> frozenset[Channel]:
        """The channels that this replica has to serve as the owner."""
        channels = self._followed_anywhere | self._followed.keys()
        if self._clock.monotonic() < self._owner_since + _INTEREST_BEATS * self._times.beat:
            channels |= self._upstream.keys()  # the store may have been emptied, and lack who follows what
        return channels

    async def _serve_all(self) -> None:
        writer = self._writer
        if writer is None:
            return
        to_serve = self._to_serve
        await _in_parallel(partial(self._serve, writer, channel) for channel in to_serve - self._served)
        for channel in self._served - to_serve:
            if await self._streams.end(writer.token, channel, self._version) and channel in self._served:
                self._served.discard(channel)
                writer.drop(channel)
                self._upstream[channel].publish = None
                self._release(channel)
        for channel in [*self._upstream.keys() - self._served]:
            self._release(channel)
        self._beats += 1
        if self._served and not self._beats % _RETAIN_BEATS:
            self._begin_again(await self._streams.retain(writer.token, [*self._served]))

    async def _serve(self, writer: NoteWriter, channel: Channel) -> None:
        upstream = self._upstream.get(channel)
        if upstream is not None:
            await self._serve_anew(writer, upstream)
            return
        state = await self._streams.begin(writer.token, channel, _new_epoch(), None, is_new=False)
        followed = self._followed.get(channel)
        history = None if followed is None else followed.history_elsewhere(state)
        if state.is_begun:
            history = await self._streams.history(channel, state)
        if writer is not self._writer or channel in self._upstream:
            return  # it is served with the next beat
        if not state.is_begun and followed is not None and history is not None:
            for at, batch in followed.recent.batches:
                writer.put(channel, EventsReceived(batch), at)
        publish = partial(self._publish, writer, channel)
        self._upstream[channel] = UpstreamChannel(self._local, channel, self._clock, history, publish=publish)
        self._served.add(channel)

    async def _serve_anew(self, writer: NoteWriter, upstream: UpstreamChannel) -> None:
        """Begin a new stream of what came from the socket of this replica in the last minute."""
        channel = upstream.channel
        await self._streams.begin(writer.token, channel, _new_epoch(), upstream.complete_since, is_new=True)
        if writer is not self._writer or self._upstream.get(channel) is not upstream:
            return
        publish = partial(self._publish, writer, channel)
        followed = self._followed.get(channel)
        unpassed = upstream.take_unpassed()
        untold = () if followed is None else followed.expect_anew(unpassed)
        for at, batch in upstream.recent.batches:
            pending = writer.put(channel, EventsReceived(batch), at)
            if followed is not None and (followed.source is Following.SOCKET or id(batch) in untold):
                followed.expect(pending, writer.token)
        if upstream.live_since is None and upstream.status is not None:
            publish(upstream.status)
        upstream.publish = publish
        self._served.add(channel)

    def _publish(self, writer: NoteWriter, channel: Channel, note: ChannelNote, at: float | None = None) -> None:
        pending = writer.put(channel, note, at)
        followed = self._followed.get(channel)
        if followed is not None:
            followed.expect(pending, writer.token)

    def _begin_again(self, channels: Sequence[Channel]) -> None:
        """Begin streams anew that vanished from the store."""
        for channel in channels:
            if channel in self._served and self._writer is not None:
                self._writer.drop(channel)
                self._served.discard(channel)
                self._upstream[channel].publish = None
                self._wake.set()


async def _in_parallel(works: Iterable[Callable[[], Awaitable[None]]]) -> None:
    """Do works that wait for the store; raises the first failure once all have ended."""
    remaining = iter([*works])
    while part := [*itertools.islice(remaining, _MAX_PARALLEL)]:
        results = await asyncio.gather(*(work() for work in part), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result


def _new_epoch() -> str:
    return secrets.token_urlsafe(9)
