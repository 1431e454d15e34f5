"""Counts what happens on the WebSockets to CoinGlass, and logs when one is lost."""

from collections import Counter

import structlog

from cg_client.errors import CoinglassError, InvalidRequest
from cg_client.failures import kind_of
from cg_client.live.channels import ChannelKind
from cg_client.live.listener import BadFrame, SocketObserver

log = structlog.get_logger(__name__)


class SocketCounts(SocketObserver):
    """Of all keys together."""

    def __init__(self) -> None:
        self.connections: Counter[str] = Counter()  # by `first` and `again`
        self.failures: Counter[str] = Counter()  # by kind
        self.refusals: Counter[str] = Counter()  # by channel
        self.events: Counter[tuple[str, str]] = Counter()  # by channel, and `new` or `repeated`
        self.ignored_messages: Counter[str] = Counter()  # by reason

    def connected(self, *, is_reconnect: bool) -> None:
        self.connections["again" if is_reconnect else "first"] += 1
        if is_reconnect:
            log.info("the stream from CoinGlass is open again")

    def failed(self, failure: CoinglassError) -> None:
        kind = kind_of(failure).value
        self.failures[kind] += 1
        log.warning("the stream from CoinGlass was interrupted", kind=kind, error=str(failure))

    def refused(self, kind: ChannelKind, failure: CoinglassError | InvalidRequest) -> None:
        self.refusals[_name(kind)] += 1
        log.warning("CoinGlass refused a channel", channel=_name(kind), error=str(failure))

    def received(self, kind: ChannelKind, events: int) -> None:
        self.events[_name(kind), "new"] += events

    def repeated(self, kind: ChannelKind, events: int) -> None:
        self.events[_name(kind), "repeated"] += events

    def ignored(self, reason: BadFrame) -> None:
        self.ignored_messages[reason.value] += 1


def _name(kind: ChannelKind) -> str:
    return kind.name.lower()
