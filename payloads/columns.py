"""Rows stored as columns: one store behind the rows and the columns of a payload.

The cache shares them between operations: they are immutable, and so is each list in them.
"""

import itertools
from array import array
from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeAlias, TypeVar, final, overload

R = TypeVar("R")

Identity: TypeAlias = Hashable
Convert: TypeAlias = Callable[[Any], Any]

new_identity: Callable[[], Identity] = itertools.count().__next__  # unique among the tables of the process


@final
class Column(Sequence[Any]):
    """One column. Times are stored as milliseconds and converted when they are read.

    Figures and times lie packed in an `array` where none is missing: a third of the memory, and all of one type.
    """

    __slots__ = ("convert", "stored")

    def __init__(self, stored: Sequence[Any], convert: Convert | None = None) -> None:
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
    """Lists of rows, one for each row of a table, stored end to end: list `i` is `items[ends[i]:ends[i + 1]]`."""

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
    """Rows of one class, created when they are read: a table or a part of it.

    `stored` has the columns of the whole table by the names of the class's fields, `converts` the conversions of those
    that are converted when read. Tables with the same `identity` hold the same rows; a table that serves only one
    operation has none.
    """

    __slots__ = ("_start", "_stop", "_whole", "converts", "row", "stored")

    def __init__(
        self,
        row: type[R],
        stored: Mapping[str, Sequence[Any]],
        converts: Mapping[str, Convert],
        size: int,
        identity: Identity | None = None,
    ) -> None:
        self.row, self.stored, self.converts, self._whole = row, stored, converts, identity
        self._start, self._stop = 0, size

    @classmethod
    def of(cls, row: type[R], table: Mapping[str, Column], size: int, identity: Identity | None = None) -> "Columns[R]":
        stored = {name: column.stored for name, column in table.items()}
        converts = {name: column.convert for name, column in table.items() if column.convert is not None}
        return cls(row, stored, converts, size, identity)

    @property
    def identity(self) -> Identity | None:
        """The identity of this part of the table."""
        return None if self._whole is None else (self._whole, self._start, self._stop)

    @property
    def columns(self) -> Mapping[str, Column]:
        return {name: self.column(name) for name in self.stored}

    def column(self, name: str) -> Column:
        """One of `columns`, without the others."""
        stored = self.stored[name]
        if type(stored) is _Chain or len(stored) != self._stop - self._start:
            stored = stored[self._start : self._stop]
        return Column(stored, self.converts.get(name))

    def __len__(self) -> int:
        return self._stop - self._start

    def __iter__(self) -> Iterator[R]:
        names = tuple(self.stored)
        for values in zip(*self.columns.values(), strict=True):
            yield self.row(**dict(zip(names, values, strict=True)))

    @overload
    def __getitem__(self, index: int) -> R: ...
    @overload
    def __getitem__(self, index: slice) -> "Columns[R]": ...
    def __getitem__(self, index: int | slice) -> "R | Columns[R]":
        indices = range(self._start, self._stop)[index]
        if isinstance(indices, int):
            return self._row(indices)
        if indices.step != 1:
            raise ValueError("A part of a table is consecutive rows.")
        if (indices.start, indices.stop) == (self._start, self._stop):
            return self
        part = Columns(self.row, self.stored, self.converts, 0, self._whole)
        part._start, part._stop = indices.start, max(indices.start, indices.stop)
        return part

    def selected(self, indices: Sequence[int]) -> "Columns[R]":
        """Return some of the rows; `indices` ascend."""
        runs: list[list[int]] = []  # of consecutive ones: where each starts and stops
        for index in indices:
            if runs and runs[-1][1] == index:
                runs[-1][1] += 1
            else:
                runs.append([index, index + 1])
        return self.joined([self[start:stop] for start, stop in runs]) if runs else self[:0]

    def _row(self, index: int) -> R:
        return self.row(
            **{name: Column(stored, self.converts.get(name))[index] for name, stored in self.stored.items()}
        )

    @classmethod
    def joined(cls, parts: "Sequence[Columns[R]]") -> "Columns[R]":
        """Concatenate the rows of several parts of the same class, which are copied only as they are read."""
        if len(parts) == 1:
            return parts[0]
        first, ends = parts[0], list(itertools.accumulate(map(len, parts)))
        stored = {name: _Chain([part.column(name).stored for part in parts], ends) for name in first.stored}
        identities = tuple(part.identity for part in parts)
        whole = None if None in identities else identities
        return cls(first.row, stored, first.converts, sum(map(len, parts)), whole)


@final
class _Chain(Sequence[Any]):
    """A column in parts, the one at `i` up to `ends[i]`. Slices of it are concatenated."""

    __slots__ = ("_ends", "_parts")

    def __init__(self, parts: Sequence[Sequence[Any]], ends: Sequence[int]) -> None:
        self._parts, self._ends = parts, ends

    def __len__(self) -> int:
        return self._ends[-1]

    def __getitem__(self, index: int | slice) -> Any:  # noqa: ANN401  # a value, or a sequence of them
        if isinstance(index, slice):
            start, stop, _ = index.indices(len(self))
            return _concatenated(list(self._between(start, stop)))
        at = range(len(self))[index]
        part = bisect_right(self._ends, at)
        return self._parts[part][at - self._ends[part]]  # counted from its end

    def _between(self, start: int, stop: int) -> Iterator[Sequence[Any]]:
        """Yield the pieces between two indices; an empty one if there is nothing between them."""
        first = min(bisect_right(self._ends, start), len(self._parts) - 1)
        for part, end in zip(self._parts[first:], self._ends[first:], strict=True):
            begin = end - len(part)
            yield part[max(start - begin, 0) : max(stop - begin, 0)]
            if end >= stop:
                return


def _concatenated(parts: Sequence[Sequence[Any]]) -> Sequence[Any]:
    """Concatenate columns; the result is packed if all of them are."""
    if len(parts) == 1:
        return parts[0]
    if all(isinstance(part, array) for part in parts):
        whole = parts[0][:]
        for part in parts[1:]:
            whole.extend(part)  # type: ignore[attr-defined]  # an array, of the same type as the first
        return whole
    return list(itertools.chain.from_iterable(parts))
