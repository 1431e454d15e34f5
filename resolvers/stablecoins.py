"""Capital in stablecoins: parallel lists whose figures are a sum for each day, or an object with one for each coin.

Source: /api/index/stableCoin-marketCap-history, documented with sums and recorded by coin.
"""

import functools
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias, TypeVar

import msgspec

from cg_client.call import Decode
from cg_client.decoding.anomalies import AnomalyCollector
from cg_client.decoding.checks import by_time
from cg_client.decoding.decoder_names import named
from cg_client.decoding.row_reader import FieldReader, RowReader
from cg_client.decoding.struct_reader import Time, reader_of
from cg_client.decoding.tolerance import (
    Path,
    Presence,
    Reading,
    Unreadable,
    parsed,
    read_whole,
    rows_of,
    scalar,
    unwrapped,
    values_of,
)
from payloads.columns import Columns
from payloads.series import timed_rows
from resolvers.parallel_lists import across

R = TypeVar("R")
_Capital: TypeAlias = tuple[float | None, Mapping[str, float] | None]  # the sum, and that of each coin


class _Day(NamedTuple):
    """`capital` lacks the coins where only the sum is stated, and the sum where a coin could not be read."""

    time: int
    price: float | None
    capital: _Capital | None


_LISTS = ("time_list", "price_list", "data_list")
_read_coins = values_of(scalar(float))
_read_sum = scalar(float)


def _read_capital(value: Any, path: Path, reading: Reading) -> _Capital:  # noqa: ANN401  # JSON
    if not isinstance(value, dict):
        return _read_sum(value, path, reading), None
    if not value:
        raise Unreadable(path)
    by_coin: dict[str, float] = _read_coins(value, path, reading)
    total = sum(by_coin.values())
    return total if len(by_coin) == len(value) and math.isfinite(total) else None, by_coin


_rows = rows_of(
    RowReader(
        _Day,
        [
            FieldReader(("time_list",), ("time",), reader_of(Time), Presence.REQUIRED),
            FieldReader(("price_list",), ("price",), scalar(float), Presence.SPARSE),
            FieldReader(("data_list",), ("capital",), _read_capital, Presence.SPARSE),
        ],
    )
)


def _read(value: Any, path: Path, reading: Reading) -> list[_Day]:  # noqa: ANN401  # JSON
    days: list[_Day] = _rows(across(value, set(_LISTS), _LISTS[:1], reading), path, reading)
    return days


_read_unwrapped = unwrapped(_read)


@functools.cache  # the decoder is part of the cache's key
def stablecoins_decoder(point: type[R], coin: Callable[..., object]) -> Decode[Columns[R]]:
    """Make the decoder to rows of the class; `coin` makes the item of each coin.

    It is requested once a day, so that there is no faster way.
    """

    def items(capital: Mapping[str, float] | None) -> list[object] | None:
        if capital is None:
            return None
        return [coin(symbol=symbol, market_cap_usd=usd) for symbol, usd in capital.items()]

    def decode(data: msgspec.Raw, anomalies: AnomalyCollector) -> Columns[R]:
        read: list[_Day] = read_whole(_read_unwrapped, parsed(data), anomalies)
        days = by_time([day.time for day in read], read, "data.time_list")
        capitals = [day.capital or (None, None) for day in days.values()]
        return timed_rows(
            point,
            [*days],
            price_usd=[day.price for day in days.values()],
            market_cap_usd=[total for total, _ in capitals],
            by_coin=[items(by_coin) for _, by_coin in capitals],
        )

    return named(decode, "stablecoins", point)
