"""Running sums from the first point of a window on.

CoinGlass counts the sums of a series from the start of each request. A window is served from a part of one request,
from several, or from a kept answer and the newest points. The sums are therefore formed again here from the changes
alone: the figure of a bar depends on the window that was asked for and on nothing else.
"""

import contextlib
import math
from array import array
from collections.abc import Sequence
from itertools import accumulate, repeat
from operator import sub
from typing import TypeAlias

Figures: TypeAlias = Sequence[float | None]

_DECIMALS = (0, 2, 4, 8, 12)  # places after the point with which CoinGlass writes changes, the fewest first


def running_sum(added: Figures, taken: Figures | None = None) -> Figures:
    """Sum `added` less `taken` up to and including each place; null from the first missing or infinite figure on."""
    known = min(_known(added), len(added) if taken is None else _known(taken))
    less: Sequence[float | None] = array("d", repeat(0.0, known)) if taken is None else taken[:known]
    sums = _summed(added[:known], less)  # type: ignore[arg-type]  # none is missing up to there
    if sums and not math.isfinite(sums[-1]):
        sums = sums[: next(place for place, one in enumerate(sums) if not math.isfinite(one))]
    return sums if len(sums) == len(added) else [*sums, *repeat(None, len(added) - len(sums))]


def _known(figures: Figures) -> int:
    """How many figures stand before the first missing one."""
    if isinstance(figures, array):
        return len(figures)
    return next((place for place, figure in enumerate(figures) if figure is None), len(figures))


def _summed(added: Sequence[float], taken: Sequence[float]) -> "array[float]":
    """Sum in whole units of the last decimal place, so that sums of decimals are exact decimals again."""
    for places in _DECIMALS:
        unit = 10**places
        plus = _in_units(added, unit)
        minus = None if plus is None else _in_units(taken, unit)
        if plus is not None and minus is not None:
            with contextlib.suppress(OverflowError):
                return array("d", [total / unit for total in accumulate(map(sub, plus, minus))])
    return array("d", accumulate(map(sub, added, taken)))


def _in_units(figures: Sequence[float], unit: int) -> list[int] | None:
    """Return the figures as whole numbers of 1 / `unit`; None if one of them is no such number."""
    try:
        if figures and round(figures[0] * unit) / unit != figures[0]:
            return None
        units = [round(figure * unit) for figure in figures]
        return units if [one / unit for one in units] == list(figures) else None
    except OverflowError:
        return None
