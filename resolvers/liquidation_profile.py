"""Liquidations by price, out of what the history tells.

A bar says how much was liquidated and between which prices the market moved meanwhile, not at which price. Each bar's
liquidations are therefore spread evenly over its range from low to high.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(slots=True)
class Bucket:
    """Liquidations between two prices, in US dollars."""

    price_from: float
    price_to: float
    long_usd: float = 0.0
    short_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class LiquidatedBar:
    """Liquidations of one bar in US dollars, and the range of the price."""

    long_usd: float
    short_usd: float
    low: float
    high: float


def bars(
    liquidations: Mapping[int, tuple[float, float]], prices: Mapping[int, tuple[float, float]]
) -> list[LiquidatedBar]:
    """Return the bars that have both: (long, short) and (low, high) by time."""
    return [LiquidatedBar(*liquidations[time], *prices[time]) for time in liquidations if time in prices]


def profile(liquidated: Sequence[LiquidatedBar], count: int) -> list[Bucket]:
    """At most `count` equally high buckets over the whole range; their sums are those of the bars."""
    if not liquidated:
        return []
    low, high = min(bar.low for bar in liquidated), max(bar.high for bar in liquidated)
    count = count if high > low else 1
    step = (high - low) / count
    edges = [low + index * step for index in range(count)] + [high]
    buckets = [Bucket(*pair) for pair in pairwise(edges)]
    for bar in liquidated:
        _spread(bar, buckets, low, step)
    return buckets


def _spread(bar: LiquidatedBar, buckets: list[Bucket], low: float, step: float) -> None:
    first, last = _index(bar.low, buckets, low, step), _index(bar.high, buckets, low, step)
    touched = buckets[first : last + 1]
    overlaps = [max(0.0, min(bar.high, bucket.price_to) - max(bar.low, bucket.price_from)) for bucket in touched]
    whole = sum(overlaps)
    for bucket, overlap in zip(touched, overlaps, strict=True):
        share = overlap / whole if whole > 0 else 1 / len(touched)
        bucket.long_usd += bar.long_usd * share
        bucket.short_usd += bar.short_usd * share


def _index(price: float, buckets: list[Bucket], low: float, step: float) -> int:
    return min(len(buckets) - 1, int((price - low) / step)) if step > 0 else 0
