"""Windows of prices whose true values the modelled market states, so that no answer has to be trusted."""

import itertools
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cg_client.endpoints import futures
from cg_client.intervals import Interval
from cg_client.plans.plan_table import Plan
from chaos.parts import Part, iso, on_pair, price
from sandbox.figures import MARKET
from sandbox.market.universe import COINS, PAIRS

ENDPOINT: Final = futures.market.PRICE_HISTORY
INTERVALS: Final = (Interval.H4, Interval.H6, Interval.H8, Interval.H12, Interval.D1, Interval.H1, Interval.M30)
EXCHANGES: Final = ("Binance", "OKX", "Bybit", "Gate", "MEXC")
_CLOSED: Final = 3  # bars between the window's end and now
_BARS: Final = 20


@dataclass(frozen=True, slots=True)
class CheckedSeries:
    """The prices of a coin's pair with USDT."""

    exchange: str
    coin: str
    interval: Interval

    @property
    def code(self) -> str:
        """Return how the exchange writes the pair."""
        return next(
            symbol
            for is_spot, exchange, symbol in PAIRS
            if not is_spot and exchange == self.exchange and _letters(symbol).startswith(f"{self.coin}USDT")
        )

    def rows(self, first: int, last: int, now: int) -> list[dict[str, Any]]:
        """Return the rows that CoinGlass has of the bars that start from `first` to `last`, at `now`."""
        step = self.interval.milliseconds
        query = {"exchange": self.exchange, "symbol": self.code, "interval": self.interval.value, "limit": "1000"}
        query |= {"start_time": str(first), "end_time": str(last + step - 1)}
        rows: list[dict[str, Any]] = MARKET.data(ENDPOINT, query, Plan.PROFESSIONAL, now)
        return [row for row in rows if first <= row["time"] <= last]

    def is_of(self, query: Mapping[str, str]) -> bool:
        """Whether a call with these parameters is for this series."""
        names = (query.get("exchange"), query.get("symbol"), query.get("interval"))
        return names == (self.exchange, self.code, self.interval.value)


@dataclass(frozen=True, slots=True)
class ClosedWindow:
    """Bars that are closed and therefore never change; `last` is the start of the newest one."""

    series: CheckedSeries
    bars: int
    last: int

    @property
    def part(self) -> Part:
        series = self.series
        first = self.last - (self.bars - 1) * series.interval.milliseconds
        arguments = f'interval: {series.interval.name}, from: "{iso(first)}", to: "{iso(self.last)}"'
        name = f"{series.exchange}{series.coin}{series.interval.name}n{self.bars}"
        return on_pair(name, series.exchange, series.coin, price(arguments))

    def value(self) -> dict[str, Any]:
        """Return the true value of the part."""
        first = self.last - (self.bars - 1) * self.series.interval.milliseconds
        rows = self.series.rows(first, self.last, self.last + _CLOSED * self.series.interval.milliseconds)
        columns = {
            "timestamp": [row["time"] for row in rows],
            "open": [float(row["open"]) for row in rows],
            "close": [float(row["close"]) for row in rows],
        }
        return {"__typename": "PriceSeries", "count": len(rows), "columns": columns}


def closed_window(series: CheckedSeries, bars: int = _BARS, now: float | None = None) -> ClosedWindow:
    step = series.interval.milliseconds
    newest = int((time.time() if now is None else now) * 1000) // step * step
    return ClosedWindow(series, bars, newest - _CLOSED * step)


def new_windows(exchanges: tuple[str, ...] = EXCHANGES) -> Iterator[ClosedWindow]:
    """Yield windows of ever other series; after some thousand, larger windows of the same."""
    for bars in itertools.count(_BARS, 100):
        for interval, coin, exchange in itertools.product(INTERVALS, COINS, exchanges):
            yield closed_window(CheckedSeries(exchange, coin, interval), bars)


def _letters(symbol: str) -> str:
    return symbol.replace("-", "").replace("_", "")
