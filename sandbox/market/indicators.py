"""Technical indicators of candles: pure functions of lists of figures, each value from the candles up to its own."""

import math
from collections.abc import Sequence
from itertools import pairwise

from sandbox.market.path import Ohlc

_SETUP = 4  # a setup of the TD sequential compares with the close four candles before
_LONGEST_SETUP = 9


def moving_average(figures: Sequence[float], window: int) -> list[float]:
    """Return the mean of each `window` figures, from the first that has so many up to it."""
    return [math.fsum(figures[end - window : end]) / window for end in range(window, len(figures) + 1)]


def exponential_moving_average(figures: Sequence[float], window: int) -> list[float]:
    """Return the average at each figure; it begins with the first figure, and forgets that in some windows."""
    factor, average, averages = 2 / (window + 1), figures[0], []
    for figure in figures:
        average += (figure - average) * factor
        averages.append(average)
    return averages


def deviation(figures: Sequence[float], window: int) -> list[float]:
    """Return the standard deviation of each `window` figures."""
    deviations = []
    for end in range(window, len(figures) + 1):
        part = figures[end - window : end]
        mean = math.fsum(part) / window
        deviations.append(math.sqrt(math.fsum((figure - mean) * (figure - mean) for figure in part) / window))
    return deviations


def relative_strength(figures: Sequence[float], window: int) -> list[float]:
    """Return the RSI, from 0 to 100, of each `window` changes, by their simple means."""
    rises = [max(after - before, 0.0) for before, after in pairwise(figures)]
    falls = [max(before - after, 0.0) for before, after in pairwise(figures)]
    values = []
    for up, down in zip(moving_average(rises, window), moving_average(falls, window), strict=True):
        values.append(100 * up / (up + down) if up + down else 50.0)
    return values


def average_true_range(bars: Sequence[Ohlc], window: int) -> list[float]:
    """Return the mean true range of each `window` candles; each needs the one before it."""
    ranges = [max(bar[1], before[3]) - min(bar[2], before[3]) for before, bar in pairwise(bars)]
    return moving_average(ranges, window)


def setup_counts(closes: Sequence[float]) -> list[int]:
    """Return the setup counts of the TD sequential: above 0 while buying is set up, below while selling is.

    A count goes on while each close is below (above) the one four candles before, and begins anew after nine.
    """
    counts, count = [], 0
    for before, close in zip(closes, closes[_SETUP:], strict=False):
        if close < before:
            count = count % _LONGEST_SETUP + 1 if count > 0 else 1
        elif close > before:
            count = -(-count % _LONGEST_SETUP + 1) if count < 0 else -1
        else:
            count = 0
        counts.append(count)
    return counts
