"""Footprints: volume of market orders by price inside each bar.

Source: /api/futures/volume/footprint-history and /api/spot/volume/footprint-history, rows of [time, levels] with levels
of ten figures, in the order of `_FootprintLevel`.
"""

import functools
from collections.abc import Callable
from typing import TypeVar

import msgspec

from cg_client.call import Decode
from cg_client.decoding.checks import by_time, finite
from cg_client.decoding.decoder_names import named
from cg_client.decoding.struct_reader import Figure, Time, struct_decoder
from payloads.columns import Columns
from payloads.series import timed_rows

R = TypeVar("R")


class _FootprintLevel(msgspec.Struct, array_like=True, gc=False, forbid_unknown_fields=True):
    """Market orders between two prices; `quantity` in coins, `quote` in the quote asset, `usd` in USDT."""

    price_from: float
    price_to: float
    buy_quantity: Figure
    sell_quantity: Figure
    buy_quote: Figure
    sell_quote: Figure
    buy_usd: Figure
    sell_usd: Figure
    buy_trades: Figure
    sell_trades: Figure


class _Bar(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    time: Time
    levels: list[_FootprintLevel]


@functools.cache  # the decoder is part of the cache's key
def footprint_decoder(bar: type[R], level: Callable[..., object]) -> Decode[Columns[R]]:
    """Make the decoder to rows of the class; `level` makes each of their levels."""

    def bars(raws: list[_Bar]) -> Columns[R]:
        figures = [figure for raw in raws for level in raw.levels for figure in msgspec.structs.astuple(level)]
        finite(figures, "data levels")
        by_start = by_time([raw.time for raw in raws], raws, "data[0]")
        levels = [[level(**msgspec.structs.asdict(item)) for item in raw.levels] for raw in by_start.values()]
        return timed_rows(bar, [*by_start], levels=levels)

    return named(struct_decoder(list[_Bar], bars), "footprint", bar)
