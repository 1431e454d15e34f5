"""The graph's own scalars."""

from datetime import UTC, datetime, timedelta
from typing import NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

Timestamp = NewType("Timestamp", int)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def format_time(time: datetime) -> str:
    """ISO-8601 in UTC ending in `Z`; milliseconds only where there are some."""
    utc = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    return utc.isoformat(timespec="milliseconds" if utc.microsecond else "seconds").replace("+00:00", "Z")


def time_of(milliseconds: int | None) -> datetime | None:
    """A stored time as resolvers give it, to the millisecond; raises OverflowError beyond the years of a datetime.

    Not by way of seconds as a float, which has no room for the milliseconds of far years.
    """
    return None if milliseconds is None else _EPOCH + timedelta(milliseconds=milliseconds)


def parse_time(text: object) -> datetime:
    """A time from ISO-8601; without an offset it is UTC. Raises ValueError."""
    if not isinstance(text, str):
        raise ValueError(f"A DateTime is ISO-8601 text such as `2026-01-31T00:00:00Z`, not {text!r}.")  # noqa: TRY004
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no ISO-8601 time such as `2026-01-31T00:00:00Z`.") from None
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def _parse_timestamp(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"A Timestamp is an integer of milliseconds, not {value!r}.")  # noqa: TRY004
    return value


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A time in UTC, ISO-8601 ending in `Z`. Input without an offset is UTC.",
        serialize=format_time,
        parse_value=parse_time,
    ),
    Timestamp: strawberry.scalar(
        name="Timestamp",
        description="A time as integer milliseconds since 1970 in UTC; more than GraphQL's Int can hold.",
        serialize=int,
        parse_value=_parse_timestamp,
    ),
}
