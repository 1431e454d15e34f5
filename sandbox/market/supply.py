"""Coins in circulation: growing until 2026, and from then on those of the universe; and how bitcoins are issued."""

from sandbox.market.path import DAY, YEAR
from sandbox.market.universe import COINS

_STEADY_FROM = 1_767_225_600_000  # 2026-01-01
_LEAST = 0.25  # of the universe's supply
_GROWTH_A_YEAR = 0.035  # of the universe's supply
_BITCOIN_GROWTH_A_YEAR = 0.013
_BLOCKS_A_DAY = 144
_HALVINGS = (1_354_060_800_000, 1_468_022_400_000, 1_589_155_200_000, 1_713_571_200_000)  # from 50 coins a block on
_HALVING_PERIOD = 1461 * DAY


def supply(coin: str, time: int) -> float:
    """Return the coins in circulation at a time in milliseconds."""
    growth = _BITCOIN_GROWTH_A_YEAR if coin == "BTC" else _GROWTH_A_YEAR
    missing = max(0, _STEADY_FROM - time) / YEAR * growth
    return round(COINS[coin].supply * max(_LEAST, 1 - missing), 4)


def bitcoins_issued(day: int) -> float:
    """Return the bitcoins that are issued on a day."""
    return _BLOCKS_A_DAY * 50 / (1 << _halvings_before(day))


def days_to_halving(day: int) -> int:
    return (_halving(_halvings_before(day)) - day) // DAY


def _halvings_before(day: int) -> int:
    count = 0
    while _halving(count) <= day:
        count += 1
    return count


def _halving(number: int) -> int:
    """Return when a halving was, or will be if blocks keep their pace."""
    beyond = number - len(_HALVINGS) + 1
    return _HALVINGS[number] if beyond <= 0 else _HALVINGS[-1] + beyond * _HALVING_PERIOD
