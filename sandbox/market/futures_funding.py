"""Futures: funding rates, in percent for the funding interval of each pair."""

from collections.abc import Callable, Mapping, Sequence

from cg_client.endpoint import Endpoint
from cg_client.endpoints.futures import funding_rate as endpoints
from sandbox.market.levels import (
    chosen,
    funding_bars,
    funding_hours,
    funding_rate,
    funding_sum,
    funding_terms,
    next_funding,
    open_interest,
    weighted_funding_bars,
)
from sandbox.market.model import Model, ModelContext, Row, percent_change, text
from sandbox.market.path import DAY, WEEK, Ohlc
from sandbox.market.prices import pair_price
from sandbox.market.shares import ShareOf
from sandbox.market.universe import COINS, ModelPair, pairs_of_coin
from sandbox.windows import Query

_DECIMALS = 6
_DAYS = {"1d": 1, "7d": 7, "30d": 30, "365d": 365}
_FEE_PERCENT = 0.03


def history(query: Query, context: ModelContext) -> list[Row]:
    starts = context.starts(query)
    return _candles(starts, funding_bars(context.pair(query), starts, context.now))


def weighted_by_open_interest(query: Query, context: ModelContext) -> list[Row]:
    return _weighted(ShareOf.OPEN_INTEREST, query, context)


def weighted_by_volume(query: Query, context: ModelContext) -> list[Row]:
    return _weighted(ShareOf.BUY, query, context)


def _weighted(what: ShareOf, query: Query, context: ModelContext) -> list[Row]:
    starts = context.starts(query)
    return _candles(starts, weighted_funding_bars(what, pairs_of_coin(query["symbol"]), starts, context.now))


def _candles(starts: range, bars: Sequence[Ohlc]) -> list[Row]:
    return [
        {
            "time": time,
            "open": text(bar.open, _DECIMALS),
            "high": text(bar.high, _DECIMALS),
            "low": text(bar.low, _DECIMALS),
            "close": text(bar.close, _DECIMALS),
        }
        for time, bar in zip(starts, bars, strict=True)
    ]


def _by_coin(row: Callable[[ModelPair], Row]) -> list[Row]:
    """Return a row for each coin, with one entry for each exchange and kind of margin."""
    return [
        {
            "symbol": coin,
            "stablecoin_margin_list": [row(pair) for pair in main_pairs(coin, "stablecoin")],
            "token_margin_list": [row(pair) for pair in main_pairs(coin, "coin")],
        }
        for coin in COINS
    ]


def main_pairs(coin: str, margin: str) -> list[ModelPair]:
    """Return the largest pair of each exchange with this margin."""
    largest: dict[str, ModelPair] = {}
    for pair in chosen(pairs_of_coin(coin), None, margin):
        if pair.exchange not in largest or pair.weight > largest[pair.exchange].weight:
            largest[pair.exchange] = pair
    return [*largest.values()]


def exchange_list(_query: Query, context: ModelContext) -> list[Row]:
    def row(pair: ModelPair) -> Row:
        return {
            "exchange": pair.exchange,
            "funding_rate_interval": funding_hours(pair),
            "funding_rate": funding_rate(pair, context.now),
            "next_funding_time": next_funding(pair, context.now),
        }

    return _by_coin(row)


def accumulated(query: Query, context: ModelContext) -> list[Row]:
    """Add up the fundings of the period; exchanges are in capitals here, as documented."""
    start = context.now - _DAYS[query["range"]] * DAY

    def row(pair: ModelPair) -> Row:
        return {"exchange": pair.exchange.upper(), "funding_rate": accumulated_rate(pair, start, context.now)}

    return _by_coin(row)


def accumulated_rate(pair: ModelPair, start: int, end: int) -> float:
    """Return the sum of a pair's rates at its fundings after `start` up to `end`, in percent."""
    hours, (factor, plus) = funding_hours(pair), funding_terms(pair)
    total, count = 0.0, 0
    while start < end:
        stop = min(end, start - start % WEEK + WEEK)
        last = stop - stop % (hours * 3_600_000)
        rates, number = funding_sum(pair.base, start - start % (hours * 3_600_000), last, hours)
        total, count = total + rates, count + number
        start = stop
    return round(total * factor + count * plus, _DECIMALS)


def arbitrage(query: Query, context: ModelContext) -> list[Row]:
    """Return for each coin the exchanges with the lowest and the highest rate, the largest difference first."""
    rows = []
    for coin in COINS:
        pairs = chosen(tuple(main_pairs(coin, "stablecoin")), query.get("exchange_list"))
        rates = {pair: funding_rate(pair, context.now) * 8 / funding_hours(pair) for pair in pairs}
        if len(rates) > 1:
            rows.append(_difference(min(rates, key=rates.__getitem__), max(rates, key=rates.__getitem__), context.now))
    return sorted(rows, key=lambda row: -row["apr"])


def _difference(buy: ModelPair, sell: ModelPair, now: int) -> Row:
    a_day = [funding_rate(pair, now) * 24 / funding_hours(pair) for pair in (buy, sell)]
    hours = funding_hours(sell)
    return {
        "symbol": buy.base,
        "buy": _leg(buy, now),
        "sell": _leg(sell, now),
        "apr": round((a_day[1] - a_day[0]) * 365, 2),
        "funding": round((a_day[1] - a_day[0]) * hours / 24, 6),
        "fee": _FEE_PERCENT,
        "spread": percent_change(pair_price(sell, now), pair_price(buy, now)),
        "next_funding_time": next_funding(sell, now),
    }


def _leg(pair: ModelPair, now: int) -> Row:
    return {
        "exchange": pair.exchange,
        "open_interest_usd": round(open_interest((pair,), now), 4),
        "funding_rate_interval": funding_hours(pair),
        "funding_rate": funding_rate(pair, now),
    }


MODELS: Mapping[Endpoint, Model] = {
    endpoints.HISTORY: history,
    endpoints.OI_WEIGHTED_HISTORY: weighted_by_open_interest,
    endpoints.VOLUME_WEIGHTED_HISTORY: weighted_by_volume,
    endpoints.EXCHANGE_LIST: exchange_list,
    endpoints.ACCUMULATED_EXCHANGE_LIST: accumulated,
    endpoints.ARBITRAGE: arbitrage,
}
