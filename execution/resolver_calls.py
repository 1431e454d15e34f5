"""Calls of resolvers with arguments that are coerced and converted once, for each field and values of its variables.

The default executor coerces arguments, and Strawberry converts them, each time that a field is resolved.
"""

from collections.abc import Callable, Hashable, Iterator
from datetime import date, datetime
from enum import Enum
from functools import partial
from typing import Any

import strawberry
from graphql import (
    FieldNode,
    GraphQLField,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    VariableValues,
    get_argument_values,
)
from strawberry import UNSET
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from execution.scalar_serializers import Unsupported

_IMMUTABLE = (str, int, float, bool, type(None), Enum, datetime, date, type(UNSET), type(Undefined))
_MAX_CALLS = 256  # cached of one field
_MAX_TEXT = 256  # characters of a variable: longer ones would fill the cache


class ResolverCall:
    """Calls a field's resolver as Strawberry would with these arguments."""

    __slots__ = ("_info", "_parent", "_resolve", "_self")

    def __init__(self, field: StrawberryField, arguments: dict[str, Any]) -> None:
        resolver = field.base_resolver
        if resolver is None:
            raise Unsupported
        function = resolver.wrapped_func if callable(resolver.wrapped_func) else resolver
        self._resolve: Callable[..., Any] = partial(function, **arguments)
        self._self = resolver.self_parameter is not None
        self._info = None if resolver.info_parameter is None else resolver.info_parameter.name
        self._parent = resolver.parent_parameter or resolver.root_parameter

    def __call__(self, source: object, info: object) -> Any:  # noqa: ANN401  # whatever the resolver gives
        more = {} if self._info is None else {self._info: info}
        if self._parent is not None:
            more[self._parent.name] = source
        return self._resolve(source, **more) if self._self else self._resolve(**more)


class ResolverCalls:
    """The calls of one field of a document, by the values of the variables in its arguments."""

    __slots__ = ("_calls", "_definition", "_field", "_node", "_schema", "_variables")

    def __init__(self, field: GraphQLField, node: FieldNode, schema: strawberry.Schema) -> None:
        """Raise Unsupported unless calling the resolver is all that Strawberry does for the field."""
        definition = field.extensions.get("strawberry-definition")
        if type(definition) is not StrawberryField or definition.base_resolver is None or definition.extensions:
            raise Unsupported
        self._definition: StrawberryField = definition
        self._field, self._node, self._schema = field, node, schema
        self._variables: dict[str, None] = {}
        for argument in node.arguments or ():
            self._variables.update(dict.fromkeys(_variables(argument.value)))
        self._calls: dict[Hashable, ResolverCall] = {}

    def get(self, variables: VariableValues) -> ResolverCall:
        """Return the call with these variables; raises whatever a wrong argument makes of it."""
        if not self._variables:
            key: Hashable = ()
        else:
            values = [variables.coerced.get(name, Undefined) for name in self._variables]
            key = (*map(type, values), *values)  # since 1 and 1.0 and True are equal
        try:
            call = self._calls.get(key)
        except TypeError:  # a list or an object, which the resolver could change
            return ResolverCall(self._definition, self._arguments(variables))
        return self._new(key, variables) if call is None else call

    def _new(self, key: Hashable, variables: VariableValues) -> ResolverCall:
        arguments = self._arguments(variables)
        call = ResolverCall(self._definition, arguments)
        if all(map(_is_immutable, arguments.values())):
            if len(self._calls) >= _MAX_CALLS:
                self._calls.clear()
            self._calls[key] = call
        return call

    def _arguments(self, variables: VariableValues) -> dict[str, Any]:
        return convert_arguments(
            get_argument_values(self._field, self._node, variables),
            self._definition.arguments,
            scalar_registry=self._schema.schema_converter.scalar_registry,
            config=self._schema.config,
        )


def _is_immutable(value: object) -> bool:
    return isinstance(value, _IMMUTABLE) and not (isinstance(value, str) and len(value) > _MAX_TEXT)


def _variables(value: ValueNode) -> Iterator[str]:
    match value:
        case VariableNode():
            yield value.name.value
        case ListValueNode():
            for item in value.values:
                yield from _variables(item)
        case ObjectValueNode():
            for field in value.fields:
                yield from _variables(field.value)
