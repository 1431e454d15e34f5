"""What the graph must answer to rows of CoinGlass, worked out from the declared fields and not by the decoders."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

import strawberry
from strawberry.types.base import StrawberryList, StrawberryOptional, has_object_definition
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField

from cg_client.endpoint import Endpoint
from graph_types.scalars import Timestamp
from payloads.source import fields_of
from tests.cases import SCHEMA

ABSENT = (None, "")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_GENERAL = ("source", "page_info", "count", "from_", "to")  # what a payload says of itself


class Keyless(Exception):
    """A row lacks the value that identifies it."""


def shown(cls: type, endpoint: Endpoint, row: Mapping[str, Any], template: str = "{}") -> dict[str, Any]:
    """Return the row as the graph must show it, by the names of the graph; raises Keyless."""
    answer: dict[str, Any] = {}
    for field in _values(cls):
        kind, optional = unwrapped(field.type)
        if field.metadata.get("group"):
            answer[name_of(field)] = shown(kind, endpoint, row, template.format(field.metadata["source_name"]))
            continue
        actual = [row[name] for name in _source_names(field, endpoint, template) if row.get(name) not in ABSENT]
        value = _shown(field, kind, endpoint, actual[0]) if actual else None
        if value is None and not optional:
            raise Keyless(field.python_name)
        answer[name_of(field)] = value
    return answer


def shown_rows(cls: type, endpoint: Endpoint, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """All rows but those without a key."""
    answers = []
    for row in rows:
        try:
            answers.append(shown(cls, endpoint, row))
        except Keyless:
            continue
    return answers


def unshown(cls: type, endpoint: Endpoint, row: Mapping[str, Any]) -> set[str]:
    """Names in the row that no field shows, at any depth."""
    names = dict(_below(cls, endpoint))
    result = row.keys() - names.keys()
    for name in row.keys() & names.keys():
        kind, rows = names[name], row[name] if isinstance(row[name], list) else [row[name]]
        if kind is not None:
            result |= {
                f"{name}.{entry}" for below in rows if below is not None for entry in unshown(kind, endpoint, below)
            }
    return result


def _below(cls: type, endpoint: Endpoint, template: str = "{}") -> Iterator[tuple[str, type | None]]:
    """CoinGlass' names of the class' fields, each with the class of its objects."""
    for field in _values(cls):
        kind, _ = unwrapped(field.type)
        if field.metadata.get("group"):
            yield from _below(kind, endpoint, template.format(field.metadata["source_name"]))
            continue
        inner = kind.of_type if isinstance(kind, StrawberryList) else kind
        for source_name in _source_names(field, endpoint, template):
            yield source_name, inner if has_object_definition(inner) else None


def _values(cls: type) -> list[StrawberryField]:
    return [field for field in fields_of(cls) if field.python_name not in _GENERAL]


def _source_names(field: StrawberryField, endpoint: Endpoint, template: str) -> tuple[str, ...]:
    name = template.format(field.metadata.get("source_name") or field.python_name)
    aliases = endpoint.aliases.get(name, name)
    return (aliases,) if isinstance(aliases, str) else aliases


def unwrapped(kind: Any) -> tuple[Any, bool]:
    return (kind.of_type, True) if isinstance(kind, StrawberryOptional) else (kind, False)


def name_of(field: StrawberryField) -> str:
    return SCHEMA.config.name_converter.get_graphql_name(field)


def _shown(field: StrawberryField, kind: Any, endpoint: Endpoint, value: Any) -> Any:
    if isinstance(kind, StrawberryList) and has_object_definition(kind.of_type):
        return shown_rows(kind.of_type, endpoint, value)
    if isinstance(kind, StrawberryList):
        return [_shown(field, kind.of_type, endpoint, item) for item in value]
    if has_object_definition(kind):
        return shown(kind, endpoint, value)
    if field.metadata.get("verbatim"):
        return value if isinstance(value, str) else None
    if field.metadata.get("codes") is not None:
        return _code(field.metadata["codes"].get(int(value)))
    return _scalar(kind, value, percent=bool(field.metadata.get("percent")))


def _code(member: Any) -> Any:
    return member.name if isinstance(member, Enum) else member


def _scalar(kind: Any, value: Any, *, percent: bool) -> Any:
    if isinstance(kind, StrawberryEnumDefinition):
        return str(value).upper()
    if kind is float:
        return figure(value, percent=percent)
    if kind in (Timestamp, datetime):
        time = moment(value)
        return None if time == 0 else time if kind is Timestamp else time_text(time)
    if getattr(kind, "__name__", "") == "date":
        return _day(value).date().isoformat()
    return str(value) if kind in (str, strawberry.ID) else value


def figure(value: Any, *, percent: bool = False) -> float | None:
    """Return the number, without a percent sign; None for a text that is not a number."""
    try:
        return float(value.removesuffix("%") if percent and isinstance(value, str) else value)
    except ValueError:
        return None


def moment(value: Any) -> int:
    """Convert a time in seconds, milliseconds or nanoseconds, or a day as text, to milliseconds."""
    if isinstance(value, str) and not value.isdigit():
        return int(_day(value).timestamp()) * 1000
    time = int(value)
    if time < 10**11:
        return time * 1000
    return time if time < 10**14 else time // 10**6


def _day(text: str) -> datetime:
    layout = "%y%m%d" if len(text) == 6 else "%Y-%m-%d"
    return datetime.strptime(text.replace("/", "-"), layout).replace(tzinfo=UTC)


def time_text(milliseconds: int) -> str:
    time = _EPOCH + timedelta(milliseconds=milliseconds)
    return time.isoformat(timespec="milliseconds" if milliseconds % 1000 else "seconds").replace("+00:00", "Z")
