"""The binary form of channels and of what happens on them. Replicas of another version use other names in the store."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from types import GenericAlias
from typing import Any, Final, TypeAlias

import msgspec

from cg_client.decoding.anomalies import DecodingAnomaly
from cg_client.errors import (
    BadArgument,
    CoinglassError,
    Gated,
    GateSource,
    InvalidRequest,
    NotFound,
    PlanRequired,
    RateLimited,
    StreamSilent,
    Unauthorized,
    UnavailableReason,
    UnknownName,
    UpstreamFailed,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from cg_client.live.channels import Channel, ChannelKind
from cg_client.live.events import ChannelEvent, EventBatch, LiquidationEvent, TickerEvent, TradeEvent
from cg_client.live.notes import (
    ChannelConnected,
    ChannelInterrupted,
    ChannelNote,
    ChannelRefused,
    ChannelResumed,
    EventsReceived,
)
from cg_client.plans.plan_table import Plan

VERSION: Final = "1"

Failure: TypeAlias = CoinglassError | InvalidRequest


class StoredChannel(msgspec.Struct, array_like=True, frozen=True):
    kind: str
    exchange: str | None
    symbol: str | None
    min_usd: int | None


class StoredEvents(msgspec.Struct, array_like=True, tag="e", frozen=True):
    rows: msgspec.Raw
    received_at: datetime
    anomalies: Sequence[DecodingAnomaly]
    sandbox: bool


class StoredConnection(msgspec.Struct, array_like=True, tag="c", frozen=True):
    pass


class StoredFailure(msgspec.Struct, array_like=True, tag="f", frozen=True):
    """`kind`: the class. `details`: what its constructor needs beside the message."""

    kind: str
    message: str
    endpoint: str
    retry_after: float | None
    details: dict[str, Any]
    is_final: bool


class StoredGap(msgspec.Struct, array_like=True, tag="g", frozen=True):
    """`ago`: seconds from the start of the gap to the note."""

    ago: float
    seconds: float


StoredNote: TypeAlias = StoredEvents | StoredConnection | StoredFailure | StoredGap

_EVENTS: Mapping[ChannelKind, type[ChannelEvent]] = {
    ChannelKind.LIQUIDATION_ORDERS: LiquidationEvent,
    ChannelKind.FUTURES_TRADES: TradeEvent,
    ChannelKind.SPOT_TRADES: TradeEvent,
    ChannelKind.FUTURES_TICKER: TickerEvent,
}
_ROWS = {
    event: msgspec.defstruct(
        f"Stored{event.__name__}",
        [(field.name, field.type) for field in msgspec.structs.fields(event)],
        array_like=True,
        gc=False,
    )
    for event in (LiquidationEvent, TradeEvent, TickerEvent)
}
_ROW_DECODERS = {event: msgspec.msgpack.Decoder(GenericAlias(list, (row,))) for event, row in _ROWS.items()}
_NOTES: msgspec.msgpack.Decoder[StoredNote] = msgspec.msgpack.Decoder(StoredNote)
_CHANNELS = msgspec.msgpack.Decoder(list[StoredChannel])
_encode = msgspec.msgpack.Encoder().encode


def encode_channels(channels: Sequence[Channel]) -> bytes:
    return _encode([StoredChannel(item.kind.name, item.exchange, item.symbol, item.min_usd) for item in channels])


def decode_channels(data: bytes) -> list[Channel]:
    return [
        Channel(ChannelKind[item.kind], item.exchange, item.symbol, item.min_usd) for item in _CHANNELS.decode(data)
    ]


def encode_note(note: ChannelNote, now: datetime) -> bytes:
    """`now`: by the clock of this process, by which the note has its times."""
    match note:
        case EventsReceived(batch):
            rows = [msgspec.structs.astuple(event) for event in batch.events]
            stored = StoredEvents(msgspec.Raw(_encode(rows)), batch.received_at, list(batch.anomalies), batch.sandbox)
            return _encode(stored)
        case ChannelConnected():
            return _encode(StoredConnection())
        case ChannelResumed(gap_start, seconds):
            return _encode(StoredGap((now - gap_start).total_seconds(), seconds))
        case ChannelInterrupted(failure):
            return _encode(_stored(failure, is_final=False))
        case ChannelRefused(failure):
            return _encode(_stored(failure, is_final=True))


def decode_note(data: bytes, channel: Channel, at: datetime) -> ChannelNote:
    """`at`: when the note came, by the clock of this process."""
    stored = _NOTES.decode(data)
    match stored:
        case StoredEvents():
            event = _EVENTS[channel.kind]
            rows = _ROW_DECODERS[event].decode(stored.rows)
            batch = EventBatch(
                channel=channel,
                events=[event(**msgspec.structs.asdict(row)) for row in rows],
                received_at=stored.received_at,
                anomalies=tuple(stored.anomalies),
                sandbox=stored.sandbox,
            )
            return EventsReceived(batch)
        case StoredConnection():
            return ChannelConnected()
        case StoredGap(ago, seconds):
            return ChannelResumed(at - timedelta(seconds=ago), seconds)
        case StoredFailure():
            return _failure_note(stored)


def _stored(failure: Failure, *, is_final: bool) -> StoredFailure:
    """Note the most special class that `_MAKERS` has: what a subscriber is told of it is the same."""
    kind = next(base.__name__ for base in type(failure).__mro__ if base.__name__ in _MAKERS)
    details: dict[str, Any] = {}
    match failure:
        case Gated():
            current = None if failure.current is None else failure.current.name
            details = {"required": failure.required.name, "current": current, "by": failure.decided_by.name}
        case UpstreamUnavailable():
            details = {"reason": failure.reason.name}
        case InvalidRequest():
            details = {"argument": failure.argument, "suggestions": list(failure.suggestions)}
    retry_after = None if isinstance(failure, InvalidRequest) else failure.retry_after
    return StoredFailure(kind, str(failure), failure.endpoint, retry_after, details, is_final)


def _failure_note(stored: StoredFailure) -> ChannelNote:
    failure = _MAKERS[stored.kind](stored.message, stored.details)
    failure.endpoint = stored.endpoint
    if isinstance(failure, InvalidRequest):
        return ChannelRefused(failure)
    failure.retry_after = stored.retry_after
    return ChannelRefused(failure) if stored.is_final else ChannelInterrupted(failure)


def _gated(message: str, details: Mapping[str, Any]) -> PlanRequired:
    current = None if details["current"] is None else Plan[details["current"]]
    by = GateSource[details["by"]]
    return PlanRequired(message, required=Plan[details["required"]], current=current, decided_by=by)


_MAKERS: Mapping[str, Callable[[str, Mapping[str, Any]], Failure]] = {
    "Gated": _gated,
    "StreamSilent": lambda _, __: StreamSilent(),
    "Unauthorized": lambda message, _: Unauthorized(message),
    "RateLimited": lambda message, _: RateLimited(message),
    "NotFound": lambda message, _: NotFound(message),
    "UpstreamTimeout": lambda message, _: UpstreamTimeout(message),
    "UpstreamUnavailable": lambda message, details: UpstreamUnavailable(
        message, reason=UnavailableReason[details["reason"]]
    ),
    "UpstreamFailed": lambda message, _: UpstreamFailed(message),
    "CoinglassError": lambda message, _: CoinglassError(message),
    "UnknownName": lambda message, details: UnknownName(message, details["suggestions"], details["argument"]),
    "BadArgument": lambda message, details: BadArgument(message, details["argument"], details["suggestions"]),
    "InvalidRequest": lambda message, details: InvalidRequest(message, details["argument"], details["suggestions"]),
}
