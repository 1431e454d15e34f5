"""What a feed publishes, one after the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from cg_client.live.stream import EventNumber
from graph_types.problems import Problems
from graph_types.stream_status import StreamStatus
from payloads.source import DataSource
from payloads.updates import row_count


@dataclass(frozen=True, slots=True)
class NewRows:
    """Rows that CoinGlass sent; each is sent once."""

    rows: Sequence[Any]
    source: DataSource


@dataclass(frozen=True, slots=True)
class Changes:
    """A payload: all of it, or only the rows that are new or have changed."""

    payload: Any
    is_snapshot: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """A status of the stream, or a problem. Nothing follows one that `ends` the stream."""

    value: StreamStatus | Problems
    ends: bool = False


FeedEvent: TypeAlias = NewRows | Changes | Notice


@dataclass(frozen=True, slots=True)
class Published:
    """An event with its position in the feed, and when it was published, in milliseconds.

    `total`: how many events of CoinGlass there were, up to it. `number`: in cursors, of an event that was recalled; any
    other has the number of its position.
    """

    event: FeedEvent
    position: int
    time_ms: int
    total: int
    number: EventNumber | None = None


def count_of(event: FeedEvent) -> int:
    """Return how many events it is for a client: each row that CoinGlass sent is one."""
    match event:
        case NewRows(rows):
            return len(rows)
        case Changes():
            return 1
        case _:
            return 0


def weight_of(event: FeedEvent) -> int:
    """Return how many rows a ring keeps for it, at least 1."""
    match event:
        case NewRows(rows):
            return max(1, len(rows))
        case Changes(payload):
            return max(1, row_count(payload))
        case _:
            return 1


def at_ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)
