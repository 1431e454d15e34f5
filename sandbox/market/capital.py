"""Capital of the market by day: bitcoin's share, altcoins and stablecoins, and the moods that follow from prices."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from cg_client.endpoint import Endpoint
from cg_client.endpoints.indicators import market
from sandbox.market.days import daily_prices, day_starts, running_means
from sandbox.market.model import Model, ModelContext, Row
from sandbox.market.noise import fractal
from sandbox.market.path import DAY, YEAR
from sandbox.market.supply import supply
from sandbox.market.universe import COINS
from sandbox.windows import Query

_CAPITAL_FROM = 1_735_689_600_000  # 2025-01-01
_STABLECOINS_FROM = 1_514_764_800_000  # 2018-01-01
_MOOD_FROM = 1_517_443_200_000  # 2018-02-01
_SEASON = 90  # days, in which an altcoin does better or worse than bitcoin
_RANKED = 50  # altcoins that the season counts

# US dollars in 2026, and the part of it that there was at the start of each year from 2018; it stays at the last.
_STABLECOINS: Mapping[str, tuple[float, Sequence[float]]] = {
    "USDT": (186e9, (0.007, 0.010, 0.022, 0.113, 0.42, 0.355, 0.49, 0.74, 1.0, 1.0)),
    "USDC": (76e9, (0.0, 0.004, 0.007, 0.052, 0.56, 0.58, 0.33, 0.58, 1.0, 1.0)),
    "DAI": (5.3e9, (0.0, 0.014, 0.01, 0.22, 1.7, 0.98, 1.0, 1.0, 1.0, 1.0)),
    "USDE": (7.4e9, (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.012, 0.79, 1.0, 1.0)),
    "FDUSD": (1.1e9, (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.9, 1.6, 1.0, 1.0)),
    "PYUSD": (3.8e9, (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.06, 0.13, 1.0, 1.0)),
}


def stablecoin_usd(coin: str, time: int) -> float:
    """Return the market capitalisation of a stablecoin."""
    usd, parts = _STABLECOINS[coin]
    years = max(0.0, (time - _STABLECOINS_FROM) / YEAR)
    index = min(int(years), len(parts) - 2)
    part = parts[index] + (parts[index + 1] - parts[index]) * min(1.0, years - index)
    return round(usd * part * (1 + 0.01 * fractal(f"capital in {coin}", time, 60 * DAY)), 2)


def _stablecoins(_: Query, context: ModelContext) -> list[Row]:
    days = day_starts(_STABLECOINS_FROM, context.now)
    return [_columns(days, [stablecoins_usd(day) for day in days], daily_prices("BTC", days))]


def _columns(days: range, figures: Sequence[float], prices: Sequence[float]) -> Row:
    """Return parallel lists with times in seconds, as documented."""
    return {"data_list": figures, "price_list": prices, "time_list": [day // 1000 for day in days]}


def stablecoins_usd(time: int) -> float:
    """Return the market capitalisation of all stablecoins."""
    return round(sum(stablecoin_usd(coin, time) for coin in _STABLECOINS), 2)


@lru_cache(maxsize=8)
def altcoin_usd(days: range) -> Sequence[float]:
    """Return the market capitalisation of all coins but bitcoin and the stablecoins."""
    totals = [0.0] * len(days)
    for coin in COINS:
        if coin != "BTC":
            supplies = (supply(coin, day) for day in days)
            caps = zip(totals, daily_prices(coin, days), supplies, strict=True)
            totals = [total + price * coins for total, price, coins in caps]
    return tuple(round(total, 2) for total in totals)


@lru_cache(maxsize=8)
def altcoin_seasons(days: range) -> Sequence[int]:
    """Return how many percent of the largest altcoins did better than bitcoin within the season before each day."""
    longer = range(days.start - _SEASON * DAY, days.stop, DAY)
    bitcoin = _changes("BTC", longer)
    altcoins = sorted((coin for coin in COINS if coin != "BTC"), key=lambda coin: COINS[coin].rank)[:_RANKED]
    better = [0] * len(days)
    for coin in altcoins:
        changes = zip(_changes(coin, longer), bitcoin, strict=True)
        better = [count + (own > other) for count, (own, other) in zip(better, changes, strict=True)]
    return tuple(round(100 * count / len(altcoins)) for count in better)


def _changes(coin: str, days: range) -> list[float]:
    prices = daily_prices(coin, days)
    return [after / before for before, after in zip(prices, prices[_SEASON:], strict=False)]


def _altcoin_season(_: Query, context: ModelContext) -> list[Row]:
    days = day_starts(_CAPITAL_FROM, context.now)
    return [
        {"timestamp": day, "altcoin_index": index, "altcoin_marketcap": usd}
        for day, index, usd in zip(days, altcoin_seasons(days), altcoin_usd(days), strict=True)
    ]


def dominance_percent(bitcoin: float, altcoins: float, day: int) -> float:
    """Return bitcoin's share of the capital in bitcoin, altcoins and stablecoins."""
    return round(bitcoin / (bitcoin + altcoins + stablecoins_usd(day)) * 100, 4)


def _dominance(_: Query, context: ModelContext) -> list[Row]:
    """Return bitcoin's own capitalisation beside its share, as the documented figures are."""
    days = day_starts(_CAPITAL_FROM, context.now)
    rows = []
    for day, price, altcoins in zip(days, daily_prices("BTC", days), altcoin_usd(days), strict=True):
        capital = round(price * supply("BTC", day))
        share = dominance_percent(capital, altcoins, day)
        rows.append({"timestamp": day, "price": price, "bitcoin_dominance": share, "market_cap": capital})
    return rows


def fear_greed(day: int, price: float, usual: float) -> float:
    """Return the index, from 1 to 99: greed grows with the price relative to its mean of 90 days."""
    lean = 4.5 * (price / usual - 1) + 0.6 * fractal("mood", day, 12 * DAY)
    return float(round(50 + 49 * lean / (1 + abs(lean))))


def _fear_greed(_: Query, context: ModelContext) -> list[Row]:
    days = day_starts(_MOOD_FROM, context.now)
    prices = daily_prices("BTC", days)
    means = running_means(prices, 90)
    values = [fear_greed(day, price, mean) for day, price, mean in zip(days, prices, means, strict=True)]
    return [_columns(days, values, prices)]


MODELS: Mapping[Endpoint, Model] = {
    market.FEAR_GREED: _fear_greed,
    market.ALTCOIN_SEASON: _altcoin_season,
    market.DOMINANCE: _dominance,
    market.STABLECOIN_MARKET_CAP: _stablecoins,
}
