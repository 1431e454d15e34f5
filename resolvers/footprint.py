"""Footprints: volume of market orders by price inside each bar.

Source: /api/futures/volume/footprint-history and /api/spot/volume/footprint-history, rows of [time, levels] with levels
of ten figures, in the order of `Level`.
"""

import msgspec

from cg_client.call import Decode
from resolvers.checks import finite, in_milliseconds, strict


class Level(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Market orders between two prices; `quantity` in coins, `quote` in the quote asset, `usd` in USDT."""

    price_from: float
    price_to: float
    buy_quantity: float
    sell_quantity: float
    buy_quote: float
    sell_quote: float
    buy_usd: float
    sell_usd: float
    buy_trades: float
    sell_trades: float


class Bar(msgspec.Struct, array_like=True, frozen=True):
    """Upstream's `time` is in seconds, that of a decoded bar in milliseconds."""

    time: int
    levels: list[Level]


_bars = msgspec.json.Decoder(list[Bar], strict=False)


def _decode(data: msgspec.Raw) -> list[Bar]:
    raws = _bars.decode(data)
    finite([figure for raw in raws for level in raw.levels for figure in msgspec.structs.astuple(level)], "data levels")
    times = in_milliseconds([raw.time for raw in raws], "data[0]")
    by_time = {time: Bar(time, raw.levels) for time, raw in zip(times, raws, strict=True) if time is not None}
    return [by_time[time] for time in sorted(by_time)]


decode_footprint: Decode[list[Bar]] = strict(_decode)
