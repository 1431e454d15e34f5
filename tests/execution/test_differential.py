"""Plans answer as the default executor does; and it would be noticed if they did not."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from enum import Enum
from itertools import islice
from typing import Any

import pytest
from graphql import GraphQLField, VariableValues

from execution import column_selection, plan, plan_compiler, resolver_calls, scalar_serializers
from execution.plan_compiler import FieldCollector
from payloads.columns import Columns
from served_schema.documents import Document
from tests.execution.differential import Trial

CASES = 5_000
AT_ONCE = 250
FAULTY_CASES = 1500  # in which a planted fault must show


@pytest.mark.parametrize("seed", range(CASES // AT_ONCE))
def test_plans_answer_as_the_default_executor_does(seed: int) -> None:
    with closing(Trial()) as trial:
        assert list(islice(trial.differences(seed, AT_ONCE), 1)) == []
        assert trial.lists.plans.hits > AT_ONCE / 3  # half of the cases have a bad row or a failure


Plant = Callable[[pytest.MonkeyPatch], None]


def _in_scalars(monkeypatch: pytest.MonkeyPatch, name: str, put: Callable[..., Any]) -> None:
    """Replace a converter in the table of scalars."""
    real = getattr(scalar_serializers, name)
    for coerce, convert in scalar_serializers._SCALARS.items():
        if convert is real:
            monkeypatch.setitem(scalar_serializers._SCALARS, coerce, put)


def nan_is_a_float(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("execution.scalar_serializers.math.isfinite", lambda _: True)


def any_value_is_of_the_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scalar_serializers, "_only", lambda _kind, _values: None)


def a_large_int_is_an_int(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scalar_serializers, "_MAX_INT", 10**500)


def null_is_a_value_of_every_type(monkeypatch: pytest.MonkeyPatch) -> None:
    real = scalar_serializers.ScalarSerializer.__init__
    monkeypatch.setattr(
        scalar_serializers.ScalarSerializer, "__init__", lambda self, convert, _: real(self, convert, nullable=True)
    )


def an_enum_is_shown_by_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    def by_value(_: object) -> Callable[[Sequence[Any]], list[Any]]:
        return lambda values: [value.value if isinstance(value, Enum) else value for value in values]

    monkeypatch.setattr(scalar_serializers, "_enum", by_value)


def times_lose_their_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    real = scalar_serializers.text_of
    monkeypatch.setattr(scalar_serializers, "text_of", lambda time: real(time // 1000 * 1000))


def aliases_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        plan_compiler,
        "SelectedAttribute",
        lambda key, attribute, *rest: column_selection.SelectedAttribute(
            attribute if key[1:2] == "_" else key, attribute, *rest
        ),
    )


def directives_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Document.plan
    monkeypatch.setattr(
        Document, "plan", lambda self, operation, _, compiled: real(self, operation, VariableValues({}, {}), compiled)
    )


def variables_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver_calls, "_variables", lambda _: ())


def bytes_are_cached_by_rows_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(column_selection.ColumnSelection, "signature", property(lambda _: 1, lambda *_: None))


def parts_of_a_table_count_as_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Columns, "identity", property(lambda self: self._whole))


def nested_lists_skip_their_first_item(monkeypatch: pytest.MonkeyPatch) -> None:
    real = column_selection._split
    monkeypatch.setattr(column_selection, "_split", lambda *given: [result[1:] for result in real(*given)])


def rows_of_other_classes_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        column_selection, "type", lambda value: list if isinstance(value, list) else type(value), raising=False
    )
    monkeypatch.setattr(column_selection, "set", lambda _: set(), raising=False)


def permissions_are_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    def attribute(field: GraphQLField) -> str | None:
        definition = field.extensions["strawberry-definition"]
        return None if definition.base_resolver else str(definition.python_name)

    monkeypatch.setattr(plan_compiler, "_attribute", attribute)


def fragments_apply_to_the_named_type_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def applies(_: FieldCollector, condition: Any, parent: Any) -> bool:
        return condition is None or condition.name.value == parent.name

    monkeypatch.setattr(FieldCollector, "_applies", applies)


class Nothing:
    """A value that completes to null."""

    def complete(self, _value: object, _execution: plan.Execution) -> None: ...


def what_fails_while_pending_is_null(monkeypatch: pytest.MonkeyPatch) -> None:
    def resume(self: plan.Execution, value: Any, container: Any, key: Any, task: Any) -> None:
        with suppress(Exception):
            container[key] = value.complete(task.result(), self)
        done = task.get_loop().create_future()
        done.set_result(None)
        real(self, Nothing(), {}, "", done)

    real = plan.Execution._resume
    monkeypatch.setattr(plan.Execution, "_resume", resume)


def pending_fields_stand_behind_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    real = plan.Execution.complete_later

    def complete_later(self: plan.Execution, awaited: Any, value: Any, container: Any, key: Any) -> None:
        real(self, awaited, value, container, key)
        if isinstance(container, dict) and container[key] is None:
            del container[key]

    monkeypatch.setattr(plan.Execution, "complete_later", complete_later)


FAULTS: Sequence[Plant] = (
    what_fails_while_pending_is_null,
    pending_fields_stand_behind_the_rest,
    nan_is_a_float,
    any_value_is_of_the_type,
    a_large_int_is_an_int,
    null_is_a_value_of_every_type,
    an_enum_is_shown_by_its_value,
    times_lose_their_milliseconds,
    aliases_are_forgotten,
    directives_are_looked_at_once,
    variables_are_looked_at_once,
    bytes_are_cached_by_rows_alone,
    parts_of_a_table_count_as_the_whole,
    nested_lists_skip_their_first_item,
    rows_of_other_classes_pass,
    permissions_are_not_checked,
    fragments_apply_to_the_named_type_alone,
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_planted_fault_is_detected(fault: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with closing(Trial()) as trial:
        result: Iterator[str] = trial.differences(1, FAULTY_CASES)
        assert next(result, None) is not None
