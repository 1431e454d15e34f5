"""Futures: open interest of pairs, coins and exchanges."""

import math
from collections.abc import Mapping, Sequence

from cg_client.endpoint import Endpoint
from cg_client.endpoints.futures import open_interest as endpoints
from sandbox.market.levels import chosen, open_interest, open_interest_bars
from sandbox.market.model import Model, ModelContext, Row, percent_change, text
from sandbox.market.path import DAY, HOUR, MINUTE, Ohlc
from sandbox.market.prices import coin_bars, price
from sandbox.market.universe import FUTURES_EXCHANGES, ModelPair, pairs_of_coin
from sandbox.windows import Query

PERIODS = {"5m": 5 * MINUTE, "15m": 15 * MINUTE, "30m": 30 * MINUTE, "1h": HOUR, "4h": 4 * HOUR, "24h": DAY}
_STEPS = {"1m": MINUTE, "15m": 15 * MINUTE, "1h": HOUR, "4h": 4 * HOUR, "12h": 12 * HOUR, "all": DAY}
_POINTS = 180
_AMOUNTS = (
    "open_interest_usd",
    "open_interest_quantity",
    "open_interest_by_stable_coin_margin",
    "open_interest_by_coin_margin",
    "open_interest_quantity_by_coin_margin",
    "open_interest_quantity_by_stable_coin_margin",
)


def history(query: Query, context: ModelContext) -> list[Row]:
    return _candles((context.pair(query),), query, context)


def aggregated_history(query: Query, context: ModelContext) -> list[Row]:
    return _candles(pairs_of_coin(query["symbol"]), query, context)


def stablecoin_history(query: Query, context: ModelContext) -> list[Row]:
    return _candles(chosen(pairs_of_coin(query["symbol"]), query["exchange_list"], "stablecoin"), query, context)


def coin_margin_history(query: Query, context: ModelContext) -> list[Row]:
    return _candles(chosen(pairs_of_coin(query["symbol"]), query["exchange_list"], "coin"), query, context)


def _candles(pairs: tuple[ModelPair, ...], query: Query, context: ModelContext) -> list[Row]:
    if not pairs:
        return []
    starts, decimals = context.starts(query), 2
    bars: Sequence[Sequence[float]] = open_interest_bars(pairs, starts, context.now)
    if query.get("unit", "usd").lower() == "coin":
        prices, decimals = coin_bars(pairs[0].base, starts, context.now), 4
        bars = [_in_coins(bar, at) for bar, at in zip(bars, prices, strict=True)]
    return [
        {
            "time": time,
            "open": text(bar[0], decimals),
            "high": text(bar[1], decimals),
            "low": text(bar[2], decimals),
            "close": text(bar[3], decimals),
        }
        for time, bar in zip(starts, bars, strict=True)
    ]


def _in_coins(bar: Sequence[float], price_bar: Ohlc) -> tuple[float, ...]:
    """Return the figures over the prices: the most there can be is the highest over the lowest price."""
    return bar[0] / price_bar[0], bar[1] / price_bar[2], bar[2] / price_bar[1], bar[3] / price_bar[3]


def exchange_list(query: Query, context: ModelContext) -> list[Row]:
    """Return each exchange, the largest first, after the total of them all."""
    pairs = pairs_of_coin(query["symbol"])
    at = price(query["symbol"], context.now)
    rows = [
        _row(exchange, chosen(pairs, exchange), at, context.now)
        for exchange in FUTURES_EXCHANGES
        if chosen(pairs, exchange)
    ]
    rows.sort(key=lambda row: -row["open_interest_usd"])
    total: Row = {"exchange": "All", "symbol": query["symbol"]}
    total |= {name: round(math.fsum(row[name] for row in rows), 4) for name in _AMOUNTS}
    return [total | _changes(pairs, context.now), *rows]


def _row(exchange: str, pairs: tuple[ModelPair, ...], at: float, now: int) -> Row:
    stable = round(open_interest(chosen(pairs, None, "stablecoin"), now), 4)
    coin = round(open_interest(chosen(pairs, None, "coin"), now), 4)
    stable_quantity, coin_quantity = round(stable / at, 4), round(coin / at, 4)
    return {
        "exchange": exchange,
        "symbol": pairs[0].base,
        "open_interest_usd": round(stable + coin, 4),
        "open_interest_quantity": round(stable_quantity + coin_quantity, 4),
        "open_interest_by_stable_coin_margin": stable,
        "open_interest_by_coin_margin": coin,
        "open_interest_quantity_by_coin_margin": coin_quantity,
        "open_interest_quantity_by_stable_coin_margin": stable_quantity,
    } | _changes(pairs, now)


def _changes(pairs: tuple[ModelPair, ...], now: int) -> dict[str, float]:
    after = open_interest(pairs, now)
    return {
        f"open_interest_change_percent_{name}": percent_change(open_interest(pairs, now - period), after)
        for name, period in PERIODS.items()
    }


def by_exchange(query: Query, context: ModelContext) -> Row:
    coin, step = query["symbol"], _STEPS[query.get("range", "all")]
    newest = context.now - context.now % step
    times = range(newest - (_POINTS * (4 if step == DAY else 1) - 1) * step, newest + 1, step)
    is_coin = query.get("unit", "usd").lower() == "coin"
    prices = [price(coin, time) for time in times]
    figures = {}
    for exchange in FUTURES_EXCHANGES:
        pairs = chosen(pairs_of_coin(coin), exchange)
        if pairs:
            opens = [bar.open for bar in open_interest_bars(pairs, times, context.now)]
            figures[exchange] = [
                round(usd / at, 4) if is_coin else round(usd, 2) for usd, at in zip(opens, prices, strict=True)
            ]
    return {"time_list": [*times], "price_list": prices, "data_map": figures}


MODELS: Mapping[Endpoint, Model] = {
    endpoints.HISTORY: history,
    endpoints.AGGREGATED_HISTORY: aggregated_history,
    endpoints.AGGREGATED_STABLECOIN_HISTORY: stablecoin_history,
    endpoints.AGGREGATED_COIN_MARGIN_HISTORY: coin_margin_history,
    endpoints.EXCHANGE_LIST: exchange_list,
    endpoints.EXCHANGE_HISTORY: by_exchange,
}
