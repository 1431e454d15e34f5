"""A feed of a channel of CoinGlass' WebSocket."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, Protocol, TypeAlias

from cg_client.clock import Clock
from cg_client.errors import CoinglassError, InvalidRequest
from cg_client.live.channels import Channel
from cg_client.live.events import EventBatch
from cg_client.live.listener import ChannelListener
from cg_client.plans.gate import Gate
from graph_types.enums import Freshness
from graph_types.problems import Problems
from graph_types.stream_status import StreamState, StreamStatus, resumed
from live.events import FeedEvent, NewRows, Notice
from live.feed import GATED_SECONDS, Feed
from payloads.source import Anomaly, DataSource
from resolvers.results import problem

RowOf: TypeAlias = Callable[[Any], object]

_CONNECTED: Final = StreamStatus(
    state=StreamState.CONNECTED, message="The stream from CoinGlass is open. Events follow as they come."
)
_MISSED: Final = "The stream from CoinGlass goes on. What it sent in the gap is missing, and is not sent again."


class Closable(Protocol):
    """An open channel."""

    def close(self) -> None: ...


class Socket(Protocol):
    """Where channels are opened: `UpstreamSocket`."""

    def open(self, channel: Channel, listener: ChannelListener) -> Closable: ...
    async def close(self) -> None: ...


class ChannelFeed(Feed):
    """Publishes the rows that `row_of` makes of CoinGlass' events. The channel stays open until the feed is closed."""

    def __init__(self, socket: Socket, channel: Channel, row_of: RowOf, gate: Gate, clock: Clock) -> None:
        super().__init__(clock)
        self._socket, self._channel, self._row_of, self._gate = socket, channel, row_of, gate
        self._open: Closable | None = None
        self._state: StreamStatus | Problems | None = None
        self._reopening: asyncio.Task[None] | None = None
        self._was_connected = False
        self._refused_at: tuple[datetime, float] | None = None  # by the wall clock and in monotonic seconds

    def opening(self) -> Sequence[FeedEvent]:
        return () if self._state is None else [Notice(self._state)]

    def start(self) -> None:
        if self._open is None:
            self._open = self._socket.open(self._channel, self)

    def pause(self) -> None:
        """Leave the channel open: clients that come back soon miss nothing."""

    async def close(self) -> None:
        if self._reopening is not None:
            self._reopening.cancel()
        if self._open is not None:
            self._open.close()
            self._open = None

    # ChannelListener

    def received(self, batch: EventBatch) -> None:
        source = DataSource(
            endpoint=self._channel.kind.endpoint.path,
            fetched_at=batch.received_at,
            freshness=Freshness.FRESH,
            refresh_seconds=None,
            expires_at=None,
            sandbox=batch.sandbox,
            anomalies=[
                Anomaly(kind=item.kind, field=item.field, count=item.count, sample=item.sample)
                for item in batch.anomalies
            ],
        )
        self.publish(NewRows([self._row_of(event) for event in batch.events], source))

    def connected(self) -> None:
        if self._was_connected and self._refused_at is not None:
            time, at = self._refused_at
            self.resumed(time, self.clock.monotonic() - at)
        else:
            self._note(_CONNECTED)
        self._was_connected, self._refused_at = True, None

    def interrupted(self, failure: CoinglassError) -> None:
        self._note(self._problem(failure))

    def resumed(self, gap_start: datetime, seconds: float) -> None:
        self._note(resumed(gap_start, seconds, _MISSED))
        self._state = _CONNECTED  # for those who come later

    def refused(self, failure: CoinglassError | InvalidRequest) -> None:
        """Try again from time to time, unless there is no such channel: the plan or the key may change."""
        if isinstance(failure, InvalidRequest):
            self._note(self._problem(failure), ends=True)
            return
        if self._refused_at is None:
            self._refused_at = self.clock.now(), self.clock.monotonic()
            self._note(self._problem(failure))
        self._reopening = asyncio.create_task(self._reopen())

    async def _reopen(self) -> None:
        await self.clock.sleep(GATED_SECONDS)
        if self._open is not None:
            self._open.close()
        self._open = self._socket.open(self._channel, self)

    def _note(self, value: StreamStatus | Problems, *, ends: bool = False) -> None:
        self._state = value
        self.publish(Notice(value, ends))

    def _problem(self, failure: CoinglassError | InvalidRequest) -> Problems:
        failure.endpoint = failure.endpoint or self._channel.kind.endpoint.path
        return problem(failure, self._gate)
