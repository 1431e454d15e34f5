"""A subscription that was accepted: its source, and how a value of it becomes a result."""

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import (
    ArgumentNode,
    FieldNode,
    OperationDefinitionNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    visit,
)
from graphql.language import print_ast
from strawberry.types import ExecutionResult

from live.source import Source
from resolvers.context import Context
from served_schema.documents import Document

Execute: TypeAlias = Callable[[object, Context], Awaitable[ExecutionResult]]

_ARGUMENT = "after"  # of the root field: the cursor
_ROOT = "Subscription"


@dataclass(frozen=True, slots=True)
class LiveOperation:
    """`key`: equal for operations on the same source that have the same results, wherever their clients were."""

    source: Source
    key: Hashable
    execute: Execute


def operation_key(document: Document, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> Hashable:
    """Return what the result of an event depends on: the text and the variables but for the cursor."""
    name = operation.name.value if operation.name else ""
    if name not in document.live_texts:
        document.live_texts[name] = _without_cursor(document, operation)
    text, names = document.live_texts[name]
    return text, repr([(name, variables[name]) for name in names if name in variables])


def _without_cursor(document: Document, operation: OperationDefinitionNode) -> tuple[str, Sequence[str]]:
    """Return the text of the operation, and the names of its variables, without the cursor and its own variable."""
    cursor = _Cursor()
    stripped = visit(operation, cursor)
    fragments = [
        print_ast(visit(fragment, cursor) if fragment.type_condition.name.value == _ROOT else fragment)
        for _, fragment in sorted(document.fragments.items())
    ]
    uses = Counter(re.findall(r"\$(\w+)", "\n".join([print_ast(stripped), *fragments])))
    unused = {name for name in cursor.variables if uses[name] == 1}  # in its definition
    text = "\n".join([print_ast(visit(stripped, _Definitions(unused))), *fragments])
    names = [node.variable.name.value for node in operation.variable_definitions or ()]
    return text, [name for name in names if name not in unused]


class _Cursor(Visitor):
    """Takes the cursor out of the fields of the root. `variables`: those that were the cursor."""

    def __init__(self) -> None:
        super().__init__()
        self.variables: set[str] = set()

    def enter_argument(
        self, node: ArgumentNode, _key: object, _parent: object, _path: object, ancestors: Sequence[object]
    ) -> object:
        if node.name.value != _ARGUMENT or sum(isinstance(item, FieldNode) for item in ancestors) != 1:
            return None
        if isinstance(node.value, VariableNode):
            self.variables.add(node.value.name.value)
        return self.REMOVE


class _Definitions(Visitor):
    """Takes the definitions of variables out."""

    def __init__(self, names: AbstractSet[str]) -> None:
        super().__init__()
        self._names = names

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: object) -> object:
        return self.REMOVE if node.variable.name.value in self._names else None
