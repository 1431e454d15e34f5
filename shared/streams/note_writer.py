"""Appends what the owner of the socket receives to the streams, in order and each once."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from cg_client.clock import Clock
from cg_client.live.channels import Channel
from cg_client.live.notes import (
    ChannelConnected,
    ChannelInterrupted,
    ChannelNote,
    ChannelRefused,
    ChannelResumed,
    EventsReceived,
)
from shared.store.errors import CommandRefused, StoreAway
from shared.streams.channel_codec import encode_note
from shared.streams.stream_store import FormerOwner, PendingNote, StreamStore
from shared.streams.stream_times import StreamTimes

log = structlog.get_logger(__name__)

_MAX_NOTES: Final = 500  # of one append
_RETRY_SECONDS: Final = 0.1


class NoteWriter:
    """Works for one ownership, named by its token. Serial numbers keep a note from being appended twice.

    `when_missing` gets channels whose stream vanished, `when_former` is called when another replica owns the socket.
    `when_failed` is called when nothing can be appended although the store may be there: what waits must not grow.
    """

    def __init__(
        self,
        store: StreamStore,
        clock: Clock,
        token: str,
        times: StreamTimes,
        when_missing: Callable[[Sequence[Channel]], None],
        when_former: Callable[[], None],
        when_failed: Callable[[], None],
    ) -> None:
        self._store, self._clock, self.token, self._times = store, clock, token, times
        self._when_missing, self._when_former, self._when_failed = when_missing, when_former, when_failed
        self._failing_since: float | None = None  # in monotonic seconds
        self._queue: deque[PendingNote] = deque()
        self._serial = 0
        self._is_filled = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    @property
    def oldest_at(self) -> float | None:
        """When the oldest note came that is not appended yet, in monotonic seconds."""
        return self._queue[0].at if self._queue else None

    def put(self, channel: Channel, note: ChannelNote, at: float | None = None) -> PendingNote:
        """Append the note. `at`: when it came, in monotonic seconds, unless it comes now."""
        self._serial += 1
        came_at = self._clock.monotonic() if at is None else at
        payload = encode_note(note, self._clock.now())
        pending = PendingNote(channel, self._serial, came_at, _rows(note), _status(note), note, payload)
        self._queue.append(pending)
        self._is_filled.set()
        return pending

    def drop(self, channel: Channel) -> None:
        """Append nothing more of a channel of what was put so far."""
        self._queue = deque(note for note in self._queue if note.channel != channel)

    async def close(self) -> None:
        """Append nothing more."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def flush(self) -> None:
        """Append what was put, if the store is there."""
        while self._queue and await self._append():
            pass

    async def _run(self) -> None:
        while True:
            self._is_filled.clear()
            if not self._queue:
                await self._is_filled.wait()
            if not await self._append():
                return
            await self._clock.sleep(self._times.pace)

    async def _append(self) -> bool:
        """Append the oldest notes; return whether this replica goes on with that as the owner."""
        notes = [note for note, _ in zip(self._queue, range(_MAX_NOTES), strict=False)]
        if not notes:
            return True
        try:
            missing = await self._store.append(self.token, notes)
        except FormerOwner:
            self._when_former()
            return False
        except (StoreAway, CommandRefused):  # the reply may be lost: the serial numbers tell
            return await self._may_retry()
        except Exception:
            log.exception("notes could not be appended to the shared streams")
            self._when_failed()
            return False
        self._failing_since = None
        serial = notes[-1].serial
        while self._queue and self._queue[0].serial <= serial:
            self._queue.popleft()
        if missing:
            self._when_missing(missing)
        return True

    async def _may_retry(self) -> bool:
        """Wait a moment; return False if appends have failed for so long that another owner may do better."""
        now = self._clock.monotonic()
        self._failing_since = now if self._failing_since is None else self._failing_since
        if now >= self._failing_since + self._times.lease:
            self._when_failed()
            return False
        await self._clock.sleep(_RETRY_SECONDS)
        return True


def _rows(note: ChannelNote) -> int:
    return len(note.batch.events) if isinstance(note, EventsReceived) else 0


def _status(note: ChannelNote) -> str:
    """Return the status of the channel from the note on; empty where it does not change."""
    match note:
        case ChannelConnected() | ChannelResumed():
            return "live"
        case ChannelInterrupted() | ChannelRefused():
            return "down"
        case _:
            return ""
