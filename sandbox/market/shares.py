"""How a coin's figures are divided among its pairs: shares that change from week to week and add up to 1.

Open interest moves in a straight line from the shares of one week to those of the next, so that candles of a share
contain each other as those of the whole do: see `share_bars`. Amounts, such as volume, have one share for a week.
"""

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from enum import Enum

from sandbox.market.noise import signed, smooth
from sandbox.market.path import WEEK, Ohlc, boundaries
from sandbox.market.universe import FUTURES_EXCHANGES, SPOT_EXCHANGES, ModelPair, pairs_of_coin


class ShareOf(Enum):
    """What is divided; the value is how far apart a pair's share of it is from its share of all trade."""

    OPEN_INTEREST = 0.0
    BUY = 0.02
    SELL = -0.02  # as far as BUY, and from other noise
    LONG_LIQUIDATION = 0.25
    SHORT_LIQUIDATION = -0.25

    __hash__ = object.__hash__


@functools.lru_cache(maxsize=4096)
def shares(what: ShareOf, coin: str, week: int, *, is_spot: bool = False) -> Mapping[ModelPair, float]:
    """Return each pair's share in the week with this number since 1970."""
    sizes = {pair: _size(what, pair, week) for pair in pairs_of_coin(coin, is_spot=is_spot)}
    total = math.fsum(sizes.values())
    return {pair: size / total for pair, size in sizes.items()}


def _size(what: ShareOf, pair: ModelPair, week: int) -> float:
    name = f"{pair.exchange} {pair.symbol}"
    if not pair.margin:
        size = SPOT_EXCHANGES[pair.exchange].volume_share
    elif what is ShareOf.OPEN_INTEREST:
        size = FUTURES_EXCHANGES[pair.exchange].open_interest_share
    else:
        size = FUTURES_EXCHANGES[pair.exchange].volume_share
    wanders = 1 + 0.3 * smooth(f"share {name}", week * WEEK, 17 * WEEK)
    return size * pair.weight * wanders * (1 + abs(what.value) * signed(f"{what.name} {name}", week))


@functools.lru_cache(maxsize=16_384)
def share(what: ShareOf, pairs: tuple[ModelPair, ...], week: int) -> float:
    """Return the share that some pairs of one coin have together."""
    if not pairs:
        return 0.0
    by_pair = shares(what, pairs[0].base, week, is_spot=not pairs[0].margin)
    return math.fsum(by_pair[pair] for pair in pairs)


def interpolated(weekly: Callable[[int], float], times: Sequence[int]) -> list[float]:
    """Return figures of a line through the values at the starts of weeks."""
    values = {week: weekly(week) for week in {time // WEEK + after for time in times for after in (0, 1)}}
    return [
        values[time // WEEK] + (values[time // WEEK + 1] - values[time // WEEK]) * (time % WEEK / WEEK)
        for time in times
    ]


def scaled_bars(
    bars: Sequence[Ohlc],
    starts: range,
    now: int,
    factor: Callable[[int], float],
    plus: Callable[[int], float] | None = None,
) -> list[Ohlc]:
    """Return candles times one weekly line, which is positive, plus another.

    Within a week both lines are straight. So the largest product in a candle is at most its high times the line at one
    of its ends, and that of a candle within it is not larger: the results contain each other as the candles do.
    """
    times = boundaries(starts, now)
    factors = interpolated(factor, times)
    added = interpolated(plus, times) if plus is not None else [0.0] * len(times)
    lines = zip(factors, factors[1:], added, added[1:], strict=False)
    return [
        Ohlc(
            bar[0] * first + more,
            max(bar[1] * first + more, bar[1] * last + then),
            min(bar[2] * first + more, bar[2] * last + then),
            bar[3] * last + then,
        )
        for bar, (first, last, more, then) in zip(bars, lines, strict=False)
    ]
