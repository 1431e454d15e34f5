"""Documents that were parsed, validated and found within the limits, by their text: all of that once for each text.

The same store answers automatic persisted queries: a document can be asked for by the SHA-256 of its text once it was
sent with it.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    Node,
    OperationDefinitionNode,
    Token,
    TokenKind,
    VariableNode,
    Visitor,
    visit,
)
from graphql.execution.collect_fields import CollectedFields, FieldDetailsList, GroupedFieldSet
from strawberry.extensions import SchemaExtension

from execution.calls import ResolverCalls
from execution.selection import Selection
from execution.validation import relevant

TEXT_AT_MOST = 256 * 1024  # characters of all texts; a parsed document takes some eighty times its text
_SHAPES_AT_MOST = 16  # of one document
_NO_TOKEN = Token(TokenKind.SOF, 0, 0, 0, 0)

_Key: TypeAlias = tuple[GraphQLObjectType, int]


@dataclass(frozen=True, slots=True)
class KnownField:
    """A field as it is declared and asked for, and the calls of its resolver."""

    declared: GraphQLField
    nodes: list[FieldNode]
    calls: ResolverCalls


@dataclass(frozen=True, slots=True)
class Below:
    """What is selected of an object: compiled, None where only the stock executor can tell, and as it is collected.

    `fields` is None where some of it may come later, by a directive.
    """

    details: FieldDetailsList
    selection: Selection | None
    fields: GroupedFieldSet | None


@dataclass(slots=True)
class Shape:
    """What was found out of an operation's selections, for one choice of what its directives include and skip.

    Keyed by type and by the identity of a list of fields, which stands beside what was found, so that it lives as long.
    """

    root: GroupedFieldSet | None = None
    collected: dict[_Key, tuple[FieldDetailsList, CollectedFields]] = field(default_factory=dict)
    below: dict[_Key, Below] = field(default_factory=dict)
    fields: dict[_Key, tuple[FieldDetailsList, KnownField | None]] = field(default_factory=dict)


class Document:
    """`fixed`: its cost is the same for all variables. `switches`: the variables of its directives."""

    def __init__(self, node: DocumentNode, text: str, *, fixed: bool) -> None:
        _without_tokens(node)
        self.node, self.text, self.fixed = node, text, fixed
        self.hash: str | None = None  # SHA-256 of the text, once a client has given it
        self.operations = _operations(node)
        self._switches = tuple(_switches(node))
        self._shapes: dict[Hashable, Shape] = {}

    def shape(self, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> Shape:
        """What is known of the operation with these variables."""
        key = id(operation), *(variables.get(name) for name in self._switches)
        found = self._shapes.get(key)
        if found is None:
            if len(self._shapes) >= _SHAPES_AT_MOST:
                self._shapes.clear()
            found = self._shapes[key] = Shape()
        return found


class Documents:
    """Bounded in characters; drops what was not used for longest."""

    def __init__(self, limit: int = TEXT_AT_MOST) -> None:
        self._limit = limit
        self._by_text: OrderedDict[str, Document] = OrderedDict()
        self._by_hash: dict[str, Document] = {}
        self._by_operation: dict[int, Document] = {}
        self.size = self.hits = self.misses = 0

    def get(self, text: str) -> Document | None:
        found = self._by_text.get(text)
        if found is not None:
            self.hits += 1
            self._by_text.move_to_end(text)
        return found

    def put(self, document: Document) -> None:
        if document.text in self._by_text or len(document.text) > self._limit:
            return
        self._by_text[document.text] = document
        self._by_operation.update((id(operation), document) for operation in document.operations)
        self.size += len(document.text)
        while self.size > self._limit:
            self._drop(self._by_text.popitem(last=False)[1])

    def persist(self, hash_: str, text: str) -> None:
        """From now on the hash stands for the text, as long as its document is kept."""
        document = self._by_text.get(text)
        if document is not None:
            document.hash = hash_
            self._by_hash[hash_] = document

    def text_of(self, hash_: str) -> str | None:
        document = self._by_hash.get(hash_)
        return None if document is None else document.text

    def shape(self, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> Shape:
        """What is known of an operation; of one whose document is not kept, nothing."""
        document = self._by_operation.get(id(operation))
        known = document is not None and any(one is operation for one in document.operations)
        return document.shape(operation, variables) if document is not None and known else Shape()

    def _drop(self, document: Document) -> None:
        self.size -= len(document.text)
        for operation in document.operations:
            del self._by_operation[id(operation)]
        if document.hash is not None:
            del self._by_hash[document.hash]


class KnownDocuments(SchemaExtension):
    """Skips parsing and validation for a document that is known, and finds persisted queries by their hash.

    `is_fixed` says whether the cost of a document is the same for all variables: if not, the rules beside those of the
    specification look at it each time.
    """

    def __init__(self, documents: Documents, is_fixed: Callable[[DocumentNode], bool]) -> None:
        self._documents, self._is_fixed = documents, is_fixed
        self._known: Document | None = None
        self._hash: str | None = None

    def on_operation(self) -> Iterator[None]:
        """Raises GraphQLError for a persisted query that is not known or not what its hash says."""
        context = self.execution_context
        asked = (context.operation_extensions or {}).get("persistedQuery")
        if asked is not None:
            self._hash = _sha256(asked)
            context.query = self._persisted(self._hash, context.query)
        yield

    def _persisted(self, hash_: str, text: str | None) -> str:
        if text:
            if hashlib.sha256(text.encode()).hexdigest() != hash_:
                raise GraphQLError("`sha256Hash` is not that of the query.", extensions={"code": "BAD_USER_INPUT"})
            return text
        known = self._documents.text_of(hash_)
        if known is None:
            raise GraphQLError("PersistedQueryNotFound", extensions={"code": "PERSISTED_QUERY_NOT_FOUND"})
        return known

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        self._known = self._documents.get(context.query) if context.query else None
        if self._known is None:
            self._documents.misses += 1
        else:
            context.graphql_document = self._known.node
            context.validation_rules = ()  # to which the limits add theirs
            context.pre_execution_errors = [] if self._known.fixed else None  # of which the first says that all is well
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        if context.query:
            context.validation_rules = (relevant(context.query, context.validation_rules),)
        yield
        if context.pre_execution_errors or context.graphql_document is None or not context.query:
            return
        if self._known is None:
            fixed = self._is_fixed(context.graphql_document)
            self._documents.put(Document(context.graphql_document, context.query, fixed=fixed))
        if self._hash is not None:
            self._documents.persist(self._hash, context.query)


def _sha256(asked: object) -> str:
    """The hash of a persisted query as Apollo's clients send it."""
    found = asked.get("sha256Hash") if isinstance(asked, Mapping) else None
    if not isinstance(found, str) or not isinstance(asked, Mapping) or asked.get("version") != 1:
        raise GraphQLError(
            "`persistedQuery` is an object with `version: 1` and `sha256Hash`.", extensions={"code": "BAD_USER_INPUT"}
        )
    return found.lower()


def _without_tokens(document: DocumentNode) -> None:
    """Lets go of the tokens: half of what a document takes, and linked, so that only the collector frees them.

    Who says where an error is looks at the start of a location only.
    """
    nodes: list[Node] = [document]
    while nodes:
        node = nodes.pop()
        if node.loc is not None:
            node.loc.start_token = node.loc.end_token = _NO_TOKEN
        for key in node.keys:
            below = getattr(node, key, None)
            if isinstance(below, Node):
                nodes.append(below)
            elif isinstance(below, tuple | list):
                nodes.extend(one for one in below if isinstance(one, Node))


def _operations(node: DocumentNode) -> list[OperationDefinitionNode]:
    return [one for one in node.definitions if isinstance(one, OperationDefinitionNode)]


def _switches(node: DocumentNode) -> Iterator[str]:
    """The variables on which it depends what a document selects."""
    if not any(one.variable_definitions for one in _operations(node)):
        return
    found: dict[str, None] = {}

    class Directives(Visitor):
        def enter_directive(self, directive: DirectiveNode, *_: object) -> None:
            found.update(
                (one.value.name.value, None) for one in directive.arguments or () if isinstance(one.value, VariableNode)
            )

    visit(node, Directives())
    yield from found
