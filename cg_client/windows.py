"""Which requests answer a window of a series.

A request costs the same whatever its `limit`, so windows are laid on a fixed grid and share their requests:

* the newest points come from one open-ended request of 100 rows, or of as many as the endpoint gives;
* anything older comes from pages of `page_rows` bars that start at multiples of their length since 1970, both ends
  set, so that it does not matter from which end upstream counts `limit`, nor whether `end_time` is inclusive (it is
  a page's last millisecond, in which no bar starts).

All times are integer milliseconds UTC; `start` and `end` are inclusive.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

DEFAULT_POINTS = 100
MAX_POINTS = 20_000
SMALL = 100  # rows of the small open-ended request
_WEEK = 7 * 86_400_000
SLACK = 2  # bars that upstream may finish late, or be ahead of our clock


@dataclass(frozen=True, slots=True)
class Window:
    """Points from `start` to `end`, of which only the newest `last` are shown; `end` None means now."""

    start: int
    end: int | None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One request: open-ended when `start` and `end` are None, otherwise the points between them."""

    limit: int
    start: int | None = None
    end: int | None = None


def window_of(
    step: int, now: int, *, last: int | None = None, start: int | None = None, end: int | None = None
) -> Window:
    """Make a window. `last` counts bars back from `end`, including the bar under way."""
    if start is not None:
        return Window(start, end)
    count = DEFAULT_POINTS if last is None else last
    newest = floor(now if end is None else min(end, now), step)
    return Window(newest - (count - 1) * step, end, count)


def bars(window: Window, step: int, now: int) -> int:
    """Return how many bars can lie in the window."""
    end = now if window.end is None else min(window.end, now)
    return max(0, (end - window.start) // step + 1)


def count_closed_bars(window: Window, step: int, now: int) -> int:
    """Return how many bars of the window have surely closed, and been finished upstream, by the time `now`.

    Bars start at multiples of their length since 1970, but for weeks: on which day those begin is not known.
    """
    closed = last_closed(step, now)
    latest = closed if window.end is None else min(window.end, closed)
    if step >= _WEEK:
        return max(0, (latest - window.start) // step)
    return max(0, latest // step - -(-window.start // step) + 1)


def last_closed(step: int, now: int) -> int:
    """Return the latest start of a bar that has surely closed: upstream may finish a bar one bar late."""
    return now - SLACK * step


def candidates(
    window: Window, step: int, now: int, page_rows: int, earliest: int | None = None
) -> list[tuple[Page, ...]]:
    """Return sets of requests that hold every point of the window, the cheapest first.

    The pages of a set are in the order of time. The newest points are in one request of either size that is large
    enough; a window that ends before now may also be cut out of the grid.
    """
    is_open_ended = window.end is None or window.end >= now
    needed = window.last if window.last is not None and is_open_ended else (now - window.start) // step + 1 + SLACK
    available = page_rows if earliest is None else max(1, (now - earliest) // step + 1)
    newest: list[tuple[Page, ...]] = []
    for rows in sorted({min(SMALL, page_rows), page_rows}):
        if needed <= rows and (Page(min(rows, available)),) not in newest:
            newest.append((Page(min(rows, available)),))
    if newest and is_open_ended:
        return newest
    grid = tuple(_grid(window, step, now, page_rows, earliest))
    return [*newest, grid] if grid or not newest else newest


def _grid(window: Window, step: int, now: int, page_rows: int, earliest: int | None) -> Iterator[Page]:
    width = page_rows * step
    # One bar more than requested: the bar under way may not be there yet when the newest `last` are counted.
    start = window.start if window.last is None else window.start - step
    end = now if window.end is None else min(window.end, now)
    for page in range(start // width, end // width + 1):
        first = page * width
        last = first + width - 1
        if earliest is not None and first < earliest:
            first = earliest
        if first <= last:
            yield Page(page_rows, first, last)


def tail(pages: tuple[Page, ...]) -> Page | None:
    """Return the small open-ended request if the window takes a larger one."""
    return Page(SMALL) if pages and pages[0].start is None and pages[0].limit > SMALL else None


def floor(time: int, step: int) -> int:
    """Return the start of the bar that holds the time."""
    return time - time % step


def unix_ms(time: datetime) -> int:
    """Return milliseconds since 1970."""
    return round(time.timestamp() * 1000)
