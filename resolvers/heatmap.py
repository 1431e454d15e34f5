"""Liquidation heatmaps and maps: from index triples and price keys to axes, cells and levels.

Sources: /api/futures/liquidation/heatmap/*, aggregated-heatmap/*, map, aggregated-map.
"""

from dataclasses import dataclass

import msgspec

from cg_client.call import Decode
from resolvers.checks import finite, in_milliseconds, strict


class _Cell(msgspec.Struct, array_like=True, gc=False):
    time_index: int
    price_index: int
    value: float


class _Candle(msgspec.Struct, array_like=True, gc=False):
    time: int
    open: float
    high: float
    low: float
    close: float
    volume_usd: float


class _Heatmap(msgspec.Struct):
    y_axis: list[float]
    liquidation_leverage_data: list[_Cell]
    price_candlesticks: list[_Candle]


class _Level(msgspec.Struct, array_like=True, gc=False):
    """A fourth item follows, null in every documented answer."""

    price: float
    usd: float
    leverage: float | None = None


class _Map(msgspec.Struct):
    data: dict[str, list[_Level]]


@dataclass(frozen=True, slots=True)
class Heatmap:
    """Axes, and parallel lists of cells and candles. Times in milliseconds.

    A cell whose index lies outside an axis keeps its indices and has no time or no price.
    """

    prices: list[float]
    times: list[int]
    cell_time_indices: list[int]
    cell_price_indices: list[int]
    cell_times: list[int | None]
    cell_prices: list[float | None]
    cell_values: list[float]
    candles: dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Level:
    price: float
    usd: float
    leverage: float | None


_heatmap = msgspec.json.Decoder(_Heatmap, strict=False)
_map = msgspec.json.Decoder(_Map, strict=False)


def _decode_heatmap(data: msgspec.Raw) -> Heatmap:
    raw = _heatmap.decode(data)
    cells, prices = raw.liquidation_leverage_data, raw.y_axis
    times = [
        time
        for time in in_milliseconds([one.time for one in raw.price_candlesticks], "data.price_candlesticks")
        if time is not None
    ]
    candles = {
        name: [getattr(one, name) for one in raw.price_candlesticks]
        for name in ("open", "high", "low", "close", "volume_usd")
    }
    finite(prices, "data.y_axis")
    finite([cell.value for cell in cells], "data.liquidation_leverage_data")
    for figures in candles.values():
        finite(figures, "data.price_candlesticks")
    return Heatmap(
        prices=prices,
        times=times,
        cell_time_indices=[cell.time_index for cell in cells],
        cell_price_indices=[cell.price_index for cell in cells],
        cell_times=[times[cell.time_index] if 0 <= cell.time_index < len(times) else None for cell in cells],
        cell_prices=[prices[cell.price_index] if 0 <= cell.price_index < len(prices) else None for cell in cells],
        cell_values=[cell.value for cell in cells],
        candles=candles,
    )


def _decode_map(data: msgspec.Raw) -> list[Level]:
    """All levels in ascending order of price; the key repeats each level's price."""
    levels = [level for found in _map.decode(data).data.values() for level in found]
    for level in levels:
        finite((level.price, level.usd, level.leverage), "data.data")
    return [Level(one.price, one.usd, one.leverage) for one in sorted(levels, key=lambda one: one.price)]


decode_heatmap: Decode[Heatmap] = strict(_decode_heatmap)
decode_map: Decode[list[Level]] = strict(_decode_map)
