"""Reads the rows of a channel into events, with CoinGlass' fields under either of their names.

Rows without an anomaly, all with the newer or all with the older names, are decoded at once; any others value by value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import GenericAlias
from typing import Annotated, Any

import msgspec

from cg_client.decoding.anomalies import AnomalyCollector, AnomalyKind
from cg_client.decoding.checks import check_finite, check_time
from cg_client.decoding.row_reader import FieldReader, RowReader
from cg_client.decoding.shapes import milliseconds
from cg_client.decoding.struct_reader import Name
from cg_client.decoding.tolerance import Presence, rows_of, scalar, tolerant
from cg_client.errors import PayloadMismatch
from cg_client.live.channels import ChannelKind
from cg_client.live.events import ChannelEvent, LiquidationEvent, TickerEvent, TradeEvent


@dataclass(frozen=True, slots=True)
class _Value:
    """A value of an event: CoinGlass' names for it, the newer one first, its type, and what its absence costs."""

    names: Sequence[str]
    kind: Any  # for msgspec
    presence: Presence = Presence.EXPECTED


_PAIR = {
    "exchange": _Value(("exchange", "exName"), Name, Presence.REQUIRED),
    "symbol": _Value(("symbol",), Name, Presence.REQUIRED),
    "base_asset": _Value(("base_asset", "baseAsset"), Name),
}
_ORDER = _PAIR | {
    "price": _Value(("price",), float),
    "side": _Value(("side",), Annotated[int, msgspec.Meta(ge=1, le=2)]),
    "value_usd": _Value(("volume_usd", "volUsd"), float),
    "time_ms": _Value(("time",), int, Presence.REQUIRED),
}
_TICKER = _PAIR | {
    "price": _Value(("price",), float),
    "index_price": _Value(("index_price",), float),
    "volume_usd_24h": _Value(("volume_usd_24h",), float),
    "open_interest": _Value(("open_interest",), float),
    "open_interest_amount": _Value(("open_interest_amount",), float),
    "funding_rate": _Value(("funding_rate",), float, Presence.SPARSE),
    "next_funding_time": _Value(("next_funding_time",), Name, Presence.SPARSE),
    "funding_interval_hours": _Value(("funding_interval_hours",), int, Presence.SPARSE),
    "expiry_date": _Value(("expiry_date",), Name, Presence.SPARSE),
    "update_time": _Value(("update_time",), Name),
}
_CHECKS = {float: (check_finite,)}


class _EventReader:
    def __init__(self, event: type[ChannelEvent], values: Mapping[str, _Value]) -> None:
        self._event, self._values = event, values
        self._decoders = [self._decoder(index) for index in (0, -1)]
        fields = [
            FieldReader(value.names, (name,) * len(value.names), _reader(name, value), value.presence)
            for name, value in values.items()
        ]
        self.decode = tolerant(self._strict, rows_of(RowReader(self._make, fields)), tuple)

    def _decoder(self, index: int) -> msgspec.json.Decoder[Any]:
        """Return a decoder of rows with the names at this index, which refuses any that is not complete."""
        names = {name: value.names[index] for name, value in self._values.items()}
        fields = [
            (name, value.kind | None if value.presence is Presence.SPARSE else value.kind)
            for name, value in self._values.items()
        ]
        row = msgspec.defstruct(f"{self._event.__name__}Row", fields, rename=names, forbid_unknown_fields=True)
        return msgspec.json.Decoder(GenericAlias(list, (row,)))

    def _strict(self, data: msgspec.Raw) -> tuple[ChannelEvent, ...]:
        newer, older = self._decoders
        try:
            rows = newer.decode(data)
        except msgspec.ValidationError:
            rows = older.decode(data)
        return tuple(self._make(**msgspec.structs.asdict(row)) for row in rows)

    def _make(self, **values: Any) -> ChannelEvent:  # noqa: ANN401  # as read by the types of the table
        time = values.get("time_ms")
        if time is not None:
            check_time(time)
            values["time_ms"] = milliseconds(time)
        return self._event(**values)


def _reader(name: str, value: _Value) -> Any:  # noqa: ANN401  # `scalar` returns it so
    checks = (check_time,) if name == "time_ms" else _CHECKS.get(value.kind, ())
    return scalar(value.kind, *checks)


_READERS = {
    ChannelKind.LIQUIDATION_ORDERS: _EventReader(LiquidationEvent, _ORDER),
    ChannelKind.FUTURES_TRADES: _EventReader(TradeEvent, _ORDER),
    ChannelKind.SPOT_TRADES: _EventReader(TradeEvent, _ORDER),
    ChannelKind.FUTURES_TICKER: _EventReader(TickerEvent, _TICKER),
}


def read_events(kind: ChannelKind, data: msgspec.Raw, anomalies: AnomalyCollector) -> Sequence[ChannelEvent]:
    """Read the `data` of a message. What cannot be read is in the anomalies, even if that is all of it."""
    try:
        return _READERS[kind].decode(data, anomalies)
    except PayloadMismatch:
        if not anomalies.counts:
            anomalies.report(AnomalyKind.SHAPE_CHANGED, "data")
        return ()
