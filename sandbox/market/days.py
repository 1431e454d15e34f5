"""Days of the modelled market: when they begin, and what a coin cost at their start."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

from sandbox.market.path import DAY
from sandbox.market.prices import price_path
from sandbox.market.universe import COINS

BITCOIN_FROM = 1_388_534_400_000  # 2014-01-01
_DAY_LEVEL = 1  # of a path
_BLOCK = 128  # days that are remembered together


def day_starts(first: int, now: int) -> range:
    """Return the starts of the days from the first one to the day under way, in milliseconds."""
    return range(first, now + 1, DAY)


def bitcoin_days(now: int) -> tuple[range, list[float]]:
    """Return the days of bitcoin's price up to today, and its price at the start of each."""
    days = day_starts(BITCOIN_FROM, now)
    return days, daily_prices("BTC", days)


def is_weekday(day: int) -> bool:
    """Whether a day, given by its start, is from Monday to Friday."""
    return (day // DAY + 3) % 7 < 5  # noqa: PLR2004  # the first of January 1970 was a Thursday


def date_text(time: int, between: str = "-") -> str:
    """Return the calendar day (UTC) of a time in milliseconds, such as 2026-01-31."""
    return datetime.fromtimestamp(time / 1000, UTC).strftime(f"%Y{between}%m{between}%d")


def daily_prices(coin: str, days: range) -> list[float]:
    """Return the coin's price at the start of each of consecutive days."""
    first, last = days.start // DAY, days.start // DAY + len(days)
    blocks = [_block(coin, number) for number in range(first // _BLOCK, (last - 1) // _BLOCK + 1)]
    prices = [price for block in blocks for price in block]
    offset = first % _BLOCK
    return prices[offset : offset + len(days)]


def price_at_start(coin: str, day: int) -> float:
    """Return the coin's price at the start of a day."""
    return daily_prices(coin, range(day, day + 1, DAY))[0]


@lru_cache(maxsize=2048)
def _block(coin: str, number: int) -> Sequence[float]:
    path = price_path(coin)
    return [_rounded(path.node(_DAY_LEVEL, number * _BLOCK + day)[0], coin) for day in range(_BLOCK)]


def _rounded(figure: float, coin: str) -> float:
    """Round as today's prices, but to six digits what was far smaller once."""
    return round(figure, COINS[coin].decimals) if figure >= COINS[coin].price / 100 else float(f"{figure:.6g}")


def running_means(figures: Sequence[float], width: int) -> list[float]:
    """Return the mean of each figure and up to `width - 1` before it."""
    means, total = [], 0.0
    for index, figure in enumerate(figures):
        total += figure - (figures[index - width] if index >= width else 0.0)
        means.append(total / min(index + 1, width))
    return means
