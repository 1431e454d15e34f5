"""The bulk executor answers as the stock executor does; and that this would be noticed if it did not."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from enum import Enum
from itertools import islice
from typing import Any

import pytest

from execution import calls, compiling, leaves, selection, times
from execution.documents import Document
from execution.executor import BulkExecutor
from execution.fields import fill
from tests.execution.differential import Trial
from vocabulary.columns import Columns

CASES = 5_000
AT_ONCE = 250
FAULTY_CASES = 1500  # in which a planted fault must show


@pytest.mark.parametrize("seed", range(CASES // AT_ONCE))
def test_the_bulk_executor_answers_as_the_stock_executor_does(seed: int) -> None:
    with closing(Trial()) as trial:
        assert list(islice(trial.differences(seed, AT_ONCE), 1)) == []
        assert trial.counts.hits > AT_ONCE  # it did answer, and was not left to the stock executor
        assert trial.counts.misses < trial.counts.hits / 5


Plant = Callable[[pytest.MonkeyPatch], None]


def _in_scalars(monkeypatch: pytest.MonkeyPatch, name: str, put: Callable[..., Any]) -> None:
    """Puts a converter in the place of another in the table of scalars."""
    real = getattr(leaves, name)
    for known, convert in leaves._SCALARS.items():
        if convert is real:
            monkeypatch.setitem(leaves._SCALARS, known, put)


def nan_is_a_float(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("execution.leaves.math.isfinite", lambda _: True)


def any_value_is_of_the_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaves, "_only", lambda _kind, _values: None)


def a_large_int_is_an_int(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaves, "_INT_AT_MOST", 10**500)


def null_is_a_value_of_every_type(monkeypatch: pytest.MonkeyPatch) -> None:
    real = leaves.Leaf.__init__
    monkeypatch.setattr(leaves.Leaf, "__init__", lambda self, convert, **_: real(self, convert, nullable=True))


def an_enum_is_shown_by_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    def by_value(_: object) -> Callable[[Sequence[Any]], list[Any]]:
        return lambda values: [value.value if isinstance(value, Enum) else value for value in values]

    monkeypatch.setattr(leaves, "_enum", by_value)


def times_lose_their_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    real = times.text_of
    monkeypatch.setattr(times, "text_of", lambda time: real(time // 1000 * 1000))


def aliases_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        compiling,
        "Field",
        lambda key, attribute, *rest: selection.Field(attribute if key[1:2] == "_" else key, attribute, *rest),
    )


def directives_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Document.shape
    monkeypatch.setattr(Document, "shape", lambda self, operation, _: real(self, operation, {}))


def variables_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "_variables", lambda _: ())


def bytes_are_kept_by_rows_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection.Selection, "signature", property(lambda _: 1, lambda *_: None))


def parts_of_a_table_are_taken_for_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Columns, "identity", property(lambda self: self._whole))


def nested_lists_begin_one_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    real = selection._split
    monkeypatch.setattr(selection, "_split", lambda *given: [found[1:] for found in real(*given)])


def rows_of_other_classes_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        selection, "type", lambda value: list if isinstance(value, list) else type(value), raising=False
    )
    monkeypatch.setattr(selection, "set", lambda _: set(), raising=False)


def resolvers_are_taken_for_attributes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "_attribute", lambda field: field.extensions["strawberry-definition"].python_name)


def what_fails_under_way_is_null(monkeypatch: pytest.MonkeyPatch) -> None:
    real = BulkExecutor._is_closed

    async def closed(self: BulkExecutor) -> bool:
        await real(self)
        return True

    monkeypatch.setattr(BulkExecutor, "_is_closed", closed)


def what_is_under_way_stands_behind_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    async def filled(places: Sequence[Any]) -> None:
        await fill(places)
        for results, key in places:
            results[key] = results.pop(key)

    monkeypatch.setattr("execution.executor.fill", filled)


FAULTS: Sequence[Plant] = (
    what_fails_under_way_is_null,
    what_is_under_way_stands_behind_the_rest,
    nan_is_a_float,
    any_value_is_of_the_type,
    a_large_int_is_an_int,
    null_is_a_value_of_every_type,
    an_enum_is_shown_by_its_value,
    times_lose_their_milliseconds,
    aliases_are_forgotten,
    directives_are_looked_at_once,
    variables_are_looked_at_once,
    bytes_are_kept_by_rows_alone,
    parts_of_a_table_are_taken_for_the_whole,
    nested_lists_begin_one_too_late,
    rows_of_other_classes_pass,
    resolvers_are_taken_for_attributes,
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_planted_fault_is_noticed(fault: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with closing(Trial()) as trial:
        found: Iterator[str] = trial.differences(1, FAULTY_CASES)
        assert next(found, None) is not None
