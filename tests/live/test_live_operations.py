"""Which subscriptions share an execution, and which are refused."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from graphql import OperationDefinitionNode, parse
from strawberry.types import ExecutionResult

from served_schema.cost import repeated_calls
from tests.cases import SCHEMA
from tests.live.rig import LIQUIDATIONS, LiveRig

CURSOR = "ZS4xLjE"
FRAGMENT = "fragment F on Subscription"
Operation = tuple[str, dict[str, Any]]


@pytest.fixture
async def rig() -> AsyncIterator[LiveRig]:
    rig = LiveRig()
    yield rig
    await rig.close()


def price(arguments: str = "", selection: str = "__typename", exchange: str = '"Binance"', directive: str = "") -> str:
    given = f'exchange: {exchange}, symbol: "BTC/USDT", interval: H1, {arguments}'
    return f"price({given}) {directive} {{ {selection} }}"


async def keys(rig: LiveRig, operations: Sequence[Operation]) -> list[Any]:
    return [(await rig.operation(query, **variables)).key for query, variables in operations]


@pytest.mark.parametrize(
    "operations",
    [
        [
            (f"subscription {{ {price()} }}", {}),
            (f'subscription {{ {price(f"""after: "{CURSOR}" """)} }}', {}),
            (f"subscription {{ {price('after: null')} }}", {}),
            (f"subscription($after: String) {{ {price('after: $after')} }}", {}),
            (f"subscription($after: String) {{ {price('after: $after')} }}", {"after": CURSOR}),
            (f"subscription($c: String) {{ {price('after: $c')} }}", {"c": "ZS4yLjI", "unknown": 2**70}),
            (f'subscription($c: String = "{CURSOR}") {{ {price("after: $c")} }}', {}),
        ],
        [
            (
                f"subscription($c: String) {{ ...F }} fragment F on Subscription {{ {price('after: $c')} }}",
                {"c": CURSOR},
            ),
            (f"subscription($c: String) {{ ...F }} {FRAGMENT} {{ {price('after: $c')} }}", {}),
            (f'subscription {{ ...F }} {FRAGMENT} {{ {price(f"""after: "{CURSOR}" """)} }}', {}),
        ],
        [
            (f"subscription($c: String) {{ ... {{ it: {price('after: $c')} }} }}", {"c": CURSOR}),
            (f"subscription($c: String) {{ ... {{ it: {price('after: $c')} }} }}", {}),
        ],
        [
            (f"subscription($c: String, $count: Int) {{ {price('after: $c, last: $count')} }}", {"count": 3}),
            (
                f"subscription($c: String, $count: Int) {{ {price('after: $c, last: $count')} }}",
                {"count": 3, "c": CURSOR},
            ),
        ],
    ],
)
async def test_operations_that_differ_in_the_cursor_alone_share_an_execution(
    rig: LiveRig, operations: list[Operation]
) -> None:
    assert len(set(await keys(rig, operations))) == 1


async def test_operations_that_differ_otherwise_do_not(rig: LiveRig) -> None:
    count = f"subscription($last: Int) {{ {price('last: $last')} }}"
    included = "__typename ... on Problem @include(if: $yes) { code }"
    include = f"subscription($yes: Boolean!, $after: String) {{ {price('after: $after', included)} }}"
    twice = f"subscription($a: String!) {{ {price('after: $a', exchange='$a')} }}"
    operations: list[Operation] = [
        (f"subscription {{ {price()} }}", {}),
        (f"subscription {{ it: {price()} }}", {}),
        (f"subscription {{ {price(selection='... on Problem { code }')} }}", {}),
        (f"subscription {{ {price('last: 3')} }}", {}),
        (count, {}),
        (count, {"last": 4}),
        (count, {"last": 5}),
        (include, {"yes": True}),
        (include, {"yes": False}),
        (twice, {"a": CURSOR}),
        (twice, {"a": "ZS4yLjI"}),
    ]
    assert len(set(await keys(rig, operations))) == len(operations)


async def test_the_cursor_of_a_nested_field_is_none_of_the_stream(rig: LiveRig) -> None:
    """Only arguments of the root's fields are taken out, in a fragment of whatever type."""
    query = "subscription($a: String) { ...F } fragment F on Subscription { %s }"
    first = await keys(rig, [(query % price("after: $a", "...G") + " fragment G on Problem { code }", {"a": CURSOR})])
    second = await keys(rig, [(query % price("after: $a", "...G") + " fragment G on Problem { message }", {})])
    assert first != second


@pytest.mark.parametrize("value", [2**70, 1e300, -1, True, "x" * 10_000, [["deep"]], None])
async def test_any_value_of_a_variable_is_accepted_or_refused(rig: LiveRig, value: object) -> None:
    accepted = await rig.accept(LIQUIDATIONS, minUsd=value, other=value)
    assert accepted.errors if isinstance(accepted, ExecutionResult) else accepted.key


_MANY = " ".join(f"a{number}: close" for number in range(500))
_LARGE = f"... on PriceSeriesUpdate {{ data {{ candles {{ {_MANY} }} }} }}"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription { __typename }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { __schema { types { name } } }", "GRAPHQL_VALIDATION_FAILED"),
        (f"subscription {{ a: {price()} b: {price()} }}", "GRAPHQL_VALIDATION_FAILED"),
        (f"subscription {{ {price()} __typename }}", "GRAPHQL_VALIDATION_FAILED"),
        (f"subscription {{ {price(directive='@skip(if: true)')} }}", "GRAPHQL_VALIDATION_FAILED"),
        (
            f"subscription($no: Boolean = true) {{ {price(directive='@include(if: $no)')} }}",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (f"subscription {{ {price('last: 4000', _LARGE)} }}", "QUERY_TOO_COMPLEX"),
    ],
)
async def test_what_is_no_stream_is_refused_and_leaves_nothing(rig: LiveRig, query: str, code: str) -> None:
    result = await rig.accept(query)
    assert isinstance(result, ExecutionResult)
    assert result.errors
    assert (result.errors[0].extensions or {})["code"] == code
    assert not rig.rest.calls
    assert len(rig.feeds) == 0


async def test_a_subscription_that_is_accepted_and_not_joined_leaves_nothing(rig: LiveRig) -> None:
    await rig.operation(f"subscription {{ {price()} }}")
    await rig.operation(LIQUIDATIONS)
    assert len(rig.feeds) == 2
    await rig.elapse(40)
    assert len(rig.feeds) == rig.clock.sleeping == 0
    assert not rig.socket.opened


def test_calls_below_the_root_are_counted_without_those_of_the_root() -> None:
    text = """{ pair(exchange: "Binance", symbol: "BTC/USDT") { symbol ...F } }
        fragment F on Pair { price(interval: H1) { __typename } fundingRate(interval: H8) { __typename } }"""
    operation, fragment = parse(text).definitions
    assert isinstance(operation, OperationDefinitionNode)
    assert repeated_calls(SCHEMA._schema, {"F": fragment}, operation, {}) == 2  # type: ignore[dict-item]  # it is one


async def test_fields_that_would_make_calls_for_each_event_are_refused(
    rig: LiveRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("served_schema.schema.repeated_calls", lambda *_: 3)
    result = await rig.accept(f"subscription {{ {price()} }}")
    assert isinstance(result, ExecutionResult)
    assert result.errors
    assert "3 upstream calls" in result.errors[0].message
    assert len(rig.feeds) == 0
