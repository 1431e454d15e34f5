"""Windows become pages that hold every bar once, whatever upstream does at a page's edges."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cg_client.windows import DEFAULT_POINTS, Page, Window, bars, candidates, count_closed_bars, floor, window_of

HOUR = 3_600_000
NOW = 1_780_000_000_000
steps = st.sampled_from([60_000, HOUR, 86_400_000, 604_800_000])


def cheapest(window: Window, step: int, now: int, page_rows: int, earliest: int | None = None) -> tuple[Page, ...]:
    return candidates(window, step, now, page_rows, earliest)[0]


@dataclass(frozen=True)
class PagedUpstream:
    """Answers a page as CoinGlass may: `limit` counts from either end, and `end_time` is inclusive or not."""

    times: list[int]
    end_inclusive: bool
    counts_from_start: bool

    def rows(self, page: Page) -> list[int]:
        if page.start is None or page.end is None:
            return self.times[-page.limit :]
        cut = bisect_right if self.end_inclusive else bisect_left
        inside = self.times[bisect_left(self.times, page.start) : cut(self.times, page.end)]
        return inside[: page.limit] if self.counts_from_start else inside[-page.limit :]

    def joined(self, pages: Sequence[Page]) -> list[int]:
        return [time for page in pages for time in self.rows(page)]


@dataclass(frozen=True)
class Scene:
    step: int
    now: int
    page_rows: int
    window: Window
    upstream: PagedUpstream

    @property
    def inside(self) -> list[int]:
        end = self.now if self.window.end is None else self.window.end
        return [time for time in self.upstream.times if self.window.start <= time <= end]

    def pages(self, earliest: int | None = None) -> tuple[Page, ...]:
        return cheapest(self.window, self.step, self.now, self.page_rows, earliest=earliest)

    def candidates(self, earliest: int | None = None) -> list[tuple[Page, ...]]:
        return candidates(self.window, self.step, self.now, self.page_rows, earliest=earliest)


@st.composite
def series(draw: st.DrawFn, step: int, now: int, most: int, *, aligned: bool) -> PagedUpstream:
    """Bars on a grid up to now, with gaps. An exclusive end excludes a bar that begins in a step's last millisecond."""
    end_inclusive = draw(st.booleans())
    offset = 0 if aligned else draw(st.integers(0, step - (1 if end_inclusive else 2)))
    newest = floor(now - offset, step) + offset
    count = draw(st.integers(0, most))
    missing = draw(st.sets(st.integers(0, most), max_size=8))
    hole = range(draw(st.integers(0, most)), draw(st.integers(0, most)))
    times = [newest - back * step for back in range(count) if back not in missing and back not in hole]
    return PagedUpstream(times[::-1], end_inclusive, draw(st.booleans()))


@st.composite
def windows(draw: st.DrawFn, step: int, now: int, most: int) -> Window:
    """Return a window by `last`, by `last` and `end`, by `start`, or by `start` and `end`."""
    end = draw(st.none() | st.integers(now - most * step, now + 3 * step))
    if draw(st.booleans()):
        return window_of(step, now, last=draw(st.integers(1, most)), end=end)
    return window_of(
        step, now, start=draw(st.integers(now - most * step, now if end is None else min(now, end))), end=end
    )


@st.composite
def scenes(draw: st.DrawFn, *, aligned: bool = False) -> Scene:
    step, page_rows = draw(steps), draw(st.integers(10, 1000))
    now, most = NOW + draw(st.integers(0, 5 * step)), 4 * page_rows
    window, upstream = draw(windows(step, now, most)), draw(series(step, now, most, aligned=aligned))
    return Scene(step, now, page_rows, window, upstream)


@given(scenes())
def test_each_plan_contains_every_bar_of_the_window_once_and_in_order(scene: Scene) -> None:
    for candidate in scene.candidates():
        joined = scene.upstream.joined(candidate)
        assert joined == sorted(set(joined))
        assert set(scene.inside) <= set(joined)


@given(scenes())
def test_plans_differ_and_only_the_last_takes_more_than_one_request(scene: Scene) -> None:
    result = scene.candidates()
    assert len(set(result)) == len(result)
    assert all(len(candidate) == 1 for candidate in result[:-1])


@st.composite
def limited(draw: st.DrawFn) -> tuple[Scene, int]:
    """Return a scene whose bars are aligned, as all are that a plan limits, and its earliest bar, near the start."""
    scene = draw(scenes(aligned=True))
    earliest = (
        floor(scene.window.start, scene.step)
        + draw(st.integers(-2, 2) | st.integers(-2 * scene.page_rows, 9)) * scene.step
    )
    return scene, min(earliest, floor(scene.now, scene.step))


@given(limited())
def test_no_page_can_have_more_rows_than_its_limit(limited: tuple[Scene, int]) -> None:
    scene, earliest = limited
    for page in [*scene.pages(), *scene.pages(earliest)]:
        assert 1 <= page.limit <= scene.page_rows
        if page.start is not None and page.end is not None:
            assert 0 < page.end - page.start + 1 <= page.limit * scene.step


@given(limited())
def test_no_page_reaches_back_before_the_earliest_bar(limited: tuple[Scene, int]) -> None:
    scene, earliest = limited
    for page in scene.pages(earliest):
        oldest = floor(scene.now, scene.step) - (page.limit - 1) * scene.step
        assert (oldest if page.start is None else page.start) >= earliest


@given(limited())
def test_every_bar_from_the_earliest_on_is_covered(limited: tuple[Scene, int]) -> None:
    scene, earliest = limited
    joined = scene.upstream.joined(scene.pages(earliest))
    assert {time for time in scene.inside if time >= earliest} <= set(joined)


