"""Collects the fields of selection sets, as the specification's `CollectFields` does."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    NamedTypeNode,
    SelectionSetNode,
    VariableValues,
    get_argument_values,
    is_abstract_type,
)

from execution.scalar_serializers import Unsupported

Fields: TypeAlias = Mapping[str, list[FieldNode]]  # by response key

_CONDITIONS = {"skip": GraphQLSkipDirective, "include": GraphQLIncludeDirective}


class FieldCollector:
    """For one document and one choice of what its directives include and skip."""

    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], variables: VariableValues
    ) -> None:
        self._schema, self._fragments, self._variables = schema, fragments, variables

    def collect(self, parent: GraphQLObjectType, sets: Iterable[SelectionSetNode]) -> Fields:
        """Return the fields selected of the type; raises Unsupported for a directive other than @skip and @include."""
        fields: dict[str, list[FieldNode]] = {}
        visited: set[str] = set()
        for one in sets:
            self._collect(parent, one, fields, visited)
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
                        fragment = self._fragments[node.name.value]
                        if self._applies(fragment.type_condition, parent):
                            self._collect(parent, fragment.selection_set, fields, visited)

    def _is_included(self, directives: Iterable[DirectiveNode]) -> bool:
        for node in directives:
            condition = _CONDITIONS.get(node.name.value)
            if condition is None:
                raise Unsupported(node.name.value)
            if get_argument_values(condition, node, self._variables)["if"] is (condition is GraphQLSkipDirective):
                return False
        return True

    def _applies(self, condition: NamedTypeNode | None, parent: GraphQLObjectType) -> bool:
        if condition is None or condition.name.value == parent.name:
            return True
        kind = self._schema.get_type(condition.name.value)
        return is_abstract_type(kind) and self._schema.is_sub_type(kind, parent)
