"""Capital in stablecoins: parallel lists whose figures are a sum for each day, or an object with one for each coin.

Source: /api/index/stableCoin-marketCap-history, documented with sums and recorded by coin.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from cg_client.call import Decode
from cg_client.decoding.anomalies import AnomalyCollector
from cg_client.decoding.checks import in_milliseconds, mismatch
from cg_client.decoding.row_reader import FieldReader, RowReader
from cg_client.decoding.struct_reader import Time, reader_of
from cg_client.decoding.tolerance import (
    Path,
    Presence,
    Reading,
    Unreadable,
    one_of,
    read_whole,
    rows_of,
    scalar,
    values_of,
)
from resolvers.parallel_lists import across


@dataclass(frozen=True, slots=True)
class StablecoinDay:
    """`time` in milliseconds; `by_coin` None where only the sum is known, `sum` None where a coin could not be read."""

    time: int
    price: float | None
    sum: float | None
    by_coin: Mapping[str, float] | None


_LISTS = ("time_list", "price_list", "data_list")
_read_coins = values_of(scalar(float))
_read_sum = scalar(float)


def _read_capital(value: Any, path: Path, reading: Reading) -> tuple[float | None, Mapping[str, float] | None]:  # noqa: ANN401  # JSON
    if not isinstance(value, dict):
        return _read_sum(value, path, reading), None
    if not value:
        raise Unreadable(path)
    by_coin: dict[str, float] = _read_coins(value, path, reading)
    total = sum(by_coin.values())
    return total if len(by_coin) == len(value) and math.isfinite(total) else None, by_coin


def _day(
    time: int, price: float | None, capital: tuple[float | None, Mapping[str, float] | None] | None
) -> StablecoinDay:
    (stamp,) = in_milliseconds((time,), "data.time_list")
    assert stamp is not None  # noqa: S101  # it is not of None
    return StablecoinDay(stamp, price, *(capital or (None, None)))


_rows = rows_of(
    RowReader(
        _day,
        [
            FieldReader(("time_list",), ("time",), reader_of(Time), Presence.REQUIRED),
            FieldReader(("price_list",), ("price",), scalar(float), Presence.SPARSE),
            FieldReader(("data_list",), ("capital",), _read_capital, Presence.SPARSE),
        ],
    )
)


def _read(value: Any, path: Path, reading: Reading) -> list[StablecoinDay]:  # noqa: ANN401  # JSON
    days: list[StablecoinDay] = _rows(across(value, set(_LISTS), _LISTS[:1], reading), path, reading)
    return days


_read_one = one_of(_read)


def _decode(data: msgspec.Raw, anomalies: AnomalyCollector) -> Sequence[StablecoinDay]:
    """Return the days in order of time. It is requested once a day, so that there is no faster way."""
    try:
        days: list[StablecoinDay] = read_whole(_read_one, msgspec.json.decode(data), anomalies)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise mismatch(error) from error
    by_time = {day.time: day for day in days}
    return [by_time[time] for time in sorted(by_time)]


decode_stablecoins: Decode[Sequence[StablecoinDay]] = _decode
