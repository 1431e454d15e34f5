"""Reads the rows of an export from the result of its operation, in batches of columns.

An item of an outer list whose inner list is null or empty has one row, without values of the inner list.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

from execution.tables import ColumnTable, ProblemValue, RowTable
from graph_types.problems import Problem
from server.export.layout import Keys, Layout, Level, OutputColumn

VALUES_AT_ONCE: Final = 10_000  # of a batch: what other requests wait for
_ROWS_AT_ONCE: Final = 1_000  # of an outer list

Batch: TypeAlias = list[Sequence[Any]]  # a column for each of the layout, equally long


class LocatedProblem(NamedTuple):
    """`path` of response keys and indices, as in errors."""

    path: list[str | int]
    problem: Problem


def problems_in(value: object, path: tuple[str | int, ...] = ()) -> Iterator[LocatedProblem]:
    """Yield the problems in a result."""
    if isinstance(value, ProblemValue):
        yield LocatedProblem(list(path), value.problem)
    elif isinstance(value, dict):
        for key, below in value.items():
            yield from problems_in(below, (*path, key))
    elif isinstance(value, list) and value and isinstance(value[0], dict | list | ProblemValue | None):
        for index, below in enumerate(value):
            yield from problems_in(below, (*path, index))


@dataclass(frozen=True, slots=True)
class _Segment:
    """Consecutive rows of one innermost list, with the values of what encloses it."""

    outer: Sequence[Any]
    rows: Any
    size: int


def batches(layout: Layout, data: object, values: int = VALUES_AT_ONCE) -> Iterator[Batch]:
    """Yield all rows; raises Unsupported for a value that its scalar cannot serialize."""
    size = max(values // len(layout.columns), 1)
    *outer, last = layout.levels
    batch: list[list[Any]] = [[] for _ in layout.columns]
    if not outer:
        yield [[_value(data, column.keys)] for column in last.columns]
        return
    for segment in _segments(outer, 0, data, []):
        start = 0
        while start < segment.size:
            stop = min(start + size - len(batch[0]), segment.size)
            for column, part in zip(batch, _part(segment, last.columns, start, stop), strict=True):
                column.extend(part)
            start = stop
            if len(batch[0]) >= size:
                yield [*batch]
                batch = [[] for _ in layout.columns]
    if batch[0]:
        yield [*batch]


def _segments(levels: Sequence[Level], at: int, item: object, outer: Sequence[Any]) -> Iterator[_Segment]:
    level = levels[at]
    enclosing = [*outer, *(_value(item, column.keys) for column in level.columns)]
    rows = _value(item, level.next_list)
    size = 0 if rows is None else _size(rows)
    if not size and at:  # the item is not lost
        inner = sum(len(each.columns) for each in levels[at + 1 :])
        yield _Segment([*enclosing, *[None] * inner], [None], 1)
    if not size:
        return
    if at == len(levels) - 1:
        yield _Segment(enclosing, rows, size)
        return
    for row in _rows(rows):
        if row is not None:
            yield from _segments(levels, at + 1, row, enclosing)


def _rows(rows: Any) -> Iterable[object]:  # noqa: ANN401  # a list, or what stands for one
    if not isinstance(rows, RowTable):
        return rows  # type: ignore[no-any-return]
    parts = (rows.part(start, start + _ROWS_AT_ONCE) for start in range(0, len(rows), _ROWS_AT_ONCE))
    return itertools.chain.from_iterable(map(_as_rows, parts))


def _as_rows(part: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    return (dict(zip(part, values, strict=True)) for values in zip(*part.values(), strict=True))


def _size(rows: Any) -> int:  # noqa: ANN401  # as above
    if isinstance(rows, dict):
        return max((len(column) for column in rows.values() if isinstance(column, list)), default=0)
    return len(rows)


def _part(segment: _Segment, columns: Sequence[OutputColumn], start: int, stop: int) -> Iterator[Sequence[Any]]:
    """Yield the columns of some rows of a segment."""
    count, rows = stop - start, segment.rows
    yield from ([value] * count for value in segment.outer)
    if isinstance(rows, RowTable | ColumnTable):
        part = rows.part(start, stop)
    elif isinstance(rows, dict):
        part = {key: column[start:stop] if isinstance(column, list) else column for key, column in rows.items()}
    else:
        yield from ([_value(row, column.keys) for row in rows[start:stop]] for column in columns)
        return
    for column in columns:
        first, *rest = column.keys
        values = part.get(first)
        if not isinstance(values, list):  # the name of the type, or nothing
            values = [values] * count
        yield [_value(value, tuple(rest)) for value in values] if rest else values


def _value(item: object, keys: Keys) -> Any:  # noqa: ANN401  # JSON, or a table
    for key in keys:
        if not isinstance(item, dict):
            return None
        item = item.get(key)
    return item
