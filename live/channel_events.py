"""Turns what happens on a channel into events of a feed, each call into one."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeAlias

from cg_client.errors import CoinglassError, InvalidRequest
from cg_client.live.channels import Channel
from cg_client.live.events import EventBatch
from cg_client.plans.gate import Gate
from graph_types.enums import Freshness
from graph_types.problems import Problems
from graph_types.stream_status import StreamState, StreamStatus, resumed
from live.events import FeedEvent, NewRows, Notice
from payloads.source import Anomaly, DataSource
from resolvers.results import problem

RowOf: TypeAlias = Callable[[Any], object]

CONNECTED: Final = StreamStatus(
    state=StreamState.CONNECTED, message="The stream from CoinGlass is open. Events follow as they come."
)
_MISSED: Final = "The stream from CoinGlass goes on. What it sent in the gap is missing, and is not sent again."


class ChannelEvents:
    """A listener of a channel. Events are the rows that `row_of` makes, and notices; `emit` gets them."""

    def __init__(self, channel: Channel, row_of: RowOf, gate: Gate, emit: Callable[[FeedEvent], None]) -> None:
        self._channel, self._row_of, self._gate, self._emit = channel, row_of, gate, emit

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
        self._emit(NewRows([self._row_of(event) for event in batch.events], source))

    def connected(self) -> None:
        self._emit(Notice(CONNECTED))

    def interrupted(self, failure: CoinglassError) -> None:
        self._emit(Notice(self._problem(failure)))

    def resumed(self, gap_start: datetime, seconds: float) -> None:
        self._emit(Notice(resumed(gap_start, seconds, _MISSED)))

    def refused(self, failure: CoinglassError | InvalidRequest, _: float | None) -> None:
        self._emit(Notice(self._problem(failure), ends=True))

    def _problem(self, failure: CoinglassError | InvalidRequest) -> Problems:
        failure.endpoint = failure.endpoint or self._channel.kind.endpoint.path
        return problem(failure, self._gate)
