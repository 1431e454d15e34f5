"""Compiles an operation to a plan, from the schema's types and the document alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TypeAlias

import strawberry
from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    NamedTypeNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableValues,
    get_argument_values,
    is_abstract_type,
    is_leaf_type,
)
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from execution.column_selection import ColumnSelection, NestedLists, NestedObjects, ScalarLists, SelectedAttribute
from execution.plan import (
    AttributeField,
    ListValue,
    ObjectPlan,
    ObjectValue,
    PlannedField,
    ResolverField,
    SimpleValue,
    TypenameField,
    ValueCompleter,
)
from execution.resolver_calls import ResolverCalls
from execution.scalar_serializers import ScalarSerializer, Unsupported, serializer

_DEFINITION = "strawberry-definition"

_Nodes: TypeAlias = Sequence[FieldNode]
Fields: TypeAlias = Mapping[str, list[FieldNode]]  # by response key

_CONDITIONS = {"skip": GraphQLSkipDirective, "include": GraphQLIncludeDirective}


@dataclass(frozen=True)
class FieldCollector:
    """Collects the fields of selection sets, as the specification's `CollectFields` does.

    For one document and one choice of what its directives include and skip.
    """

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: VariableValues

    def collect(self, parent: GraphQLObjectType, sets: Iterable[SelectionSetNode]) -> Fields:
        """Return the fields selected of the type; raises Unsupported for a directive other than @skip and @include."""
        fields: dict[str, list[FieldNode]] = {}
        visited: set[str] = set()
        for selected in sets:
            self._collect(parent, selected, fields, visited)
        return fields

    def _collect(
        self,
        parent: GraphQLObjectType,
        selected: SelectionSetNode,
        fields: dict[str, list[FieldNode]],
        visited: set[str],
    ) -> None:
        for node in selected.selections:
            if node.directives and not self._is_included(node.directives):
                continue
            match node:
                case FieldNode():
                    fields.setdefault((node.alias or node.name).value, []).append(node)
                case InlineFragmentNode():
                    if self._applies(node.type_condition, parent):
                        self._collect(parent, node.selection_set, fields, visited)
                case FragmentSpreadNode():
                    if node.name.value not in visited:
                        visited.add(node.name.value)
                        fragment = self.fragments[node.name.value]
                        if self._applies(fragment.type_condition, parent):
                            self._collect(parent, fragment.selection_set, fields, visited)

    def _is_included(self, directives: Iterable[DirectiveNode]) -> bool:
        for node in directives:
            condition = _CONDITIONS.get(node.name.value)
            if condition is None:
                raise Unsupported(node.name.value)
            if get_argument_values(condition, node, self.variables)["if"] is (condition is GraphQLSkipDirective):
                return False
        return True

    def _applies(self, condition: NamedTypeNode | None, parent: GraphQLObjectType) -> bool:
        if condition is None or condition.name.value == parent.name:
            return True
        kind = self.schema.get_type(condition.name.value)
        return is_abstract_type(kind) and self.schema.is_sub_type(kind, parent)


class PlanCompiler:
    """For one document and one choice of what its directives include and skip."""

    def __init__(
        self, schema: strawberry.Schema, fragments: Mapping[str, FragmentDefinitionNode], variables: VariableValues
    ) -> None:
        self._strawberry = schema
        self._schema: GraphQLSchema = schema._schema  # noqa: SLF001  # Strawberry shows it in no other way
        self._collector = FieldCollector(self._schema, fragments, variables)

    def operation(self, node: OperationDefinitionNode) -> ObjectPlan:
        """Raise Unsupported for what only the default executor can answer."""
        root = self._schema.get_root_type(node.operation)
        if root is None or node.operation is OperationType.MUTATION:
            raise Unsupported(node.operation)
        if node.operation is OperationType.SUBSCRIPTION:
            return self._event(root, node.selection_set)
        return self._object(root, [node.selection_set])

    def _event(self, root: GraphQLObjectType, selected: SelectionSetNode) -> ObjectPlan:
        """Return the plan of a subscription's events: the root value is that of its field."""
        fields = self._collector.collect(root, [selected])
        ((key, nodes),) = fields.items()
        if nodes[0].name.value == "__typename":
            raise Unsupported
        value = self._value(
            root.fields[nodes[0].name.value].type, [node.selection_set for node in nodes if node.selection_set]
        )
        return ObjectPlan([AttributeField(key, _itself, value)], None)

    def _object(self, kind: GraphQLObjectType, sets: Sequence[SelectionSetNode]) -> ObjectPlan:
        fields: list[PlannedField] = []
        attributes: list[SelectedAttribute] = []
        for key, nodes in self._collector.collect(kind, sets).items():
            field, attribute = self._field(kind, key, nodes)
            fields.append(field)
            if attribute is not None:
                attributes.append(attribute)
        is_simple = len(attributes) == len(fields)
        return ObjectPlan(fields, ColumnSelection(_class_of(kind), kind.name, attributes) if is_simple else None)

    def _field(
        self, parent: GraphQLObjectType, key: str, nodes: _Nodes
    ) -> tuple[PlannedField, SelectedAttribute | None]:
        """Return the field, also as an attribute if it can be completed column by column."""
        name = nodes[0].name.value
        if name == "__typename":
            return TypenameField(key, parent.name), SelectedAttribute(key, name, None, None)
        field = parent.fields.get(name)
        if field is None:  # of introspection
            raise Unsupported(name)
        value = self._value(field.type, [node.selection_set for node in nodes if node.selection_set])
        attribute = _attribute(field)
        if attribute is None:
            return ResolverField(key, ResolverCalls(field, nodes[0], self._strawberry), value), None
        planned = AttributeField(key, attrgetter(attribute), value)
        if isinstance(value, SimpleValue):
            return planned, SelectedAttribute(key, attribute, value.column, value.signature)
        return planned, None

    def _value(self, declared: GraphQLOutputType, sets: Sequence[SelectionSetNode]) -> ValueCompleter:
        nullable = not isinstance(declared, GraphQLNonNull)
        kind = declared.of_type if isinstance(declared, GraphQLNonNull) else declared
        if is_leaf_type(kind):
            return SimpleValue(serializer(kind, nullable=nullable))
        if isinstance(kind, GraphQLList):
            return self._list(kind.of_type, sets, nullable=nullable)
        if is_abstract_type(kind):
            possible = self._schema.get_possible_types(kind)
            plans = {_class_of(member): self._object(member, sets) for member in possible}
            if len(plans) < len(possible):
                raise Unsupported(kind.name)
            return ObjectValue(plans, nullable)
        if not isinstance(kind, GraphQLObjectType):
            raise Unsupported(kind)
        plan = self._object(kind, sets)
        if plan.selection is None:
            return ObjectValue({_class_of(kind): plan}, nullable)
        return SimpleValue(NestedObjects(plan.selection, nullable), plan.selection)

    def _list(self, declared: GraphQLOutputType, sets: Sequence[SelectionSetNode], *, nullable: bool) -> ValueCompleter:
        item = self._value(declared, sets)
        if isinstance(item, SimpleValue) and isinstance(item.column, ScalarSerializer):
            return SimpleValue(ScalarLists(item.column, nullable))
        if isinstance(item, SimpleValue) and item.selection is not None and isinstance(declared, GraphQLNonNull):
            return SimpleValue(NestedLists(item.selection, nullable), item.selection)
        return ListValue(item, nullable, item.selection if isinstance(item, SimpleValue) else None)


def _itself(value: object) -> object:
    return value


def _class_of(kind: GraphQLObjectType) -> type:
    """Return the class of the type's objects; raises Unsupported if it may be another one."""
    definition = kind.extensions.get(_DEFINITION)
    if not isinstance(definition, StrawberryObjectDefinition) or definition.is_type_of is not None:
        raise Unsupported(kind.name)
    return (definition.concrete_of or definition).origin


def _attribute(field: GraphQLField) -> str | None:
    """Return the attribute that the field reads, if that is all that it does."""
    definition = field.extensions.get(_DEFINITION)
    if not isinstance(definition, StrawberryField) or not definition.is_basic_field or field.args:
        return None
    return definition.python_name
