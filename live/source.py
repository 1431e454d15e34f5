"""What a subscription field resolves to: a feed, and how its events become values of the field."""

from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

from graph_types.stream_status import StreamStatus
from live.cursor import Cursor
from live.events import Changes, FeedEvent, NewRows, Notice, Published
from live.feed import Feed


class Presented(NamedTuple):
    """A value of the subscription field. Nothing follows one that `ends` the stream.

    `events`: how many of CoinGlass' events are in it. `position`: in the feed, of the last of them; 0 for what is sent
    before the first event.
    """

    value: object
    events: int
    ends: bool = False
    position: int = 0


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
        cursor, position = self.feed.cursor(0), 0
        for item in published:
            if waiting and not isinstance(item.event, NewRows):
                values += self._values_of(_together(waiting), cursor, position)
                waiting = []
            cursor, position = self.feed.cursor_of(item), item.position
            if isinstance(item.event, NewRows):
                waiting.append(item.event)
            else:
                values += self._values_of(item.event, cursor, position)
        return [*values, *(self._values_of(_together(waiting), cursor, position) if waiting else ())]

    def opening(self, events: Sequence[FeedEvent], cursor: Cursor) -> list[Presented]:
        """Return the values of what is sent before the first event.

        What comes before a snapshot has no cursor: a client that has only that needs the snapshot.
        """
        first = next((index for index, event in enumerate(events) if isinstance(event, Changes)), 0)
        return [
            value
            for index, event in enumerate(events)
            for value in self._values_of(event, None if index < first else cursor)
        ]

    def _values_of(self, event: FeedEvent, cursor: Cursor | None, position: int = 0) -> list[Presented]:
        text = "" if cursor is None else str(cursor)
        if not isinstance(event, Notice):
            presented = self.present(event, text)
            return [] if presented is None else [presented._replace(position=position)]
        value = event.value
        if isinstance(value, StreamStatus):
            value = replace(value, cursor=text)
        return [Presented(value, 0, event.ends, position)]

    def __aiter__(self) -> AsyncIterator[object]:
        """Refuse what graphql-core would do with a stream of its own: events are executed once for all clients."""
        raise TypeError("A source is read by live operations.")


def _together(batches: Sequence[NewRows]) -> NewRows:
    if len(batches) == 1:
        return batches[0]
    anomalies = [anomaly for batch in batches for anomaly in batch.source.anomalies]
    return NewRows([row for batch in batches for row in batch.rows], replace(batches[-1].source, anomalies=anomalies))
