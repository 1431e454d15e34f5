"""Columns behave as the list of rows that they stand for, whichever parts of them are taken."""

from array import array
from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from payloads.columns import Column, Columns, Lists, new_identity


@dataclass(frozen=True)
class Point:
    at: int
    value: float | None


VALUES = st.lists(st.tuples(st.integers(0, 99), st.none() | st.floats(allow_nan=False)), max_size=12)
CUTS = st.lists(st.tuples(st.integers(-15, 15) | st.none(), st.integers(-15, 15) | st.none()), max_size=3)


def columns(values: list[tuple[int, float | None]], identity: Any = None) -> Columns[Point]:
    figures = [value for _, value in values]
    figures_present = [figure for figure in figures if figure is not None]
    stored = array("d", figures_present) if len(figures_present) == len(figures) else figures
    return Columns.of(
        Point, {"at": Column(array("q", [at for at, _ in values])), "value": Column(stored)}, len(values), identity
    )


@given(VALUES, CUTS)
def test_a_slice_of_a_slice_equals_that_of_a_list(values: list[Any], cuts: list[Any]) -> None:
    expected, actual = [Point(*item) for item in values], columns(values)
    for start, stop in cuts:
        expected, actual = expected[start:stop], actual[start:stop]
    assert list(actual) == expected
    assert len(actual) == len(expected)
    assert [actual[index] for index in range(-len(expected), len(expected))] == expected + expected
    assert list(actual.column("at")) == [point.at for point in expected]
    assert list(actual.columns["value"]) == [point.value for point in expected]


@given(st.lists(VALUES, min_size=1, max_size=4), st.integers(0, 3), CUTS)
def test_joined_columns_equal_the_joined_lists(parts: list[list[Any]], dropped: int, cuts: list[Any]) -> None:
    expected = [Point(*item) for part in parts for item in part[dropped:]]
    actual = Columns.joined([columns(part)[dropped:] for part in parts])
    for start, stop in [(None, None), *cuts]:
        expected, actual = expected[start:stop], actual[start:stop]
        assert list(actual) == expected
        assert [actual[index] for index in range(-len(expected), len(expected))] == expected + expected
        assert list(actual.column("at")) == [point.at for point in expected]


def test_joined_columns_are_packed_if_all_parts_are() -> None:
    packed, mixed = columns([(1, 1.0), (2, 2.0)]), columns([(3, None)])
    assert type(Columns.joined([packed, packed])[1:3].column("value").stored) is array
    assert type(Columns.joined([packed, mixed]).column("value").stored) is list
    assert type(Columns.joined([packed, mixed])[0:2].column("value").stored) is array


def test_only_the_parts_that_are_read_are_copied() -> None:
    class Unread(list[int]):
        def __getitem__(self, index: Any) -> Any:
            raise AssertionError(index)

    parts = [columns([(at, 1.0)] * 2) for at in range(3)]
    unread = Columns(Point, {"at": Unread([9, 9]), "value": Unread([9, 9])}, {}, 2)
    joined = Columns.joined([unread, *parts, unread])
    assert [point.at for point in joined[3:7]] == [0, 1, 1, 2]


@given(VALUES, st.tuples(st.integers(0, 12), st.integers(0, 12)), st.tuples(st.integers(0, 12), st.integers(0, 12)))
def test_slices_share_an_identity_only_if_they_are_equal(values: list[Any], left: Any, right: Any) -> None:
    whole, twin = columns(values, new_identity()), columns(values, new_identity())
    first, second = whole[slice(*left)], whole[slice(*right)]
    if first.identity == second.identity:
        assert list(first) == list(second)
    assert first.identity != twin[slice(*left)].identity
    assert columns(values).identity is None


def test_joining_the_same_parts_gives_the_same_identity() -> None:
    item, other = columns([(1, 1.0), (2, 2.0)], new_identity()), columns([(3, None)], new_identity())
    joined = Columns.joined([item, other])
    assert joined.identity == Columns.joined([item[0:2], other]).identity
    assert joined.identity != Columns.joined([item[1:], other]).identity
    assert Columns.joined([item, columns([(3, None)])]).identity is None


@given(st.lists(VALUES, max_size=6), st.integers(0, 6), st.integers(0, 6))
def test_lists_stored_end_to_end_equal_the_lists(lists: list[list[Any]], start: int, stop: int) -> None:
    cached = Lists.of([len(item) for item in lists], columns([row for item in lists for row in item]))
    expected = [[Point(*row) for row in item] for item in lists]
    assert [list(item) for item in cached] == expected
    assert [list(item) for item in cached[start:stop]] == expected[start:stop]
