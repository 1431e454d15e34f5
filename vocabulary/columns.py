"""Rows kept as columns: one store behind the rows and the columns of a payload.

Immutable once built, since the cache shares them between operations: nothing may change a list in here.
"""

import itertools
from array import array
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeAlias, TypeVar, final, overload

R = TypeVar("R")

Identity: TypeAlias = Hashable

_identities = itertools.count()


def new_identity() -> Identity:
    """What no table of this process had before."""
    return next(_identities)


@final
class Column(Sequence[Any]):
    """One column. Times are stored as milliseconds and converted when they are read.

    Figures and times lie packed in an `array` where none is missing: a third of the memory, and all of one type.
    """

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
class Lists(Sequence["Columns[Any]"]):
    """Lists of rows, one for each row of a table, kept end to end: list `i` is `items[ends[i]:ends[i + 1]]`."""

    __slots__ = ("ends", "items")

    def __init__(self, items: "Columns[Any]", ends: "array[int]") -> None:
        self.items, self.ends = items, ends

    @classmethod
    def of(cls, lengths: Sequence[int], items: "Columns[Any]") -> "Lists":
        return cls(items, array("q", itertools.accumulate(lengths, initial=0)))

    def __len__(self) -> int:
        return len(self.ends) - 1

    @overload
    def __getitem__(self, index: int) -> "Columns[Any]": ...
    @overload
    def __getitem__(self, index: slice) -> "Lists": ...
    def __getitem__(self, index: int | slice) -> "Columns[Any] | Lists":
        if isinstance(index, slice):
            start, stop, _ = index.indices(len(self))
            return Lists(self.items, self.ends[start : max(start, stop) + 1])
        at = range(len(self))[index]
        return self.items[self.ends[at] : self.ends[at + 1]]


@final
class Columns(Sequence[R], Generic[R]):
    """Rows of one class, made when they are read: a part of a table, or all of it.

    `table` is keyed by the names of the class's fields. Tables with the same `identity` hold the same rows: a table
    that is kept for several operations has one, a table made for one operation has none.
    """

    __slots__ = ("_columns", "_start", "_stop", "_whole", "row", "table")

    def __init__(self, row: type[R], table: Mapping[str, Column], size: int, identity: Identity | None = None) -> None:
        self.row, self.table, self._whole = row, table, identity
        self._start, self._stop = 0, size
        self._columns: Mapping[str, Column] | None = table

    @property
    def identity(self) -> Identity | None:
        """Of this part of the table."""
        return None if self._whole is None else (self._whole, self._start, self._stop)

    @property
    def columns(self) -> Mapping[str, Column]:
        if self._columns is None:
            self._columns = {name: self.column(name) for name in self.table}
        return self._columns

    def column(self, name: str) -> Column:
        """One of `columns`, without making the others."""
        return self.table[name][self._start : self._stop] if self._columns is None else self._columns[name]

    def __len__(self) -> int:
        return self._stop - self._start

    def __iter__(self) -> Iterator[R]:
        names = tuple(self.table)
        for values in zip(*self.columns.values(), strict=True):
            yield self.row(**dict(zip(names, values, strict=True)))

    @overload
    def __getitem__(self, index: int) -> R: ...
    @overload
    def __getitem__(self, index: slice) -> "Columns[R]": ...
    def __getitem__(self, index: int | slice) -> "R | Columns[R]":
        places = range(self._start, self._stop)[index]
        if isinstance(places, int):
            return self.row(**{name: column[places] for name, column in self.table.items()})
        return self._part(places)

    def _part(self, places: range) -> "Columns[R]":
        if places.step != 1:
            raise ValueError("A part of a table is rows in a row.")
        if (places.start, places.stop) == (self._start, self._stop):
            return self
        part = Columns(self.row, self.table, 0, self._whole)
        part._start, part._stop, part._columns = places.start, max(places.start, places.stop), None
        return part

    @classmethod
    def joined(cls, parts: "Sequence[Columns[R]]") -> "Columns[R]":
        """The rows of several parts of the same class, one after the other."""
        if len(parts) == 1:
            return parts[0]
        first = parts[0]
        table = {name: _chained([part.column(name) for part in parts]) for name in first.table}
        identities = tuple(part.identity for part in parts)
        return cls(first.row, table, sum(map(len, parts)), None if None in identities else identities)


def _chained(columns: Sequence[Column]) -> Column:
    """Packed where all of them are."""
    stored = [column.stored for column in columns]
    convert = columns[0].convert
    if all(isinstance(one, array) for one in stored):
        whole = stored[0][:]
        for one in stored[1:]:
            whole.extend(one)  # type: ignore[attr-defined]  # an array, of the same type as the first
        return Column(whole, convert)
    return Column(list(itertools.chain.from_iterable(stored)), convert)
