"""Documents that are known: what is skipped for them, what is not, and how they are found by their hash."""

import hashlib
from typing import Any

import pytest
import strawberry
from graphql import parse
from strawberry.types import ExecutionResult

from execution import documents as module
from execution.documents import Document, Documents
from execution.engine import Engine
from tests.upstream import Upstream, _context

ENGINE_BYTES = 100_000


@pytest.fixture
def engine() -> Engine:
    return Engine(ENGINE_BYTES, calls_at_most=10)


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were parsed."""
    texts: list[str] = []

    def counted(text: str, **options: Any) -> Any:
        texts.append(text)
        return parse(text, **options)

    monkeypatch.setattr("strawberry.schema.schema.parse", counted)
    return texts


async def ask(engine: Engine, query: str | None, variables: Any = None, **options: Any) -> ExecutionResult:
    async with _context(Upstream()) as context:
        return await engine.schema.execute(query, variables, context, **options)


def hashed(text: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(text.encode()).hexdigest()}}


def codes(result: ExecutionResult) -> list[Any]:
    return [(error.extensions or {}).get("code") for error in result.errors or ()]


async def test_a_document_is_parsed_once(engine: Engine, parsed: list[str]) -> None:
    for _ in range(3):
        assert (await ask(engine, "{ quota { limit } }")).data == {"quota": {"limit": 1200}}
    assert parsed == ["{ quota { limit } }"]
    assert (engine.documents.hits, engine.documents.misses) == (2, 1)


async def test_a_document_that_is_wrong_is_not_kept(engine: Engine) -> None:
    for _ in range(2):
        assert codes(await ask(engine, "{ nope }")) == ["GRAPHQL_VALIDATION_FAILED"]
        assert codes(await ask(engine, "{ quota {")) == ["GRAPHQL_PARSE_FAILED"]
    assert engine.documents.size == 0


async def test_a_document_whose_cost_hangs_on_a_variable_is_measured_each_time(engine: Engine) -> None:
    query = "query ($n: Int!) { coins(first: $n) { nodes { openInterest(interval: D1) { __typename } } } }"
    for _ in range(2):
        assert codes(await ask(engine, query, {"n": 2})) == []
        assert codes(await ask(engine, query, {"n": 11})) == ["QUERY_TOO_COMPLEX"]


async def test_of_several_operations_one_must_be_named_each_time(engine: Engine) -> None:
    query = "query A { quota { limit } } query B { quota { used } }"
    for _ in range(2):
        assert (await ask(engine, query, operation_name="B")).data == {"quota": {"used": 0}}
        assert codes(await ask(engine, query)) == ["GRAPHQL_VALIDATION_FAILED"]
        assert (await ask(engine, query, operation_name="A")).data == {"quota": {"limit": 1200}}


async def test_a_name_that_a_known_document_does_not_have_is_refused(engine: Engine) -> None:
    await ask(engine, "query A { quota { limit } }")
    with pytest.raises(strawberry.schema.exceptions.CannotGetOperationTypeError):
        await ask(engine, "query A { quota { limit } }", operation_name="B")


async def test_variables_that_are_wrong_are_refused_for_a_known_document(engine: Engine) -> None:
    query = "query ($symbol: String!) { coin(symbol: $symbol) { symbol } }"
    for variables in ({"symbol": "BTC"}, {"symbol": "ETH"}):
        assert (await ask(engine, query, variables)).data == {"coin": variables}
    assert codes(await ask(engine, query, {"symbol": 5})) == ["BAD_USER_INPUT"]
    assert codes(await ask(engine, query)) == ["BAD_USER_INPUT"]


async def test_an_error_inside_a_known_document_is_masked(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    await ask(engine, "{ quota { limit } }")
    monkeypatch.setattr("schema.query.Quota.of", lambda _: 1 / 0)
    result = await ask(engine, "{ quota { limit } }")
    assert codes(result) == ["INTERNAL_SERVER_ERROR"]
    assert "division" not in str(result.errors)


async def test_a_persisted_query_is_found_by_its_hash_once_it_was_sent_with_it(
    engine: Engine, parsed: list[str]
) -> None:
    query = "{ quota { limit } }"
    unknown = await ask(engine, None, operation_extensions=hashed(query))
    assert codes(unknown) == ["PERSISTED_QUERY_NOT_FOUND"]
    assert [error.message for error in unknown.errors or ()] == ["PersistedQueryNotFound"]  # by which clients know it
    for text in (query, None, None):
        assert (await ask(engine, text, operation_extensions=hashed(query))).data == {"quota": {"limit": 1200}}
    assert parsed == [query]


async def test_a_document_that_was_known_before_can_be_persisted(engine: Engine) -> None:
    query = "{ quota { limit } }"
    await ask(engine, query)
    await ask(engine, query, operation_extensions=hashed(query))
    assert codes(await ask(engine, None, operation_extensions=hashed(query))) == []


@pytest.mark.parametrize(
    "extension",
    [
        {"version": 1, "sha256Hash": "0" * 64},
        {"version": 2, "sha256Hash": hashlib.sha256(b"{ quota { limit } }").hexdigest()},
        {"version": 1, "sha256Hash": 5},
        {"version": 1},
        "text",
        [],
    ],
)
async def test_a_hash_that_is_wrong_is_refused_and_persists_nothing(engine: Engine, extension: object) -> None:
    result = await ask(engine, "{ quota { limit } }", operation_extensions={"persistedQuery": extension})
    assert codes(result) == ["BAD_USER_INPUT"]
    assert not engine.documents._by_hash


async def test_a_document_that_is_wrong_is_not_persisted(engine: Engine) -> None:
    await ask(engine, "{ nope }", operation_extensions=hashed("{ nope }"))
    assert codes(await ask(engine, None, operation_extensions=hashed("{ nope }"))) == ["PERSISTED_QUERY_NOT_FOUND"]


def document(text: str) -> Document:
    return Document(parse(text), text, fixed=True)


def test_what_was_not_used_for_longest_is_dropped_with_its_hash() -> None:
    store = Documents(limit=20)
    for text in ("{ a }", "{ bb }", "{ ccc }"):
        store.put(document(text))
        store.persist(f"hash of {text}", text)
    assert store.get("{ a }") is not None
    store.put(document("{ dddd }"))
    assert store.get("{ bb }") is None
    assert store.text_of("hash of { bb }") is None
    assert store.text_of("hash of { a }") == "{ a }"
    assert store.size == sum(map(len, ("{ a }", "{ ccc }", "{ dddd }")))
    assert len(store._by_operation) == 3


def test_a_document_larger_than_the_store_is_not_kept() -> None:
    store = Documents(limit=4)
    store.put(document("{ a }"))
    assert store.size == 0


def test_what_was_learnt_of_a_selection_depends_on_the_variables_of_its_directives() -> None:
    text = "query ($a: Boolean!, $b: Int) { x @include(if: $a) y(n: $b) }"
    known = document(text)
    (operation,) = known.operations
    shape = known.shape(operation, {"a": True, "b": 1})
    assert known.shape(operation, {"a": True, "b": 2}) is shape
    assert known.shape(operation, {"a": False, "b": 1}) is not shape


def test_the_shapes_of_a_document_are_bounded() -> None:
    known = document("query ($a: Boolean!) { x @include(if: $a) }")
    for value in range(100):
        known.shape(known.operations[0], {"a": value})
    assert len(known._shapes) <= module._SHAPES_AT_MOST


def test_of_an_operation_that_is_not_kept_nothing_is_known() -> None:
    store, known = Documents(), document("{ a }")
    assert store.shape(known.operations[0], {}) is not store.shape(known.operations[0], {})
    store.put(known)
    assert store.shape(known.operations[0], {}) is store.shape(known.operations[0], {})
