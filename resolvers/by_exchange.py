"""Histories by exchange, which come as parallel lists with one list for each exchange.

Source: /api/option/exchange-oi-history and exchange-vol-history, /api/exchange/balance/chart, documented as a list of
one object and seen without the list; /api/futures/open-interest/exchange-history-chart, documented without it.
"""

from dataclasses import dataclass

import msgspec

from cg_client.call import Decode
from resolvers.checks import equally_long, finite, in_milliseconds, strict
from resolvers.decode import one_of


class _History(msgspec.Struct):
    time_list: list[int]
    price_list: list[float | None]
    data_map: dict[str, list[float | None]]


@dataclass(frozen=True, slots=True)
class History:
    """Equally long lists; times in milliseconds."""

    times: list[int]
    prices: list[float | None]
    by_exchange: dict[str, list[float | None]]


_decode_one = one_of(_History)


def _decode(data: msgspec.Raw) -> History:
    raw = _decode_one(data)
    equally_long(
        {"time_list": raw.time_list, "price_list": raw.price_list}
        | {f"data_map.{name}": values for name, values in raw.data_map.items()}
    )
    finite(raw.price_list, "data.price_list")
    for name, values in raw.data_map.items():
        finite(values, f"data.data_map.{name}")
    times = [time for time in in_milliseconds(raw.time_list, "data.time_list") if time is not None]
    return History(times, raw.price_list, raw.data_map)


decode_history: Decode[History] = strict(_decode)
