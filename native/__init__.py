"""Compiled functions, if there was a C compiler at the installation; otherwise Python does the same."""

import itertools
import operator
from array import array
from collections.abc import Callable, Sequence
from typing import Literal

try:
    from native import rows
except ImportError:
    COMPILED = False
else:
    COMPILED = True


def rows_reader(fields: Sequence[tuple[bytes, Literal["d", "q"]]]) -> "rows.RowsReader | None":
    """Return a reader of rows into an array for each field; it returns None for rows of anything but these numbers."""
    return rows.RowsReader(fields) if COMPILED and 0 < len(fields) <= rows.MAX_FIELDS else None


def ascends(times: Sequence[int]) -> bool:
    """Whether each time is later than its predecessor."""
    if COMPILED and isinstance(times, array):
        return rows.ascends(times)
    unpacked = list(times)  # otherwise each access would create an object
    return all(map(operator.lt, unpacked, itertools.islice(unpacked, 1, None)))


# For packed times, without a Python frame.
packed_ascends: Callable[["array[int]"], bool] = rows.ascends if COMPILED else ascends  # type: ignore[possibly-undefined]  # defined if compiled
