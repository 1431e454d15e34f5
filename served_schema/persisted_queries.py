"""Requests by the id of a document instead of its text.

The id is that of a trusted document, which clients send as `documentId` or like Apollo's clients, or the SHA-256 of a
text that a client sent before (automatic persisted queries).
"""

import hashlib
from collections.abc import Mapping
from typing import Any
from weakref import WeakValueDictionary

from graphql import GraphQLError

from served_schema.document_policy import not_trusted
from served_schema.documents import Document, DocumentStore

DOCUMENT_ID = "documentId"  # among the extensions of an operation
DOCUMENT_IDS = (DOCUMENT_ID, "doc_id")  # of a request; the second is Relay's usual name


class PersistedQueries:
    """Texts by id: trusted ones, and by hash others as long as their documents are cached."""

    def __init__(
        self, documents: DocumentStore, trusted: Mapping[str, Document] | None = None, *, trusted_only: bool = False
    ) -> None:
        self._documents, self._trusted, self._trusted_only = documents, trusted or {}, trusted_only
        self._by_hash: WeakValueDictionary[str, Document] = WeakValueDictionary()

    def find(self, text: str | None, extensions: Mapping[str, Any]) -> tuple[str | None, str | None]:
        """Return the hash to persist, and the text; raises GraphQLError for an id that is unknown or wrong."""
        requested = extensions.get("persistedQuery")
        if requested is None:
            id_ = extensions.get(DOCUMENT_ID)
            return None, text if id_ is None else self._text_of(id_, text)
        hash_ = _sha256(requested)
        if not text and (trusted := self._trusted.get(hash_) or self._trusted.get(hash_.lower())) is not None:
            return None, trusted.text
        hash_ = hash_.lower()
        if text:
            if hashlib.sha256(text.encode()).hexdigest() != hash_:
                raise GraphQLError("`sha256Hash` is not that of the query.", extensions={"code": "BAD_USER_INPUT"})
            return hash_, text
        if self._trusted_only:
            raise not_trusted(hash_)
        document = self._by_hash.get(hash_)
        if document is None:
            raise GraphQLError("PersistedQueryNotFound", extensions={"code": "PERSISTED_QUERY_NOT_FOUND"})
        return hash_, document.text

    def _text_of(self, id_: object, text: str | None) -> str:
        if not isinstance(id_, str) or text:
            message = "`documentId` is a string, in a request without `query`."
            raise GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})
        document = self._trusted.get(id_)
        if document is None:
            raise not_trusted(id_)
        return document.text

    def persist(self, hash_: str, text: str) -> None:
        """Persist a text whose document is valid and cached."""
        document = self._documents.peek(text)
        if document is not None:
            self._by_hash[hash_] = document


def with_document_id(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the extensions of a request, among them its `documentId` if it has one."""
    extensions = parameters.get("extensions") or {}
    id_ = next((parameters[name] for name in DOCUMENT_IDS if name in parameters), None)
    return extensions if id_ is None else {**extensions, DOCUMENT_ID: id_}


def _sha256(requested: object) -> str:
    """Return the hash of a persisted query as Apollo's clients send it."""
    hash_ = requested.get("sha256Hash") if isinstance(requested, Mapping) else None
    if not isinstance(hash_, str) or not isinstance(requested, Mapping) or requested.get("version") != 1:
        raise GraphQLError(
            "`persistedQuery` is an object with `version: 1` and `sha256Hash`.", extensions={"code": "BAD_USER_INPUT"}
        )
    return hash_
