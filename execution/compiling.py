"""Finds out of graphql-core's own collection of fields what can be completed column by column, and compiles it."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    is_leaf_type,
)
from graphql.execution.collect_fields import CollectedFields, FieldDetails, FieldDetailsList
from strawberry.types.base import StrawberryObjectDefinition

from execution.leaves import completer
from execution.selection import Field, LeafList, Nested, NestedList, Part, Selection

Find: TypeAlias = Callable[[GraphQLObjectType, FieldDetailsList], Selection | None]  # what is selected below

_DEFINITION = "strawberry-definition"


def selected(object_type: GraphQLObjectType, collected: CollectedFields, find: Find) -> Selection | None:
    """What is selected of the type; None where only the stock executor can tell."""
    definition = object_type.extensions.get(_DEFINITION)
    grouped, deferred, forbidden = collected
    if not isinstance(definition, StrawberryObjectDefinition) or _is_peculiar(definition) or deferred or forbidden:
        return None
    fields = []
    for key, details in grouped.items():
        field = _field(object_type, key, details, find)
        if field is None:
            return None
        fields.append(field)
    return Selection(definition.origin, object_type.name, fields)


def _field(parent: GraphQLObjectType, key: str, details: FieldDetailsList, find: Find) -> Field | None:
    name = details[0].node.name.value
    if name == "__typename":
        return Field(key, name, None, None)
    field = parent.fields.get(name)
    attribute = None if field is None else _attribute(field)
    if field is None or attribute is None or any(map(_has_odd_directive, details)):
        return None
    found = part(field.type, details, find)
    return None if found is None else Field(key, attribute, *found)


def part(declared: GraphQLOutputType, details: FieldDetailsList, find: Find) -> tuple[Part, Any] | None:
    """How values of the type are completed, and the signature of that."""
    kind, nullable = _unwrapped(declared)
    if is_leaf_type(kind):
        complete = completer(kind, nullable=nullable)
        return None if complete is None else (complete, None)
    if isinstance(kind, GraphQLList):
        return _list_part(kind.of_type, details, find, nullable=nullable)
    if not isinstance(kind, GraphQLObjectType):
        return None
    selection = find(kind, details)
    return None if selection is None else (Nested(selection, nullable=nullable), selection.signature)


def _list_part(
    item_type: GraphQLOutputType, details: FieldDetailsList, find: Find, *, nullable: bool
) -> tuple[Part, Any] | None:
    kind, nullable_item = _unwrapped(item_type)
    if is_leaf_type(kind):
        complete = completer(kind, nullable=nullable_item)
        return None if complete is None else (LeafList(complete, nullable=nullable), None)
    if not isinstance(kind, GraphQLObjectType):
        return None
    selection = find(kind, details)
    return None if selection is None else (NestedList(selection, nullable=nullable), selection.signature)


def _unwrapped(declared: GraphQLOutputType) -> tuple[GraphQLOutputType, bool]:
    return (declared.of_type, False) if isinstance(declared, GraphQLNonNull) else (declared, True)


def _attribute(field: GraphQLField) -> str | None:
    """The attribute that the field reads, where that is all that it does."""
    definition = field.extensions.get(_DEFINITION)
    if field.args or definition is None or not getattr(field.resolve, "_is_default", False):
        return None
    name: str = definition.python_name
    return name if definition.is_basic_field and name.isidentifier() else None


def _is_peculiar(definition: StrawberryObjectDefinition) -> bool:
    """Whether the class has its own say in which objects are of it."""
    return definition.is_type_of is not None or definition.is_graphql_generic or definition.concrete_of is not None


def _has_odd_directive(details: FieldDetails) -> bool:
    node = details.node
    odd: Iterator[bool] = (one.name.value not in ("include", "skip") for one in node.directives or ())
    return any(odd) or bool(node.arguments)
