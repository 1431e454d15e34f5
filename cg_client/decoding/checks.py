"""Checks and conversions of upstream values: finite figures, times in milliseconds, parallel lists.

Invalid values raise PayloadMismatch with the path of the field.
"""

import calendar
import math
import re
import struct
from array import array
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import msgspec

from cg_client.decoding.shapes import are_milliseconds, milliseconds
from cg_client.errors import PayloadMismatch

T = TypeVar("T")

_EARLIEST_TIME = 10**8  # seconds of March 1973, below which the units are ambiguous; 0 stands for no time
_LATEST_TIME = 10**20  # nanoseconds of the year 5138
_LOCATION = re.compile(r" - at `\$(.*)`$")
_MISSING = re.compile(r"missing required field `(.*?)`")


def mismatch(error: msgspec.DecodeError | UnicodeDecodeError | RecursionError) -> PayloadMismatch:
    """Return the error with the path of the field below `data`, which is removed from its text."""
    text = str(error)
    location = _LOCATION.search(text)
    missing = _MISSING.search(text)
    path = (location.group(1) if location else "") + (f".{missing.group(1)}" if missing else "")
    return PayloadMismatch(f"data{path}", _LOCATION.sub("", text))


def finite(values: Sequence[float | None], field: str) -> None:
    """Raise PayloadMismatch for NaN and infinities, which msgspec reads out of strings."""
    _finite([value for value in values if value is not None], field)


def _finite(values: Sequence[float], field: str) -> None:
    if not math.isfinite(sum(values)) and not all(map(math.isfinite, values)):  # a sum can overflow
        raise PayloadMismatch(field, "it is not a finite number")


def figures(values: Sequence[Any], field: str, *, optional: bool) -> Sequence[float | None]:
    """Return the figures, checked to be finite, packed if none is missing."""
    if optional and None in values:
        finite(values, field)
        return values
    _finite(values, field)
    return packed("d", values)


def packed(typecode: str, values: Sequence[Any]) -> "array[Any]":
    """Pack the values through `struct`, which takes half the time of `array` itself."""
    return array(typecode, struct.pack(f"{len(values)}{typecode}", *values))


def check_finite(figure: float) -> None:
    """Raise ValueError for NaN and infinities, which msgspec reads out of strings."""
    if not math.isfinite(figure):
        raise ValueError(figure)


def check_time(time: int) -> None:
    """Raise PayloadMismatch for a number that is not a time in any unit."""
    if not _EARLIEST_TIME <= time < _LATEST_TIME:
        raise PayloadMismatch("time", "it is not a time")


def in_milliseconds(times: Sequence[int | None], field: str) -> Sequence[int | None]:
    """Convert times in any unit to milliseconds; raises PayloadMismatch for a number that is not a time."""
    ascending = sorted([time for time in times if time is not None])  # mostly sorted already: faster than min and max
    if not ascending:
        return times
    earliest, latest = ascending[0], ascending[-1]
    if earliest < _EARLIEST_TIME or latest >= _LATEST_TIME:
        raise PayloadMismatch(field, "it is not a time")
    if are_milliseconds(earliest, latest):
        return times
    return [None if time is None else milliseconds(time) for time in times]


def by_time(times: Sequence[int | None], rows: Sequence[T], field: str) -> dict[int, T]:
    """Return rows by their time in milliseconds, in order of time; of several rows of one time the last."""
    pairs = zip(in_milliseconds(times, field), rows, strict=True)
    last = {time: row for time, row in pairs if time is not None}
    return {time: last[time] for time in sorted(last)}


def midnight(day: str, field: str) -> int:
    """Return the start of a day in UTC, in milliseconds; raises PayloadMismatch."""
    try:
        return calendar.timegm(date_of(day.replace("/", "-")).timetuple()) * 1000
    except ValueError as error:
        raise PayloadMismatch(field, f"it is not a date: {day!r}") from error


def date_of(text: str) -> date:
    """Return a date as `2025-04-17` or as the `250417` of option expiries. Raises ValueError."""
    return datetime.strptime(text, "%y%m%d").replace(tzinfo=UTC).date() if len(text) == 6 else date.fromisoformat(text)  # noqa: PLR2004  # the length of the second form


def equally_long(lists: Mapping[str, Sequence[Any]]) -> None:
    """Raise PayloadMismatch if parallel lists differ in length."""
    first, size = next((name, len(values)) for name, values in lists.items())
    for name, values in lists.items():
        if len(values) != size:
            raise PayloadMismatch(f"data.{name}", f"it holds {len(values)} values beside {size} of {first}")
