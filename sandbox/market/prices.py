"""Prices: one path for each coin, which follows the market as a whole; pairs stand a little beside it."""

import functools
from collections.abc import Sequence

from sandbox.market.noise import between, line, smooth
from sandbox.market.path import HOUR, WEEK, YEAR, Ohlc, Path, boundaries
from sandbox.market.universe import COINS, ModelCoin, ModelPair

MARKET = "market"
TODAY = 2970  # number of the week since 1970 in which prices are those of the universe
FIRST = 2556 * WEEK  # no market before, in milliseconds: the end of 2018

# Waves of a price around its middle, as period in weeks and swing at a volatility of 1.
_WAVES = ((209, 0.62), (61, 0.40), (17, 0.26), (5, 0.14), (2, 0.08))
_LARGEST_SWING = 0.6

# The middle of bitcoin's price relative to today's, at the start of each year from 2010.
_BITCOIN_YEARS = (
    (2010, (0.0000006, 0.000003, 0.00006, 0.00015, 0.0075, 0.0034, 0.0047, 0.011, 0.14, 0.043, 0.08, 0.32, 0.51)),
    (2023, (0.19, 0.46, 1.0, 0.97, 1.0, 1.0)),
)
_SLOW_BASIS, _FAST_BASIS = 0.0003, 0.00006  # how far it is from its mean, as a fraction of the price
_QUOTES = {"USDT": 0.0, "USDC": 0.0001, "USD": -0.0002}  # how much dearer a coin is in these


@functools.cache
def price_path(coin: str) -> Path:
    """Return the path of a coin's price in US dollars, over all exchanges."""
    facts = COINS[coin]
    correlation = between(0.72, 0.92, "correlation " + coin) if not facts.is_bitcoin else 0.96
    return Path(
        f"price {coin}",
        functools.partial(_weekly, facts),
        facts.volatility,
        follows=MARKET,
        correlation=correlation,
    )


def _weekly(coin: ModelCoin, week: int) -> float:
    growth = _growth(week * WEEK) if coin.is_bitcoin else 1.0
    return coin.price * growth * _swing(coin, week) / _swing(coin, TODAY)


@functools.lru_cache(maxsize=65_536)
def _swing(coin: ModelCoin, week: int) -> float:
    """Return the product of the waves, half of each shared with the whole market."""
    factor = 1.0
    for period, swing in _WAVES:
        size = min(_LARGEST_SWING, swing * coin.volatility)
        shared = smooth(MARKET, week * WEEK, period * WEEK)
        factor *= 1 + size * (0.55 * shared + 0.45 * smooth(coin.symbol, week * WEEK, period * WEEK))
    return factor


def _growth(time: int) -> float:
    """Return the middle of bitcoin's price at a time, relative to today's: it grew a millionfold since 2010."""
    first = _BITCOIN_YEARS[0][0]
    factors = [factor for _, factors in _BITCOIN_YEARS for factor in factors]
    years = time / YEAR + 1970 - first
    if years <= 0:
        return factors[0]
    index = min(int(years), len(factors) - 2)
    rest = min(1.0, years - index)
    return factors[index] + (factors[index + 1] - factors[index]) * rest


def basis(pair: ModelPair, time: int) -> float:
    """Return how far a pair's price stands from its coin's: a fraction, close to 0."""
    return _bases(pair, [time])[0][0]


def _bases(pair: ModelPair, times: Sequence[int]) -> list[tuple[float, float]]:
    """Return the basis at each time, and the part of it that goes in a straight line within each week."""
    name, mean = f"basis {pair.exchange} {pair.symbol}", mean_basis(pair)
    slow = [mean + _SLOW_BASIS * line(name, time, WEEK) for time in times]
    half = _FAST_BASIS / 2
    return [
        (base + half * (smooth(name, time, 9 * HOUR) + smooth(name, time, HOUR)), base)
        for base, time in zip(slow, times, strict=True)
    ]


@functools.cache
def mean_basis(pair: ModelPair) -> float:
    """Return a premium that is the pair's own; futures (which have a margin) are dearer than spot."""
    quote = _QUOTES.get(pair.quote, 0.0)
    premium = 0.0004 if pair.margin else 0.0
    return quote + premium + between(-0.0002, 0.0002, f"premium {pair.exchange} {pair.symbol}")


def pair_bars(pair: ModelPair, starts: range, now: int) -> list[Ohlc]:
    """Return a pair's candles, rounded as its coin's prices.

    The coin's open and close are moved by the basis of that time, high and low by the largest and the smallest that
    the basis can be: so candles of pairs join and contain each other as those of the coin do.
    """
    digits = COINS[pair.base].decimals
    times = boundaries(starts, now)
    bases = _bases(pair, times)
    up, down = 1 + _FAST_BASIS, 1 - _FAST_BASIS
    return [
        Ohlc(
            round(bar[0] * (1 + start), digits),
            round(bar[1] * (up + max(first, last)), digits),
            round(bar[2] * (down + min(first, last)), digits),
            round(bar[3] * (1 + end), digits),
        )
        for bar, (start, first), (end, last) in zip(
            price_path(pair.base).bars(starts, now), bases, bases[1:], strict=False
        )
    ]


def coin_bars(coin: str, starts: range, now: int) -> list[Ohlc]:
    """Return a coin's candles over all exchanges, rounded."""
    digits = COINS[coin].decimals
    return [rounded(bar, digits) for bar in price_path(coin).bars(starts, now)]


def rounded(bar: Sequence[float], digits: int) -> Ohlc:
    return Ohlc(round(bar[0], digits), round(bar[1], digits), round(bar[2], digits), round(bar[3], digits))


def price(coin: str, time: int) -> float:
    """Return a coin's price at a time in milliseconds."""
    return round(price_path(coin).at(time), COINS[coin].decimals)


def pair_price(pair: ModelPair, time: int) -> float:
    """Return a pair's price at a time in milliseconds."""
    return round(price_path(pair.base).at(time) * (1 + basis(pair, time)), COINS[pair.base].decimals)
