"""Encoded lists are bounded in bytes, and are cached by the rows and what is selected of them."""

from collections.abc import Sequence
from typing import Any

import orjson
import pytest
import strawberry

from execution.column_selection import ColumnSelection, RowEncoder, SelectedAttribute
from execution.fragment_cache import FragmentCache
from execution.scalar_serializers import serializer
from payloads.columns import Column, Columns, new_identity
from tests.cases import SCHEMA


@strawberry.type
class PriceRow:
    price: float


def selection() -> ColumnSelection:
    complete = serializer(SCHEMA._schema.type_map["Float"], nullable=False)  # type: ignore[arg-type]  # it is a scalar field
    return ColumnSelection(PriceRow, "Row", [SelectedAttribute("price", "price", complete, None)])


def rows(count: int) -> Columns[PriceRow]:
    return Columns.of(PriceRow, {"price": Column([0.5] * count)}, count, new_identity())


SELECTION = selection()
FEW, MANY = rows(10), rows(10_000)
EXPECTED = [{"price": 0.5}] * 10


class Conversions:
    """Counts the values that a selection converts, and the calls that it takes."""

    def __init__(self) -> None:
        self.values = self.calls = 0
        convert = serializer(SCHEMA._schema.type_map["Float"], nullable=False)  # type: ignore[arg-type]  # it is a scalar field

        def counted(values: Sequence[Any], encoder: RowEncoder) -> Sequence[Any]:
            self.values += len(values)
            self.calls += 1
            return convert(values, encoder)

        self.selection = ColumnSelection(PriceRow, "Row", [SelectedAttribute("price", "price", counted, None)])


def windows(size: int) -> list[Columns[PriceRow]]:
    """Return tables of that many rows together, each as long as a window may be."""
    return [rows(min(20_000, size - first)) for first in range(0, size, 20_000)]


def text(fragments: FragmentCache, of: Columns[PriceRow], selected: ColumnSelection = SELECTION) -> object:
    return orjson.loads(orjson.dumps(fragments.whole(selected, of)))


def test_the_same_rows_and_selection_are_encoded_once() -> None:
    fragments = FragmentCache(10_000)
    assert text(fragments, FEW) == text(fragments, FEW) == EXPECTED
    assert (fragments.hits, fragments.misses) == (1, 1)


def test_a_list_used_more_often_replaces_the_least_recently_used_list() -> None:
    fragments, (first, second, third) = FragmentCache(1_000), (rows(10), rows(10), rows(10))
    for encoded in (first, second, first, third, third):
        text(fragments, encoded)
    assert 0 < fragments.size <= 1_000
    hits = fragments.hits
    text(fragments, first)
    text(fragments, third)
    assert fragments.hits == hits + 2
    text(fragments, second)
    assert fragments.hits == hits + 2


def test_lists_larger_than_the_cache_keep_their_hits_when_read_in_turn() -> None:
    fragments, lists = FragmentCache(10_000), [rows(10) for _ in range(30)]
    for _ in range(50):
        for encoded in lists:
            text(fragments, encoded)
    share = len(fragments._entries) / len(lists)
    assert share > 0.5
    assert fragments.hits / (fragments.hits + fragments.misses) > share - 0.1


def test_a_formerly_popular_list_is_evicted() -> None:
    fragments, old, new = FragmentCache(1_000), [rows(10), rows(10)], [rows(10), rows(10)]
    for _ in range(100):
        for encoded in old:
            text(fragments, encoded)
    for _ in range(100):
        for encoded in new:
            text(fragments, encoded)
    hits = fragments.hits
    for encoded in new:
        text(fragments, encoded)
    assert fragments.hits == hits + 2


def test_the_record_of_refused_lists_is_bounded() -> None:
    fragments = FragmentCache(1_000)
    for _ in range(5_000):
        text(fragments, rows(10))
    assert len(fragments._refused) < 500


def test_a_list_beyond_the_bound_is_encoded_and_evicts_nothing() -> None:
    fragments = FragmentCache(1_000)
    text(fragments, FEW)
    assert text(fragments, MANY) == [{"price": 0.5}] * 10_000
    text(fragments, FEW)
    assert fragments.hits == 1


def test_a_bound_of_zero_caches_nothing() -> None:
    fragments = FragmentCache(0)
    assert text(fragments, FEW) == text(fragments, FEW) == EXPECTED
    assert (fragments.size, fragments.hits) == (0, 0)


@pytest.mark.parametrize("size", [1_000, 20_000, 100_000, 1_000_000])
def test_each_row_of_a_new_selection_is_converted_once_for_any_number_of_rows(size: int) -> None:
    conversions = Conversions()
    fragments = FragmentCache(8 * 1024 * 1024)
    for window in windows(size):
        text(fragments, window, conversions.selection)
    assert conversions.values == size
    assert conversions.calls == size / 1_000
    assert fragments.size <= fragments.limit


@pytest.mark.parametrize("size", [100_000, 1_000_000])
def test_a_repeated_answer_converts_only_the_rows_that_do_not_fit(size: int) -> None:
    conversions, lists = Conversions(), windows(size)
    fragments = FragmentCache(8 * 1024 * 1024)
    for window in lists * 2:
        text(fragments, window, conversions.selection)
    cached_rows = 20_000 * len(fragments._entries)
    assert 0 < cached_rows <= size
    assert conversions.values == 2 * size - cached_rows
