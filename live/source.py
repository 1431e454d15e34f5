"""What a subscription field resolves to: a feed, and how its events become values of the field."""

from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

from graph_types.stream_status import StreamStatus
from live.cursor import Cursor
from live.events import Changes, Event, NewRows, Notice, Published
from live.feed import Feed


class Presented(NamedTuple):
    """A value of the subscription field, and how many of CoinGlass' events are in it. After one that `ends` is none."""

    value: object
    events: int
    ends: bool = False


Present: TypeAlias = Callable[[NewRows | Changes, str], Presented | None]
"""Makes the value of new rows or changes with this cursor; None if the subscription selects none of them."""


@dataclass(frozen=True, slots=True)
class Source:
    """`key`: equal for sources of which the same events have the same values. `after`: where the client was."""

    feed: Feed
    key: Hashable
    present: Present
    after: Cursor | None = None

    def values(self, published: Sequence[Published]) -> list[Presented]:
        """Return the values of consecutive events; rows that came one after the other become one value."""
        values: list[Presented] = []
        waiting: list[NewRows] = []
        cursor = ""
        for item in published:
            if waiting and not isinstance(item.event, NewRows):
                values += self._one(_together(waiting), cursor)
                waiting = []
            cursor = str(Cursor(self.feed.epoch, item.position, item.time_ms))
            if isinstance(item.event, NewRows):
                waiting.append(item.event)
            else:
                values += self._one(item.event, cursor)
        return [*values, *(self._one(_together(waiting), cursor) if waiting else ())]

    def opening(self, events: Sequence[Event], cursor: Cursor) -> list[Presented]:
        """Return the values of what is sent before the first event."""
        return [value for event in events for value in self._one(event, str(cursor))]

    def _one(self, event: Event, cursor: str) -> list[Presented]:
        if not isinstance(event, Notice):
            presented = self.present(event, cursor)
            return [] if presented is None else [presented]
        value = event.value
        if isinstance(value, StreamStatus):
            value = replace(value, cursor=cursor)
        return [Presented(value, 0, event.ends)]

    def __aiter__(self) -> AsyncIterator[object]:
        """Refuse what graphql-core would do with a stream of its own: events are executed once for all clients."""
        raise TypeError("A source is read by live operations.")


def _together(batches: Sequence[NewRows]) -> NewRows:
    if len(batches) == 1:
        return batches[0]
    anomalies = [anomaly for batch in batches for anomaly in batch.source.anomalies]
    return NewRows([row for batch in batches for row in batch.rows], replace(batches[-1].source, anomalies=anomalies))
