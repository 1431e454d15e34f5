"""Lists that stay tables of the shared store until an export reads them, part by part."""

from collections.abc import Sequence
from typing import Any, Final

from execution.column_selection import ColumnSelection, PythonEncoder
from graph_types.problems import Problem
from payloads.columns import Columns
from payloads.series import RowColumns

_PYTHON: Final = PythonEncoder()


class RowTable:
    """Rows of one class, with what is selected of them."""

    __slots__ = ("_rows", "_selection")

    def __init__(self, selection: ColumnSelection, rows: Columns[Any]) -> None:
        self._selection, self._rows = selection, rows

    def __len__(self) -> int:
        return len(self._rows)

    def part(self, start: int, stop: int) -> dict[str, Sequence[Any]]:
        """Return the columns of some rows by response key; raises Unsupported."""
        columns = self._selection.columns(self._rows[start:stop], _PYTHON)
        return dict(zip(self._selection.keys, columns, strict=True))


class ColumnTable:
    """The columns of rows, with what is selected of them."""

    __slots__ = ("_columns", "_selection", "_size")

    def __init__(self, selection: ColumnSelection, columns: RowColumns) -> None:
        self._selection, self._columns, self._size = selection, columns, len(columns)

    def __len__(self) -> int:
        return self._size

    def part(self, start: int, stop: int) -> dict[str, Any]:
        """Return the columns of some rows by response key; raises Unsupported."""
        return self._selection.row(self._columns.part(start, stop), _PYTHON)


class ProblemValue:
    """A problem in place of a payload, whole, whatever is selected of it."""

    __slots__ = ("problem",)

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


class TableEncoder(PythonEncoder):
    """Leaves lists of the shared store, columns and problems as they are."""

    def row(self, selection: ColumnSelection, value: object) -> Any:  # noqa: ANN401  # whatever stands for an object
        return ProblemValue(value) if isinstance(value, Problem) else selection.row(value, self)

    def rows(self, selection: ColumnSelection, rows: Sequence[Any]) -> list[Any]:
        if issubclass(selection.origin, RowColumns):
            return [ColumnTable(selection, columns) for columns in rows]
        return super().rows(selection, rows)

    def whole(self, selection: ColumnSelection, rows: Sequence[Any]) -> Any:  # noqa: ANN401  # a table stands for a list
        return RowTable(selection, rows) if type(rows) is Columns else super().whole(selection, rows)
