"""A query sent with its hash is found by the hash while its document is cached."""

import hashlib
from typing import Any

import pytest
from graphql import GraphQLError, parse

from execution.engine import Engine
from served_schema.documents import Document, DocumentStore
from served_schema.persisted_queries import PersistedQueries
from tests.execution.test_documents import ask, codes


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def hashed(text: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": sha256(text)}}


def is_persisted(persisted: PersistedQueries, text: str) -> bool:
    try:
        return persisted.find(None, hashed(text)) == (sha256(text), text)
    except GraphQLError:
        return False


async def test_a_query_sent_with_its_hash_is_found_by_the_hash(engine: Engine, parsed: list[str]) -> None:
    query = "{ upstreamQuota { limit } }"
    unknown = await ask(engine, None, operation_extensions=hashed(query))
    assert codes(unknown) == ["PERSISTED_QUERY_NOT_FOUND"]
    assert [error.message for error in unknown.errors or ()] == ["PersistedQueryNotFound"]  # by which clients know it
    for text in (query, None, None):
        assert (await ask(engine, text, operation_extensions=hashed(query))).data == {"upstreamQuota": {"limit": 1200}}
    assert parsed == [query]


async def test_a_cached_document_can_be_persisted(engine: Engine) -> None:
    query = "{ upstreamQuota { limit } }"
    await ask(engine, query)
    await ask(engine, query, operation_extensions=hashed(query))
    assert codes(await ask(engine, None, operation_extensions=hashed(query))) == []


@pytest.mark.parametrize(
    "extension",
    [
        {"version": 1, "sha256Hash": "0" * 64},
        {"version": 2, "sha256Hash": hashlib.sha256(b"{ upstreamQuota { limit } }").hexdigest()},
        {"version": 1, "sha256Hash": 5},
        {"version": 1},
        "text",
        [],
    ],
)
async def test_a_hash_that_is_wrong_is_refused_and_persists_nothing(engine: Engine, extension: object) -> None:
    result = await ask(engine, "{ upstreamQuota { limit } }", operation_extensions={"persistedQuery": extension})
    assert codes(result) == ["BAD_USER_INPUT"]
    assert codes(await ask(engine, None, operation_extensions=hashed("{ upstreamQuota { limit } }"))) == [
        "PERSISTED_QUERY_NOT_FOUND"
    ]


async def test_a_document_that_is_wrong_is_not_persisted(engine: Engine) -> None:
    await ask(engine, "{ nope }", operation_extensions=hashed("{ nope }"))
    assert codes(await ask(engine, None, operation_extensions=hashed("{ nope }"))) == ["PERSISTED_QUERY_NOT_FOUND"]


def test_an_evicted_document_loses_its_hash() -> None:
    store = DocumentStore(limit=20)
    persisted = PersistedQueries(store)
    for text in ("{ a }", "{ bb }", "{ ccc }"):
        store.put(Document(parse(text), text))
        persisted.persist(sha256(text), text)
    assert store.get("{ a }") is not None
    store.put(Document(parse("{ dddd }"), "{ dddd }"))
    assert not is_persisted(persisted, "{ bb }")
    assert is_persisted(persisted, "{ a }")
    assert len(persisted._by_hash) == 2


def test_a_text_that_is_not_cached_is_not_persisted() -> None:
    persisted = PersistedQueries(DocumentStore())
    persisted.persist(sha256("{ a }"), "{ a }")
    assert not is_persisted(persisted, "{ a }")
