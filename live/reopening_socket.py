"""Opens channels that CoinGlass refuses again and again, since the plan or the key may change."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, Final

from cg_client.clock import Clock
from cg_client.errors import CoinglassError, InvalidRequest, ProblemCode
from cg_client.live.channels import Channel
from cg_client.live.events import EventBatch
from cg_client.live.listener import ChannelListener
from cg_client.live.stream import Closable, EventNumber, LocalSocket, Recall
from cg_client.live.subscription import ChannelHistory
from live.feed import GATED_SECONDS

_REFUSED_WITHIN: Final = 5.0  # seconds, in which CoinGlass refuses a subscription if it does


class ReopeningSocket:
    """A socket whose channels are refused only if there is no such channel. Any other refusal is an interruption."""

    def __init__(self, socket: LocalSocket, clock: Clock) -> None:
        self._socket, self._clock = socket, clock

    def open(
        self, channel: Channel, listener: ChannelListener, history: ChannelHistory | None = None
    ) -> "ReopeningChannel":
        return ReopeningChannel(self._socket, channel, listener, self._clock, history)

    @property
    def last_message_at(self) -> float | None:
        """When CoinGlass sent something last, in monotonic seconds; None without a connection."""
        return self._socket.last_message_at

    async def close(self) -> None:
        await self._socket.close()


class ReopeningChannel:
    """An open channel of one process. A listener itself, it passes on what happens."""

    def __init__(
        self,
        socket: LocalSocket,
        channel: Channel,
        listener: ChannelListener,
        clock: Clock,
        history: ChannelHistory | None = None,
    ) -> None:
        self._socket, self._channel, self._listener, self._clock = socket, channel, listener, clock
        self._code: ProblemCode | None = None  # of the failure that the listener was told last, while it lasts
        self._waiting: asyncio.Task[None] | None = None  # to open the channel again, or for its refusal
        self._is_refused = False  # as far as is known
        self._lost_since: float | None = None  # before it was refused, in monotonic seconds; None if it never was live
        self._connected_at: float | None = None  # after that
        self._open: Closable | None = socket.open(channel, self, history)

    def close(self) -> None:
        self._stop_waiting()
        if self._open is not None:
            self._open.close()
            self._open = None

    def _stop_waiting(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.cancel()

    def _wait(self, work: Coroutine[Any, Any, None]) -> None:
        """Wait for this, and for nothing else any more."""
        self._stop_waiting()
        self._waiting = asyncio.create_task(work)

    async def ready(self) -> None:
        """Wait for nothing: the listener is told the state as soon as it is known."""

    def recall(self, after: EventNumber, until: EventNumber) -> Recall | None:  # noqa: ARG002  # a process has no other
        return None

    # ChannelListener

    def received(self, batch: EventBatch) -> None:
        self._note_accepted()
        self._listener.received(batch)

    def connected(self) -> None:
        """Note that the subscription was sent. After a refusal, that says nothing yet."""
        if not self._is_refused:
            self._tell_connected()
            return
        self._connected_at = self._clock.monotonic()
        self._wait(self._wait_for_refusal())

    def _tell_connected(self) -> None:
        self._code = None
        self._listener.connected()

    async def _wait_for_refusal(self) -> None:
        await self._clock.sleep(_REFUSED_WITHIN)
        self._note_accepted()

    def _note_accepted(self) -> None:
        """Tell that the stream goes on, if it was refused before and is no longer."""
        if self._connected_at is None:
            return
        since, until = self._lost_since, self._connected_at
        self._is_refused, self._lost_since, self._connected_at = False, None, None
        if since is None:
            self._tell_connected()
        else:
            start = self._clock.now() - timedelta(seconds=self._clock.monotonic() - since)
            self.resumed(start, until - since)

    def interrupted(self, failure: CoinglassError) -> None:
        self._note_accepted()
        self._code = failure.code
        self._listener.interrupted(failure)

    def resumed(self, gap_start: datetime, seconds: float) -> None:
        self._code = None
        self._listener.resumed(gap_start, seconds)

    def refused(self, failure: CoinglassError | InvalidRequest, lost_since: float | None) -> None:
        """Try again from time to time, unless there is no such channel: the plan or the key may change."""
        self._connected_at = None
        if isinstance(failure, InvalidRequest):
            self._stop_waiting()
            self._listener.refused(failure, lost_since)
            return
        self._is_refused = True
        if self._lost_since is None:
            self._lost_since = lost_since
        if self._code is not failure.code:
            self._code = failure.code
            self._listener.interrupted(failure)
        self._wait(self._reopen())

    async def _reopen(self) -> None:
        await self._clock.sleep(GATED_SECONDS)
        if self._open is not None:
            self._open.close()
        self._open = self._socket.open(self._channel, self)
