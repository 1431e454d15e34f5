"""What a payload says of its rows beside the rows themselves, worked out when it is asked for.

Most queries read neither the latest row nor the ends of a window nor the source, and either the rows or their columns.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from payloads.columns import Columns
from payloads.source import Source, fields_of, rows_field

P = TypeVar("P")

_ROWS, _ANSWERS = "_rows", "_answers"


def of_rows(payload: type[P], rows: Columns[Any], **known: object) -> P:
    """Make a payload of these rows: its list of rows, their columns, first and last time, number and latest row.

    `known` are the values of its other fields; `_answers` among them are those that its source is worked out of.
    """
    kind: type = payload
    rows_name = _prepared(kind)
    made = payload.__new__(payload)
    made.__dict__.update(known)
    made.__dict__[rows_name] = made.__dict__[_ROWS] = rows
    return made


class _Derived:
    """An attribute that is worked out of another when it is first read, and then the payload's own."""

    def __init__(self, name: str, work_out: Callable[[Any], object]) -> None:
        self._name, self._work_out = name, work_out
        self._other = _ANSWERS if name == "source" else _ROWS

    def __get__(self, payload: object, _: type) -> object:
        if payload is None or self._other not in payload.__dict__:
            raise AttributeError(self._name)
        value = payload.__dict__[self._name] = self._work_out(payload.__dict__[self._other])
        return value


@functools.cache
def _prepared(payload: type) -> str:
    """Give the class its derived attributes and return the name of its rows."""
    works = _WORKS
    for field in fields_of(payload):
        if field.python_name == "columns":
            works = {**works, "columns": _columns_in(field.type)}
    for name in {field.python_name for field in fields_of(payload)} & works.keys():
        setattr(payload, name, _Derived(name, works[name]))
    return rows_field(payload)[0]


def _columns_in(kind: Any) -> Callable[[Columns[Any]], object]:  # noqa: ANN401  # a Strawberry type
    names = tuple(field.python_name for field in fields_of(kind))
    return lambda rows: kind(**{name: rows.column(name) for name in names})


def _time_at(place: int) -> Callable[[Columns[Any]], object]:
    return lambda rows: rows.column("time")[place] if rows else None


_WORKS: Mapping[str, Callable[[Any], object]] = {
    "source": Source.of,
    "from_": _time_at(0),
    "to": _time_at(-1),
    "count": len,
    "latest": lambda rows: rows[-1] if rows else None,
}
