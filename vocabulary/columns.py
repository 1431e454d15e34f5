"""Rows kept as columns: one store behind the rows and the columns of a payload.

Immutable once built, since the cache shares them between operations: nothing may change a list in here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar, final, overload

R = TypeVar("R")


@final
class Column(Sequence[Any]):
    """One column. Times are stored as milliseconds and converted when they are read."""

    __slots__ = ("convert", "stored")

    def __init__(self, stored: Sequence[Any], convert: Callable[[Any], Any] | None = None) -> None:
        self.stored, self.convert = stored, convert

    def __len__(self) -> int:
        return len(self.stored)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.stored) if self.convert is None else map(self.convert, self.stored)

    @overload
    def __getitem__(self, index: int) -> Any: ...  # noqa: ANN401  # the type of the column's field
    @overload
    def __getitem__(self, index: slice) -> "Column": ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return Column(self.stored[index], self.convert)
        stored = self.stored[index]
        return stored if self.convert is None else self.convert(stored)


@final
class Columns(Sequence[R], Generic[R]):
    """Rows of one class, made when they are read. `columns` are keyed by the names of the class's fields."""

    __slots__ = ("columns", "row", "size")

    def __init__(self, row: type[R], columns: Mapping[str, Column], size: int) -> None:
        self.row, self.columns, self.size = row, columns, size

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[R]:
        names = tuple(self.columns)
        for values in zip(*self.columns.values(), strict=True):
            yield self.row(**dict(zip(names, values, strict=True)))

    @overload
    def __getitem__(self, index: int) -> R: ...
    @overload
    def __getitem__(self, index: slice) -> "Columns[R]": ...
    def __getitem__(self, index: int | slice) -> "R | Columns[R]":
        if isinstance(index, slice):
            cut = {name: column[index] for name, column in self.columns.items()}
            return Columns(self.row, cut, len(range(*index.indices(self.size))))
        return self.row(**{name: column[index] for name, column in self.columns.items()})

    @classmethod
    def joined(cls, parts: "Sequence[Columns[R]]") -> "Columns[R]":
        """The rows of several parts of the same class, one after the other."""
        if len(parts) == 1:
            return parts[0]
        first = parts[0]
        columns = {
            name: Column([value for part in parts for value in part.columns[name].stored], column.convert)
            for name, column in first.columns.items()
        }
        return cls(first.row, columns, sum(part.size for part in parts))
