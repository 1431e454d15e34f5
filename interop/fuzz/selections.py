"""Extends generated operations so that whatever they reach is read as a whole."""

import graphql
from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLNamedType,
    InlineFragmentNode,
    NameNode,
    SelectionNode,
    SelectionSetNode,
)

_DEPTH = 3
_TYPE_NAME = FieldNode(name=NameNode(value="__typename"), arguments=(), directives=())


def read_all(schema: graphql.GraphQLSchema, text: str) -> str:
    """Select in every object what needs no arguments, and `__typename`, which tells the members of a union apart."""
    types = graphql.TypeInfo(schema)
    extended = graphql.visit(graphql.parse(text), graphql.TypeInfoVisitor(types, _Extension(schema, types)))
    return graphql.print_ast(extended)


class _Extension(graphql.Visitor):
    def __init__(self, schema: graphql.GraphQLSchema, types: graphql.TypeInfo) -> None:
        super().__init__()
        self._schema, self._types = schema, types

    def enter_selection_set(self, node: SelectionSetNode, *_: object) -> SelectionSetNode:
        # The additions have selections of their own, which are visited as well: they are complete already.
        parent = self._types.get_parent_type()
        is_extended = any(item is _TYPE_NAME for item in node.selections)
        if is_extended or not graphql.is_composite_type(parent):
            return node
        additions = () if parent is self._schema.query_type else _selections(self._schema, parent, _DEPTH)
        return SelectionSetNode(selections=(*node.selections, _TYPE_NAME, *additions))


def _selections(schema: graphql.GraphQLSchema, parent: GraphQLNamedType, depth: int) -> tuple[SelectionNode, ...]:
    if graphql.is_abstract_type(parent):
        return tuple(
            InlineFragmentNode(
                type_condition=graphql.NamedTypeNode(name=NameNode(value=member.name)),
                selection_set=_selection_set(schema, member, depth),
                directives=(),
            )
            for member in schema.get_possible_types(parent)
        )
    fields = [_field(schema, parent, name, field, depth) for name, field in parent.fields.items() if not field.args]
    return tuple(field for field in fields if field is not None)


def _field(
    schema: graphql.GraphQLSchema, parent: GraphQLNamedType, name: str, field: GraphQLField, depth: int
) -> FieldNode | None:
    """Select a field under an alias of its type, because members of a union may have one name for different types."""
    inner = graphql.get_named_type(field.type)
    if not graphql.is_composite_type(inner):
        nested = None
    elif depth:
        nested = _selection_set(schema, inner, depth - 1)
    else:
        return None
    alias = NameNode(value=f"{parent.name}_{name}")
    return FieldNode(alias=alias, name=NameNode(value=name), arguments=(), directives=(), selection_set=nested)


def _selection_set(schema: graphql.GraphQLSchema, parent: GraphQLNamedType, depth: int) -> SelectionSetNode:
    return SelectionSetNode(selections=(_TYPE_NAME, *_selections(schema, parent, depth)))
