"""Futures: technical indicators, computed from the candles of the model."""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence

from cg_client.endpoint import Endpoint
from cg_client.endpoints.futures import technical as endpoints
from cg_client.intervals import Interval
from sandbox.market import indicators
from sandbox.market.model import Model, ModelContext, Row, percent_change
from sandbox.market.path import MINUTE, Ohlc
from sandbox.market.prices import FIRST, coin_bars, pair_bars, price
from sandbox.market.universe import COINS
from sandbox.windows import Query

_BLOCK = 500  # rows that are averaged from one beginning
_MEMORY = 10  # windows after which an exponential average has forgotten where it began
_LONGEST_MEMORY = 3000  # rows
_PRICES = ("open", "high", "low", "close")
_LISTED = ("1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w")
_RSI_LISTED = ("15m", "1h", "4h", "12h", "24h", "1w")
_WINDOW, _AVERAGE_WINDOW = 14, 10
_FAST, _SLOW, _SIGNAL = 12, 26, 9


def _over(query: Query, context: ModelContext, before: int) -> tuple[range, list[Ohlc]]:
    """Return the times of the window, and the candles of the window and of so many intervals before it."""
    starts = context.starts(query)
    step = starts.step
    earlier = max(0, min(before, (starts.start - FIRST) // step)) if starts else 0
    return starts, pair_bars(context.pair(query), range(starts.start - earlier * step, starts.stop, step), context.now)


def _figures(query: Query, bars: Sequence[Ohlc]) -> list[float]:
    """Return the price of each candle that the query asks for."""
    at = _PRICES.index(query.get("series_type", "close").lower())
    return [bar[at] for bar in bars]


def _rows(starts: range, **columns: Sequence[float]) -> list[Row]:
    """Return a row for each of the newest times, of which the first ones have no value at the begin of the market."""
    count = min(len(column) for column in columns.values())
    shown = list(starts)[max(0, len(starts) - count) :]
    values = [column[len(column) - len(shown) :] for column in columns.values()]
    return [
        {"time": time, **dict(zip(columns, figures, strict=True))}
        for time, *figures in zip(shown, *values, strict=True)
    ]


def _rounded(query: Query, context: ModelContext, figures: Sequence[float], more: int = 2) -> list[float]:
    digits = COINS[context.pair(query).base].decimals + more
    return [round(figure, digits) for figure in figures]


def rsi(query: Query, context: ModelContext) -> list[Row]:
    window = int(query["window"])
    starts, bars = _over(query, context, window)
    values = indicators.relative_strength(_figures(query, bars), window)
    return _rows(starts, rsi_value=[round(value, 8) for value in values])


def moving_average(query: Query, context: ModelContext) -> list[Row]:
    window = int(query["window"])
    starts, bars = _over(query, context, window - 1)
    return _rows(starts, ma_value=_rounded(query, context, indicators.moving_average(_figures(query, bars), window)))


def exponential_moving_average(query: Query, context: ModelContext) -> list[Row]:
    return _by_block(
        query,
        context,
        "ema_value",
        int(query["window"]),
        lambda figures: indicators.exponential_moving_average(figures, int(query["window"])),
    )


def macd(query: Query, context: ModelContext) -> list[Row]:
    fast, slow = int(query["fast_window"]), int(query["slow_window"])
    return _by_block(query, context, "macd_value", max(fast, slow), lambda figures: _macd(figures, fast, slow))


def _macd(figures: Sequence[float], fast: int, slow: int) -> list[float]:
    averages = (indicators.exponential_moving_average(figures, window) for window in (fast, slow))
    return [quick - lazy for quick, lazy in zip(*averages, strict=True)]


def _by_block(
    query: Query, context: ModelContext, name: str, window: int, average: Callable[[Sequence[float]], list[float]]
) -> list[Row]:
    """Return averages that depend on where they begin: each block of rows has a beginning of its own, far before it.

    So a row is the same whatever window it is asked in.
    """
    starts, rows = context.starts(query), []
    memory = min(_MEMORY * window, _LONGEST_MEMORY)
    for block in _blocks(starts):
        first = max(
            block.start - block.start % (_BLOCK * block.step) - memory * block.step, FIRST + -FIRST % block.step
        )
        bars = pair_bars(context.pair(query), range(first, block.stop, block.step), context.now)
        values = average(_figures(query, bars))[-len(block) :]
        rows += [
            {"time": time, name: value} for time, value in zip(block, _rounded(query, context, values), strict=True)
        ]
    return rows


def _blocks(starts: range) -> Iterator[range]:
    """Yield the parts of a window that lie in different blocks."""
    width, start = _BLOCK * starts.step, starts.start
    while start < starts.stop:
        stop = min(start - start % width + width, starts.stop)
        yield range(start, stop, starts.step)
        start = stop


def bollinger_bands(query: Query, context: ModelContext) -> list[Row]:
    window, multiple = int(query["window"]), float(query["mult"])
    starts, bars = _over(query, context, window - 1)
    figures = _figures(query, bars)
    middles, deviations = indicators.moving_average(figures, window), indicators.deviation(figures, window)
    pairs = list(zip(middles, deviations, strict=True))
    return _rows(
        starts,
        mb_value=_rounded(query, context, middles),
        ub_value=_rounded(query, context, [middle + multiple * distance for middle, distance in pairs]),
        lb_value=_rounded(query, context, [middle - multiple * distance for middle, distance in pairs]),
    )


def average_true_range(query: Query, context: ModelContext) -> list[Row]:
    window = int(query["window"])
    starts, bars = _over(query, context, window)
    values = indicators.average_true_range(bars, window)
    return _rows(starts, avg_true_range_value=_rounded(query, context, values))


def setups(query: Query, context: ModelContext) -> list[Row]:
    """Return the setup counts, of which one is 0."""
    starts, rows = context.starts(query), []
    for block in _blocks(starts):
        first = max(block.start - block.start % (_BLOCK * block.step) - 40 * block.step, FIRST + -FIRST % block.step)
        bars = pair_bars(context.pair(query), range(first, block.stop, block.step), context.now)
        counts = indicators.setup_counts([bar.close for bar in bars])[-len(block) :]
        rows += [
            {"time": time} | _sides(count) for time, count in zip(list(block)[-len(counts) :], counts, strict=True)
        ]
    return rows


def _sides(count: int) -> dict[str, int]:
    return {"td_buy_count": max(count, 0), "td_sell_count": max(-count, 0)}


def _listed(make: Callable[[str, int], Row]) -> Model:
    """Return a model that lists every coin, as of a whole minute, the largest first."""

    @functools.lru_cache(maxsize=4)
    def rows(now: int) -> list[Row]:
        by_size = sorted(COINS.values(), key=lambda coin: coin.rank)
        return [{"symbol": coin.symbol} | make(coin.symbol, now) for coin in by_size]

    return lambda _query, context: rows(context.now // MINUTE * MINUTE)


def _recent(coin: str, interval: str, count: int, now: int) -> list[Ohlc]:
    """Return a coin's newest candles, of which the last is under way."""
    step = Interval("1d" if interval == "24h" else interval).milliseconds
    newest = now - now % step
    first = max(newest - (count - 1) * step, FIRST + -FIRST % step)
    return [*_closed(coin, first, newest, step), *coin_bars(coin, range(newest, newest + 1, step), now)]


@functools.lru_cache(maxsize=4096)
def _closed(coin: str, first: int, newest: int, step: int) -> list[Ohlc]:
    """Return the candles before the newest one; the list is shared: do not change it."""
    return coin_bars(coin, range(first, newest, step), newest)


def _closes(coin: str, interval: str, count: int, now: int) -> list[float]:
    return [bar.close for bar in _recent(coin, interval, count, now)]


def _rsi_row(coin: str, now: int) -> Row:
    row: Row = {}
    for interval in _RSI_LISTED:
        closes = _closes(coin, interval, _WINDOW + 1, now)
        row[f"rsi_{interval}"] = round(indicators.relative_strength(closes, _WINDOW)[-1], 2)
        row[f"price_change_percent_{interval}"] = percent_change(closes[-2], closes[-1])
    return row | {"current_price": price(coin, now)}


def _average_row(coin: str, now: int) -> Row:
    digits = COINS[coin].decimals + 1
    averages = {
        f"ma_{interval}": round(
            indicators.moving_average(_closes(coin, interval, _AVERAGE_WINDOW, now), _AVERAGE_WINDOW)[-1], digits
        )
        for interval in _LISTED
    }
    return {"close_price": price(coin, now)} | averages


def _exponential_row(coin: str, now: int) -> Row:
    digits = COINS[coin].decimals + 1
    averages = {
        f"ema_{interval}": round(
            indicators.exponential_moving_average(_closes(coin, interval, 4 * _AVERAGE_WINDOW, now), _AVERAGE_WINDOW)[
                -1
            ],
            digits,
        )
        for interval in _LISTED
    }
    return {"close_price": price(coin, now)} | averages


def _macd_row(coin: str, now: int) -> Row:
    row: Row = {}
    digits = COINS[coin].decimals + 3
    for interval in _LISTED:
        line = _macd(_closes(coin, interval, 3 * _SLOW, now), _FAST, _SLOW)
        row[f"macd_{interval}"] = round(line[-1], digits)
        if interval != "1m":  # in no documented answer
            row[f"signal_{interval}"] = round(indicators.exponential_moving_average(line, _SIGNAL)[-1], digits)
    return row


def _range_row(coin: str, now: int) -> Row:
    digits = COINS[coin].decimals + 3
    return {
        f"avg_true_range_{interval}": round(
            indicators.average_true_range(_recent(coin, interval, _WINDOW + 1, now), _WINDOW)[-1], digits
        )
        for interval in _LISTED
    }


def _setup_row(coin: str, now: int) -> Row:
    return {f"td_{interval}": indicators.setup_counts(_closes(coin, interval, 30, now))[-1] for interval in _LISTED}


MODELS: Mapping[Endpoint, Model] = {
    endpoints.RSI: rsi,
    endpoints.MOVING_AVERAGE: moving_average,
    endpoints.EXPONENTIAL_MOVING_AVERAGE: exponential_moving_average,
    endpoints.BOLLINGER_BANDS: bollinger_bands,
    endpoints.MACD: macd,
    endpoints.AVERAGE_TRUE_RANGE: average_true_range,
    endpoints.TD_SEQUENTIAL: setups,
    endpoints.RSI_LIST: _listed(_rsi_row),
    endpoints.MOVING_AVERAGE_LIST: _listed(_average_row),
    endpoints.EXPONENTIAL_MOVING_AVERAGE_LIST: _listed(_exponential_row),
    endpoints.MACD_LIST: _listed(_macd_row),
    endpoints.AVERAGE_TRUE_RANGE_LIST: _listed(_range_row),
    endpoints.TD_SEQUENTIAL_LIST: _listed(_setup_row),
}
