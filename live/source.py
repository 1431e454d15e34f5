"""What a subscription field resolves to: a feed, and how its events become values of the field."""

from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

from graph_types.stream_status import StreamStatus
from live.cursor import Cursor
from live.events import Changes, Event, NewRows, Notice, Published, count_of
from live.feed import Feed

Present: TypeAlias = Callable[[NewRows | Changes, str], object | None]
"""Makes the value of new rows or changes with this cursor; None if the subscription selects none of them."""


class Presented(NamedTuple):
    """A value of the subscription field. `position`: of the last event in it. `count`: of CoinGlass' events in it."""

    value: object
    position: int
    count: int
    ends: bool


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
        waiting: list[Published] = []
        for item in published:
            if isinstance(item.event, NewRows):
                waiting.append(item)
                continue
            values += self._rows(waiting)
            waiting = []
            values += self._one(item.event, self._cursor(item), item.position)
        return [*values, *self._rows(waiting)]

    def opening(self, events: Sequence[Event], cursor: Cursor) -> list[Presented]:
        """Return the values of what is sent before the first event."""
        return [value for event in events for value in self._one(event, str(cursor), cursor.position)]

    def _rows(self, published: Sequence[Published]) -> list[Presented]:
        if not published:
            return []
        last = published[-1]
        batches = [item.event for item in published if isinstance(item.event, NewRows)]
        rows = NewRows([row for batch in batches for row in batch.rows], batches[-1].source)
        return self._one(rows, self._cursor(last), last.position)

    def _one(self, event: Event, cursor: str, position: int) -> list[Presented]:
        if isinstance(event, Notice):
            is_status = isinstance(event.value, StreamStatus)
            value: object = replace(event.value, cursor=cursor) if is_status else event.value
            return [Presented(value, position, 0, ends=event.ends)]
        presented = self.present(event, cursor)
        return [] if presented is None else [Presented(presented, position, count_of(event), ends=False)]

    def _cursor(self, item: Published) -> str:
        return str(Cursor(self.feed.epoch, item.position, item.time_ms))

    def __aiter__(self) -> AsyncIterator[object]:
        """Refuse what graphql-core would do with a stream of its own: events are executed once for all clients."""
        raise TypeError("A source is read by live operations.")
