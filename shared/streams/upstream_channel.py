"""A channel that this replica has open at CoinGlass: for the streams that it owns, for its own feed, or for both."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from cg_client.clock import Clock
from cg_client.live.channels import Channel
from cg_client.live.notes import ChannelConnected, ChannelNote, ChannelResumed, EventsReceived, NoteListener
from cg_client.live.stream import LocalSocket
from cg_client.live.subscription import ChannelHistory
from shared.streams.recent_events import RecentEvents

TakeNote: TypeAlias = Callable[[ChannelNote], None]


class UpstreamChannel:
    """`publish` passes notes on to all replicas, `deliver` to the feed of this one."""

    def __init__(
        self,
        socket: LocalSocket,
        channel: Channel,
        clock: Clock,
        history: ChannelHistory | None = None,
        *,
        publish: TakeNote | None = None,
        deliver: TakeNote | None = None,
    ) -> None:
        self.channel, self._clock = channel, clock
        self.publish, self.deliver = publish, deliver
        self.recent = RecentEvents(clock.monotonic())
        self.live_since: float | None = None  # in monotonic seconds; None while it is not live
        # When the last event came before the channel was lost, in monotonic seconds; None while it is live.
        self.lost_since = None if history is None else history.lost_since
        self.status: ChannelNote | None = None  # the last note that is no events
        self.first_at: float | None = None  # when the first events came since it is live, in monotonic seconds
        self._unpassed: list[ChannelNote] = []  # that came while there was neither `publish` nor `deliver`
        self._last_at = clock.monotonic()
        self._open = socket.open(channel, NoteListener(self._take), history)

    @property
    def complete_since(self) -> float | None:
        """From when on `recent` has everything, if the channel is live."""
        return None if self.live_since is None else max(self.live_since, self.recent.since)

    def take_unpassed(self) -> Sequence[ChannelNote]:
        """Return, once, what came while there was neither `publish` nor `deliver`."""
        notes, self._unpassed = self._unpassed, []
        return notes

    def close(self) -> None:
        self.publish = self.deliver = None
        self._open.close()

    def _take(self, note: ChannelNote) -> None:
        now = self._clock.monotonic()
        if not isinstance(note, EventsReceived):
            self.status = note
        match note:
            case EventsReceived(batch):
                self.recent.add(now, batch)
                self._last_at = now
                self.first_at = now if self.first_at is None else self.first_at
            case ChannelConnected() | ChannelResumed():
                self.live_since, self.lost_since, self.first_at = now, None, None
                self._last_at = now
            case _ if self.live_since is not None:
                self.live_since, self.lost_since = None, self._last_at
            case _:
                pass
        takes = [take for take in (self.publish, self.deliver) if take is not None]
        if not takes:
            self._unpassed.append(note)
        for take in takes:
            take(note)
