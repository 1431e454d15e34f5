"""Encoded lists are bounded in bytes, and are kept by the rows and what is selected of them."""

import orjson
import strawberry

from execution.fragments import Fragments
from execution.leaves import completer
from execution.selection import Field, Selection
from tests.cases import SCHEMA
from vocabulary.columns import Column, Columns, new_identity


@strawberry.type
class Row:
    price: float


def selection() -> Selection:
    complete = completer(SCHEMA._schema.type_map["Float"], nullable=False)  # type: ignore[arg-type]  # it is a leaf
    assert complete is not None
    return Selection(Row, "Row", [Field("price", "price", complete, None)])


def rows(count: int) -> Columns[Row]:
    return Columns.of(Row, {"price": Column([0.5] * count)}, count, new_identity())


SELECTION = selection()
FEW, MANY = rows(10), rows(10_000)
EXPECTED = [{"price": 0.5}] * 10


def text(fragments: Fragments, of: Columns[Row]) -> object:
    return orjson.loads(orjson.dumps(fragments.whole(SELECTION, of)))


def test_the_same_rows_and_selection_are_encoded_once() -> None:
    fragments = Fragments(10_000)
    assert text(fragments, FEW) == text(fragments, FEW) == EXPECTED
    assert (fragments.hits, fragments.misses) == (1, 1)


def test_what_was_not_used_for_longest_goes_first() -> None:
    fragments, (first, second, third) = Fragments(1_000), (rows(10), rows(10), rows(10))
    for asked in (first, second, first, third):
        text(fragments, asked)
    assert 0 < fragments.size <= 1_000
    hits = fragments.hits
    text(fragments, first)
    assert fragments.hits == hits + 1
    text(fragments, second)
    assert fragments.hits == hits + 1


def test_a_list_beyond_the_bound_is_answered_and_drops_no_other() -> None:
    fragments = Fragments(1_000)
    text(fragments, FEW)
    assert text(fragments, MANY) == [{"price": 0.5}] * 10_000
    text(fragments, FEW)
    assert fragments.hits == 1


def test_a_bound_of_nothing_keeps_nothing() -> None:
    fragments = Fragments(0)
    assert text(fragments, FEW) == text(fragments, FEW) == EXPECTED
    assert (fragments.size, fragments.hits) == (0, 0)
