"""Tables out of payloads: named columns, each with the kind of its values."""

import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, NewType, TypeAlias

import msgspec

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

Timestamp = NewType("Timestamp", int)
"""Milliseconds since 1970, UTC."""

Kind: TypeAlias = Literal["timestamp", "time", "date", "float", "int", "bool", "text", "other"]
_KINDS: Mapping[object, Kind] = {
    Timestamp: "timestamp",
    datetime: "time",
    date: "date",
    float: "float",
    int: "int",
    bool: "bool",
    str: "text",
}


@dataclass(frozen=True, slots=True)
class Column:
    """The values of one name; a missing value is None."""

    kind: Kind
    values: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of the same length by name, and what is known of them as a whole."""

    columns: Mapping[str, Column]
    metadata: Mapping[str, str | bool] = field(default_factory=dict)


class Tabular(msgspec.Struct, frozen=True, kw_only=True):
    """A payload that can become a data frame: its columns, or the rows of its only list."""

    def to_pandas(self, part: str | None = None) -> "pandas.DataFrame":
        """Return a data frame, of a series with the time (UTC) as its index. A missing number is NaN.

        `part` names the list, where there are several.
        """
        from coinglass_graphql_client import _frames  # noqa: PLC0415  # pandas is optional

        return _frames.to_pandas(table_of(self, part))

    def to_polars(self, part: str | None = None) -> "polars.DataFrame":
        """Return a data frame of polars. A missing value is null."""
        from coinglass_graphql_client import _frames  # noqa: PLC0415  # polars is optional

        return _frames.to_polars(table_of(self, part))

    def to_arrow(self, part: str | None = None) -> "pyarrow.Table":
        """Return a table of Arrow. A missing value is null."""
        from coinglass_graphql_client import _frames  # noqa: PLC0415  # pyarrow is optional

        return _frames.to_arrow(table_of(self, part))


def table_of(payload: msgspec.Struct, part: str | None = None) -> Table:
    """Return the columns of a payload, else the rows of its list, else its figures as one row."""
    parts = parts_of(payload)
    if part is None:
        if "columns" in parts:
            part = "columns"
        elif len(parts) == 1:
            part = parts[0]
        elif parts:
            raise ValueError(f"{type(payload).__name__} has several lists: pass one of {', '.join(parts)} as `part`")
    elif part not in parts:
        raise ValueError(f"{type(payload).__name__} has no list {part!r}, but {', '.join(parts) or 'none'}")
    if part is None:
        columns = rows_to_columns(type(payload), [payload])
    elif part == "columns":
        columns = dict(struct_columns(getattr(payload, part)))
    else:
        of = next(info.type for info in msgspec.structs.fields(payload) if info.name == part)
        columns = rows_to_columns(_element(of), getattr(payload, part))
    return Table(columns, _metadata(payload))


def parts_of(payload: msgspec.Struct) -> list[str]:
    """Return the names of the fields that hold rows or columns."""
    return [
        info.name
        for info in msgspec.structs.fields(payload)
        if info.name == "columns" or _is_struct(_element(info.type))
    ]


def _metadata(payload: msgspec.Struct) -> dict[str, str | bool]:
    """Return what data frames say of their origin, the mark of the sandbox included."""
    source = getattr(payload, "source", None)
    if source is None:
        return {}
    return {
        "endpoint": source.endpoint,
        "fetched_at": source.fetched_at.isoformat(),
        "freshness": str(source.freshness),
        "sandbox": source.sandbox,
    }


def struct_columns(columns: msgspec.Struct) -> Iterator[tuple[str, Column]]:
    """Yield the columns of a struct of lists. Figures by exchange are a column for each exchange."""
    for info in msgspec.structs.fields(columns):
        values = getattr(columns, info.name)
        element = _element(info.type)
        if _is_struct(element):
            for figures in values:
                yield f"{info.name}_{figures.exchange}", Column("float", figures.values)
        else:
            kind = kind_of(element)
            yield "time" if kind == "timestamp" else info.name, Column(kind, values)


def rows_to_columns(of: Any, rows: Sequence[Any]) -> dict[str, Column]:
    """Return the values of rows as columns; those of a part of a row have its name in front."""
    columns: dict[str, Column] = {}
    for info in msgspec.structs.fields(of):
        if info.name in {"source", "page_info"} or (info.name == "timestamp" and "time" in of.__struct_fields__):
            continue
        values = [None if row is None else getattr(row, info.name) for row in rows]
        inner = _not_none(info.type)
        if _is_struct(inner):
            columns |= {f"{info.name}_{name}": column for name, column in rows_to_columns(inner, values).items()}
        else:
            kind = kind_of(inner)
            columns[info.name] = Column(kind, msgspec.to_builtins(values) if kind == "other" else values)
    return columns


def kind_of(of: object) -> Kind:
    """Return the kind of values with this annotation."""
    of = _not_none(of)
    if isinstance(of, type) and issubclass(of, Enum):
        return "text"
    return _KINDS.get(of, "other")


def _not_none(of: Any) -> Any:
    if isinstance(of, types.UnionType) or typing.get_origin(of) is typing.Union:
        return next(part for part in typing.get_args(of) if part is not type(None))
    return of


def _element(of: Any) -> Any:
    of = _not_none(of)
    return _not_none(typing.get_args(of)[0]) if typing.get_origin(of) is list else None


def _is_struct(of: Any) -> bool:
    return isinstance(of, type) and issubclass(of, msgspec.Struct)
