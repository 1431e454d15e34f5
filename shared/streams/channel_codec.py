"""The binary form of channels and of what happens on them. Replicas of another version use other names in the store."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import GenericAlias
from typing import Final, TypeAlias

import msgspec

from cg_client.decoding.anomalies import DecodingAnomaly
from cg_client.errors import InvalidRequest
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
from shared.failure_codec import decode_failure, encode_failure

VERSION: Final = "2"


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
    failure: bytes
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
            return _encode(StoredFailure(encode_failure(failure), is_final=False))
        case ChannelRefused(failure):
            return _encode(StoredFailure(encode_failure(failure), is_final=True))


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


def _failure_note(stored: StoredFailure) -> ChannelNote:
    failure = decode_failure(stored.failure)
    if stored.is_final or isinstance(failure, InvalidRequest):
        return ChannelRefused(failure)
    return ChannelInterrupted(failure)
