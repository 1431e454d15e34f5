"""Documented samples with three rows in each list, so that every row has others beside it.

The rows differ in time, name and figure. A row has all fields that any documented row has.
"""

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.samples import sample
from tests.cases import CASES

ROWS = 3
SMALLEST_FIGURE = 1000  # smaller integers may be codes, counts or indices, and stay as they are
NAMES = {"base_asset", "etf_ticker", "exchange", "exchange_name", "instrument_id", "symbol", "ticker", "user"}
FIGURES = {"market_cap"}  # as large as times in seconds, and none
DAY = re.compile(r"\d{4}([/-])\d\d\1\d\d")
EXPIRY = re.compile(r"25\d{4}")
DECIMAL = re.compile(r"-?\d+\.\d+")


@dataclass(frozen=True)
class Sample:
    """The `data` of an answer, and a query that it answers."""

    data: Any
    query: str


def other_shapes() -> dict[str, Sample]:
    """Answers in shapes that are not documented but were seen, by path."""
    premium, liquidations = "/api/etf/bitcoin/premium-discount/history", "/api/futures/liquidation/aggregated-map"
    query = CASES[premium].text(anomalies=True).replace("it: premiumDiscount", 'it: premiumDiscount(ticker: "GBTC")')
    day = {"timestamp": 1706227200000, "nav_usd": 37.5, "market_price_usd": 37.25, "premium_discount_details": 0.5}
    levels = _levels({"48000": [[48000, 1579370.77, 50, None]]}, 0) | _levels({"48000": [[48000, 20.5, 25, None]]}, 7)
    instrument = {"liqMapV2": levels, "instrument": {"exName": "Binance", "instrumentId": "BTCUSDT"}}
    footprint = {"data": _grown([instrument], "data"), "last_price": 77860.5}
    return {
        premium: Sample(_grown([day], ""), query),
        liquidations: Sample(footprint, CASES[liquidations].text(anomalies=True)),
    }


@functools.cache
def grown(path: str) -> Any:
    """Return the `data` of the sample with three rows. It is shared: do not change it."""
    data = sample(path)["data"]
    if path == "/api/index/stableCoin-marketCap-history":
        data = [data[0] | {"price_list": [46250.5]}]  # documented empty
    if path in ("/api/futures/liquidation/map", "/api/futures/liquidation/aggregated-map"):
        data = {"data": {key: rows for price in (0, 5, 9) for key, rows in _levels(data["data"], price).items()}}
    if "heatmap/model" in path:
        cells = [[number, number, cell[2]] for number, cell in enumerate(data["liquidation_leverage_data"])]
        data = data | {"liquidation_leverage_data": cells}  # documented with indices of candles that are left out
    return _grown(data, "")


def _levels(levels: Mapping[str, Any], more: int) -> dict[str, Any]:
    """Return the levels under other prices."""
    return {str(int(key) + more): [[row[0] + more, *row[1:]] for row in rows] for key, rows in levels.items()}


def _grown(data: Any, name: str) -> Any:
    if isinstance(data, dict):
        return {key: _grown(value, key) for key, value in data.items()}
    if not isinstance(data, list) or not data:
        return data
    if not isinstance(data[0], dict | list):
        return data if len(data) >= ROWS else [varied(data[0], name, number) for number in range(ROWS)]
    if isinstance(data[0], dict) and is_columnar(data[0]):
        return [_grown(data[0], name)]
    row = _row(data, name)
    return [varied(row, name, number) for number in range(ROWS)]


def _row(rows: Sequence[Any], name: str) -> Any:
    """Return one row with every member of any of them, and its lists grown."""
    if isinstance(rows[0], list):
        return [_grown(value, name) if isinstance(value, list) else value for value in rows[0]]
    return _grown(_merged(rows), name)


def _merged(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for row in rows:
        for key, value in row.items():
            present = merged.get(key)
            if isinstance(present, list) and isinstance(value, list):
                merged[key] = [*present, *value]
            elif present is None or present in ("", []):
                merged[key] = value
    return merged


def is_columnar(data: Any) -> bool:
    """Whether it is an object of parallel lists."""
    return isinstance(data, dict) and all(map(_is_column, data.values()))


def _is_column(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_is_column, value.values()))
    return isinstance(value, list) and not any(isinstance(item, dict | list) for item in value)


def varied(value: Any, name: str, number: int) -> Any:
    """Return the value for another row, `number` times as far away."""
    if isinstance(value, dict):
        return {key: varied(item, key, number) for key, item in value.items()}
    if isinstance(value, list):
        return [varied(item, name, number) for item in value]
    if not number or isinstance(value, bool) or value is None:
        return value
    if isinstance(value, str):
        return _text(value, name, number)
    if is_time(value) and name not in FIGURES:
        return value + number * 864_000 * (1000 if value > 10**11 else 1)
    return value if isinstance(value, int) and abs(value) < SMALLEST_FIGURE else value + number


def _text(value: str, name: str, number: int) -> str:
    if DAY.fullmatch(value):
        separator = value[4]
        day = datetime.fromisoformat(value.replace("/", "-")) + timedelta(days=10 * number)
        return day.strftime(f"%Y{separator}%m{separator}%d")
    if name == "date" and EXPIRY.fullmatch(value):
        return (datetime.fromisoformat(f"20{value}") + timedelta(days=10 * number)).strftime("%y%m%d")
    if DECIMAL.fullmatch(value):
        return str(float(value) + number)
    return f"{value}{number}" if name in NAMES else value


def is_time(value: Any) -> bool:
    """Whether it may be seconds or milliseconds of this century."""
    return isinstance(value, int) and (10**9 < value < 2 * 10**9 or 10**12 < value < 3 * 10**12)
