"""Who hears of a channel, and who counts what happens on a socket."""

from datetime import datetime
from enum import Enum
from typing import Protocol

from cg_client.errors import CoinglassError, InvalidRequest
from cg_client.live.channels import ChannelKind
from cg_client.live.events import EventBatch


class ChannelListener(Protocol):
    """Receives what happens on one channel, in order, and never while it is being opened or after it was closed.

    First comes `connected`, `interrupted` or `refused`. After `interrupted` comes `resumed`, or `connected` if it never
    was, without anyone's doing. After `refused` comes nothing more.
    """

    def received(self, batch: EventBatch) -> None: ...

    def connected(self) -> None:
        """Note that the subscription was sent, for the first time."""

    def interrupted(self, failure: CoinglassError) -> None:
        """Note that nothing comes for the present. `failure` is retryable, and the socket tries again by itself."""

    def resumed(self, gap_start: datetime, seconds: float) -> None:
        """Note that events come again; what CoinGlass sent from `gap_start` on, for so long, may be missing."""

    def refused(self, failure: CoinglassError | InvalidRequest, lost_since: float | None) -> None:
        """Note why the channel cannot be had: Gated, Unauthorized, or an InvalidRequest if there is no such channel.

        `lost_since`: the monotonic seconds from which on events are missing; None if it never was connected.
        """


class BadFrame(Enum):
    """Why a message was ignored; the values are those of metrics."""

    BINARY = "binary"
    MALFORMED = "malformed"  # neither JSON nor a text that is known, or too large, which costs the connection
    UNKNOWN_CHANNEL = "unknown_channel"
    OTHER_NAME = "other_name"  # the same events came under the channel's other name
    UNREADABLE = "unreadable"  # of a known channel, but no event could be read


class SocketObserver:
    """Hears what metrics count. The default implementation does nothing."""

    def connected(self, *, is_reconnect: bool) -> None: ...

    def failed(self, failure: CoinglassError) -> None:
        """Note the end of a connection, or of an attempt to connect."""

    def refused(self, kind: ChannelKind, failure: CoinglassError | InvalidRequest) -> None: ...

    def received(self, kind: ChannelKind, events: int) -> None: ...

    def repeated(self, kind: ChannelKind, events: int) -> None:
        """Note events that were dropped since they were received before a reconnect."""

    def ignored(self, reason: BadFrame) -> None:
        """Note a message that was ignored."""
