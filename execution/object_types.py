"""Which type an object of a union or an interface has: by its class, out of a dictionary."""

from typing import Any

from graphql import GraphQLAbstractType, GraphQLInterfaceType, GraphQLResolveInfo, GraphQLSchema, GraphQLUnionType
from strawberry.types.base import StrawberryObjectDefinition


def resolve_by_class(schema: GraphQLSchema) -> None:
    """Puts a dictionary before Strawberry's search, which still answers for every class that is not in it."""
    for found in schema.type_map.values():
        if isinstance(found, GraphQLUnionType | GraphQLInterfaceType) and not found.name.startswith("__"):
            found.resolve_type = _resolver(schema, found)


def _resolver(schema: GraphQLSchema, abstract: GraphQLUnionType | GraphQLInterfaceType) -> Any:  # noqa: ANN401  # graphql-core's type of resolvers
    names = {
        definition.origin: possible.name
        for possible in schema.get_possible_types(abstract)
        if (definition := _plain(possible.extensions.get("strawberry-definition"))) is not None
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
