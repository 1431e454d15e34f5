"""Documents that were parsed, validated and found within the limits, by their text: once for each text."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator

from graphql import (
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    Node,
    OperationDefinitionNode,
    Token,
    TokenKind,
    VariableNode,
    VariableValues,
    Visitor,
    get_operation_ast,
    visit,
)

from execution.plan import ObjectPlan

MAX_TEXT = 256 * 1024  # characters of all texts; a parsed document takes some eighty times its text
_MAX_PLANS = 16  # of one document
_NO_TOKEN = Token(TokenKind.SOF, 0, 0, 0, 0)


class Document:
    """`fixed`: its cost is the same for all variables."""

    def __init__(self, node: DocumentNode, text: str, *, fixed: bool) -> None:
        _drop_tokens(node)
        self.node, self.text, self.fixed = node, text, fixed
        self.operations = [one for one in node.definitions if isinstance(one, OperationDefinitionNode)]
        self.fragments = {one.name.value: one for one in node.definitions if isinstance(one, FragmentDefinitionNode)}
        self._conditions = tuple(_conditions(node)) if any(one.variable_definitions for one in self.operations) else ()
        self._plans: dict[Hashable, ObjectPlan | None] = {}

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """Return the operation of this name, or the only one."""
        return get_operation_ast(self.node, name)

    def plan(
        self, operation: OperationDefinitionNode, variables: VariableValues, compiled: Callable[[], ObjectPlan | None]
    ) -> ObjectPlan | None:
        """Return what was compiled for variables by which directives include and skip the same."""
        key = id(operation), *(variables.coerced.get(name) for name in self._conditions)
        if key not in self._plans:
            if len(self._plans) >= _MAX_PLANS:
                self._plans.clear()
            self._plans[key] = compiled()
        return self._plans[key]


class DocumentStore:
    """Bounded in characters; drops what was not used for longest."""

    def __init__(self, limit: int = MAX_TEXT) -> None:
        self._limit = limit
        self._documents: OrderedDict[str, Document] = OrderedDict()
        self.size = self.hits = self.misses = 0

    def peek(self, text: str) -> Document | None:
        """Return the document without counting that it was used."""
        return self._documents.get(text)

    def get(self, text: str) -> Document | None:
        found = self._documents.get(text)
        if found is not None:
            self.hits += 1
            self._documents.move_to_end(text)
        return found

    def put(self, document: Document) -> None:
        if document.text in self._documents or len(document.text) > self._limit:
            return
        self._documents[document.text] = document
        self.size += len(document.text)
        while self.size > self._limit:
            self.size -= len(self._documents.popitem(last=False)[0])


def _drop_tokens(document: DocumentNode) -> None:
    """Drop the tokens: half of what a document takes, and linked, so that only the collector frees them.

    An error's place is read from the start of a location only.
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


def _conditions(node: DocumentNode) -> Iterator[str]:
    """Yield the variables on which it depends what a document selects."""
    found: dict[str, None] = {}

    class Directives(Visitor):
        def enter_directive(self, directive: DirectiveNode, *_: object) -> None:
            found.update(
                (one.value.name.value, None) for one in directive.arguments or () if isinstance(one.value, VariableNode)
            )

    visit(node, Directives())
    yield from found
