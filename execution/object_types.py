"""Which type an object has: by its class, out of a dictionary."""

from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLUnionType,
    is_abstract_type,
)
from strawberry.types.base import StrawberryObjectDefinition

_DEFINITION = "strawberry-definition"


class ObjectTypes:
    """The type of an object that a field of some type holds, by the class of the object; looked for once."""

    def __init__(self) -> None:
        self._known: dict[tuple[GraphQLOutputType, type], GraphQLObjectType | None] = {}

    def of(self, declared: GraphQLOutputType, found: type, schema: GraphQLSchema) -> GraphQLObjectType | None:
        """None for what is no object, or whose class leaves it open."""
        key = declared, found
        if key not in self._known:
            self._known[key] = _object_type(declared, found, schema)
        return self._known[key]


def _object_type(declared: GraphQLOutputType, found: type, schema: GraphQLSchema) -> GraphQLObjectType | None:
    kind = declared.of_type if isinstance(declared, GraphQLNonNull) else declared
    possible = schema.get_possible_types(kind) if is_abstract_type(kind) else [kind]
    return next((one for one in possible if isinstance(one, GraphQLObjectType) and _is_made_of(one, found)), None)


def _is_made_of(kind: GraphQLObjectType, found: type) -> bool:
    definition = _plain(kind.extensions.get(_DEFINITION))
    return definition is not None and definition.origin is found and not hasattr(found, "__await__")


def resolve_by_class(schema: GraphQLSchema) -> None:
    """Puts a dictionary before Strawberry's search, which still answers for every class that is not in it."""
    for found in schema.type_map.values():
        if isinstance(found, GraphQLUnionType | GraphQLInterfaceType) and not found.name.startswith("__"):
            found.resolve_type = _resolver(schema, found)


def _resolver(schema: GraphQLSchema, abstract: GraphQLUnionType | GraphQLInterfaceType) -> Any:  # noqa: ANN401  # graphql-core's type of resolvers
    names = {
        definition.origin: possible.name
        for possible in schema.get_possible_types(abstract)
        if (definition := _plain(possible.extensions.get(_DEFINITION))) is not None
    }
    search = abstract.resolve_type

    def resolve(value: object, info: GraphQLResolveInfo[Any], kind: GraphQLAbstractType) -> Any:  # noqa: ANN401  # as above
        name = names.get(type(value))
        return name if name is not None or search is None else search(value, info, kind)

    return resolve


def _plain(definition: object) -> StrawberryObjectDefinition | None:
    """The definition of a class that makes objects of one type only."""
    if not isinstance(definition, StrawberryObjectDefinition):
        return None
    generic = definition.is_graphql_generic or definition.concrete_of is not None
    return None if generic or definition.is_type_of is not None else definition
