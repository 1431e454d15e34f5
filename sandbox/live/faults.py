"""Faults of the WebSocket: what the network or CoinGlass can do to a connection and to what is sent on it.

A momentary fault happens at once to every open connection; further `times` of it happen to connections that subscribe
later, once to each. Others last for so many handshakes, subscriptions, pings or messages, or until they are cleared.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any
from weakref import WeakSet

from sandbox.live.channels import LiveChannel, Naming, named, naming_of
from sandbox.live.connection import Close, LiveConnection
from sandbox.live.samples import labelled

_BURST_MESSAGE = 100  # events in each message of a burst
_ANY = "*"


class LiveFaultKind(Enum):
    DROP = auto()  # the connection is reset
    CLOSE = auto()  # a close frame
    HALF_FRAME = auto()  # half of a text frame, then the end of the connection
    GARBAGE = auto()  # text that is not JSON, JSON of wrong shapes, bytes
    UNKNOWN_CHANNEL = auto()  # events of channels to which nobody has subscribed
    OVERSIZED = auto()  # a very large message
    BURST = auto()  # many events at once on each channel
    REFUSE_PLAN = auto()  # subscriptions are refused, whatever the plan
    SILENT = auto()  # nothing is sent on a channel, not even what `/_sandbox/events` says
    NO_PONG = auto()  # pings have no answer
    OTHER_SPELLING = auto()  # the model's events have the other names of channel and fields
    REJECT_HANDSHAKE = auto()  # a status in place of a WebSocket
    HANG_HANDSHAKE = auto()  # no answer until the client leaves


MOMENTARY = frozenset(
    {
        LiveFaultKind.DROP,
        LiveFaultKind.CLOSE,
        LiveFaultKind.HALF_FRAME,
        LiveFaultKind.GARBAGE,
        LiveFaultKind.UNKNOWN_CHANNEL,
        LiveFaultKind.OVERSIZED,
        LiveFaultKind.BURST,
    }
)


@dataclass
class LiveFault:
    """`channel` is the name of one or `*`; with `times` None, the fault lasts until it is cleared.

    `status` is for REJECT_HANDSHAKE, `code` and `reason` for CLOSE, `events` for BURST, `bytes` for OVERSIZED.
    """

    kind: LiveFaultKind
    channel: str = _ANY
    times: int | None = None
    status: int = 503
    code: int = 1011
    reason: str = ""
    events: int = 10_000
    bytes: int = 32 * 1024 * 1024
    affected: WeakSet[LiveConnection] = field(default_factory=WeakSet, repr=False, compare=False)

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "LiveFault":
        """Read what `POST /_sandbox/live/faults` states; a momentary fault happens once if it says nothing else."""
        kind = LiveFaultKind[options["kind"].upper()]
        return cls(**{"times": 1 if kind in MOMENTARY else None, **options, "kind": kind})

    def hits(self, channel: str = _ANY) -> bool:
        """Whether the fault is due; counts it down."""
        if self.channel not in (_ANY, channel) or self.times == 0:
            return False
        if self.times is not None:
            self.times -= 1
        return True

    def applies_to(self, connection: LiveConnection) -> bool:
        """Whether a momentary fault has yet to happen to a connection."""
        is_subscribed = self.channel == _ANY or self.channel in connection.channels
        return is_subscribed and connection not in self.affected


@dataclass(frozen=True, slots=True)
class FaultyMessages:
    """Performs momentary faults. `channel_of` reads the names of channels, `now` is in milliseconds."""

    naming: Naming
    channel_of: Callable[[str], LiveChannel | None]
    now: int

    def perform(self, fault: LiveFault, connection: LiveConnection) -> None:
        fault.affected.add(connection)
        match fault.kind:
            case LiveFaultKind.DROP:
                connection.reset()
            case LiveFaultKind.CLOSE:
                connection.send(Close(fault.code, fault.reason))
            case LiveFaultKind.HALF_FRAME:
                connection.send_half_frame()
            case _:
                for message in self._messages(fault, connection.channels):
                    connection.send(message)

    def _messages(self, fault: LiveFault, channels: Collection[str]) -> Iterator[str | bytes]:
        names = sorted(channels) if fault.channel == _ANY else [fault.channel]
        match fault.kind:
            case LiveFaultKind.GARBAGE:
                yield from _garbage(names[0] if names else "")
            case LiveFaultKind.UNKNOWN_CHANNEL:
                for name in ("largeLimitOrders", "futures_trades@Nowhere_NOTHING@1"):
                    yield json.dumps({"channel": name, "data": [{"price": 1.0, "side": 1, "time": self.now}]})
            case LiveFaultKind.OVERSIZED:
                yield json.dumps({"channel": names[0] if names else "", "data": []}).ljust(fault.bytes)
            case _:
                for name in names:
                    yield from self._burst(name, fault.events)

    def _burst(self, name: str, count: int) -> Iterator[str]:
        """Yield samples of the channel that are told apart by their volumes, which count from the channel's minimum."""
        channel = self.channel_of(name)
        if channel is None:
            return
        row = labelled(channel, self.now)
        volume = "volume_usd" if "volume_usd" in row else "volume_usd_24h"
        rows = [
            named({**row, volume: channel.min_usd + number}, channel.kind, naming_of(name, self.naming))
            for number in range(1, count + 1)
        ]
        for start in range(0, count, _BURST_MESSAGE):
            yield json.dumps({"channel": name, "data": rows[start : start + _BURST_MESSAGE]})


def _garbage(channel: str) -> Iterator[str | bytes]:
    yield from ("", "not JSON {", "null", "[]", "42", '{"channel": null, "data": [{}]}', '{"data": []}', "\x00")
    yield b"\xff\xfe"
    unreadable: tuple[object, ...] = (None, 7, "text", [], {}, {"price": {}, "time": "yesterday"})
    for data in (*unreadable[:-1], [*unreadable]):
        yield json.dumps({"channel": channel, "data": data})
