"""Futures: forced liquidations as bars, totals and single orders."""

import math
from collections.abc import Iterator, Mapping

from cg_client.endpoint import Endpoint
from cg_client.endpoints.futures import liquidation as endpoints
from sandbox.market.flows import Flow, pairs_bars, pairs_between
from sandbox.market.levels import chosen
from sandbox.market.model import Model, ModelContext, Row, text
from sandbox.market.noise import draw
from sandbox.market.path import DAY, HOUR, MINUTE
from sandbox.market.prices import pair_bars
from sandbox.market.universe import COINS, FUTURES_EXCHANGES, ModelPair, pairs_of_coin
from sandbox.windows import Query

_PERIODS = {"24h": DAY, "12h": 12 * HOUR, "4h": 4 * HOUR, "1h": HOUR}
_KEPT_FOR = 7 * DAY
_MAX_ORDERS = 200
_QUARTER = 15 * MINUTE
BUY, SELL = 1, 2  # a short is bought back, a long sold
PARTS = (0.62, 0.26, 0.12)  # of a minute's liquidations that single orders have


def history(query: Query, context: ModelContext) -> list[Row]:
    starts = context.starts(query)
    return [
        {
            "time": time,
            "long_liquidation_usd": text(flow.long_liquidation, 5),
            "short_liquidation_usd": text(flow.short_liquidation, 5),
        }
        for time, flow in zip(starts, pairs_bars((context.pair(query),), starts, context.now), strict=True)
    ]


def aggregated_history(query: Query, context: ModelContext) -> list[Row]:
    starts, pairs = context.starts(query), chosen(pairs_of_coin(query["symbol"]), query["exchange_list"])
    if not pairs:
        return []
    return [
        {
            "time": time,
            "aggregated_long_liquidation_usd": round(flow.long_liquidation, 5),
            "aggregated_short_liquidation_usd": round(flow.short_liquidation, 5),
        }
        for time, flow in zip(starts, pairs_bars(pairs, starts, context.now), strict=True)
    ]


def coin_list(query: Query, context: ModelContext) -> list[Row]:
    """Return each coin that the exchange lists, the one with most liquidations in a day first."""
    rows = []
    for coin in COINS:
        pairs = chosen(pairs_of_coin(coin), query["exchange"])
        if pairs:
            rows.append({"symbol": coin} | totals_by_period(pairs, context.now))
    return sorted(rows, key=lambda row: -row["liquidation_usd_24h"])


def totals_by_period(pairs: tuple[ModelPair, ...], now: int) -> dict[str, float]:
    """Return what was liquidated in the last hours, as several lists have it."""
    totals = {}
    for period, length in _PERIODS.items():
        for name, usd in _totals(pairs_between(pairs, now - length, now)).items():
            totals[f"{name}_{period}"] = usd
    return totals


def _totals(flow: Flow) -> dict[str, float]:
    long, short = round(flow.long_liquidation, 6), round(flow.short_liquidation, 6)
    return {
        "liquidation_usd": round(long + short, 6),
        "long_liquidation_usd": long,
        "short_liquidation_usd": short,
    }


def exchange_list(query: Query, context: ModelContext) -> list[Row]:
    """Return each exchange, the largest first, after the total of them all: of a coin, or of all of them."""
    start = context.now - _PERIODS[query["range"]]
    coins = [query["symbol"]] if "symbol" in query else list(COINS)
    if not all(coin in COINS for coin in coins):
        return []
    rows: list[Row] = []
    for exchange in FUTURES_EXCHANGES:
        parts = [
            pairs_between(pairs, start, context.now)
            for coin in coins
            if (pairs := chosen(pairs_of_coin(coin), exchange))
        ]
        if parts:
            rows.append({"exchange": exchange} | _totals(Flow(*map(math.fsum, zip(*parts, strict=True)))))
    rows.sort(key=lambda row: -row["liquidation_usd"])
    names = ("liquidation_usd", "long_liquidation_usd", "short_liquidation_usd")
    return [{"exchange": "All"} | {name: round(math.fsum(row[name] for row in rows), 6) for name in names}, *rows]


def orders(query: Query, context: ModelContext) -> list[Row]:
    """Return the newest liquidations from some amount on, the newest first; the end of the window is exclusive."""
    pairs = chosen(pairs_of_coin(query["symbol"]), query["exchange"])
    end = min(int(query.get("end_time") or context.now + 1), context.now + 1)
    start = max(int(query.get("start_time") or 0), context.now - _KEPT_FOR)
    smallest = float(query["min_liquidation_amount"])
    rows: list[Row] = []
    for quarter in range(end - end % _QUARTER, start - _QUARTER, -_QUARTER):
        parts = [row for pair in pairs for row in _orders_of(pair, quarter, smallest, context.now)]
        rows += sorted((row for row in parts if start <= row["time"] < end), key=lambda row: -row["time"])
        if len(rows) >= _MAX_ORDERS:
            break
    return rows[:_MAX_ORDERS]


def _orders_of(pair: ModelPair, quarter: int, smallest: float, now: int) -> Iterator[Row]:
    """Yield a pair's liquidations of a quarter of an hour, up to now."""
    if max(pairs_between((pair,), quarter, quarter + _QUARTER)[2:]) * PARTS[0] < smallest:
        return
    minutes = range(quarter, quarter + _QUARTER, MINUTE)
    for minute, flow in zip(minutes, pairs_bars((pair,), minutes, quarter + _QUARTER), strict=True):
        yield from (row for row in orders_of_minute(pair, minute, flow, smallest) if row["time"] <= now)


def orders_of_minute(pair: ModelPair, minute: int, flow: Flow, smallest: float) -> Iterator[Row]:
    """Yield a pair's liquidations of a minute, which has these amounts: each side's are divided among three orders."""
    (bar,) = pair_bars(pair, range(minute, minute + MINUTE, MINUTE), minute + MINUTE)
    bits = draw(f"orders {pair.exchange} {pair.symbol}", minute)
    for side, total in ((SELL, flow.long_liquidation), (BUY, flow.short_liquidation)):
        for order, part in enumerate(PARTS):
            usd = round(total * part, 4)
            if usd >= max(smallest, 1.0):
                at = bar.low + (bar.high - bar.low) * bits[16 + 3 * side + order] / 255
                yield {
                    "exchange_name": pair.exchange.upper(),
                    "symbol": pair.symbol,
                    "base_asset": pair.base,
                    "price": round(at, COINS[pair.base].decimals),
                    "usd_value": usd,
                    "side": side,
                    "time": minute + (bits[2 * order + side] * 256 + bits[8 + order]) * MINUTE // 65_536,
                }


MODELS: Mapping[Endpoint, Model] = {
    endpoints.HISTORY: history,
    endpoints.AGGREGATED_HISTORY: aggregated_history,
    endpoints.COIN_LIST: coin_list,
    endpoints.EXCHANGE_LIST: exchange_list,
    endpoints.ORDERS: orders,
}
