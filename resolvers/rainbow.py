"""The rainbow chart: positional rows of a price, ten edges and, last, the time.

Source: /api/index/bitcoin/rainbow-chart.
"""

from dataclasses import dataclass

import msgspec

from cg_client.call import Decode
from resolvers.checks import finite, in_milliseconds, strict

_EDGES = tuple(f"edge_{number}" for number in range(10))
_Row = msgspec.defstruct(
    "_Row",
    [("price", float | None), *((edge, float | None) for edge in _EDGES), ("time", int)],
    array_like=True,
    forbid_unknown_fields=True,
    gc=False,
)


@dataclass(frozen=True, slots=True)
class Day:
    """`time` in milliseconds, `edges` from the lowest to the highest."""

    time: int
    price: float | None
    edges: list[float | None]


_rows = msgspec.json.Decoder(list[_Row], strict=False)  # type: ignore[valid-type]  # a type made at run time


def _decode(data: msgspec.Raw) -> list[Day]:
    rows = [msgspec.structs.astuple(row) for row in _rows.decode(data)]
    times = in_milliseconds([time for *_, time in rows], "data[...][11]")
    by_time = {
        time: Day(time, price, edges)
        for time, (price, *edges, _) in zip(times, rows, strict=True)
        if time is not None  # none is: the row's type says so
    }
    for day in by_time.values():
        finite([day.price, *day.edges], "data[...]")
    return [by_time[time] for time in sorted(by_time)]


decode_rainbow: Decode[list[Day]] = strict(_decode)
