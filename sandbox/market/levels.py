"""Figures of futures that stand at a level at any time: open interest, funding rates, long shares."""

import functools
import math

from sandbox.market.noise import between, signed, smooth
from sandbox.market.path import HOUR, WEEK, Ohlc, Path
from sandbox.market.prices import price_path
from sandbox.market.shares import ShareOf, interpolated, scaled_bars, share
from sandbox.market.universe import COINS, FUTURES_EXCHANGES, ModelPair

Pairs = tuple[ModelPair, ...]


@functools.cache
def open_interest_path(coin: str) -> Path:
    """Return the path of a coin's open interest on all exchanges, in US dollars; it follows the price."""
    facts = COINS[coin]
    name, prices = f"open interest {coin}", price_path(coin)

    def weekly(week: int) -> float:
        relative = prices.node(0, week)[0] / facts.price
        return facts.open_interest_usd * (0.15 + 0.85 * relative) * (1 + 0.22 * smooth(name, week * WEEK, 9 * WEEK))

    return Path(name, weekly, 0.38 + facts.volatility / 8, follows=f"price {coin}", correlation=0.5)


def open_interest_bars(pairs: Pairs, starts: range, now: int) -> list[Ohlc]:
    """Return the open interest of some pairs of one coin as candles, in US dollars."""
    bars = open_interest_path(pairs[0].base).bars(starts, now)
    return scaled_bars(bars, starts, now, functools.partial(share, ShareOf.OPEN_INTEREST, pairs))


def open_interest(pairs: Pairs, time: int) -> float:
    """Return the open interest of some pairs of one coin at a time, in US dollars."""
    if not pairs:
        return 0.0
    part = interpolated(functools.partial(share, ShareOf.OPEN_INTEREST, pairs), [time])[0]
    return open_interest_path(pairs[0].base).at(time) * part


@functools.cache
def funding_path(coin: str) -> Path:
    """Return the path of a coin's funding rate, in percent for eight hours, before what sets exchanges apart."""
    facts, name = COINS[coin], f"funding {coin}"
    size = 0.5 + facts.volatility

    def weekly(week: int) -> float:
        time = week * WEEK
        return 0.0058 + size * (0.0035 * smooth(name, time, 11 * WEEK) + 0.0035 * smooth("funding", time, 7 * WEEK))

    return Path(
        name,
        weekly,
        0.045 * size,
        is_relative=False,
        low=-0.06 * size,
        high=0.075 * size,
        follows=f"price {coin}",
        correlation=0.4,
    )


@functools.cache
def funding_terms(pair: ModelPair) -> tuple[float, float]:
    """Return by what a pair multiplies its coin's rate, and what it adds: its rate is for its own interval."""
    name = f"funding {pair.exchange} {pair.symbol}"
    part = funding_hours(pair) / 8
    lower = -0.0018 if pair.is_coin_margined else 0.0
    return part * between(0.82, 1.18, name), part * (lower + 0.0016 * signed(name, 1))


def funding_hours(pair: ModelPair) -> int:
    return FUTURES_EXCHANGES[pair.exchange].funding_hours


def funding_bars(pair: ModelPair, starts: range, now: int) -> list[Ohlc]:
    factor, plus = funding_terms(pair)
    return [
        Ohlc(bar[0] * factor + plus, bar[1] * factor + plus, bar[2] * factor + plus, bar[3] * factor + plus)
        for bar in funding_path(pair.base).bars(starts, now)
    ]


def funding_rate(pair: ModelPair, time: int) -> float:
    """Return a pair's rate at a time, in percent for its interval."""
    factor, plus = funding_terms(pair)
    return round(funding_path(pair.base).at(time) * factor + plus, 6)


def next_funding(pair: ModelPair, now: int) -> int:
    step = funding_hours(pair) * HOUR
    return now - now % step + step


def weighted_terms(what: ShareOf, pairs: Pairs, week: int) -> tuple[float, float]:
    """Return the terms of the mean rate of some pairs, weighted by their shares at the start of a week."""
    weights = [(share(what, (pair,), week), *funding_terms(pair), 8 / funding_hours(pair)) for pair in pairs]
    total = math.fsum(weight[0] for weight in weights)
    return (
        math.fsum(weight * factor * a_day for weight, factor, _, a_day in weights) / total,
        math.fsum(weight * plus * a_day for weight, _, plus, a_day in weights) / total,
    )


def weighted_funding_bars(what: ShareOf, pairs: Pairs, starts: range, now: int) -> list[Ohlc]:
    """Return the mean rate of some pairs of one coin as candles, in percent for eight hours."""
    return scaled_bars(
        funding_path(pairs[0].base).bars(starts, now),
        starts,
        now,
        lambda week: weighted_terms(what, pairs, week)[0],
        lambda week: weighted_terms(what, pairs, week)[1],
    )


def weighted_funding(what: ShareOf, pairs: Pairs, time: int) -> float:
    """Return the mean rate of some pairs of one coin at a time, in percent for eight hours."""
    factor = interpolated(lambda week: weighted_terms(what, pairs, week)[0], [time])[0]
    plus = interpolated(lambda week: weighted_terms(what, pairs, week)[1], [time])[0]
    return round(funding_path(pairs[0].base).at(time) * factor + plus, 6)


@functools.lru_cache(maxsize=8192)
def funding_sum(coin: str, start: int, end: int, hours: int) -> tuple[float, int]:
    """Return the sum of a coin's rate at the fundings after `start` up to `end`, and their number."""
    step = hours * HOUR
    times = range(start - start % step + step, end + 1, step)
    path = funding_path(coin)
    return math.fsum(path.at(time) for time in times), len(times)


@functools.lru_cache(maxsize=4096)
def long_share_path(kind: str, exchange: str, symbol: str, coin: str) -> Path:
    """Return the path of the long share of accounts or positions on a pair, in percent."""
    name = f"{kind} {exchange} {symbol}"
    mean = between(48, 62, name)
    contrarian = {"global": -0.6, "top accounts": -0.4, "top positions": 0.3}[kind]

    def weekly(week: int) -> float:
        return mean + 7 * smooth(name, week * WEEK, 9 * WEEK) + 3 * smooth(f"{kind} {coin}", week * WEEK, 5 * WEEK)

    return Path(
        name, weekly, 26.0, is_relative=False, low=24.0, high=84.0, follows=f"price {coin}", correlation=contrarian
    )


def chosen(pairs: Pairs, exchanges: str | None, margin: str | None = None) -> Pairs:
    """Return the pairs on exchanges that a comma-separated list names, all of them for none or `ALL`."""
    names = set((exchanges or "ALL").split(","))
    return tuple(
        pair for pair in pairs if (names & {"ALL", pair.exchange}) and (margin is None or pair.margin == margin)
    )
