"""Arguments that filter and order a list, generated from the class of its rows.

The class is the only place that names the figures: its groups become groups of the filter, its values conditions, and
the enum of what orders the list has a member for each value.
"""

import functools
from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple, TypeAlias

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.base import StrawberryOptional
from strawberry.types.field import StrawberryField

from payloads.source import fields_of

Path: TypeAlias = tuple[str, ...]  # names of attributes, from the row to a value

COMBINING = ("and_", "or_")  # members of a filter that are filters themselves
_OURS = ("source",)


@strawberry.enum(description="Which end of an order comes first. What has no value comes last in both.")
class OrderDirection(Enum):
    ASC = strawberry.enum_value("ASC", description="The least first.")
    DESC = strawberry.enum_value("DESC", description="The greatest first.")


def _condition(description: str, name: str | None = None) -> Any:  # noqa: ANN401  # strawberry's own stub
    return strawberry.field(default=strawberry.UNSET, description=description, name=name)


_IS_NULL = "Whether there is no value. A row without a value meets no other condition."


@strawberry.input(description="Conditions on a figure, all of which hold. One that is null is left out.")
class NumberCondition:
    eq: float | None = _condition("Equal to it.")
    gt: float | None = _condition("Greater than it.")
    gte: float | None = _condition("Greater than it, or equal.")
    lt: float | None = _condition("Less than it.")
    lte: float | None = _condition("Less than it, or equal.")
    in_: list[float] | None = _condition("Equal to one of these.", "in")
    is_null: bool | None = _condition(_IS_NULL)


@strawberry.input(description="Conditions on a name in any case, all of which hold. One that is null is left out.")
class TextCondition:
    eq: str | None = _condition("Equal to it.")
    in_: list[str] | None = _condition("Equal to one of these.", "in")
    is_null: bool | None = _condition(_IS_NULL)


@strawberry.input(description="Conditions on a time, all of which hold. One that is null is left out.")
class TimeCondition:
    eq: datetime | None = _condition("Equal to it.")
    gt: datetime | None = _condition("Later than it.")
    gte: datetime | None = _condition("Later than it, or equal.")
    lt: datetime | None = _condition("Earlier than it.")
    lte: datetime | None = _condition("Earlier than it, or equal.")
    in_: list[datetime] | None = _condition("Equal to one of these.", "in")
    is_null: bool | None = _condition(_IS_NULL)


Condition: TypeAlias = NumberCondition | TextCondition | TimeCondition
_CONDITIONS: dict[object, type[Condition]] = {float: NumberCondition, str: TextCondition, datetime: TimeCondition}


class RowInputs(NamedTuple):
    """The types of `where` and of an item of `orderBy`, and the enum of what orders the rows."""

    where: type
    order: type
    figures: type[Enum]


def row_inputs(row: type) -> RowInputs:
    """Declare the inputs for lists of these rows."""
    name = row.__name__
    figures = _figures_enum(row)
    order = _input(
        f"{name}Order",
        "One figure that orders the list.",
        {
            "field": (figures, strawberry.field(description="The figure.")),
            "direction": (
                OrderDirection,
                strawberry.field(default=OrderDirection.DESC, description="The greatest or the least first."),
            ),
        },
    )
    return RowInputs(_filter(row, combines=True), order, figures)


def paths_of(row: type) -> Iterator[tuple[Path, str]]:
    """Yield the path of each value of a row, and what it is."""
    for field, inner in _members(row):
        if field.metadata.get("group"):
            for path, description in paths_of(inner):
                yield (field.python_name, *path), description if len(path) > 1 else f"{field.description} {description}"
        else:
            yield (field.python_name,), field.description or ""


def _members(row: type) -> Iterator[tuple[StrawberryField, Any]]:
    """Yield the fields that upstream fills, with their types but for null."""
    for field in fields_of(row):
        if field.python_name not in _OURS:
            kind = field.type
            yield field, kind.of_type if isinstance(kind, StrawberryOptional) else kind


def _figures_enum(row: type) -> type[Enum]:
    members = {
        "_".join(path).upper(): strawberry.enum_value(".".join(path), description=description)
        for path, description in paths_of(row)
    }
    figures = Enum(f"{row.__name__}Figure", members)  # type: ignore[misc]  # its members are known at run time
    return strawberry.enum(figures, description=f"What orders a list of `{row.__name__}`.")


@functools.cache  # a group that several rows have is one type
def _filter(row: type, *, combines: bool = False) -> type:
    members: dict[str, tuple[Any, Any]] = {}
    for field, inner in _members(row):
        kind = _filter(inner) if field.metadata.get("group") else _CONDITIONS[inner]
        members[field.python_name] = (kind | None, _condition(field.description or ""))
    if combines:
        members["and_"] = (object, _condition("All of these hold.", "and"))
        members["or_"] = (object, _condition("At least one of these holds. With an empty list none does.", "or"))
    kind = _input(f"{row.__name__}Filter", f"Conditions on a `{row.__name__}`, all of which hold.", members)
    for field in fields_of(kind):
        if field.python_name in COMBINING:  # whose items are of this class, which exists only now
            field.type_annotation = StrawberryAnnotation(list[kind] | None)  # type: ignore[valid-type]  # a class made at run time
    return kind


def _input(name: str, description: str, members: dict[str, tuple[Any, Any]]) -> type:
    body = {
        "__module__": __name__,
        "__annotations__": {member: kind for member, (kind, _) in members.items()},
        **{member: field for member, (_, field) in members.items()},
    }
    return strawberry.input(type(name, (), body), description=description)
