"""Futures: taker buys and sells as bars, running sums, by exchange, by period and by price."""

import functools
import math
from collections.abc import Mapping
from itertools import accumulate, pairwise
from typing import Any

from cg_client.endpoint import Endpoint
from cg_client.endpoints.futures import taker_volume as endpoints
from sandbox.market.flows import Flow, pairs_bars, pairs_between
from sandbox.market.levels import chosen
from sandbox.market.model import Model, ModelContext, Row, text
from sandbox.market.noise import draw
from sandbox.market.path import DAY, HOUR, MINUTE, Ohlc
from sandbox.market.prices import pair_bars, price
from sandbox.market.universe import COINS, FUTURES_EXCHANGES, ModelPair, pairs_of_coin
from sandbox.windows import Query, page_of

_UNITS = {"m": MINUTE, "h": HOUR, "d": DAY, "y": 365 * DAY}
_RANGES = {"5m", "15m", "30m", "1h", "4h", "12h", "24h"}
LISTED_PERIODS = (
    *("5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "24h", "3d", "7d", "15d", "30d", "40d", "50d", "60d"),
    *("90d", "120d"),
)
COIN_PERIODS = (
    *("5m", "15m", "30m", "1h", "4h", "8h", "12h", "24h", "3d", "5d", "7d", "10d", "15d", "30d", "40d", "50d", "60d"),
    *("90d", "120d", "150d", "180d", "1y"),
)
_LEVELS = 24  # prices of a footprint, at most
USD_OF_A_TRADE = 1900.0


def length_of(period: str) -> int:
    """Return the milliseconds of a period such as `15m`."""
    return int(period[:-1]) * _UNITS[period[-1]]


def pairs_of(query: Query, context: ModelContext) -> tuple[ModelPair, ...]:
    """Return the pairs of the coin on the exchanges that the query names, of the endpoint's market."""
    return chosen(pairs_of_coin(query["symbol"], is_spot=context.is_spot), query.get("exchange_list"))


def history(query: Query, context: ModelContext) -> list[Row]:
    starts = context.starts(query)
    return [
        {"time": time, "taker_buy_volume_usd": text(flow.buy, 4), "taker_sell_volume_usd": text(flow.sell, 4)}
        for time, flow in zip(starts, pairs_bars((context.pair(query),), starts, context.now), strict=True)
    ]


def aggregated_history(query: Query, context: ModelContext) -> list[Row]:
    starts, pairs = context.starts(query), pairs_of(query, context)
    if not pairs:
        return []
    return [
        {
            "time": time,
            "aggregated_buy_volume_usd": round(flow.buy, 4),
            "aggregated_sell_volume_usd": round(flow.sell, 4),
        }
        for time, flow in zip(starts, pairs_bars(pairs, starts, context.now), strict=True)
    ]


def cvd(query: Query, context: ModelContext) -> list[Row]:
    return running_sums((context.pair(query),), query, context, "")


def aggregated_cvd(query: Query, context: ModelContext) -> list[Row]:
    return running_sums(pairs_of(query, context), query, context, "agg_")


def running_sums(pairs: tuple[ModelPair, ...], query: Query, context: ModelContext, prefix: str) -> list[Row]:
    """Return buys, sells and the sum of their differences, which begins with the window."""
    if not pairs:
        return []
    starts = context.starts(query)
    bars = [(round(flow.buy, 4), round(flow.sell, 4)) for flow in pairs_bars(pairs, starts, context.now)]
    sums = accumulate(buy - sell for buy, sell in bars)
    return [
        {
            "time": time,
            f"{prefix}taker_buy_vol": buy,
            f"{prefix}taker_sell_vol": sell,
            "cum_vol_delta": round(total, 4),
        }
        for time, (buy, sell), total in zip(starts, bars, sums, strict=True)
    ]


def exchange_list(query: Query, context: ModelContext) -> Row:
    """Return each exchange, the largest first, and the sum of them all."""
    start = context.now - length_of(query["range"])
    by_exchange = {
        exchange: pairs_between(pairs, start, context.now)
        for exchange in FUTURES_EXCHANGES
        if (pairs := chosen(pairs_of_coin(query["symbol"]), exchange))
    }
    rows: list[Row] = [{"exchange": exchange} | _sides(flow.buy, flow.sell) for exchange, flow in by_exchange.items()]
    rows.sort(key=lambda row: -row["buy_vol_usd"] - row["sell_vol_usd"])
    total = _sides(*(math.fsum(row[side] for row in rows) for side in ("buy_vol_usd", "sell_vol_usd")))
    return {"symbol": query["symbol"]} | total | {"exchange_list": rows}


def _sides(buy: float, sell: float) -> Row:
    ratio = round(100 * buy / (buy + sell), 2)
    return {
        "buy_ratio": ratio,
        "sell_ratio": round(100 - ratio, 2),
        "buy_vol_usd": round(buy, 4),
        "sell_vol_usd": round(sell, 4),
    }


def flows_by_period(pairs: tuple[ModelPair, ...], periods: tuple[str, ...], now: int) -> dict[str, Flow]:
    """Return the amounts of the periods that end now; each is the one before and what came before that."""
    ages = [0, *sorted(map(length_of, periods))]
    pieces = [pairs_between(pairs, now - older, now - newer) for newer, older in pairwise(ages)]
    names = sorted(periods, key=length_of)
    return dict(zip(names, accumulate(pieces, added), strict=True))


def added(first: Flow, second: Flow) -> Flow:
    return Flow(*(one_side + other for one_side, other in zip(first, second, strict=True)))


def netflow_list(query: Query, context: ModelContext) -> list[Row]:
    by_size = sorted(COINS.values(), key=lambda coin: coin.rank)
    return [listed_netflow(coin.symbol, context.now // MINUTE * MINUTE) for coin in page_of(by_size, query)]


@functools.lru_cache(maxsize=256)
def listed_netflow(coin: str, now: int, *, is_spot: bool = False) -> Row:
    """Return a coin's row of the list, as of a whole minute; it is shared: do not change it."""
    row: Row = {"symbol": coin}
    for period, flow in flows_by_period(pairs_of_coin(coin, is_spot=is_spot), LISTED_PERIODS, now).items():
        buy, sell = round(flow.buy, 6), round(flow.sell, 6)
        row[f"taker_buy_volume_usd_{period}"] = buy
        row[f"taker_sell_volume_usd_{period}"] = sell
        row[f"net_flow_usd_{period}"] = round(buy - sell, 6)
    return row | {"market_cap": round(price(coin, now) * COINS[coin].supply, 4)}


def coin_netflow(query: Query, context: ModelContext) -> Row:
    return netflow_of(pairs_of(query, context), query["symbol"], context.now)


def netflow_of(pairs: tuple[ModelPair, ...], coin: str, now: int) -> Row:
    """Return a coin's net flow by period, in whole dollars, with its change against the period before."""
    row: Row = {"symbol": coin}
    capitalisation = price(coin, now) * COINS[coin].supply
    for period, flow in flows_by_period(pairs, COIN_PERIODS, now).items():
        length = length_of(period)
        earlier = pairs_between(pairs, now - 2 * length, now - length)
        buy, sell = round(flow.buy), round(flow.sell)
        before = earlier.buy - earlier.sell
        row[f"taker_buy_volume_usd_{period}"] = str(buy)
        row[f"taker_sell_volume_usd_{period}"] = str(sell)
        row[f"net_flow_usd_{period}"] = str(buy - sell)
        row[f"net_flow_usd_change_percent_{period}"] = (
            round((buy - sell - before) / abs(before) * 100, 2) if before else 0.0
        )
        row[f"net_flow_usd_{period}_market_cap_ratio"] = round((buy - sell) / capitalisation * 100, 6)
    return row


def footprint_history(query: Query, context: ModelContext) -> list[list[Any]]:
    return footprints(context.pair(query), context.starts(query), context.now)


def footprints(pair: ModelPair, starts: range, now: int) -> list[list[Any]]:
    """Return the amounts of each bar by price between its low and its high; times are in seconds."""
    bars, flows = pair_bars(pair, starts, now), pairs_bars((pair,), starts, now)
    return [
        [time // 1000, _by_price(pair, time, bar, flow)] for time, bar, flow in zip(starts, bars, flows, strict=True)
    ]


def _by_price(pair: ModelPair, time: int, bar: Ohlc, flow: Flow) -> list[list[float]]:
    digits = COINS[pair.base].decimals
    step = _step(bar, digits)
    first, last = int(bar.low / step), int(bar.high / step)
    bits = draw(f"footprint {pair.exchange} {pair.symbol}", time)
    middle, count = (bar.open + bar.close) / 2, last - first + 1
    weights = []
    for index in range(count):
        distance = abs((first + index + 0.5) * step - middle) / (count * step)
        side = 0.8 + bits[(index + 31) % 64] / 640
        size = (1.1 - min(1.0, distance)) * (0.5 + bits[index % 64] / 255)
        weights.append((size * side, size * (2 - side)))
    buys, sells = (math.fsum(weight[at] for weight in weights) for at in (0, 1))
    rows = []
    for index, (buy, sell) in enumerate(weights):
        low, high = round((first + index) * step, digits), round((first + index + 1) * step, digits)
        usd = [round(flow.buy * buy / buys, 4), round(flow.sell * sell / sells, 4)]
        quantities = [round(part / ((low + high) / 2), 4) for part in usd]
        trades = [max(1, round(part / USD_OF_A_TRADE)) if part else 0 for part in usd]
        rows.append([low, high, *quantities, *usd, *usd, *trades])
    return rows


def _step(bar: Ohlc, digits: int) -> float:
    """Return a round distance between prices, 1, 2 or 5 of some digit, of which a footprint has at most `_LEVELS`."""
    smallest = float(f"1e-{digits}")
    for power in range(12):
        for multiple in (1, 2, 5):
            step = smallest * multiple * float(f"1e{power}")
            if (bar.high - bar.low) / step < _LEVELS - 1:
                return step
    raise ValueError(f"No distance fits {bar}.")


MODELS: Mapping[Endpoint, Model] = {
    endpoints.HISTORY: history,
    endpoints.AGGREGATED_HISTORY: aggregated_history,
    endpoints.EXCHANGE_LIST: exchange_list,
    endpoints.CVD_HISTORY: cvd,
    endpoints.AGGREGATED_CVD_HISTORY: aggregated_cvd,
    endpoints.FOOTPRINT_HISTORY: footprint_history,
    endpoints.NETFLOW_LIST: netflow_list,
    endpoints.COIN_NETFLOW: coin_netflow,
}
