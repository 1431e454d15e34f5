"""What a listener of a channel is told, as values that can be queued, stored and told again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from cg_client.errors import CoinglassError, InvalidRequest
from cg_client.live.events import EventBatch
from cg_client.live.listener import ChannelListener


@dataclass(frozen=True, slots=True)
class EventsReceived:
    batch: EventBatch


@dataclass(frozen=True, slots=True)
class ChannelConnected:
    """The subscription was sent, for the first time."""


@dataclass(frozen=True, slots=True)
class ChannelInterrupted:
    failure: CoinglassError


@dataclass(frozen=True, slots=True)
class ChannelResumed:
    gap_start: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class ChannelRefused:
    failure: CoinglassError | InvalidRequest
    lost_since: float | None = None


ChannelNote: TypeAlias = EventsReceived | ChannelConnected | ChannelInterrupted | ChannelResumed | ChannelRefused


def tell(listener: ChannelListener, note: ChannelNote) -> None:
    """Call the method of the listener that the note stands for."""
    match note:
        case EventsReceived(batch):
            listener.received(batch)
        case ChannelConnected():
            listener.connected()
        case ChannelInterrupted(failure):
            listener.interrupted(failure)
        case ChannelResumed(gap_start, seconds):
            listener.resumed(gap_start, seconds)
        case ChannelRefused(failure, lost_since):
            listener.refused(failure, lost_since)


class NoteListener:
    """A listener that passes each call on as a note."""

    def __init__(self, take: Callable[[ChannelNote], None]) -> None:
        self._take = take

    def received(self, batch: EventBatch) -> None:
        self._take(EventsReceived(batch))

    def connected(self) -> None:
        self._take(ChannelConnected())

    def interrupted(self, failure: CoinglassError) -> None:
        self._take(ChannelInterrupted(failure))

    def resumed(self, gap_start: datetime, seconds: float) -> None:
        self._take(ChannelResumed(gap_start, seconds))

    def refused(self, failure: CoinglassError | InvalidRequest, lost_since: float | None) -> None:
        self._take(ChannelRefused(failure, lost_since))
