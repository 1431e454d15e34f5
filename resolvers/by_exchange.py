"""Histories by exchange, which come as parallel lists with one list for each exchange.

Source: /api/option/exchange-oi-history and exchange-vol-history, /api/exchange/balance/chart, documented as a list of
one object and seen without the list; /api/futures/open-interest/exchange-history-chart, documented without it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from cg_client.call import Decode
from cg_client.decoding.anomalies import AnomalyKind
from cg_client.decoding.checks import equally_long, finite, in_milliseconds
from cg_client.decoding.decoder_names import named
from cg_client.decoding.struct_reader import EXPECTED, KEYS, Time, only_item, reader_of
from cg_client.decoding.tolerance import Path, Reading, below, tolerant, unwrapped
from native import ascends


class _History(msgspec.Struct, forbid_unknown_fields=True):
    time_list: Annotated[list[Time], KEYS]
    price_list: Annotated[list[float | None], EXPECTED]
    data_map: dict[str, list[float | None]]


@dataclass(frozen=True, slots=True)
class History:
    """Equally long lists, in order of time; times in milliseconds."""

    times: list[int]
    prices: list[float | None]
    by_exchange: dict[str, list[float | None]]

    def __len__(self) -> int:
        return len(self.times)

    def __getitem__(self, part: slice) -> "History":
        figures = {name: values[part] for name, values in self.by_exchange.items()}
        return History(self.times[part], self.prices[part], figures)


_decoder = msgspec.json.Decoder(_History | list[_History], strict=False)
_read_object = reader_of(_History)


def _read(value: Any, path: Path, reading: Reading) -> _History:  # noqa: ANN401  # JSON
    """Return the lists; one of another length than the times is replaced by nulls."""
    raw: _History = _read_object(value, path, reading)
    times: Sequence[int | None] = raw.time_list

    def fitting(name: str, values: Sequence[float | None] | None) -> list[float | None]:
        if values is None or len(values) != len(times):
            if values is not None:
                reading.anomalies.report(AnomalyKind.SHAPE_CHANGED, name, values)
            values = [None] * len(times)
        return [value for value, time in zip(values, times, strict=True) if time is not None]

    return _History(
        [time for time in times if time is not None],
        fitting("price_list", raw.price_list),
        {name: fitting(below("data_map", "*"), values) for name, values in raw.data_map.items()},
    )


def _history(raw: _History) -> History:
    lists: dict[str, Sequence[object]] = {"time_list": raw.time_list, "price_list": raw.price_list}
    equally_long(lists | {f"data_map.{name}": values for name, values in raw.data_map.items()})
    finite(raw.price_list, "data.price_list")
    for name, values in raw.data_map.items():
        finite(values, f"data.data_map.{name}")
    times = [time for time in in_milliseconds(raw.time_list, "data.time_list") if time is not None]
    return _in_order(History(times, raw.price_list, raw.data_map))


def _in_order(history: History) -> History:
    """Return the history with ascending times."""
    times = history.times
    if ascends(times):
        return history
    order = sorted(range(len(times)), key=times.__getitem__)
    figures = {name: [values[index] for index in order] for name, values in history.by_exchange.items()}
    return History([times[index] for index in order], [history.prices[index] for index in order], figures)


decode_history: Decode[History] = named(
    tolerant(lambda data: _history(only_item(_decoder.decode(data))), unwrapped(_read), _history), "history by exchange"
)
