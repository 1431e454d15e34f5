"""Cumulative volume delta from the first point of a series on.

CoinGlass counts it from a request's `start_time`. A window is a part of one request or several in a row, so that its
own figures begin anywhere and begin anew with each request: they are carried on here, by each bar's buys and sells.
"""

from collections.abc import Sequence

_ROUNDING = 1e-9  # of a bar's volume: what decimals and floats may differ by


def from_first_point(
    buys: Sequence[float | None], sells: Sequence[float | None], counted: Sequence[float | None]
) -> list[float | None]:
    """The running sum of buys less sells; CoinGlass' own figure wherever it counts from the same point.

    None from the first bar on whose volume is missing: what comes after it cannot be known.
    """
    running, found = 0.0, list[float | None]()
    for buy, sell, own in zip(buys, sells, counted, strict=True):
        if buy is None or sell is None:
            return found + [None] * (len(counted) - len(found))
        running += buy - sell
        if own is not None and abs(running - own) <= _ROUNDING * (buy + sell):
            running = own
        found.append(running)
    return found
