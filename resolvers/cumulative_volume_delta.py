"""Cumulative volume delta from the first point of a series on.

CoinGlass counts it from a request's `start_time`. A window is a part of one request or several in a row, so that its
own figures begin anywhere and begin anew with each request: they are carried on here, by each bar's buys and sells.
"""

from collections.abc import Sequence

_ROUNDING = 1e-9  # of a bar's volume: what decimals and floats may differ by


def from_first_point(buys: Sequence[float], sells: Sequence[float], counted: Sequence[float]) -> list[float]:
    """The running sum of buys less sells; CoinGlass' own figure wherever it counts from the same point."""
    running, found = 0.0, []
    for buy, sell, own in zip(buys, sells, counted, strict=True):
        running += buy - sell
        if abs(running - own) <= _ROUNDING * (buy + sell):
            running = own
        found.append(running)
    return found
