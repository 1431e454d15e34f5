"""`_entities` that survives what a router can send: each representation answers for itself.

What is not an entity is refused here; a failed lookup is an error of `resolve_reference`. Codes: `errors.py`.
"""

import functools
from collections.abc import Mapping
from typing import Any

import strawberry
from strawberry.federation.schema import FederationAny
from strawberry.federation.schema_directives import Key
from strawberry.types.base import StrawberryObjectDefinition, get_object_definition
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from cg_client.errors import BadArgument
from served_schema.sdl import standalone


class Schema(strawberry.federation.Schema):
    @functools.cached_property
    def subgraph_sdl(self) -> str:
        """The SDL for routers, which takes 50 ms to print."""
        return self.as_str() + "\n"

    @functools.cached_property
    def sdl(self) -> str:
        """The SDL for clients."""
        return standalone(self.subgraph_sdl)

    def _get_federation_query_type(self, *args: Any) -> type:  # noqa: ANN401  # Strawberry's
        """Let `_service` answer with the SDL that was printed before: Strawberry prints it for each field."""
        query = super()._get_federation_query_type(*args)
        service = _field(query, "_service").type
        _field(service, "sdl").base_resolver = StrawberryResolver(lambda: self.subgraph_sdl)
        return query

    def entities_resolver(self, info: strawberry.Info, representations: list[FederationAny]) -> list[FederationAny]:
        """Return for each representation an entity, an awaitable of one, or (not raised) the error of it alone."""
        return [self._entity(info, representation) for representation in representations]  # type: ignore[misc]  # what graphql-core takes for one item

    def _entity(self, info: strawberry.Info, representation: object) -> object:
        if not isinstance(representation, Mapping):
            return BadArgument("A representation is an object with `__typename` and the entity's key.")
        typename = representation.get("__typename")
        entity_type = self.schema_converter.type_map.get(typename) if isinstance(typename, str) else None
        definition = None if entity_type is None else entity_type.definition
        keys = _keys(definition)
        if keys is None or not isinstance(definition, StrawberryObjectDefinition):
            return BadArgument(f"{typename!r} is no entity of this graph.")
        if not all(isinstance(representation.get(key), str) for key in keys):
            return BadArgument(f"A {typename} is identified by text in {' and '.join(f'`{key}`' for key in keys)}.")
        return definition.origin.resolve_reference(info=info, **{key: representation[key] for key in keys})


def _field(origin: object, name: str) -> StrawberryField:
    definition = get_object_definition(origin, strict=True)
    return next(field for field in definition.fields if name in (field.graphql_name, field.python_name))


def _keys(definition: object) -> list[str] | None:
    """Return the names of the entity's key fields, or None if the type is not an entity."""
    if not isinstance(definition, StrawberryObjectDefinition):
        return None
    return next((str(key.fields).split() for key in definition.directives or () if isinstance(key, Key)), None)
