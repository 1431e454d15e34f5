"""What is compiled, where a C compiler was at hand when this was built; without one, Python does the same."""

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
    """Make a reader of a JSON array of objects into an array for each field; it gives None if they are not plain."""
    return rows.RowsReader(fields) if COMPILED and 0 < len(fields) <= rows.FIELDS_AT_MOST else None


def ascends(times: Sequence[int]) -> bool:
    """Whether each is later than the one before."""
    if COMPILED and isinstance(times, array):
        return rows.ascends(times)
    known = list(times)  # a packed time would become an object at every look
    return all(map(operator.lt, known, itertools.islice(known, 1, None)))


# For packed times, without a frame of Python.
packed_ascends: Callable[["array[int]"], bool] = rows.ascends if COMPILED else ascends  # type: ignore[possibly-undefined]  # defined if compiled
