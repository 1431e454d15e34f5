"""The rainbow chart: positional rows of a price, ten edges and, last, the time.

Source: /api/index/bitcoin/rainbow-chart.
"""

import functools
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from cg_client.call import Decode
from cg_client.decoding.checks import by_time, finite
from cg_client.decoding.decoder_names import named
from cg_client.decoding.struct_reader import Figure, Time, struct_decoder
from payloads.columns import Columns
from payloads.series import timed_rows

R = TypeVar("R")

_EDGES = tuple(f"edge_{number}" for number in range(10))
_Row = msgspec.defstruct(
    "_Row",
    [("price", float | None), *((edge, Figure) for edge in _EDGES), ("time", Time)],
    array_like=True,
    forbid_unknown_fields=True,
    gc=False,
)


@functools.cache  # the decoder is part of the cache's key
def rainbow_decoder(point: type[R]) -> Decode[Columns[R]]:
    """Make the decoder to rows of the class, with the edges from the lowest to the highest."""
    decode = struct_decoder(list[_Row], functools.partial(_points, point))  # type: ignore[valid-type]  # a type made at run time
    return named(decode, "rainbow", point)


def _points(point: type[R], raws: Sequence[msgspec.Struct]) -> Columns[R]:
    rows = [msgspec.structs.astuple(raw) for raw in raws]
    days = by_time([time for *_, time in rows], rows, "data[...][11]")
    for *figures, _ in days.values():
        finite(figures, "data[...]")
    prices, edges = [price for price, *_ in days.values()], [edges for _, *edges, _ in days.values()]
    return timed_rows(point, [*days], price_usd=prices, edges_usd=edges)
