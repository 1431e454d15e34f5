"""Running sums from the first point of a window on.

CoinGlass counts the sums of a series from the start of each request. A window is served from a part of one request,
from several, or from a cached answer and the newest points. The sums are therefore formed again here from the changes
alone: the figure of a bar depends on the requested window and on nothing else.
"""

import contextlib
import math
from array import array
from collections.abc import Sequence
from itertools import accumulate, repeat
from operator import sub
from typing import TypeAlias

from msgspec.structs import replace

from payloads.columns import Column, Columns
from payloads.series import ServedWindow

Figures: TypeAlias = Sequence[float | None]

_DECIMALS = (0, 2, 4, 8, 12)  # places after the point with which CoinGlass writes changes, the fewest first


def running_sum(added: Figures, subtracted: Figures | None = None) -> Figures:
    """Sum `added` less `subtracted` up to each index; null from the first missing or infinite figure on."""
    present = min(_count_present(added), len(added) if subtracted is None else _count_present(subtracted))
    less: Sequence[float | None] = array("d", repeat(0.0, present)) if subtracted is None else subtracted[:present]
    sums = _summed(added[:present], less)  # type: ignore[arg-type]  # none is missing up to there
    if sums and not math.isfinite(sums[-1]):
        sums = sums[: next(index for index, total in enumerate(sums) if not math.isfinite(total))]
    return sums if len(sums) == len(added) else [*sums, *repeat(None, len(added) - len(sums))]


def count_from_first(window: ServedWindow, **sums: tuple[str] | tuple[str, str]) -> ServedWindow:
    """Replace columns by sums that count from the first row: of one column, or of one less another."""
    rows, columns = window.rows, window.rows.columns
    counted = {name: Column(running_sum(*(columns[term].stored for term in terms))) for name, terms in sums.items()}
    identity = None if rows.identity is None else ("counted", rows.identity)
    return replace(window, rows=Columns.of(rows.row, {**columns, **counted}, len(rows), identity))


def _count_present(figures: Figures) -> int:
    """How many figures stand before the first missing one."""
    if isinstance(figures, array):
        return len(figures)
    return next((index for index, figure in enumerate(figures) if figure is None), len(figures))


def _summed(added: Sequence[float], subtracted: Sequence[float]) -> "array[float]":
    """Sum in whole units of the last decimal place, so that sums of decimals are exact decimals again."""
    for decimals in _DECIMALS:
        unit = 10**decimals
        plus = _in_units(added, unit)
        minus = None if plus is None else _in_units(subtracted, unit)
        if plus is not None and minus is not None:
            with contextlib.suppress(OverflowError):
                return array("d", [total / unit for total in accumulate(map(sub, plus, minus))])
    return array("d", accumulate(map(sub, added, subtracted)))


def _in_units(figures: Sequence[float], unit: int) -> list[int] | None:
    """Return the figures as whole numbers of 1 / `unit`; None if one of them is no such number."""
    try:
        if figures and round(figures[0] * unit) / unit != figures[0]:
            return None
        units = [round(figure * unit) for figure in figures]
        return units if [number / unit for number in units] == list(figures) else None
    except OverflowError:
        return None
