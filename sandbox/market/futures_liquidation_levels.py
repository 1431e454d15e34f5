"""Futures: heatmaps and maps of the prices at which positions would be liquidated.

Positions open with the volume of each candle, at usual leverages. Each has a price at which it is liquidated: below its
entry if it is long, above if it is short. It stays on the map until the price reaches that level.
"""

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cg_client.endpoint import Endpoint
from cg_client.endpoints.futures import liquidation as endpoints
from sandbox.market.flows import Flow, flows_of, pairs_bars
from sandbox.market.model import Model, ModelContext, Row, text
from sandbox.market.path import DAY, HOUR, MINUTE, Ohlc
from sandbox.market.prices import coin_bars, pair_bars, price
from sandbox.market.universe import COINS, pairs_of_coin
from sandbox.windows import Query

_HEATMAP_STEPS = {
    "12h": (5 * MINUTE, 144),
    "24h": (15 * MINUTE, 96),
    "3d": (30 * MINUTE, 144),
    "7d": (HOUR, 168),
    "30d": (4 * HOUR, 180),
    "90d": (12 * HOUR, 180),
    "180d": (DAY, 180),
    "1y": (DAY, 365),
}
_MAP_STEPS = {"1d": (15 * MINUTE, 96), "7d": (HOUR, 168), "30d": (4 * HOUR, 180)}
_PAIN_STEPS = {
    "12h": (HOUR // 2, 24),
    "24h": (HOUR, 24),
    "48h": (HOUR, 48),
    "3d": (2 * HOUR, 36),
    "7d": (6 * HOUR, 28),
    "14d": (12 * HOUR, 28),
    "30d": (DAY, 30),
}
_PRICES = 110  # on the axis of a heatmap
_SMALLEST = 0.03  # of the largest cell that a heatmap shows
_OPENED = 0.012  # of the volume that opens positions with one of the leverages
_MAINTENANCE = 0.92  # of the margin is lost when a position is liquidated
_Leverages = Sequence[tuple[int, float]]  # with their shares
_MODELS: Mapping[Endpoint, _Leverages] = {
    endpoint: leverages
    for leverages, endpoints_of_model in (
        (
            ((10, 0.30), (25, 0.35), (50, 0.22), (100, 0.13)),
            (endpoints.HEATMAP_MODEL1, endpoints.AGGREGATED_HEATMAP_MODEL1),
        ),
        (
            ((5, 0.20), (10, 0.40), (20, 0.30), (40, 0.10)),
            (endpoints.HEATMAP_MODEL2, endpoints.AGGREGATED_HEATMAP_MODEL2),
        ),
        (
            ((20, 0.20), (30, 0.30), (50, 0.30), (100, 0.20)),
            (endpoints.HEATMAP_MODEL3, endpoints.AGGREGATED_HEATMAP_MODEL3),
        ),
    )
    for endpoint in endpoints_of_model
}
_MAP_LEVERAGES: _Leverages = ((5, 0.12), (10, 0.28), (25, 0.30), (50, 0.20), (100, 0.10))


@dataclass(frozen=True, slots=True)
class ModelLevel:
    """Positions that are liquidated at a price; they are there from candle `start` until before candle `end`."""

    price: float
    usd: float
    leverage: int
    start: int
    end: int
    is_long: bool


def levels_of(bars: Sequence[Ohlc], flows: Sequence[Flow], leverages: _Leverages) -> list[ModelLevel]:
    """Return the levels of positions that open in these candles; `end` of those that are there is their number."""
    levels = []
    for start, (bar, flow) in enumerate(zip(bars, flows, strict=True)):
        for leverage, part in leverages:
            distance = _MAINTENANCE / leverage
            for is_long, at, usd in (
                (True, bar.close * (1 - distance), flow.buy),
                (False, bar.close * (1 + distance), flow.sell),
            ):
                reached = (
                    i for i in range(start + 1, len(bars)) if (bars[i][2] <= at if is_long else bars[i][1] >= at)
                )
                end = next(reached, len(bars))
                levels.append(ModelLevel(at, usd * _OPENED * part, leverage, start + 1, end, is_long))
    return levels


def heatmap(query: Query, context: ModelContext) -> Row:
    pair = context.pair(query) if "exchange" in query else None
    step, count = _HEATMAP_STEPS[query["range"]]
    newest = context.now - context.now % step
    starts = range(newest - (count - 1) * step, newest + 1, step)
    if pair is None:
        bars = coin_bars(query["symbol"], starts, context.now)
        flows = pairs_bars(pairs_of_coin(query["symbol"]), starts, context.now)
    else:
        bars, flows = pair_bars(pair, starts, context.now), pairs_bars((pair,), starts, context.now)
    digits = COINS[query["symbol"] if pair is None else pair.base].decimals
    prices = _axis(bars)
    cells = _cells(levels_of(bars, flows, _MODELS[context.endpoint]), prices, count)
    largest = max((cell[2] for cell in cells), default=0.0)
    candles = [
        [time // 1000, *(text(figure, digits) for figure in bar), text(flow.volume, 4)]
        for time, bar, flow in zip(starts, bars, flows, strict=True)
    ]
    return {
        "y_axis": [round(at, digits + 1) for at in prices],
        "liquidation_leverage_data": [[x, y, round(usd, 2)] for x, y, usd in cells if usd >= largest * _SMALLEST],
        "price_candlesticks": candles,
    }


def _axis(bars: Sequence[Ohlc]) -> list[float]:
    """Return prices from well below the lowest to well above the highest candle, at equal distances."""
    low, high = min(bar.low for bar in bars), max(bar.high for bar in bars)
    margin = max((high - low) * 0.6, low * 0.012)
    low = max(low - margin, low * 0.4)
    step = (high + margin - low) / (_PRICES - 1)
    return [low + step * index for index in range(_PRICES)]


def _cells(levels: Sequence[ModelLevel], prices: Sequence[float], count: int) -> list[tuple[int, int, float]]:
    """Return time index, price index and US dollars of what is there at each time, by price."""
    step = prices[1] - prices[0]
    changes: dict[int, list[float]] = {}
    for level in levels:
        row = math.floor((level.price - prices[0]) / step + 0.5)
        if 0 <= row < len(prices):
            column = changes.setdefault(row, [0.0] * (count + 1))
            column[level.start] += level.usd
            column[level.end] -= level.usd
    cells = []
    for row, column in changes.items():
        usd = 0.0
        for time, change in enumerate(column[:count]):
            usd += change
            if usd > 1.0:
                cells.append((time, row, usd))
    return sorted(cells)


def pair_map(query: Query, context: ModelContext) -> Row:
    pair = context.pair(query)
    step, count = _MAP_STEPS[query["range"]]
    starts = _last(step, count, context.now)
    bars, flows = pair_bars(pair, starts, context.now), pairs_bars((pair,), starts, context.now)
    return _map(levels_of(bars, flows, _MAP_LEVERAGES), count, COINS[pair.base].decimals, has_leverage=True)


def coin_map(query: Query, context: ModelContext) -> Row:
    coin = query["symbol"]
    step, count = _MAP_STEPS[query["range"]]
    starts = _last(step, count, context.now)
    bars, flows = coin_bars(coin, starts, context.now), pairs_bars(pairs_of_coin(coin), starts, context.now)
    return _map(levels_of(bars, flows, _MAP_LEVERAGES), count, COINS[coin].decimals, has_leverage=False)


def _last(step: int, count: int, now: int) -> range:
    newest = now - now % step
    return range(newest - (count - 1) * step, newest + 1, step)


def _map(levels: Sequence[ModelLevel], count: int, digits: int, *, has_leverage: bool) -> Row:
    """Return the levels that no candle has reached, by price and leverage."""
    there = [level for level in levels if level.end == count]
    step = max((level.price for level in there), default=1.0) / 2000
    sums: dict[tuple[float, int | None], float] = {}
    for level in there:
        at = round(math.floor(level.price / step + 0.5) * step, digits)
        key = at, level.leverage if has_leverage else None
        sums[key] = sums.get(key, 0.0) + level.usd
    by_price: dict[str, list[list[float | None]]] = {}
    for (at, leverage), usd in sorted(sums.items(), key=lambda item: (item[0][0], item[0][1] or 0)):
        by_price.setdefault(text(at, digits), []).append([at, round(usd, 2), leverage, None])
    return {"data": by_price}


def max_pain(query: Query, context: ModelContext) -> list[Row]:
    return _max_pains(query["range"], context.now // MINUTE * MINUTE)


@functools.lru_cache(maxsize=16)
def _max_pains(length: str, now: int) -> list[Row]:
    """Return the largest level of longs and of shorts of each coin, as of a whole minute; shared: do not change it."""
    step, count = _PAIN_STEPS[length]
    starts = _last(step, count, now)
    rows = []
    for coin, facts in COINS.items():
        levels = levels_of(coin_bars(coin, starts, now), flows_of(coin).bars(starts, now), _MAP_LEVERAGES[1:4])
        row = {"symbol": coin, "price": price(coin, now)}
        for name, is_long in (("long", True), ("short", False)):
            there = [level for level in levels if level.end == count and level.is_long is is_long]
            worst = max(there, key=lambda level: level.usd)
            row[f"{name}_max_pain_liq_level"] = round(worst.usd, 2)
            row[f"{name}_max_pain_liq_price"] = round(worst.price, facts.decimals)
        rows.append(row)
    return rows


MODELS: Mapping[Endpoint, Model] = {
    **dict.fromkeys(_MODELS, heatmap),
    endpoints.MAP: pair_map,
    endpoints.AGGREGATED_MAP: coin_map,
    endpoints.MAX_PAIN: max_pain,
}
