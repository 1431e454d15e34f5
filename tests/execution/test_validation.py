"""Rules that are left out or put together find what all of them find one by one."""

import random
from collections.abc import Callable, Sequence

import pytest
from graphql import GraphQLSyntaxError, parse, specified_rules, validate

from execution.validation import relevant
from tests.execution.differential import SCHEMA as ROWS
from tests.execution.random_queries import Writer

SCHEMA = ROWS._schema
MISTAKES: Sequence[Callable[[str], str]] = (
    lambda text: text.replace("name", "nome", 1),
    lambda text: text.replace("rows", "rows(first: 3)", 1),
    lambda text: text.replace("{", "@unknown {", 1),
    lambda text: text.replace("@skip", "@skip(if: true) @skip", 1),
    lambda text: text.replace("(if: true)", "", 1),
    lambda text: text.replace("$on", "$undefined", 1),
    lambda text: text.replace("$on: Boolean!", "$on: Row!", 1),
    lambda text: text.replace("$on: Boolean!", "$on: Boolean!, $on: Boolean!, $unused: Int", 1),
    lambda text: text.replace("$on: Boolean!", "$on: Int!", 1),
    lambda text: text.replace("...OfRow", "...Unknown", 1),
    lambda text: text + " fragment Unused on Row { name }",
    lambda text: text + " fragment OfRow on Row { ...OfRow }",
    lambda text: text + " fragment Odd on Boolean { name }",
    lambda text: text.replace("Row", "Raw", 1),
    lambda text: text + " query Q { rows { name } } query Q { rows { id } }",
    lambda text: text + " { rows { name } }",
    lambda text: text.replace("query", "subscription", 1),
    lambda text: text.replace("query", "mutation", 1),
    lambda text: text + " type Own { a: Int }",
    lambda text: text.replace("{ ", "{ x: __typename x: nest { __typename } ", 1),
    lambda text: text.replace("first: 9", "first: 9, first: 8", 1),
    lambda text: text.replace("first: 9", 'first: "nine", other: {a: 1, a: 2}', 1),
    lambda text: text.replace("{ rows", "{ rows @stream(initialCount: 1)", 1),
    lambda text: text.replace("...", "... @defer ", 1),
    lambda text: text.replace("name", "name { more }", 1),
    lambda text: text.replace("shares {", "shares #{", 1),
)
DEEP = "{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }"


def errors_of(text: str, *, together: bool) -> list[object]:
    document = parse(text)
    rules = (relevant(text, specified_rules),) if together else specified_rules
    return [(error.message, error.locations) for error in validate(SCHEMA, document, rules)]


@pytest.mark.parametrize("seed", range(20))
def test_the_combined_rules_report_the_same_errors(seed: int) -> None:
    chance = random.Random(seed)
    wrong = 0
    for _ in range(60):
        text = Writer(chance).query()
        for mistake in chance.sample(MISTAKES, chance.choice([0, 1, 1, 2, 4])):
            text = mistake(text)
        try:
            expected = errors_of(text, together=False)
        except GraphQLSyntaxError:
            continue
        assert errors_of(text, together=True) == expected, text
        wrong += bool(expected)
    assert wrong > 15


@pytest.mark.parametrize("mistake", MISTAKES, ids=range(len(MISTAKES)))
def test_each_sample_mistake_is_reported_by_both_validations(mistake: Callable[[str], str]) -> None:
    text = (
        "query Q($on: Boolean!, $off: Boolean!) { rows { name ...OfRow @include(if: $on) shares { part } "
        "... on Row @skip(if: true) { id @include(if: $off) } } some(first: 9) { id } } fragment OfRow on Row { id }"
    )
    assert errors_of(text, together=False) == []
    try:
        expected = errors_of(mistake(text), together=False)
    except GraphQLSyntaxError:
        return
    assert expected
    assert errors_of(mistake(text), together=True) == expected


def test_the_depth_of_introspection_is_bounded_as_well() -> None:
    assert errors_of(DEEP, together=True) == errors_of(DEEP, together=False) != []


def test_rules_that_a_text_cannot_break_are_skipped() -> None:
    (chosen,) = getattr(relevant("{ rows { name } }", specified_rules), "args")  # noqa: B009  # it is a partial, typed as a rule
    assert 10 < len(chosen) < len(specified_rules) - 10