def test_the_oldest_bar_of_the_plan_is_covered() -> None:
    earliest = floor(NOW, HOUR) - 720 * HOUR
    upstream = PagedUpstream(list(range(earliest - 9 * HOUR, NOW, HOUR)), end_inclusive=True, counts_from_start=False)
    assert earliest in upstream.joined(
        cheapest(window_of(HOUR, NOW, start=earliest), HOUR, NOW, 1000, earliest=earliest)
    )


@given(st.data(), steps, st.integers(10, 1000), st.integers(0, 10**10))
def test_windows_that_overlap_share_their_pages(data: st.DataObject, step: int, page_rows: int, later: int) -> None:
    first, second = (data.draw(windows(step, NOW, 4 * page_rows)) for _ in range(2))
    assert_shared(cheapest(first, step, NOW, page_rows), cheapest(second, step, NOW + later, page_rows))


@given(limited(), st.integers(0, 20))
def test_overlapping_windows_share_the_page_that_the_earliest_bar_cuts(limited: tuple[Scene, int], later: int) -> None:
    scene, earliest = limited
    second = replace(scene, window=replace(scene.window, start=scene.window.start + later * scene.step))
    assert_shared(scene.pages(earliest), second.pages(earliest))


def assert_shared(first: Sequence[Page], second: Sequence[Page]) -> None:
    for (start, end), item in spans(first).items():
        for (other_start, other_end), other in spans(second).items():
            assert item == other or end < other_start or other_end < start


def spans(pages: Sequence[Page]) -> dict[tuple[int, int], Page]:
    return {(page.start, page.end): page for page in pages if page.start is not None and page.end is not None}


@given(steps, st.integers(1, 100), st.integers(0, 60))
def test_small_windows_at_the_newest_end_are_one_request(step: int, last: int, seconds: int) -> None:
    now = NOW + seconds * 1000
    assert cheapest(window_of(step, now, last=last), step, now, 1000) == cheapest(window_of(step, NOW), step, NOW, 1000)


@given(st.integers(1, 400), st.integers(0, 2))
@example(99, 2)
@example(100, 1)
def test_bars_ahead_of_the_clock_do_not_displace_the_start_of_an_open_ended_page(count: int, ahead: int) -> None:
    newest = floor(NOW, HOUR) + ahead * HOUR
    upstream = PagedUpstream([newest - back * HOUR for back in range(3000)][::-1], True, True)
    start = floor(NOW, HOUR) - (count - 1) * HOUR
    (page,) = cheapest(window_of(HOUR, NOW, start=start), HOUR, NOW, 1000)
    assert start in upstream.rows(page)


@given(st.sampled_from([10, 100, 1000]), st.integers(1, 3), st.integers(-1, 1), st.integers(0, 999))
def test_the_newest_last_bars_are_covered_while_the_current_bar_is_missing(
    page_rows: int, times: int, more: int, later: int
) -> None:
    now, last = NOW + later * HOUR, page_rows * times + more
    before = floor(now, HOUR) - HOUR
    bars_there = [before - back * HOUR for back in range(5 * page_rows)][::-1]
    upstream = PagedUpstream(bars_there, end_inclusive=True, counts_from_start=True)
    assert (
        upstream.joined(cheapest(window_of(HOUR, now, last=last), HOUR, now, page_rows))[-last:] == bars_there[-last:]
    )


def test_a_window_without_bounds_is_the_newest_hundred_points() -> None:
    window = window_of(HOUR, NOW)
    assert window == Window(floor(NOW, HOUR) - (DEFAULT_POINTS - 1) * HOUR, None, DEFAULT_POINTS)
    assert bars(window, HOUR, NOW) == DEFAULT_POINTS


def test_last_counts_back_from_the_bar_that_contains_the_end() -> None:
    end = floor(NOW, HOUR) - 10 * HOUR + 5
    assert window_of(HOUR, NOW, last=3, end=end) == Window(floor(end, HOUR) - 2 * HOUR, end, 3)


def test_last_counts_back_from_now_if_the_end_is_in_the_future() -> None:
    assert bars(window_of(HOUR, NOW, last=1500, end=NOW + 24 * HOUR), HOUR, NOW) == 1500


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [(NOW, None, 1), (NOW - HOUR, None, 2), (NOW - HOUR + 1, None, 1), (NOW - HOUR, NOW + HOUR, 2), (NOW + 1, None, 0)],
)
def test_bars_counts_only_bars_that_have_begun(start: int, end: int | None, count: int) -> None:
    assert bars(Window(start, end), HOUR, NOW) == count


def test_a_window_wholly_before_the_earliest_bar_needs_no_request() -> None:
    window = window_of(HOUR, NOW, start=NOW - 9000 * HOUR, end=NOW - 8000 * HOUR)
    assert cheapest(window, HOUR, NOW, 500, earliest=floor(NOW - 100 * HOUR, HOUR)) == ()


@pytest.mark.parametrize(
    ("window", "now", "due"),
    [
        (Window(0, None), 100 * HOUR, 99),  # of the bars that start from 0 to 98 h
        (Window(0, 10 * HOUR), 100 * HOUR, 11),
        (Window(1, 10 * HOUR - 1), 100 * HOUR, 9),
        (Window(5 * HOUR, 5 * HOUR), 100 * HOUR, 1),
        (Window(99 * HOUR, None), 100 * HOUR, 0),
    ],
)
def test_surely_closed_bars_are_counted_by_their_start(window: Window, now: int, due: int) -> None:
    assert count_closed_bars(window, HOUR, now) == due
