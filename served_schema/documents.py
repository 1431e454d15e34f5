"""Documents that were parsed and validated, by their text: once for each text."""

import functools
import hashlib
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from graphql import (
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    Node,
    OperationDefinitionNode,
    Token,
    TokenKind,
    VariableNode,
    VariableValues,
    Visitor,
    visit,
)

if TYPE_CHECKING:
    from served_schema.cost import Cost

T = TypeVar("T")

MAX_TEXT = 256 * 1024  # characters of all texts; a parsed document takes some eighty times its text
_MAX_PLANS = 16  # of one document
_NO_TOKEN = Token(TokenKind.SOF, 0, 0, 0, 0)


class Document:
    """A valid document without tokens. `cost`: of its operation, if it is the same whatever the variables are.

    `is_introspection`: it selects nothing else.
    """

    def __init__(self, node: DocumentNode, text: str) -> None:
        self.node, self.text = node, text
        self.cost: Cost | None = None
        self.is_introspection = False
        self.operations: list[OperationDefinitionNode] = []
        self.fragments: dict[str, FragmentDefinitionNode] = {}
        for definition in node.definitions:
            if isinstance(definition, OperationDefinitionNode):
                self.operations.append(definition)
            elif isinstance(definition, FragmentDefinitionNode):
                self.fragments[definition.name.value] = definition
        self._plans: dict[Hashable, Any] = {}
        self.live_texts: dict[str, tuple[str, Sequence[str]]] = {}  # of live_operation.py, by operation name

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """Return the operation of this name, or the only one; raises GraphQLError."""
        if name is None and len(self.operations) > 1:
            raise GraphQLError("Of several operations `operationName` must name one.", nodes=self.operations)
        for operation in self.operations:
            if name is None or (operation.name and operation.name.value == name):
                return operation
        text = "The document has no operation." if name is None else f"Unknown operation named {name!r}."
        raise GraphQLError(text, extensions={"code": "BAD_USER_INPUT"})

    @functools.cached_property
    def digest(self) -> str:
        """The SHA-256 of the text, by which persisted queries name it."""
        return digest(self.text)

    @functools.cached_property
    def conditions(self) -> Sequence[str]:
        """Variables on which it depends what the document selects."""
        return (
            () if all(not operation.variable_definitions for operation in self.operations) else _conditions(self.node)
        )

    def plan(self, operation: OperationDefinitionNode, variables: VariableValues, compiled: Callable[[], T]) -> T:
        """Return what was compiled for variables by which directives include and skip the same."""
        key: Hashable = id(operation)
        if self.conditions:
            key = key, *(variables.coerced.get(name) for name in self.conditions)
        if key not in self._plans:
            if len(self._plans) >= _MAX_PLANS:
                self._plans.clear()
            self._plans[key] = compiled()
        plan: T = self._plans[key]
        return plan


class DocumentStore:
    """Bounded in characters; evicts the least recently used. `pinned` ones are never evicted and do not count."""

    def __init__(self, limit: int = MAX_TEXT, pinned: Mapping[str, Document] | None = None) -> None:
        self._limit, self._pinned = limit, pinned or {}
        self._documents: OrderedDict[str, Document] = OrderedDict()
        self.size = self.hits = self.misses = 0

    def peek(self, text: str) -> Document | None:
        """Return the document without counting that it was used."""
        return self._documents.get(text) or self._pinned.get(text)

    def get(self, text: str) -> Document | None:
        document = self._documents.get(text)
        if document is not None:
            self._documents.move_to_end(text)
        else:
            document = self._pinned.get(text)
        self.hits += document is not None
        return document

    def put(self, document: Document) -> None:
        text = document.text
        if text in self._documents or text in self._pinned or len(text) > self._limit:
            return
        self._documents[document.text] = document
        self.size += len(document.text)
        while self.size > self._limit:
            self.size -= len(self._documents.popitem(last=False)[0])


def digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def drop_tokens(document: DocumentNode) -> Counter[str]:
    """Drop the tokens, which are half of what a document takes: an error's place is read from the start of a location.

    They are linked both ways, so that without being unlinked they would stay until a full garbage collection. Return
    how many nodes there are of each kind, and `alias`es.
    """
    token = document.loc.start_token if document.loc else None
    while token is not None:
        next_token = token.next
        token.prev = token.next = None
        token = next_token
    counts: Counter[str] = Counter()
    nodes: list[Node] = [document]
    while nodes:
        node = nodes.pop()
        counts[node.kind] += 1
        if node.loc is not None:
            node.loc.start_token = node.loc.end_token = _NO_TOKEN
        for key in node.keys:
            below = getattr(node, key, None)
            if isinstance(below, Node):
                if key == "alias":
                    counts[key] += 1
                nodes.append(below)
            elif isinstance(below, tuple | list):
                nodes.extend(item for item in below if isinstance(item, Node))
    return counts


def _conditions(node: DocumentNode) -> Sequence[str]:
    names: dict[str, None] = {}

    class Directives(Visitor):
        def enter_directive(self, directive: DirectiveNode, *_: object) -> None:
            for argument in directive.arguments or ():
                if isinstance(argument.value, VariableNode):
                    names[argument.value.name.value] = None

    visit(node, Directives())
    return tuple(names)
