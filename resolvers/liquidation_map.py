"""Liquidation maps: levels under the price that each repeats, for all exchanges together or exchange by exchange.

Sources: /api/futures/liquidation/map and aggregated-map, documented as an object of levels by price. The second also
comes as a list with such an object for each instrument, beside the last price (seen in April 2026).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from cg_client.call import Decode
from cg_client.decoding.checks import finite
from cg_client.decoding.decoder_names import named
from cg_client.decoding.struct_reader import EXPECTED, Figure, reader_of
from cg_client.decoding.tolerance import Path, Reading, tolerant


class _Level(msgspec.Struct, array_like=True, gc=False, forbid_unknown_fields=True):
    """The fourth item is null in every answer that was seen."""

    price: float
    usd: Figure
    leverage: float | None
    fourth: float | None


class _Map(msgspec.Struct, forbid_unknown_fields=True):
    data: dict[str, list[_Level]]


class _Instrument(msgspec.Struct, forbid_unknown_fields=True):
    exchange: Annotated[str, EXPECTED] = msgspec.field(name="exName")
    symbol: Annotated[str, EXPECTED] = msgspec.field(name="instrumentId")


class _OfInstrument(msgspec.Struct, forbid_unknown_fields=True):
    levels: dict[str, list[_Level]] = msgspec.field(name="liqMapV2")
    instrument: Annotated[_Instrument, EXPECTED]


class _Listed(msgspec.Struct, forbid_unknown_fields=True):
    data: list[_OfInstrument]
    last_price: float | None = None


class MapLevel(msgspec.Struct, frozen=True, gc=False):
    """`exchange` and `symbol` where the answer tells them apart."""

    price: float
    usd: float | None
    leverage: float | None
    exchange: str | None = None
    symbol: str | None = None


@dataclass(frozen=True, slots=True)
class LevelMap:
    """The levels in ascending order of price."""

    levels: Sequence[MapLevel]
    last_price: float | None = None


_together, _listed = reader_of(_Map), reader_of(_Listed)
_decoder = msgspec.json.Decoder(_Map, strict=False)


def _read(value: Any, path: Path, reading: Reading) -> _Map | _Listed:  # noqa: ANN401  # JSON
    liquidation_map: _Map | _Listed = (_listed if _is_listed(value) else _together)(value, path, reading)
    return liquidation_map


def _is_listed(value: object) -> bool:
    """Whether the answer is by instrument; if `data` is neither list nor object, what stands beside it tells."""
    data = value.get("data") if isinstance(value, dict) else None
    return isinstance(data, list) or (isinstance(value, dict) and not isinstance(data, dict) and "last_price" in value)


def _build(raw: _Map | _Listed) -> LevelMap:
    if isinstance(raw, _Map):
        return LevelMap(_ordered(_levels(raw.data)))
    levels = [level for item in raw.data for level in _levels(item.levels, item.instrument)]
    return LevelMap(_ordered(levels), raw.last_price)


def _levels(by_price: dict[str, list[_Level]], of: _Instrument | None = None) -> Sequence[MapLevel]:
    rows = [level for levels in by_price.values() for level in levels]
    for level in rows:
        finite((level.price, level.usd, level.leverage), "data.data")
    exchange, symbol = (None, None) if of is None else (of.exchange, of.symbol)
    return [MapLevel(row.price, row.usd, row.leverage, exchange, symbol) for row in rows]


def _ordered(levels: Sequence[MapLevel]) -> Sequence[MapLevel]:
    return sorted(levels, key=lambda level: level.price)


decode_map: Decode[LevelMap] = named(
    tolerant(lambda data: _build(_decoder.decode(data)), _read, _build), "liquidation map"
)
