"""Columns of times as text, each formatted once: series of one interval and window share their time axis.

The texts are those of `graph_types.scalars.format_time`, put together from a day and a time of day.
"""

import functools
from array import array
from collections import OrderedDict

from graph_types.scalars import format_time, time_of

_DAY = 86_400_000  # milliseconds
_MAX_TEXTS = 30_000  # texts, of some 80 bytes each


class TimeTextCache:
    """The columns that were used last, by their bytes; bounded in texts."""

    def __init__(self, limit: int = _MAX_TEXTS) -> None:
        self._limit, self._size = limit, 0
        self._texts: OrderedDict[bytes, list[str]] = OrderedDict()

    def of(self, times: "array[int]") -> list[str]:
        """Return the texts of times in milliseconds; raises OverflowError for a time that has no date."""
        key = times.tobytes()
        texts = self._texts.get(key)
        if texts is None:
            return self._put(key, [text_of(time) for time in times])
        self._texts.move_to_end(key)
        return texts

    def _put(self, key: bytes, texts: list[str]) -> list[str]:
        self._texts[key] = texts
        self._size += len(texts)
        while self._size > self._limit:
            _, dropped = self._texts.popitem(last=False)
            self._size -= len(dropped)
        return texts


def text_of(time: int) -> str:
    """Return a time in milliseconds as ISO-8601."""
    day, rest = divmod(time, _DAY)
    return _day(day) + _time_of_day(rest)


@functools.lru_cache(4096)
def _day(day: int) -> str:
    return _text(day * _DAY)[:11]


@functools.lru_cache(4096)
def _time_of_day(milliseconds: int) -> str:
    return _text(milliseconds)[11:]


def _text(milliseconds: int) -> str:
    time = time_of(milliseconds)
    assert time is not None  # noqa: S101  # it is not of None
    return format_time(time)
