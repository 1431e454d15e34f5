"""Resolvers whose arguments stand in the document: coerced and converted once for a field of a document, then called.

The stock executor coerces literals, and Strawberry converts them, each time that the field is resolved.
"""

from collections.abc import Callable
from datetime import date, datetime
from enum import Enum
from typing import Any

from graphql import FieldNode, GraphQLField, GraphQLResolveInfo, OperationDefinitionNode, VariableNode, Visitor, visit
from graphql.execution.values import VariableValues, get_argument_values
from strawberry import UNSET
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema_converter import get_arguments
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

_UNCHANGEABLE = (str, int, float, bool, type(None), Enum, datetime, date, type(UNSET))


class LiteralCall:
    """Calls a field's resolver as Strawberry would with these arguments."""

    __slots__ = ("_arguments", "_config", "_field", "_info", "_parent", "_resolve", "_self")

    def __init__(
        self,
        field: StrawberryField,
        resolver: StrawberryResolver[Any],
        config: StrawberryConfig,
        arguments: dict[str, Any],
    ) -> None:
        self._field, self._config, self._arguments = field, config, arguments
        self._resolve: Callable[..., Any] = resolver
        self._self = resolver.self_parameter is not None
        self._info = None if resolver.info_parameter is None else resolver.info_parameter.name
        self._parent = {one.name for one in (resolver.parent_parameter, resolver.root_parameter) if one is not None}

    def __call__(self, source: object, info: GraphQLResolveInfo[Any]) -> Any:  # noqa: ANN401  # whatever the resolver gives
        arguments = self._arguments.copy()
        if self._info is not None:
            arguments[self._info] = self._config.info_class(_raw_info=info, _field=self._field)
        for name in self._parent:
            arguments[name] = source
        return self._resolve(source, **arguments) if self._self else self._resolve(**arguments)


def literal_call(
    field: GraphQLField,
    node: FieldNode,
    schema: Any,  # noqa: ANN401  # Strawberry's, which is not typed here
    operation: OperationDefinitionNode,
) -> LiteralCall | None:
    """None where there is nothing to call, or where an argument is no unchangeable literal or none at all."""
    definition = field.extensions.get("strawberry-definition")
    if type(definition) is not StrawberryField or definition.base_resolver is None or definition.extensions:
        return None
    if definition.is_subscription or (operation.variable_definitions and has_variables(node)):
        return None
    given = get_argument_values(field, node, VariableValues({}, {}))
    if not all(isinstance(value, _UNCHANGEABLE) for value in given.values()):
        return None
    converter = schema.schema_converter
    _, converted = get_arguments(
        field=definition,
        source=None,
        info=None,  # type: ignore[arg-type]  # only input objects ask for it
        kwargs=given,
        config=schema.config,
        scalar_registry=converter.scalar_registry,
    )
    if not all(isinstance(value, _UNCHANGEABLE) for value in converted.values()):
        return None
    return LiteralCall(definition, definition.base_resolver, schema.config, converted)


def has_variables(node: FieldNode) -> bool:
    """Whether an argument of the field holds a variable."""
    found: list[VariableNode] = []

    class Variables(Visitor):
        def enter_variable(self, variable: VariableNode, *_: object) -> None:
            found.append(variable)

    for argument in node.arguments or ():
        visit(argument, Variables())
    return bool(found)
