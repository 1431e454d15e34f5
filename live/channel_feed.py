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
_REFUSED_WITHIN: Final = 5.0  # seconds, in which CoinGlass refuses a subscription if it does
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
        self._waiting: asyncio.Task[None] | None = None  # to open the channel again, or for its refusal
        self._lost_since: float | None = None  # before the channel was refused, in monotonic seconds
        self._connected_at: float | None = None  # after that

    def opening(self) -> Sequence[FeedEvent]:
        return () if self._state is None else [Notice(self._state)]

    def start(self) -> None:
        if self._open is None:
            self._open = self._socket.open(self._channel, self)

    def pause(self) -> None:
        """Leave the channel open: clients that come back soon miss nothing."""

    async def close(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        if self._open is not None:
            self._open.close()
            self._open = None

    # ChannelListener

    def received(self, batch: EventBatch) -> None:
        self._note_accepted()
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
        """Note that CoinGlass was asked. After a refusal, that says nothing yet."""
        if self._lost_since is None:
            self._note(_CONNECTED)
            return
        self._connected_at = self.clock.monotonic()
        self._waiting = asyncio.create_task(self._wait_for_refusal())

    async def _wait_for_refusal(self) -> None:
        await self.clock.sleep(_REFUSED_WITHIN)
        self._note_accepted()

    def _note_accepted(self) -> None:
        """Tell that the stream goes on, if it was refused before and is no longer."""
        if self._lost_since is not None and self._connected_at is not None:
            self._note(self.status_after_gap(self._lost_since, self._connected_at, _MISSED))
            self._state = _CONNECTED  # for those who come later
            self._lost_since = self._connected_at = None

    def interrupted(self, failure: CoinglassError) -> None:
        self._note_accepted()
        self._note(self._problem(failure))

    def resumed(self, gap_start: datetime, seconds: float) -> None:
        self._note(resumed(gap_start, seconds, _MISSED))
        self._state = _CONNECTED  # for those who come later

    def refused(self, failure: CoinglassError | InvalidRequest, lost_since: float | None) -> None:
        """Try again from time to time, unless there is no such channel: the plan or the key may change."""
        refusal = self._problem(failure)
        if isinstance(failure, InvalidRequest):
            self._note(refusal, ends=True)
            return
        if self._lost_since is None:
            self._lost_since = lost_since
        self._connected_at = None
        if getattr(self._state, "code", None) is not refusal.code:
            self._note(refusal)
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = asyncio.create_task(self._reopen())

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
