"""Footprints: volume of market orders by price inside each bar.

Source: /api/futures/volume/footprint-history and /api/spot/volume/footprint-history, rows of [time, levels] with levels
of ten figures, in the order of `DecodedLevel`.
"""

import msgspec

from cg_client.call import Decode
from cg_client.decoding.checks import finite, in_milliseconds
from cg_client.decoding.struct_reader import Figure, Time, struct_decoder


class DecodedLevel(msgspec.Struct, array_like=True, frozen=True, gc=False, forbid_unknown_fields=True):
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


class DecodedBar(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """Upstream's `time` is in seconds, that of a decoded bar in milliseconds."""

    time: Time
    levels: list[DecodedLevel]


def _bars(raws: list[DecodedBar]) -> list[DecodedBar]:
    finite([figure for raw in raws for level in raw.levels for figure in msgspec.structs.astuple(level)], "data levels")
    times = in_milliseconds([raw.time for raw in raws], "data[0]")
    by_time = {time: DecodedBar(time, raw.levels) for time, raw in zip(times, raws, strict=True) if time is not None}
    return [by_time[time] for time in sorted(by_time)]


decode_footprint: Decode[list[DecodedBar]] = struct_decoder(list[DecodedBar], _bars)
