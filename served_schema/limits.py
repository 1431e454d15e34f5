"""Refuses an operation that would cost too much, before anything of it is executed.

What costs is upstream calls: aliases and lists multiply them, so that depth alone bounds nothing. Each field with an
endpoint counts once for each item of the lists around it; a field answered by a shared list counts once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    Node,
    NullValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValidationContext,
    ValidationRule,
    ValueNode,
    VariableNode,
    Visitor,
    get_named_type,
    visit,
)
from strawberry.extensions import SchemaExtension

from pagination.connections import FIRST, MAX_FIRST
from schema.watchlists import MAX_NAMES

MAX_CALLS = 300
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

    def inside(self, items: int, own: "Cost") -> "Cost":
        """Return the cost of a field with `items` items of this cost each."""
        return Cost(own.calls + items * self.calls, own.shared + self.shared, self.fields + 1, self.depth + 1)


class Limits(SchemaExtension):
    """`calls_at_most`: upstream calls that one operation may cause."""

    def __init__(self, calls_at_most: int = MAX_CALLS) -> None:
        self._calls_at_most = calls_at_most

    def on_parse(self) -> Iterator[None]:
        self.execution_context.parse_options["max_tokens"] = MAX_TOKENS
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        if context.pre_execution_errors is None:  # otherwise the document is known to be within the limits
            named = context._provided_operation_name is not None  # noqa: SLF001  # `operation_name` falls back on the first
            rule = _rule(self._calls_at_most, context.variables or {}, named=named)
            context.validation_rules = (*context.validation_rules, rule)
        yield


_LISTS = ("symbols", "keys", "representations")  # arguments that name the items of a field
_SIZES = ("first", *_LISTS)  # arguments that say how many items a field can have


def is_fixed(document: DocumentNode) -> bool:
    """Whether the cost is the same whatever the variables, and whichever operation is named."""
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    if len(operations) != 1:
        return False
    return not operations[0].variable_definitions or not _has_sizes_by_variable(document)


def _has_sizes_by_variable(document: DocumentNode) -> bool:
    found = []

    class Sizes(Visitor):
        def enter_argument(self, node: ArgumentNode, *_: object) -> None:
            if node.name.value in _SIZES and isinstance(node.value, VariableNode):
                found.append(node)

    visit(document, Sizes())
    return bool(found)


def _rule(calls_at_most: int, variables: Mapping[str, Any], *, named: bool) -> type[ValidationRule]:
    class CostRule(ValidationRule):
        def enter_document(self, node: DocumentNode, *_: object) -> None:
            operations = [one for one in node.definitions if isinstance(one, OperationDefinitionNode)]
            if len(operations) > 1 and not named:
                self.report_error(
                    GraphQLError("Of several operations `operationName` must name one.", nodes=operations)
                )

        def enter_operation_definition(self, node: OperationDefinitionNode, *_: object) -> None:
            measure = _Measure(self.context, variables)
            cost = measure.operation(node)
            for complaint in _complaints(cost, calls_at_most):
                self.report_error(_too_complex(complaint, node))
            for error in measure.too_long:
                self.report_error(error)

    return CostRule


def _too_complex(complaint: str, node: Node) -> GraphQLError:
    return GraphQLError(complaint, nodes=node, extensions={"code": "QUERY_TOO_COMPLEX"})


def _complaints(cost: Cost, calls_at_most: int) -> Iterator[str]:
    calls = cost.calls + cost.shared
    if calls > calls_at_most:
        yield f"This operation could cause {calls} upstream calls, and {calls_at_most} are allowed: split it up."
    if cost.depth > MAX_DEPTH:
        yield f"This operation is {cost.depth} levels deep, and {MAX_DEPTH} are allowed."
    if cost.fields > MAX_FIELDS:
        yield f"This operation selects {cost.fields} fields, and {MAX_FIELDS} are allowed."


class _Measure:
    """Measures one operation; each fragment once. `too_long`: errors of lists of names that are too long."""

    def __init__(self, context: ValidationContext, variables: Mapping[str, Any]) -> None:
        self._context = context
        self._variables = variables
        self._defaults: dict[str, ValueNode | None] = {}
        self._fragments: dict[str, Cost] = {}
        self.too_long: list[GraphQLError] = []

    def operation(self, node: OperationDefinitionNode) -> Cost:
        self._defaults = {one.variable.name.value: one.default_value for one in node.variable_definitions or ()}
        return self._selections(node.selection_set, self._context.schema.get_root_type(node.operation))

    def _selections(self, selected: SelectionSetNode | None, parent: GraphQLNamedType | None) -> Cost:
        nodes = selected.selections if selected else ()
        return sum((self._selection(node, parent) for node in nodes), Cost())

    def _selection(self, node: SelectionNode, parent: GraphQLNamedType | None) -> Cost:
        match node:
            case FieldNode():
                return self._field(node, parent)
            case InlineFragmentNode():
                condition = node.type_condition
                inner = self._context.schema.get_type(condition.name.value) if condition else parent
                return self._selections(node.selection_set, inner)
            case FragmentSpreadNode():
                return self._fragment(node.name.value)
            case _:
                return Cost()

    def _fragment(self, name: str) -> Cost:
        if name not in self._fragments:
            self._fragments[name] = Cost()  # a cycle, which another rule reports, ends here
            fragment = self._context.get_fragment(name)
            if fragment is not None:
                inner = self._context.schema.get_type(fragment.type_condition.name.value)
                self._fragments[name] = self._selections(fragment.selection_set, inner)
        return self._fragments[name]

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> Cost:
        known = parent.fields if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else {}
        field = known.get(node.name.value)
        if field is None:
            return Cost(fields=1, depth=1)
        inner = self._selections(node.selection_set, get_named_type(field.type))
        return inner.inside(self._items(node, field, parent), _own(field))

    def _items(self, node: FieldNode, field: GraphQLField, parent: GraphQLNamedType | None) -> int:
        """How many items the field can have, each with what is selected below it."""
        named = [self._named(node, name) for name in _LISTS if name in field.args]
        if "first" in field.args:
            most = self._argument(node, "first")
            return max(0, min(FIRST if most is None else most, MAX_FIRST, *(one for one in named if one is not None)))
        if named:
            return named[0] or 0
        is_root = parent is self._context.schema.query_type
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
            value = self._defaults.get(variable)
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


def _own(field: GraphQLField) -> Cost:
    definition = field.extensions.get("strawberry-definition")
    metadata = getattr(definition, "metadata", {})
    if "endpoints" not in metadata:
        return Cost()
    return Cost(shared=1) if metadata.get("shared") else Cost(calls=1)
