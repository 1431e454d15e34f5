"""Calls of resolvers whose arguments were there before: coerced and converted once, for each field and its variables.

The stock executor coerces arguments, and Strawberry converts them, each time that a field is resolved.
"""

from collections.abc import Callable, Hashable
from datetime import date, datetime
from enum import Enum
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    VariableNode,
    Visitor,
    visit,
)
from graphql.execution.values import VariableValues, get_argument_values
from strawberry import UNSET, Info
from strawberry.schema.schema_converter import get_arguments
from strawberry.types.field import StrawberryField

_ABSENT = Undefined
_UNCHANGEABLE = (str, int, float, bool, type(None), Enum, datetime, date, type(UNSET), type(_ABSENT))
_CALLS_AT_MOST = 256  # of one field
_TEXT_AT_MOST = 256  # characters of a variable: longer ones would make what is kept large


class ResolverCall:
    """Calls a field's resolver as Strawberry would with these arguments."""

    __slots__ = ("_arguments", "_info", "_parent", "_resolve", "_self")

    def __init__(self, field: StrawberryField, arguments: dict[str, Any]) -> None:
        resolver = field.base_resolver
        assert resolver is not None  # noqa: S101  # there is none to call without it
        self._arguments = arguments
        self._resolve: Callable[..., Any] = resolver.wrapped_func if callable(resolver.wrapped_func) else resolver
        self._self = resolver.self_parameter is not None
        self._info = None if resolver.info_parameter is None else resolver.info_parameter.name
        self._parent = {one.name for one in (resolver.parent_parameter, resolver.root_parameter) if one is not None}

    def __call__(self, source: object, info: Info[Any, Any]) -> Any:  # noqa: ANN401  # whatever the resolver gives
        arguments = self._arguments
        if self._info is not None:
            arguments = {**arguments, self._info: info}
        if self._parent:
            arguments = {**arguments, **dict.fromkeys(self._parent, source)}
        return self._resolve(source, **arguments) if self._self else self._resolve(**arguments)


class ResolverCalls:
    """The calls of one field of a document, by the values of the variables in its arguments."""

    __slots__ = ("_calls", "_field", "_node", "_schema", "_variables", "definition")

    def __init__(self, field: GraphQLField, node: FieldNode, schema: Any) -> None:  # noqa: ANN401  # Strawberry's, which is not typed here
        self._field, self._node, self._schema = field, node, schema
        known = _plain(field.extensions.get("strawberry-definition"))
        self.definition = known if schema.config.info_class is Info else None
        self._variables = () if self.definition is None else _variables(node)
        self._calls: dict[Hashable, ResolverCall | None] = {}

    @property
    def are_kept(self) -> bool:
        """Whether there are any that need not go through the stock executor."""
        return self.definition is not None

    def get(self, variables: VariableValues) -> ResolverCall | None:
        """None where the stock executor has to see to it: an argument is wrong, or could be changed by who gets it."""
        if self.definition is None:
            return None
        values = [variables.coerced.get(name, _ABSENT) for name in self._variables]
        key = (*map(type, values), *values)  # since 1 and 1.0 and True are equal
        try:
            if key in self._calls:
                return self._calls[key]
        except TypeError:  # what can be changed is no key
            return None
        return self._new(key, values, self.definition, variables)

    def _new(
        self, key: Hashable, values: list[Any], definition: StrawberryField, variables: VariableValues
    ) -> ResolverCall | None:
        if not all(isinstance(value, _UNCHANGEABLE) for value in values) or any(map(_is_long, values)):
            return None
        if len(self._calls) >= _CALLS_AT_MOST:
            self._calls.clear()
        self._calls[key] = made = self._made(definition, variables)
        return made

    def _made(self, definition: StrawberryField, variables: VariableValues) -> ResolverCall | None:
        try:
            given = get_argument_values(self._field, self._node, variables)
            if not _all_unchangeable(given):
                return None
            _, arguments = get_arguments(
                field=definition,
                source=None,
                info=None,  # type: ignore[arg-type]  # only input objects ask for it
                kwargs=given,
                config=self._schema.config,
                scalar_registry=self._schema.schema_converter.scalar_registry,
            )
        except Exception:  # noqa: BLE001  # an argument that is wrong: the stock executor says so
            return None
        return ResolverCall(definition, arguments) if _all_unchangeable(arguments) else None


def _plain(definition: object) -> StrawberryField | None:
    """The field, if calling its resolver is all that Strawberry does for it."""
    if type(definition) is not StrawberryField or definition.base_resolver is None:
        return None
    return None if definition.extensions or definition.is_subscription else definition


def _is_long(value: object) -> bool:
    return isinstance(value, str) and len(value) > _TEXT_AT_MOST


def _all_unchangeable(arguments: dict[str, Any]) -> bool:
    return all(isinstance(value, _UNCHANGEABLE) for value in arguments.values())


def _variables(node: FieldNode) -> tuple[str, ...]:
    """The variables in the arguments of a field."""
    found: dict[str, None] = {}

    class Variables(Visitor):
        def enter_variable(self, variable: VariableNode, *_: object) -> None:
            found[variable.name.value] = None

    for argument in node.arguments or ():
        if isinstance(argument.value, VariableNode):
            found[argument.value.name.value] = None
        elif isinstance(argument.value, ListValueNode | ObjectValueNode):
            visit(argument.value, Variables())
    return tuple(found)
