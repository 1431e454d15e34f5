"""One open channel: what its listener is told, and when."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import ParamSpec

from cg_client.clock import Clock
from cg_client.decoding.anomalies import DecodingAnomaly
from cg_client.errors import CoinglassError, InvalidRequest
from cg_client.live.channels import Channel
from cg_client.live.events import ChannelEvent, EventBatch
from cg_client.live.listener import ChannelListener
from cg_client.live.name_choice import NameChoice
from cg_client.live.overlap import Overlap

P = ParamSpec("P")


class _State(Enum):
    NEW = "the listener was told nothing yet"
    LIVE = "connected or resumed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class ChannelHistory:
    """What another socket brought before: the events, and since when none came. All times are in monotonic seconds."""

    events: Sequence[tuple[float, Sequence[ChannelEvent]]]
    lost_since: float


class ChannelSubscription:
    """Tells the listener each change once, and nothing after `close`.

    With a history it resumes, as after a reconnect.
    """

    def __init__(
        self,
        channel: Channel,
        listener: ChannelListener,
        name_choice: NameChoice,
        clock: Clock,
        history: ChannelHistory | None = None,
    ) -> None:
        self.channel, self.name_choice = channel, name_choice
        self._listener, self._clock = listener, clock
        self._overlap = Overlap()
        self._state = _State.NEW
        self._is_closed = False
        self._live_since: float | None = None  # None before the first time
        self._gap_since = 0.0
        if history is not None:
            self._live_since = self._gap_since = history.lost_since
            for at, events in history.events:
                self._overlap.new(events, at)
            self._overlap.cut(clock.monotonic())

    def close(self) -> None:
        self._is_closed = True

    def go_live(self) -> None:
        """Note that it is subscribed to and not silent, or that events came."""
        if self._state is _State.LIVE:
            return
        now, is_first = self._clock.monotonic(), self._live_since is None
        self._state, self._live_since = _State.LIVE, now
        if is_first:
            self._tell(self._listener.connected)
            return
        self._overlap.resume(now)
        self._tell_gap(self._gap_since, now)

    def note_gap(self, since: float, until: float) -> None:
        """Note that events came again, by a name that was not subscribed to in between (monotonic)."""
        if self._state is _State.LIVE and self._live_since is not None:
            self._tell_gap(max(since, self._live_since), until)

    def _tell_gap(self, since: float, until: float) -> None:
        start = self._clock.now() - timedelta(seconds=self._clock.monotonic() - since)
        self._tell(self._listener.resumed, start, until - since)

    def interrupt(self, failure: CoinglassError, heard_at: float) -> None:
        """Note that nothing comes any more; what was sent after `heard_at` (monotonic) may be lost."""
        if self._state is _State.INTERRUPTED:
            return
        self._begin_gap(heard_at)
        self._state = _State.INTERRUPTED
        self._tell(self._listener.interrupted, failure)

    def refuse(self, failure: CoinglassError | InvalidRequest, heard_at: float) -> None:
        """Note that the channel cannot be had; what was sent after `heard_at` (monotonic) is lost."""
        self._begin_gap(heard_at)
        self._tell(self._listener.refused, failure, None if self._live_since is None else self._gap_since)
        self.close()

    def _begin_gap(self, heard_at: float) -> None:
        if self._state is _State.LIVE and self._live_since is not None:
            self._gap_since = max(heard_at, self._live_since)
            self._overlap.cut(self._clock.monotonic())

    def receive(self, events: Sequence[ChannelEvent], anomalies: Sequence[DecodingAnomaly], *, sandbox: bool) -> int:
        """Pass on what is new. Returns the number of events."""
        self.go_live()
        new = self._overlap.new(events, self._clock.monotonic())
        if new or anomalies:
            batch = EventBatch(
                channel=self.channel,
                events=new,
                received_at=self._clock.now(),
                anomalies=anomalies,
                sandbox=sandbox,
            )
            self._tell(self._listener.received, batch)
        return len(new)

    def _tell(self, note: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Call the listener. A fault of it is reported, and costs the other channels nothing."""
        if self._is_closed:
            return
        try:
            note(*args, **kwargs)
        except Exception as error:  # noqa: BLE001  # whatever it is
            context = {"message": f"The listener of {self.channel} failed.", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)
