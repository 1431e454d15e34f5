"""How fields are declared: typed functions around `strawberry.field`."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import strawberry
from strawberry.types.field import StrawberryField

R = TypeVar("R", bound=Callable[..., Any])


def value(description: str, *, wire: str | None = None, codes: Mapping[int, Any] | None = None) -> StrawberryField:
    """A value of an upstream record, to stand in `Annotated`.

    `wire` is the upstream name where it differs from the field's and the endpoint spells it no otherwise. `codes` are
    the enum members, or the truth values, behind upstream's numbers.
    """
    return _field(description, {"wire": wire, "codes": codes})


def group(description: str, wire: str = "{}") -> StrawberryField:
    """Values of the same record that belong together; `wire` is a template that the members' names fill."""
    return _field(description, {"wire": wire, "group": True})


def _field(description: str, metadata: Mapping[object, object]) -> StrawberryField:
    field = strawberry.field(description=description, metadata=metadata)
    assert isinstance(field, StrawberryField)  # noqa: S101  # the stub says Any
    return field


def resolved(description: str, **options: Any) -> Callable[[Callable[..., Any]], StrawberryField]:  # noqa: ANN401  # passed on as they are
    """`@strawberry.field(description=...)`, whose stub is too loose for a strict decorator."""

    def decorate(resolver: Callable[..., Any]) -> StrawberryField:
        field = strawberry.field(omittable(resolver), description=description, **options)
        assert isinstance(field, StrawberryField)  # noqa: S101  # as above
        return field

    return decorate


def omittable(resolver: R) -> R:
    """The resolver, whose arguments with a default of None are shown as such that may be left out, not as `= null`."""
    signature = inspect.signature(resolver)
    shown = [
        one.replace(default=strawberry.UNSET) if one.default is None else one for one in signature.parameters.values()
    ]
    resolver.__signature__ = signature.replace(parameters=shown)  # type: ignore[attr-defined]  # inspect reads it from any callable
    return resolver
