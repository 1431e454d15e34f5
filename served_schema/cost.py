"""Measures what an operation may cost before it is executed: upstream calls, values of the result, and depth.

The length of a list follows from the arguments of the field that it belongs to (`first`, `last`, a list of names, a
window), otherwise it is assumed. Costs are therefore linear in the length of the enclosing field's list, and each
fragment is measured once, in time linear in the document.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from graphql import (
    ArgumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
)
from graphql.language import print_ast
from graphql.utilities import value_from_ast_untyped

from pagination.connections import MAX_FIRST
from resolvers.costs import FieldCost

_ALIAS_CHARACTERS = 32  # of an alias that take as much as a value, since it stands in each object
NESTED_ROWS = 20  # of a list inside the rows of another
_NAMES = ("symbols", "keys", "representations")  # arguments that name the items of the field
SIZES: Final = (  # arguments on whose values the cost depends
    *("first", "last", "interval", "symbols", "keys", "representations"),
    *("exchanges", "range"),  # of fields that share calls
)
_NOT_SHARED: Final[frozenset[tuple[str, int]]] = frozenset()


class Cost(NamedTuple):
    """What a selection costs for each object that it is made on, and more for each row of the object's lists.

    `shared`: calls that are made once, however many objects there are, by what they depend on. `values` counts
    scalars, objects and lists, and long aliases.
    """

    calls: int = 0
    values: int = 0
    depth: int = 0
    row_calls: int = 0
    row_values: int = 0
    shared: frozenset[tuple[str, int]] = frozenset()

    @property
    def all_calls(self) -> int:
        return self.calls + sum(calls for _, calls in self.shared)

    def plus(self, other: "Cost") -> "Cost":
        return Cost(
            self.calls + other.calls,
            self.values + other.values,
            max(self.depth, other.depth),
            self.row_calls + other.row_calls,
            self.row_values + other.row_values,
            self.shared | other.shared if other.shared else self.shared,
        )

    def times(self, rows: int) -> "Cost":
        """Return the cost with lists of so many rows."""
        calls, values = self.calls + rows * self.row_calls, self.values + rows * self.row_values
        return Cost(calls, values, self.depth, shared=self.shared)


def declared_cost(field: GraphQLField) -> FieldCost | None:
    """Return what the field was declared to cost; None if it costs no call and has no list."""
    cost: FieldCost | None = getattr(field.extensions.get("strawberry-definition"), "metadata", {}).get("cost")
    return cost


class CostMeasure:
    """Measures operations of one document with one set of variables.

    `names`: items of all lists that name coins or pairs, the last of them in `argument`.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any],
    ) -> None:
        self._schema, self._fragments, self._variables = schema, fragments, variables
        self._defaults: dict[str, ValueNode] = {}
        self._costs: dict[str, Cost] = {}
        self._digests: dict[str, str] = {}  # of values of variables
        self._now = datetime.now(UTC)
        self.names, self.argument = 0, ""

    def measure(self, operation: OperationDefinitionNode) -> Cost:
        for definition in operation.variable_definitions or ():
            if definition.default_value is not None:
                self._defaults[definition.variable.name.value] = definition.default_value
        root = self._schema.get_root_type(operation.operation)
        return self._selections(operation.selection_set, root).times(NESTED_ROWS)

    def measure_below_root(self, operation: OperationDefinitionNode) -> Cost:
        """Return the cost of what is selected of the root's fields, without the fields themselves."""
        root = self._schema.get_root_type(operation.operation)
        return self._below(operation.selection_set, root).times(NESTED_ROWS)

    def _below(self, selected: SelectionSetNode, root: GraphQLObjectType | None) -> Cost:
        total = Cost()
        for node in selected.selections:
            match node:
                case FieldNode() if root is not None and node.name.value in root.fields:
                    kind = get_named_type(root.fields[node.name.value].type)
                    total = total.plus(self._selections(node.selection_set, kind))
                case InlineFragmentNode():
                    total = total.plus(self._below(node.selection_set, root))
                case FragmentSpreadNode():
                    total = total.plus(self._below(self._fragments[node.name.value].selection_set, root))
        return total

    def _selections(self, selected: SelectionSetNode | None, parent: GraphQLNamedType | None) -> Cost:
        total = Cost()
        for node in selected.selections if selected else ():
            match node:
                case FieldNode():
                    total = total.plus(self._field(node, parent))
                case InlineFragmentNode(type_condition=condition):
                    inner = parent if condition is None else self._schema.get_type(condition.name.value)
                    total = total.plus(self._selections(node.selection_set, inner))
                case FragmentSpreadNode():
                    total = total.plus(self._fragment(node.name.value))
        return total

    def _fragment(self, name: str) -> Cost:
        if name not in self._costs:
            fragment = self._fragments[name]
            condition = self._schema.get_type(fragment.type_condition.name.value)
            self._costs[name] = self._selections(fragment.selection_set, condition)
        return self._costs[name]

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> Cost:
        fields = parent.fields if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else {}
        field = fields.get(node.name.value)
        if field is None:  # of introspection, which has other limits
            return Cost(values=1, depth=1)
        below = self._selections(node.selection_set, get_named_type(field.type))
        calls, shared, rows = self._estimate(node, field, parent)
        count = 1 if node.alias is None else 1 + len(node.alias.value) // _ALIAS_CHARACTERS
        if not _is_list(field):
            below = below if rows is None else below.times(rows)
            return below.plus(Cost(calls, count, below.depth + 1, shared=shared))
        item = below.times(NESTED_ROWS)
        if rows is None:
            return Cost(0, count, item.depth + 1, item.calls, item.values + 1, item.shared)
        return Cost(
            calls + rows * item.calls, count + rows * (item.values + 1), item.depth + 1, shared=item.shared | shared
        )

    def _estimate(
        self, node: FieldNode, field: GraphQLField, parent: GraphQLNamedType | None
    ) -> tuple[int, frozenset[tuple[str, int]], int | None]:
        """Return calls, shared calls and rows; None for the rows of a field without a list."""
        cost = declared_cost(field)
        names = [name for name in _NAMES if name in field.args]
        if cost is None and not names:
            return 0, _NOT_SHARED, None
        arguments = {argument.name.value: self._value(argument.value) for argument in node.arguments or ()}
        calls, rows = (0, MAX_FIRST) if cost is None else cost.estimate(arguments, self._now)
        lengths = [length for name in names if (length := self._length(name, arguments.get(name))) is not None]
        rows = min(rows, *lengths) if lengths else rows
        if cost is None or not cost.is_shared:
            return calls, _NOT_SHARED, rows
        return 0, frozenset({(f"{parent}.{node.name.value}({self._call(node)})", calls)}), rows

    def _length(self, name: str, value: object) -> int | None:
        """Return the length of a list of names; GraphQL takes a value alone for a list of one."""
        if value is None:
            return None
        length = len(value) if isinstance(value, list) else 1
        self.names, self.argument = self.names + length, name
        return length

    def _call(self, node: FieldNode) -> str:
        """Return a text that is equal for fields that make the same calls; its length does not depend on variables."""
        return ",".join(sorted(map(self._argument, node.arguments or ())))

    def _argument(self, node: ArgumentNode) -> str:
        name = node.name.value
        if name not in SIZES or not isinstance(node.value, VariableNode):
            return print_ast(node)
        variable = node.value.name.value
        if variable not in self._digests:
            value = json.dumps(self._value(node.value), sort_keys=True, default=repr)
            self._digests[variable] = hashlib.blake2b(value.encode(), digest_size=16).hexdigest()
        return f"{name}:{self._digests[variable]}"

    def _value(self, node: ValueNode) -> object:
        """Return a value as JSON has it, with the whole number of a float; None for a variable that is left out."""
        if isinstance(node, VariableNode):
            name = node.name.value
            if name in self._variables:
                value = self._variables[name]
                return int(value) if isinstance(value, float) and value.is_integer() else value
            default = self._defaults.get(name)
            return None if default is None else value_from_ast_untyped(default)
        return value_from_ast_untyped(node, dict(self._variables))


def repeated_calls(
    schema: GraphQLSchema,
    fragments: Mapping[str, FragmentDefinitionNode],
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
) -> int:
    """Return the calls that each event of a subscription would make: those of the fields below its root field."""
    measure = CostMeasure(schema, fragments, variables)
    return measure.measure_below_root(operation).all_calls


def _is_list(field: GraphQLField) -> bool:
    kind = field.type
    return isinstance(kind.of_type if isinstance(kind, GraphQLNonNull) else kind, GraphQLList)
