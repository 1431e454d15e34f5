"""Automatic persisted queries: a client may send the SHA-256 of a text instead of a text that it sent before."""

import hashlib
from collections.abc import Iterator, Mapping
from weakref import WeakValueDictionary

from graphql import GraphQLError
from strawberry.extensions import SchemaExtension

from execution.documents import Document, DocumentStore


class PersistedQueries:
    """Texts by hash, as long as their documents are kept."""

    def __init__(self, documents: DocumentStore) -> None:
        self._documents = documents
        self._by_hash: WeakValueDictionary[str, Document] = WeakValueDictionary()

    def text(self, hash_: str) -> str | None:
        document = self._by_hash.get(hash_)
        return None if document is None else document.text

    def persist(self, hash_: str, text: str) -> None:
        document = self._documents.peek(text)
        if document is not None:
            self._by_hash[hash_] = document


class PersistedQueryExtension(SchemaExtension):
    """Finds the text of an operation that is asked for by its hash."""

    def __init__(self, persisted: PersistedQueries) -> None:
        self._persisted = persisted
        self._hash: str | None = None

    def on_operation(self) -> Iterator[None]:
        """Raise GraphQLError for a hash that is not known, or not that of the text."""
        context = self.execution_context
        requested = (context.operation_extensions or {}).get("persistedQuery")
        if requested is not None:
            self._hash = _sha256(requested)
            context.query = self._text(self._hash, context.query)
        yield

    def _text(self, hash_: str, text: str | None) -> str:
        if text:
            if hashlib.sha256(text.encode()).hexdigest() != hash_:
                raise GraphQLError("`sha256Hash` is not that of the query.", extensions={"code": "BAD_USER_INPUT"})
            return text
        known = self._persisted.text(hash_)
        if known is None:
            raise GraphQLError("PersistedQueryNotFound", extensions={"code": "PERSISTED_QUERY_NOT_FOUND"})
        return known

    def on_execute(self) -> Iterator[None]:
        """Persist a text only once its document is valid and kept."""
        context = self.execution_context
        if self._hash is not None and context.query:
            self._persisted.persist(self._hash, context.query)
        yield


def _sha256(requested: object) -> str:
    """Return the hash of a persisted query as Apollo's clients send it."""
    found = requested.get("sha256Hash") if isinstance(requested, Mapping) else None
    if not isinstance(found, str) or not isinstance(requested, Mapping) or requested.get("version") != 1:
        raise GraphQLError(
            "`persistedQuery` is an object with `version: 1` and `sha256Hash`.", extensions={"code": "BAD_USER_INPUT"}
        )
    return found.lower()
