"""A feed of a channel of CoinGlass' WebSocket."""

from collections.abc import Awaitable, Callable, Sequence

from cg_client.clock import Clock
from cg_client.live.channels import Channel
from cg_client.live.notes import tell
from cg_client.live.stream import ChannelSocket, ChannelStream, EventNumber, Recall
from cg_client.plans.gate import Gate
from graph_types.problems import Problems
from graph_types.stream_status import StreamState, StreamStatus
from live.channel_events import CONNECTED, ChannelEvents, RowOf
from live.cursor import Cursor
from live.events import FeedEvent, Notice, Published
from live.feed import Feed


class ChannelFeed(Feed):
    """Publishes the rows that `row_of` makes of CoinGlass' events. The channel stays open until the feed is closed."""

    def __init__(self, socket: ChannelSocket, channel: Channel, row_of: RowOf, gate: Gate, clock: Clock) -> None:
        super().__init__(clock)
        self._socket, self.channel, self.row_of, self.gate = socket, channel, row_of, gate
        self._stream: ChannelStream | None = None
        self._state: StreamStatus | Problems | None = None

    def opening(self) -> Sequence[FeedEvent]:
        return () if self._state is None else [Notice(self._state)]

    def start(self) -> None:
        if self._stream is None:
            self._stream = self._socket.open(self.channel, _NumberedEvents(self))

    def pause(self) -> None:
        """Leave the channel open: clients that come back soon miss nothing."""

    async def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    async def ready(self, _: Cursor | None) -> None:
        if self._stream is not None:
            await self._stream.ready()

    def recall(self, cursor: Cursor, position: int) -> Callable[[], Awaitable[Sequence[Published] | None]] | None:
        after, until = EventNumber(cursor.epoch, cursor.position), self.numbering.number(position)
        if self._stream is None or after.epoch != until.epoch or after.number > until.number:
            return None
        recall = self._stream.recall(after, until)
        return None if recall is None else lambda: self._recalled(recall)

    async def _recalled(self, recall: Recall) -> Sequence[Published] | None:
        notes = await recall()
        if notes is None:
            return None
        events: list[FeedEvent] = []
        listener = ChannelEvents(self.channel, self.row_of, self.gate, events.append)
        for item in notes:
            tell(listener, item.note)
        return [Published(event, 0, item.time_ms, 0, item.number) for item, event in zip(notes, events, strict=True)]

    def note(self, event: FeedEvent) -> None:
        """Publish what happened on the channel."""
        if isinstance(event, Notice):
            is_back = isinstance(event.value, StreamStatus) and event.value.state is StreamState.RESUMED
            self._state = CONNECTED if is_back else event.value  # for those who come later
        self.publish(event)


class _NumberedEvents(ChannelEvents):
    def __init__(self, feed: ChannelFeed) -> None:
        super().__init__(feed.channel, feed.row_of, feed.gate, feed.note)
        self._feed = feed

    def number_next(self, number: EventNumber | None, time_ms: int | None = None, *, is_event: bool = True) -> None:
        self._feed.number_next(number, time_ms, is_event=is_event)
