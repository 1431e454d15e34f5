"""GraphQL arguments made from a parameter class."""

import contextlib
import dataclasses
import inspect
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import strawberry

from cg_client.errors import InvalidRequest
from cg_client.params.core import Fixed, Params
from resolvers.context import Info


def arguments_of(
    params: type[Params], without: Collection[str], defaults: Mapping[str, object]
) -> list[inspect.Parameter]:
    """One argument for each parameter that the caller chooses; a default of None means that it may be left out.

    `defaults` are for the parameters that this field need not be told.
    """
    hints = get_type_hints(params, include_extras=True)
    chosen = [field for field in dataclasses.fields(params) if field.name not in without]
    return [
        _argument(field, hints[field.name], defaults.get(field.name, field.default))
        for field in chosen
        if not any(isinstance(mark, Fixed) for mark in hints[field.name].__metadata__)
    ]


def argument(
    name: str,
    kind: Any,  # noqa: ANN401  # a type or a union
    description: str,
    default: object = inspect.Parameter.empty,
) -> inspect.Parameter:
    """Return an argument without the trailing underscore that avoids Python's keywords."""
    shown = name.rstrip("_") if name.endswith("_") else None
    annotation = Annotated[kind, strawberry.argument(description=description, name=shown)]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def sign(resolve: Callable[..., Any], parameters: Iterable[inspect.Parameter]) -> None:
    """Give a resolver of `(self, info, **arguments)` the signature that Strawberry reads."""
    fixed = [
        inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=object),
        inspect.Parameter("info", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Info),
    ]
    resolve.__signature__ = inspect.Signature([*fixed, *parameters])  # type: ignore[attr-defined]  # inspect reads it from any callable


@contextlib.contextmanager
def blamed_on(argument: str) -> Iterator[None]:
    """Name the argument in an InvalidRequest that is raised inside."""
    try:
        yield
    except InvalidRequest as error:
        error.argument = argument
        raise


def _argument(field: "dataclasses.Field[Any]", hint: Any, default: object) -> inspect.Parameter:  # noqa: ANN401  # an Annotated type
    kind, description = get_args(hint)[:2]
    if get_origin(kind) is tuple:
        return argument(field.name, list[str] | None, description, strawberry.UNSET)
    if default is dataclasses.MISSING:
        default = inspect.Parameter.empty
    return argument(field.name, kind, description, strawberry.UNSET if default is None else default)
