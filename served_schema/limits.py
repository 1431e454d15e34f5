"""Refuses an operation that would cost too much, before anything of it is executed.

What costs is upstream calls: aliases and lists multiply them, so that depth alone bounds nothing. Each field with an
endpoint counts once for each item of the lists around it; a field answered by a shared list counts once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NamedTypeNode,
    Node,
    NullValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    Visitor,
    get_named_type,
    visit,
)

from pagination.connections import FIRST, MAX_FIRST
from schema.watchlists import MAX_NAMES
from served_schema.documents import Document

MAX_DEPTH = 20
MAX_FIELDS = 20_000
MAX_TOKENS = 20_000
_DIGITS = 11  # of an Int, with its sign: another rule reports a longer one
_ROOT_LIST = 50  # items of a root list without a `first`, for want of a better figure


@dataclass(frozen=True, slots=True)
class Cost:
    """Upstream calls of each item, calls shared by all items, fields with fragments spread out, and levels."""

    calls: int = 0
    shared: int = 0
    fields: int = 0
    depth: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.calls + other.calls,
            self.shared + other.shared,
            self.fields + other.fields,
            max(self.depth, other.depth),
        )

    def inside(self, items: int, field: "Cost") -> "Cost":
        """Return the cost of a field with `items` items of this cost each."""
        return Cost(field.calls + items * self.calls, field.shared + self.shared, self.fields + 1, self.depth + 1)


_LISTS = ("symbols", "keys", "representations")  # arguments that name the items of a field
_SIZES = ("first", *_LISTS)  # arguments that say how many items a field can have


def check_cost(
    schema: GraphQLSchema,
    fragments: Mapping[str, FragmentDefinitionNode],
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    max_calls: int,
) -> list[GraphQLError]:
    """Return an error for each limit that a valid operation passes."""
    measure = _Measure(schema, fragments, variables)
    for definition in operation.variable_definitions or ():
        measure.defaults[definition.variable.name.value] = definition.default_value
    cost = measure.selections(operation.selection_set, schema.get_root_type(operation.operation))
    errors, calls = measure.too_long, cost.calls + cost.shared
    if calls > max_calls:
        complaint = f"This operation could cause {calls} upstream calls, and {max_calls} are allowed: split it up."
        errors.append(_too_complex(complaint, operation))
    if cost.depth > MAX_DEPTH:
        complaint = f"This operation is {cost.depth} levels deep, and {MAX_DEPTH} are allowed."
        errors.append(_too_complex(complaint, operation))
    if cost.fields > MAX_FIELDS:
        complaint = f"This operation selects {cost.fields} fields, and {MAX_FIELDS} are allowed."
        errors.append(_too_complex(complaint, operation))
    return errors


def is_fixed(document: Document) -> bool:
    """Whether the cost is the same whatever the variables, and whichever operation is named."""
    if len(document.operations) != 1:
        return False
    return not document.operations[0].variable_definitions or not _has_sizes_by_variable(document.node)


def _has_sizes_by_variable(document: DocumentNode) -> bool:
    sizes = []

    class Sizes(Visitor):
        def enter_argument(self, node: ArgumentNode, *_: object) -> None:
            if node.name.value in _SIZES and isinstance(node.value, VariableNode):
                sizes.append(node)

    visit(document, Sizes())
    return bool(sizes)


def _too_complex(complaint: str, node: Node) -> GraphQLError:
    return GraphQLError(complaint, nodes=node, extensions={"code": "QUERY_TOO_COMPLEX"})


class _Measure:
    """Measures one operation; each fragment once. `too_long`: errors of lists of names that are too long."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any],
    ) -> None:
        self._schema, self._fragments, self._variables = schema, fragments, variables
        self.defaults: dict[str, ValueNode | None] = {}  # of the operation's variables
        self._costs: dict[str, Cost] = {}
        self.too_long: list[GraphQLError] = []

    def selections(self, selected: SelectionSetNode | None, parent: GraphQLNamedType | None) -> Cost:
        total = Cost()
        for node in selected.selections if selected else ():
            match node:
                case FieldNode():
                    total += self._field(node, parent)
                case InlineFragmentNode():
                    total += self.selections(node.selection_set, self._type(node.type_condition) or parent)
                case FragmentSpreadNode():
                    total += self._fragment(node.name.value)
        return total

    def _type(self, condition: NamedTypeNode | None) -> GraphQLNamedType | None:
        return None if condition is None else self._schema.get_type(condition.name.value)

    def _fragment(self, name: str) -> Cost:
        if name not in self._costs:
            fragment = self._fragments[name]
            self._costs[name] = self.selections(fragment.selection_set, self._type(fragment.type_condition))
        return self._costs[name]

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> Cost:
        fields = parent.fields if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else {}
        field = fields.get(node.name.value)
        if field is None:  # of introspection
            return Cost(fields=1, depth=1)
        inner = self.selections(node.selection_set, get_named_type(field.type))
        return inner.inside(self._items(node, field, parent), _cost_of_calls(field))

    def _items(self, node: FieldNode, field: GraphQLField, parent: GraphQLNamedType | None) -> int:
        """How many items the field can have, each with what is selected below it."""
        named = [self._named(node, name) for name in _LISTS if name in field.args]
        if "first" in field.args:
            first = self._argument(node, "first")
            sizes = [size for size in named if size is not None]
            return max(0, min(FIRST if first is None else first, MAX_FIRST, *sizes))
        if named:
            return named[0] or 0
        is_root = parent is self._schema.query_type
        return _ROOT_LIST if is_root and str(field.type).startswith("[") else 1

    def _named(self, node: FieldNode, name: str) -> int | None:
        """How many items an argument names; None if it is left out."""
        length = self._argument(node, name)
        if name != "representations" and length is not None and length > MAX_NAMES:
            complaint = f"`{name}` names {length} items, and {MAX_NAMES} are allowed: split the list."
            self.too_long.append(_too_complex(complaint, node))
        return length

    def _argument(self, node: FieldNode, name: str) -> int | None:
        """Return an integer argument, or the length of a list; None if it is left out."""
        value = next((argument.value for argument in node.arguments or () if argument.name.value == name), None)
        if isinstance(value, VariableNode):
            variable = value.name.value
            if variable in self._variables:
                return _size(self._variables[variable])
            value = self.defaults.get(variable)
        match value:
            case None | NullValueNode():
                return None
            case IntValueNode():
                return int(value.value[:_DIGITS])
            case ListValueNode():
                return len(value.values)
            case _:
                return 1  # which GraphQL takes for a list of one


def _size(value: object) -> int | None:
    """Return the size that a variable's value stands for."""
    match value:
        case None:
            return None
        case int():
            return value
        case list():
            return len(value)
        case _:
            return 1


def _cost_of_calls(field: GraphQLField) -> Cost:
    definition = field.extensions.get("strawberry-definition")
    metadata = getattr(definition, "metadata", {})
    if "endpoints" not in metadata:
        return Cost()
    return Cost(shared=1) if metadata.get("shared") else Cost(calls=1)
