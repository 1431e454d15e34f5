"""How fields are declared: typed functions around `strawberry.field`."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import strawberry
from strawberry.types.field import StrawberryField

R = TypeVar("R", bound=Callable[..., Any])


def value(
    description: str, *, source_name: str | None = None, codes: Mapping[int, Any] | None = None, percent: bool = False
) -> StrawberryField:
    """Annotate a value that every upstream record has.

    One that is absent or unreadable all the same is null and reported as an anomaly; where the type has no null, its
    row is skipped. `source_name` is CoinGlass' name where it differs from the field's and the endpoint has no alias for
    it. `codes` are the enum members, or the truth values, behind CoinGlass' numbers. A `percent` may be a text such as
    `7.9%`; fields with `percent` in their name are one by themselves.
    """
    return _field(description, source_name=source_name, codes=codes, percent=percent)


def sparse(
    description: str,
    *,
    source_name: str | None = None,
    codes: Mapping[int, Any] | None = None,
    percent: bool = False,
    verbatim: bool = False,
) -> StrawberryField:
    """Annotate a value that some upstream records lack. It is null there, without an anomaly.

    With `verbatim` it is the text that CoinGlass wrote, and null for a number.
    """
    return _field(description, source_name=source_name, codes=codes, percent=percent, verbatim=verbatim, sparse=True)


def group(description: str, source_name: str = "{}") -> StrawberryField:
    """Annotate an object that groups values of the same record; `source_name` is a template for their names."""
    return _field(description, source_name=source_name, group=True)


def _field(description: str, **metadata: object) -> StrawberryField:
    field = strawberry.field(description=description, metadata=metadata)
    assert isinstance(field, StrawberryField)  # noqa: S101  # the stub says Any
    return field


def resolved(description: str, **options: Any) -> Callable[[Callable[..., Any]], StrawberryField]:  # noqa: ANN401  # passed on as they are
    """Decorate a resolver as `@strawberry.field(description=...)` does, with a type that mypy accepts."""

    def decorate(resolver: Callable[..., Any]) -> StrawberryField:
        field = strawberry.field(omittable(resolver), description=description, **options)
        assert isinstance(field, StrawberryField)  # noqa: S101  # as above
        return field

    return decorate


def namespace(kind: type, description: str) -> StrawberryField:
    """Make a field of an object that only groups fields."""

    def resolve() -> object:
        return kind()

    resolve.__annotations__["return"] = kind
    return resolved(description)(resolve)


def omittable(resolver: R) -> R:
    """Show arguments with a default of None as optional, not as `= null`."""
    signature = inspect.signature(resolver)
    shown = [
        parameter.replace(default=strawberry.UNSET) if parameter.default is None else parameter
        for parameter in signature.parameters.values()
    ]
    resolver.__signature__ = signature.replace(parameters=shown)  # type: ignore[attr-defined]  # inspect reads it from any callable
    return resolver
