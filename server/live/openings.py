"""What a client of a broadcast gets first: what it has missed, or the state as it is now."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from typing import Any, Final, TypeAlias

from graph_types.stream_status import resumed
from live.cursor import Cursor
from live.events import Notice, Published, count_of
from live.source import Presented, Source
from server.live.stream_tasks import StreamTasks

Render: TypeAlias = Callable[[object], Awaitable[bytes]]
"""Executes the operation on a value of its field, and encodes the result."""

_MAX_SHARED: Final = 32
_FIRST_VALUES: Final = 3  # of an opening, which a client gets without waiting for its turn
_MAX_ROWS: Final = 1_000  # in one message, if they came as several events
_TOO_OLD: Final = "The server has no longer what came after that cursor. What it has follows."


class Openings:
    """Renders openings once for all clients that begin at the same place.

    `replays` is the turn of all clients that missed much, so that they hold up nobody else.
    """

    def __init__(self, source: Source, render: Render, tasks: StreamTasks, replays: asyncio.Lock) -> None:
        self._source, self._render, self._tasks, self._replays = source, render, tasks, replays
        self._shared: dict[Cursor | None, asyncio.Task[Sequence[bytes]]] = {}  # at the position of the last call

    def forget(self) -> None:
        """Forget what was rendered, since the stream has gone on."""
        self._shared = {}

    def begin(self, after: Cursor | None, position: int) -> Sequence[asyncio.Task[Sequence[bytes]]]:
        """Return what a client gets first that has everything up to the cursor; then it gets what follows `position`.

        It is decided at once. The tasks return encoded results.
        """
        if after is None:
            return [self._task(None, lambda: self._rendered_in_turns(self._state(position)))]
        feed = self._source.feed
        if (last := feed.position_of(after)) is not None:
            return [self._task(after, lambda: self._rendered_in_turns(self._missed(last, position)))]
        if (recall := feed.recall(after, position)) is not None:
            gap = [*self._gap(after), *self._state(position)]
            return [self._task(after, lambda: self._recalled(recall, gap))]
        return [self._task(after, lambda: self._rendered_in_turns(self._gap(after))), *self.begin(None, position)]

    def _task(
        self, after: Cursor | None, render: Callable[[], Coroutine[Any, Any, Sequence[bytes]]]
    ) -> asyncio.Task[Sequence[bytes]]:
        task = self._shared.get(after)
        if task is None:
            task = self._tasks.start(render())
            if len(self._shared) < _MAX_SHARED:
                self._shared[after] = task
        return task

    def _state(self, position: int) -> Sequence[Presented]:
        feed = self._source.feed
        return self._source.opening(feed.opening(), feed.cursor(position))

    def _gap(self, after: Cursor) -> Sequence[Presented]:
        seconds = (self._source.feed.clock.now() - after.time).total_seconds()
        is_known = seconds >= 0  # else the clock was set back since, or is behind that of another server
        return self._source.opening([Notice(resumed(after.time, seconds if is_known else None, _TOO_OLD))], after)

    def _missed(self, last: int, position: int) -> Iterable[Presented]:
        return _values(self._source, self._source.feed.ring.after(last)[: position - last])

    async def _recalled(
        self, recall: Callable[[], Awaitable[Sequence[Published] | None]], gap: Sequence[Presented]
    ) -> Sequence[bytes]:
        """Render what others have of what the feed has not, or else the gap."""
        async with self._replays:
            missed = await recall()
        return await self._rendered_in_turns(gap if missed is None else _values(self._source, missed))

    async def _rendered_in_turns(self, values: Iterable[Presented]) -> list[bytes]:
        """Render what may be long: beyond the first results, only one client that comes back at a time."""
        remaining = iter(values)
        bodies = await rendered(self._render, list(itertools.islice(remaining, _FIRST_VALUES)))
        if (following := next(remaining, None)) is None:
            return bodies
        async with self._replays:
            for value in itertools.chain([following], remaining):
                bodies += await rendered(self._render, [value])
                await asyncio.sleep(0)
        return bodies


async def rendered(render: Render, values: Iterable[Presented]) -> list[bytes]:
    """Return the encoded results of the operation on each value."""
    return [await render(value.value) for value in values]


def _values(source: Source, published: Sequence[Published]) -> Iterable[Presented]:
    return itertools.chain.from_iterable(map(source.values, _parts(published)))


def first_part(published: Sequence[Published]) -> Sequence[Published]:
    """Return the first of the events, as many as one message may have."""
    rows = 0
    for index, item in enumerate(published):
        rows += count_of(item.event)
        if rows > _MAX_ROWS and index:
            return published[:index]
    return published


def _parts(published: Sequence[Published]) -> Iterator[Sequence[Published]]:
    while published:
        part = first_part(published)
        yield part
        published = published[len(part) :]
