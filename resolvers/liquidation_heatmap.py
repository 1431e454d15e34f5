"""Liquidation heatmaps: from index triples to axes and cells.

Sources: /api/futures/liquidation/heatmap/*, aggregated-heatmap/*.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec

from cg_client.call import Decode
from cg_client.decoding.checks import finite, in_milliseconds
from cg_client.decoding.decoder_names import named
from cg_client.decoding.struct_reader import EXPECTED, IN_PLACE, Figure, Time, struct_decoder

Index = Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)]  # GraphQL's Int has 32 bits


class _Cell(msgspec.Struct, array_like=True, gc=False, forbid_unknown_fields=True):
    time_index: Index
    price_index: Index
    value: Figure


class _Candle(msgspec.Struct, array_like=True, gc=False, forbid_unknown_fields=True):
    time: Annotated[Time, EXPECTED]
    open: Figure
    high: Figure
    low: Figure
    close: Figure
    volume_usd: Figure


class _Heatmap(msgspec.Struct, forbid_unknown_fields=True):
    """Cells point into both axes by place, so that nothing may be left out of them: what is unreadable is None."""

    y_axis: list[Figure]
    liquidation_leverage_data: list[_Cell]
    price_candlesticks: Annotated[list[_Candle], IN_PLACE]


_CANDLE_FIGURES = ("open", "high", "low", "close", "volume_usd")


@dataclass(frozen=True, slots=True)
class Heatmap:
    """Axes, and parallel lists of cells and candles. Times in milliseconds.

    A cell whose index lies outside an axis keeps its indices and has no time or no price. The candles are those of
    the time axis whose time is known.
    """

    prices: list[float | None]
    times: list[int | None]
    cell_time_indices: list[int]
    cell_price_indices: list[int]
    cell_times: list[int | None]
    cell_prices: list[float | None]
    cell_values: list[float | None]
    candle_times: list[int]
    candles: dict[str, list[float | None]]


def _build(raw: _Heatmap) -> Heatmap:
    cells, prices = raw.liquidation_leverage_data, raw.y_axis
    axis: Sequence[_Candle | None] = raw.price_candlesticks
    times = list(
        in_milliseconds([None if candle is None else candle.time for candle in axis], "data.price_candlesticks")
    )
    timed = [
        (time, candle) for time, candle in zip(times, axis, strict=True) if time is not None and candle is not None
    ]
    candles = {name: [getattr(candle, name) for _, candle in timed] for name in _CANDLE_FIGURES}
    finite(prices, "data.y_axis")
    finite([cell.value for cell in cells], "data.liquidation_leverage_data")
    for figures in candles.values():
        finite(figures, "data.price_candlesticks")
    return Heatmap(
        prices=[*prices],
        times=times,
        cell_time_indices=[cell.time_index for cell in cells],
        cell_price_indices=[cell.price_index for cell in cells],
        cell_times=[times[cell.time_index] if 0 <= cell.time_index < len(times) else None for cell in cells],
        cell_prices=[prices[cell.price_index] if 0 <= cell.price_index < len(prices) else None for cell in cells],
        cell_values=[cell.value for cell in cells],
        candle_times=[time for time, _ in timed],
        candles=candles,
    )


decode_heatmap: Decode[Heatmap] = named(struct_decoder(_Heatmap, _build), "liquidation heatmap")
