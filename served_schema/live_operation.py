"""A subscription that was accepted: its source, and how a value of it becomes a result."""

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson
from graphql import ArgumentNode, FieldNode, OperationDefinitionNode, VariableNode, Visitor, visit
from graphql.language import print_ast
from strawberry.types import ExecutionResult

from live.source import Source
from resolvers.context import Context
from served_schema.documents import Document

Execute: TypeAlias = Callable[[object, Context], Awaitable[ExecutionResult]]

_CURSOR = "after"  # argument of the root field


@dataclass(frozen=True, slots=True)
class LiveOperation:
    """`key`: equal for operations on the same source that have the same results, wherever their clients were."""

    source: Source
    key: Hashable
    execute: Execute


def operation_key(document: Document, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> Hashable:
    """Return what the result of an event depends on: the text and the variables but for the cursor."""
    text, cursor = _without_cursor(document, operation)
    others = {name: value for name, value in variables.items() if name != cursor}
    return text, orjson.dumps(others, option=orjson.OPT_SORT_KEYS, default=repr)


def _without_cursor(document: Document, operation: OperationDefinitionNode) -> tuple[str, str | None]:
    """Return the text of the operation without its cursor, and the variable that holds nothing else, if one does."""
    name = operation.name.value if operation.name else ""
    if name not in document.live_texts:
        document.live_texts[name] = _stripped(document, operation)
    return document.live_texts[name]


def _stripped(document: Document, operation: OperationDefinitionNode) -> tuple[str, str | None]:
    variables: list[str] = []

    class Strip(Visitor):
        def enter_argument(
            self, node: ArgumentNode, _key: object, _parent: object, _path: object, ancestors: Sequence[object]
        ) -> object:
            if node.name.value != _CURSOR or not _is_of_root(ancestors):
                return None
            if isinstance(node.value, VariableNode):
                variables.append(node.value.name.value)
            return self.REMOVE

    texts = [print_ast(visit(operation, Strip()))]
    texts += [print_ast(fragment) for _, fragment in sorted(document.fragments.items())]
    text = "\n".join(texts)
    cursor = variables[0] if variables else None
    only = cursor is not None and text.count(f"${cursor}") == 1  # its definition
    return text, cursor if only else None


def _is_of_root(ancestors: Sequence[object]) -> bool:
    return sum(isinstance(node, FieldNode) for node in ancestors) == 1
