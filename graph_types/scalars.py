"""The scalars of the graph. They raise GraphQLError for input, since graphql-core hides the message of any other."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import NewType, TypeAlias, TypeVar

import strawberry
from graphql import GraphQLError, ValueNode, print_ast
from graphql.utilities import value_from_ast_untyped
from strawberry.schema.types.base_scalars import DateDefinition
from strawberry.types.scalar import ScalarDefinition

Timestamp = NewType("Timestamp", int)
T = TypeVar("T")

_MAX_SHOWN = 80  # characters of a wrong value
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def format_time(time: datetime) -> str:
    """Format as ISO-8601 in UTC ending in `Z`, with milliseconds only if there are some."""
    utc = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    return utc.isoformat(timespec="milliseconds" if utc.microsecond else "seconds").replace("+00:00", "Z")


def time_of(milliseconds: int | None) -> datetime | None:
    """Convert a stored time to the datetime that resolvers give; raises OverflowError beyond the years of a datetime.

    Not by way of seconds as a float, which has no room for the milliseconds of far years.
    """
    return None if milliseconds is None else _EPOCH + timedelta(milliseconds=milliseconds)


def parse_time(text: object, written: str) -> datetime:
    """Parse a time from ISO-8601; without an offset it is UTC."""
    if not isinstance(text, str):
        raise GraphQLError(f"A DateTime is ISO-8601 text such as `2026-01-31T00:00:00Z`, not {written}.")
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise GraphQLError(f"{written} is not an ISO-8601 time such as `2026-01-31T00:00:00Z`.") from None


def _parse_timestamp(value: object, written: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise GraphQLError(f"A Timestamp is an integer of milliseconds, not {written}.")
    return value


_Parse: TypeAlias = Callable[[object, str], T]  # the value, and how it was written


def _from_value(parse: _Parse[T]) -> Callable[[object], T]:
    return lambda value: parse(value, _short(json.dumps(value, default=repr, ensure_ascii=False)))


def _from_literal(parse: _Parse[T]) -> Callable[[ValueNode, Mapping[str, object] | None], T]:
    """Parse literals as values are parsed, with errors located at the literal."""

    def parsed(node: ValueNode, variables: Mapping[str, object] | None = None) -> T:
        try:
            return parse(value_from_ast_untyped(node, dict(variables or {})), _short(print_ast(node)))
        except GraphQLError as error:
            raise GraphQLError(error.message, node) from None

    return parsed


def _short(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"


_RFC_3339 = "https://datatracker.ietf.org/doc/html/rfc3339"
_TIME_VALUE = "https://tc39.es/ecma262/#sec-time-values-and-time-range"

SCALARS: dict[object, ScalarDefinition] = {
    date: dataclasses.replace(
        DateDefinition, description="A day as ISO-8601, e.g. `2026-11-29`.", specified_by_url=_RFC_3339
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="A time in UTC as ISO-8601, e.g. `2026-11-29T08:00:00Z`. Input without an offset is UTC.",
        specified_by_url=_RFC_3339,
        serialize=format_time,
        parse_value=_from_value(parse_time),
        parse_literal=_from_literal(parse_time),
    ),
    Timestamp: strawberry.scalar(
        name="Timestamp",
        description="A time as integer milliseconds since 1970 in UTC, which exceed GraphQL's Int.",
        specified_by_url=_TIME_VALUE,
        serialize=int,
        parse_value=_from_value(_parse_timestamp),
        parse_literal=_from_literal(_parse_timestamp),
    ),
}
