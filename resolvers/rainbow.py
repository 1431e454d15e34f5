"""The rainbow chart: positional rows of a price, ten edges and, last, the time.

Source: /api/index/bitcoin/rainbow-chart.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from cg_client.call import Decode
from cg_client.decoding.checks import finite, in_milliseconds
from cg_client.decoding.struct_reader import Figure, Time, struct_decoder

_EDGES = tuple(f"edge_{number}" for number in range(10))
_Row = msgspec.defstruct(
    "_Row",
    [("price", float | None), *((edge, Figure) for edge in _EDGES), ("time", Time)],
    array_like=True,
    forbid_unknown_fields=True,
    gc=False,
)


@dataclass(frozen=True, slots=True)
class RainbowDay:
    """`time` in milliseconds, `edges` from the lowest to the highest."""

    time: int
    price: float | None
    edges: list[float | None]


def _days(raws: Sequence[msgspec.Struct]) -> list[RainbowDay]:
    rows = [msgspec.structs.astuple(raw) for raw in raws]
    times = in_milliseconds([time for *_, time in rows], "data[...][11]")
    by_time = {
        time: RainbowDay(time, price, edges)
        for time, (price, *edges, _) in zip(times, rows, strict=True)
        if time is not None  # none is: the row's type says so
    }
    for day in by_time.values():
        finite([day.price, *day.edges], "data[...]")
    return [by_time[time] for time in sorted(by_time)]


decode_rainbow: Decode[list[RainbowDay]] = struct_decoder(list[_Row], _days)  # type: ignore[valid-type]  # a type made at run time
