"""Automatic persisted queries: a client may send the SHA-256 of a text instead of a text that it sent before."""

import hashlib
from collections.abc import Mapping
from typing import Any
from weakref import WeakValueDictionary

from graphql import GraphQLError

from served_schema.documents import Document, DocumentStore


class PersistedQueries:
    """Texts by hash, as long as their documents are cached."""

    def __init__(self, documents: DocumentStore) -> None:
        self._documents = documents
        self._by_hash: WeakValueDictionary[str, Document] = WeakValueDictionary()

    def find(self, text: str | None, extensions: Mapping[str, Any]) -> tuple[str | None, str | None]:
        """Return the hash and the text of a request; raises GraphQLError for a hash that is unknown or wrong."""
        requested = extensions.get("persistedQuery")
        if requested is None:
            return None, text
        hash_ = _sha256(requested)
        if text:
            if hashlib.sha256(text.encode()).hexdigest() != hash_:
                raise GraphQLError("`sha256Hash` is not that of the query.", extensions={"code": "BAD_USER_INPUT"})
            return hash_, text
        document = self._by_hash.get(hash_)
        if document is None:
            raise GraphQLError("PersistedQueryNotFound", extensions={"code": "PERSISTED_QUERY_NOT_FOUND"})
        return hash_, document.text

    def persist(self, hash_: str, text: str) -> None:
        """Persist a text whose document is valid and cached."""
        document = self._documents.peek(text)
        if document is not None:
            self._by_hash[hash_] = document


def _sha256(requested: object) -> str:
    """Return the hash of a persisted query as Apollo's clients send it."""
    hash_ = requested.get("sha256Hash") if isinstance(requested, Mapping) else None
    if not isinstance(hash_, str) or not isinstance(requested, Mapping) or requested.get("version") != 1:
        raise GraphQLError(
            "`persistedQuery` is an object with `version: 1` and `sha256Hash`.", extensions={"code": "BAD_USER_INPUT"}
        )
    return hash_.lower()
