"""Cached documents: which steps are skipped for them, and which are not."""

from typing import Any

import pytest
from graphql import OperationDefinitionNode, VariableValues, parse
from strawberry.types import ExecutionResult

from execution.engine import Engine
from execution.plan import ObjectPlan
from execution.plan_compiler import PlanCompiler
from served_schema import documents as module
from served_schema.cost import CostMeasure
from served_schema.documents import Document, DocumentStore, drop_tokens
from tests.upstream import StubUpstream, _context


async def ask(engine: Engine, query: str | None, variables: Any = None, **options: Any) -> ExecutionResult:
    async with _context(StubUpstream()) as context:
        return await engine.schema.execute(query, variables, context, **options)


def codes(result: ExecutionResult) -> list[Any]:
    return [(error.extensions or {}).get("code") for error in result.errors or ()]


def messages(result: ExecutionResult) -> list[str]:
    return [error.message for error in result.errors or ()]


async def test_a_document_is_parsed_once(engine: Engine, parsed: list[str]) -> None:
    for _ in range(3):
        assert (await ask(engine, "{ upstreamQuota { limit } }")).data == {"upstreamQuota": {"limit": 1200}}
    assert parsed == ["{ upstreamQuota { limit } }"]
    assert (engine.documents.hits, engine.documents.misses) == (2, 1)


async def test_a_document_that_is_wrong_is_not_cached(engine: Engine) -> None:
    for _ in range(2):
        assert codes(await ask(engine, "{ nope }")) == ["GRAPHQL_VALIDATION_FAILED"]
        assert codes(await ask(engine, "{ upstreamQuota {")) == ["GRAPHQL_PARSE_FAILED"]
    assert engine.documents.size == 0


async def test_a_document_whose_cost_depends_on_a_variable_is_measured_each_time(engine: Engine) -> None:
    query = "query ($n: Int!) { coins(first: $n) { nodes { openInterest(interval: D1) { __typename } } } }"
    for _ in range(2):
        assert codes(await ask(engine, query, {"n": 2})) == []
        assert codes(await ask(engine, query, {"n": 11})) == ["QUERY_TOO_COMPLEX"]


async def test_a_document_with_several_operations_needs_an_operation_name_each_time(engine: Engine) -> None:
    query = "query A { upstreamQuota { limit } } query B { upstreamQuota { used } }"
    for _ in range(2):
        assert (await ask(engine, query, operation_name="B")).data == {"upstreamQuota": {"used": 0}}
        assert codes(await ask(engine, query)) == ["GRAPHQL_VALIDATION_FAILED"]
        assert (await ask(engine, query, operation_name="A")).data == {"upstreamQuota": {"limit": 1200}}


async def test_an_operation_name_that_a_cached_document_lacks_is_refused(engine: Engine) -> None:
    await ask(engine, "query A { upstreamQuota { limit } }")
    result = await ask(engine, "query A { upstreamQuota { limit } }", operation_name="B")
    assert codes(result) == ["BAD_USER_INPUT"]


async def test_wrong_variables_are_refused_for_a_cached_document(engine: Engine) -> None:
    query = "query ($symbol: String!) { coin(symbol: $symbol) { symbol } }"
    for variables in ({"symbol": "BTC"}, {"symbol": "ETH"}):
        assert (await ask(engine, query, variables)).data == {"coin": variables}
    assert codes(await ask(engine, query, {"symbol": 5})) == ["BAD_USER_INPUT"]
    assert codes(await ask(engine, query)) == ["BAD_USER_INPUT"]


