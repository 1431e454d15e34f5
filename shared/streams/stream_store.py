"""The streams of channels in the store: what replicas note, append and read there."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple, TypeAlias, cast

from cg_client.clock import Clock
from cg_client.live.channels import Channel
from cg_client.live.notes import ChannelConnected, ChannelNote, EventsReceived
from cg_client.live.overlap import MEMORY_SECONDS
from cg_client.live.stream import EventNumber
from cg_client.live.subscription import ChannelHistory
from shared.store.commands import Argument
from shared.store.scope import Scope
from shared.store.script import LuaScript
from shared.store.store import Store
from shared.streams.channel_codec import VERSION, decode_channels, decode_note, encode_note
from shared.streams.stream_times import StoreTime, StreamTimes

_PAGE: Final = 500  # entries that are read at once
_BEAT, _BEGIN, _APPEND, _RETAIN, _END, _LEAVE = (
    LuaScript(f"stream_{name}") for name in ("beat", "begin", "append", "retain", "end", "leave")
)

RawEntry: TypeAlias = tuple[str, Mapping[bytes, bytes]]


class FormerOwner(Exception):
    """Another replica owns the socket by now, or nobody does."""


class UnreadableEntry(Exception):
    """An entry of a stream that is none of ours, or was damaged."""


class OwnerLease(Enum):
    """Whether a replica takes the lease of the owner, if it is free. The values are those of the script."""

    LEAVE = 0
    TAKE = 1
    TAKE_LATER = 2  # if the store was emptied: the owner has missed nothing


class Beat(NamedTuple):
    """`token` of the owner. `alive_ms`: up to when all that the owner received is in the streams, by the store's clock.

    `channels`: those that replicas follow, if they have changed and this replica is the owner.
    """

    token: str
    is_owner: bool
    version: str
    generation: str
    alive_ms: float
    is_unknown: bool
    channels: frozenset[Channel] | None


@dataclass(frozen=True, slots=True)
class StoredStream:
    """`number`: of the last event. `since_ms`: from when on the stream has everything, while its `status` is live."""

    epoch: str
    number: int
    status: str  # new, live or down
    since_ms: float
    note: bytes  # of the status
    until_ms: float  # up to when it has everything for certain: an owner may have died since
    writer: str  # the owner that appended last
    last_id: str
    first_ms: float | None
    first_number: int

    @property
    def is_begun(self) -> bool:
        """Whether an owner served it before."""
        return bool(self.number) or self.status != "new"


@dataclass(frozen=True, slots=True)
class StreamNote:
    """A note as an entry has it. `writer` and `serial` name it among those of one owner."""

    id: str
    number: EventNumber
    writer: str
    serial: int
    at_ms: float  # when it came, by the store's clock
    note: ChannelNote


@dataclass(slots=True)
class PendingNote:
    """A note to append. `at`: when it came, in monotonic seconds."""

    channel: Channel
    serial: int
    at: float
    rows: int
    status: str
    note: ChannelNote
    payload: bytes


class StreamStore:
    """`replica`: a name that no other process has, nor one before this."""

    def __init__(
        self, store: Store, scope: Scope, clock: Clock, replica: str, times: StreamTimes, ring_rows: int
    ) -> None:
        self._store, self._scope, self._clock, self._replica, self._times = store, scope, clock, replica, times
        self.ring_rows = ring_rows
        self.time = StoreTime(clock)
        self.news = self._name("news")
        self._retain_ms = round(times.retain * 1000)

    def _name(self, *parts: str) -> str:
        return self._scope.name(f"streams{VERSION}", *parts)

    def _state(self, channel: Channel) -> str:
        return self._name("state", channel.names[0])

    def events(self, channel: Channel) -> str:
        """Return the name of the stream."""
        return self._name("events", channel.names[0])

    def _store_ms(self, monotonic: float) -> int:
        """Return a time for the store, which may execute what it gets much later."""
        return round(self.time.store_ms(monotonic))

    async def beat(
        self, token: str, followed: bytes | None, version: str, alive_at: float | None, lease: OwnerLease
    ) -> Beat:
        """`followed`: channels that this replica follows, empty for none; None if they have not changed.

        `alive_at`: up to when this replica appended all that came, as the owner, in monotonic seconds.
        """
        names = ("owner", "fence", "replicas", "interest", "control", "news")
        channels: bytes | str = "" if followed is None else followed or "0"
        alive: int | str = "" if alive_at is None else self._store_ms(alive_at)
        sent: int | str = self._store_ms(self._clock.monotonic()) if self.time.is_known else ""
        lasts, gone = round(self._times.lease * 1000), round(self._times.gone * 1000)
        args: list[Argument] = [self._replica, token, lasts, gone, self._retain_ms, lease.value]
        reply = await self._store.run(_BEAT, [*map(self._name, names)], [*args, channels, version, alive, sent])
        now_ms, owner, is_owner, current, generation, alive_ms, is_unknown, union = cast("list[bytes]", reply)
        self.time.note(int(now_ms))
        is_new = bool(is_owner) and current.decode() != version
        return Beat(
            owner.decode(),
            bool(is_owner),
            current.decode(),
            generation.decode(),
            float(alive_ms or 0),
            bool(is_unknown),
            frozenset(channel for data in cast("list[bytes]", union) for channel in decode_channels(data))
            if is_new
            else None,
        )

    async def look(self, channel: Channel, epoch: str) -> StoredStream:
        """Return the state of the channel's stream; a missing one is created, with this epoch."""
        state = await self._begin(channel, "", epoch, complete_since=None, is_new=False)
        assert state is not None  # noqa: S101  # nobody has to own anything for a look
        return state

    async def begin(
        self, token: str, channel: Channel, epoch: str, complete_since: float | None, *, is_new: bool
    ) -> StoredStream:
        """Go on with the stream as its owner, or begin one, complete since a monotonic time. Raises FormerOwner."""
        state = await self._begin(channel, token, epoch, complete_since, is_new=is_new)
        if state is None:
            raise FormerOwner
        return state

    async def _begin(
        self, channel: Channel, token: str, epoch: str, complete_since: float | None, *, is_new: bool
    ) -> StoredStream | None:
        owner, control, news = map(self._name, ("owner", "control", "news"))
        names = [owner, self._state(channel), self.events(channel), control, news]
        complete: int | str = "" if complete_since is None else self._store_ms(complete_since)
        connected = encode_note(ChannelConnected(), self._clock.now())
        reply = await self._store.run(_BEGIN, names, [token, epoch, int(is_new), complete, self._retain_ms, connected])
        values = cast("list[bytes]", reply)
        self.time.note(int(values[0]))
        if not values[1]:
            return None
        _, current, number, status, since, note, until, writer, last_id, first_id, first_number = values
        return StoredStream(
            current.decode(),
            int(number),
            status.decode(),
            float(since),
            note,
            float(until),
            writer.decode(),
            last_id.decode(),
            milliseconds_of(first_id.decode()) if first_id else None,
            int(first_number),
        )

    async def append(self, token: str, notes: Sequence[PendingNote]) -> Sequence[Channel]:
        """Append notes, each once however often it is sent; return channels whose stream is missing.

        Raises FormerOwner.
        """
        channels = list(dict.fromkeys(note.channel for note in notes))
        index = {channel: number for number, channel in enumerate(channels, 1)}
        names = [self._name("owner")]
        for channel in channels:
            names += [self._state(channel), self.events(channel)]
        args: list[Argument] = [token, self.ring_rows, self._retain_ms]
        for note in notes:
            at_ms = self._store_ms(note.at)
            args += [index[note.channel], note.serial, note.rows, note.status, at_ms, note.payload]
        return self._missing(await self._store.run(_APPEND, names, args), channels)

    async def retain(self, token: str, channels: Sequence[Channel]) -> Sequence[Channel]:
        """Let the streams of quiet channels not expire; return those that are missing. Raises FormerOwner."""
        names = [self._name("owner")]
        for channel in channels:
            names += [self._state(channel), self.events(channel)]
        return self._missing(await self._store.run(_RETAIN, names, [token, self._retain_ms]), channels)

    def _missing(self, reply: object, channels: Sequence[Channel]) -> Sequence[Channel]:
        is_owner, *indexes = cast("list[int]", reply)
        if not is_owner:
            raise FormerOwner
        return [channels[index - 1] for index in indexes]

    async def end(self, token: str, channel: Channel, version: str) -> bool:
        """Delete the stream, unless somebody follows it since that version."""
        names = [self._name("owner"), self._name("control"), self._state(channel), self.events(channel)]
        return bool(await self._store.run(_END, names, [token, version]))

    async def leave(self, token: str) -> None:
        """Follow nothing any more, and let another replica own the socket at once."""
        names = [self._name(name) for name in ("owner", "replicas", "interest", "control", "news")]
        await self._store.run(_LEAVE, names, [self._replica, token, self._retain_ms])

    def entry(self, channel: Channel, raw: RawEntry) -> StreamNote:
        """Return what an entry of the channel's stream has. Raises UnreadableEntry."""
        entry_id, fields = raw
        try:
            at_ms = float(fields[b"a"])
            number = EventNumber(fields[b"e"].decode(), int(fields[b"n"]))
            note = decode_note(fields[b"d"], channel, self.time.wall(at_ms))
            return StreamNote(entry_id, number, fields[b"w"].decode(), int(fields[b"s"]), at_ms, note)
        except Exception as error:
            raise UnreadableEntry(entry_id) from error

    def status_note(self, channel: Channel, state: StoredStream) -> ChannelNote | None:
        """Return the note of the state, if there is one."""
        return decode_note(state.note, channel, self._clock.now()) if state.note else None

    async def newest(self, channel: Channel, seconds: float) -> Sequence[StreamNote]:
        """Return the entries of the last seconds that can be read, at most those of the ring."""
        notes: list[StreamNote] = []
        oldest = f"{max(0, round(self.time.now_ms - seconds * 1000))}-0"
        before = "+"
        while len(notes) < self.ring_rows:
            page = await self._page(channel, before, oldest)
            for raw in page:
                with contextlib.suppress(UnreadableEntry):
                    notes.append(self.entry(channel, raw))
            if len(page) < _PAGE:
                break
            before = f"({page[-1][0]}"
        return notes[::-1]

    async def history(self, channel: Channel, state: StoredStream) -> ChannelHistory:
        """Return what the former owner brought, and since when nobody did."""
        events = [
            (self.time.monotonic(item.at_ms), item.note.batch.events)
            for item in await self.newest(channel, MEMORY_SECONDS)
            if isinstance(item.note, EventsReceived)
        ]
        return ChannelHistory(events, self.time.monotonic(state.until_ms))

    async def recall(self, channel: Channel, after: EventNumber, until: EventNumber) -> Sequence[StreamNote] | None:
        """Return the entries after a number up to another, or None unless all of them are there.

        Raises UnreadableEntry.
        """
        notes: list[StreamNote] = []
        before, first = "+", after.number + 1
        while first <= until.number:
            page = [self.entry(channel, raw) for raw in await self._page(channel, before, "-")]
            if not page or any(item.number.epoch != after.epoch for item in page):
                return None
            notes += [item for item in page if after.number < item.number.number <= until.number]
            if page[-1].number.number <= first:
                break
            before = f"({page[-1].id}"
        return notes[::-1] if len(notes) == until.number - after.number else None

    async def _page(self, channel: Channel, newest: str, oldest: str) -> Sequence[RawEntry]:
        reply = await self._store.execute("XREVRANGE", self.events(channel), newest, oldest, "COUNT", _PAGE)
        rows = cast("list[tuple[bytes, list[bytes]]]", reply)
        return [(entry_id.decode(), dict(zip(values[::2], values[1::2], strict=True))) for entry_id, values in rows]


def milliseconds_of(entry_id: str) -> int:
    """Return when the entry was appended, by the store's clock."""
    return int(entry_id.partition("-")[0])
