"""Where channels are opened for feeds, by one process or by many that share one socket."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

from cg_client.live.channels import Channel
from cg_client.live.listener import ChannelListener
from cg_client.live.notes import ChannelNote
from cg_client.live.subscription import ChannelHistory


class EventNumber(NamedTuple):
    """What all that follow a stream call one of its events. `epoch`: the life of the stream."""

    epoch: str
    number: int


@dataclass(frozen=True, slots=True)
class NumberedNote:
    """`time_ms`: when the event came, in milliseconds by the clock of this process."""

    number: EventNumber
    time_ms: int
    note: ChannelNote


Recall: TypeAlias = Callable[[], Awaitable[Sequence[NumberedNote] | None]]
"""Reads events; returns None unless all of them are there."""


class StreamListener(ChannelListener, Protocol):
    """Is never told `refused` but for an InvalidRequest, which is final; any other failure is an interruption."""

    def number_next(self, number: EventNumber | None, time_ms: int | None = None, *, is_event: bool = True) -> None:
        """Take over the number of the next event, and its time. None: it has none outside of this process.

        With `is_event` False the next event is one of this process alone, after the event of that number.
        """


class Closable(Protocol):
    def close(self) -> None: ...


class LocalSocket(Protocol):
    """A socket of one process, such as `UpstreamSocket`.

    `last_message_at`: when CoinGlass sent something last, in monotonic seconds; None without a connection.
    """

    @property
    def last_message_at(self) -> float | None: ...

    def open(self, channel: Channel, listener: ChannelListener, history: ChannelHistory | None = None) -> Closable: ...
    async def close(self) -> None: ...


class ChannelStream(Protocol):
    """An open channel."""

    def close(self) -> None: ...

    async def ready(self) -> None:
        """Wait, for a moment at most, until the listener has been told the state of the channel, if there is one."""

    def recall(self, after: EventNumber, until: EventNumber) -> Recall | None:
        """Return what reads the events after a number up to another, if others may have them."""


class ChannelSocket(Protocol):
    """Opens channels, each once at a time."""

    def open(self, channel: Channel, listener: StreamListener) -> ChannelStream: ...
    async def close(self) -> None: ...