async def test_an_internal_error_in_a_cached_document_is_masked(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ask(engine, "{ upstreamQuota { limit } }")
    monkeypatch.setattr("schema.query.UpstreamQuota.of", lambda _: 1 / 0)
    result = await ask(engine, "{ upstreamQuota { limit } }")
    assert codes(result) == ["INTERNAL_SERVER_ERROR"]
    assert "division" not in str(result.errors)


def document(text: str) -> Document:
    return Document(parse(text), text)


def test_the_least_recently_used_document_is_dropped() -> None:
    store = DocumentStore(limit=20)
    for text in ("{ a }", "{ bb }", "{ ccc }"):
        store.put(document(text))
    assert store.get("{ a }") is not None
    store.put(document("{ dddd }"))
    assert store.get("{ bb }") is None
    assert store.size == sum(map(len, ("{ a }", "{ ccc }", "{ dddd }")))


def test_a_document_larger_than_the_store_is_not_cached() -> None:
    store = DocumentStore(limit=4)
    store.put(document("{ a }"))
    assert store.size == 0


def test_no_token_of_a_document_keeps_another_alive() -> None:
    """Linked both ways, they would all stay until a full garbage collection."""
    node = parse("{ a b }")
    assert node.loc is not None
    tokens = [node.loc.start_token]
    while tokens[-1].next is not None:
        tokens.append(tokens[-1].next)
    drop_tokens(node)
    assert len(tokens) == 6
    assert {(token.prev, token.next) for token in tokens} == {(None, None)}


def plan(parsed: Document, **variables: object) -> ObjectPlan | None:
    return parsed.plan(parsed.operations[0], VariableValues({}, variables), lambda: ObjectPlan([], None))


def test_a_plan_depends_on_the_variables_of_directives_alone() -> None:
    parsed = document("query ($a: Boolean!, $b: Int) { x @include(if: $a) y(n: $b) }")
    assert plan(parsed, a=True, b=1) is plan(parsed, a=True, b=2)
    assert plan(parsed, a=True, b=1) is not plan(parsed, a=False, b=1)


def test_the_plans_of_a_document_are_bounded() -> None:
    parsed = document("query ($a: Boolean!) { x @include(if: $a) }")
    for value in range(100):
        plan(parsed, a=value)
    assert len(parsed._plans) <= module._MAX_PLANS


async def test_an_unsupported_document_is_compiled_once(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = []
    real = PlanCompiler.operation

    def counted(self: PlanCompiler, node: OperationDefinitionNode) -> ObjectPlan:
        compiled.append(node)
        return real(self, node)

    monkeypatch.setattr(PlanCompiler, "operation", counted)
    query = "{ __schema { queryType { name } } _entities(representations: []) { __typename } }"
    for _ in range(3):
        data = {"__schema": {"queryType": {"name": "Query"}}, "_entities": []}
        assert (await ask(engine, query)).data == data
    assert len(compiled) == 1
    assert (engine.counts.hits, engine.counts.misses) == (0, 3)


@pytest.mark.parametrize(
    ("query", "figure", "variable"),
    [
        (f"{{ __typename }} # {'x' * 100_000}", "100017 characters, and 100000 are", "COINGLASS_MAX_CHARACTERS"),
        (f"{{ {'x' * 129}: __typename }}", "129 characters, and 128 are", "COINGLASS_MAX_ALIAS_LENGTH"),
    ],
)
async def test_a_document_with_long_texts_is_refused(engine: Engine, query: str, figure: str, variable: str) -> None:
    result = await ask(engine, query)
    assert codes(result) == ["QUERY_TOO_COMPLEX"]
    message = messages(result)[0]
    assert figure in message
    assert variable in message


async def test_a_document_that_is_too_long_is_not_parsed(engine: Engine, parsed: list[str]) -> None:
    await ask(engine, "{ __typename }" + " " * 100_000)
    assert parsed == []


async def test_long_aliases_count_as_values(engine: Engine) -> None:
    def values(alias: str) -> int:
        operation = parse(f"{{ {alias}: upstreamQuota {{ limit }} }}").definitions[0]
        assert isinstance(operation, OperationDefinitionNode)
        return CostMeasure(engine.schema._schema, {}, {}).measure(operation).values

    assert values("a" * 128) - values("a") == 4


@pytest.mark.parametrize(
    "query",
    [
        f"{{ {'x' * 50_000} }}",
        f'{{ coin(symbol: "{"x" * 50_000}") {{ symbol }} }}',
        f'{{ coin(symbol: "{"x " * 9_000}") {{ symbol }} }}',
    ],
)
async def test_an_error_quotes_nothing_at_length(engine: Engine, query: str) -> None:
    result = await ask(engine, query)
    assert 20 < len(messages(result)[0]) < 1_100


async def test_an_error_quotes_no_long_variable(engine: Engine) -> None:
    query = "query ($n: Int!) { coins(first: $n) { nodes { symbol } } }"
    assert len(messages(await ask(engine, query, {"n": "x" * 900_000}))[0]) < 1_100
