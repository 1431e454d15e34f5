"""Writes rows as text: CSV as RFC 4180 has it, and JSON line by line."""

import csv
import io
import itertools
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
import orjson

from server.export.layout import OutputColumn
from server.export.rows import Batch

_BYTE_ORDER_MARK: Final = "\ufeff"  # without it Excel takes UTF-8 for the code page of its system
_FULL_WIDTH: Final = ("\uff1d", "\uff0b", "\uff0d", "\uff20")  # of the first four signs
_FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", *_FULL_WIDTH)
_encoder: Final = msgspec.json.Encoder()
_TEXTS: Final = {True: "true", False: "false", None: None}


class CSVLines:
    """An empty cell is null.

    `for_excel`: with a byte order mark, and with an apostrophe before texts that a spreadsheet takes for formulas.
    """

    def __init__(self, columns: Sequence[OutputColumn], *, for_excel: bool = False) -> None:
        self._for_excel = for_excel
        self._cells = [_cells(column, self._text) for column in columns]
        self._names = [column.name for column in columns]

    def head(self) -> bytes:
        mark = _BYTE_ORDER_MARK if self._for_excel else ""
        return (mark + _lines([self._names])).encode()

    def batch(self, batch: Batch) -> bytes:
        columns = [convert(column) for convert, column in zip(self._cells, batch, strict=True)]
        return _lines(zip(*columns, strict=True)).encode()

    def end(self) -> bytes:
        return b""

    def _text(self, values: Sequence[Any]) -> Sequence[Any]:
        if not self._for_excel:
            return values
        return ["'" + value if value is not None and value.startswith(_FORMULA_SIGNS) else value for value in values]


def _cells(
    column: OutputColumn, text: Callable[[Sequence[Any]], Sequence[Any]]
) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """Return how the values of a column become cells: figures and booleans as in JSON, lists as JSON."""
    if column.leaf.depth:
        return lambda values: [None if value is None else orjson.dumps(value).decode() for value in values]
    match column.leaf.kind.name:
        case "Boolean":
            return lambda values: [_TEXTS[value] for value in values]
        case "Float" | "Int" | "Timestamp":
            return _figures
        case _:
            return text


def _figures(values: Sequence[Any]) -> Sequence[str | None]:
    """Return figures as JSON has them: the csv module would take four times as long."""
    texts = orjson.dumps(values)[1:-1].decode().split(",")
    return [None if text == "null" else text for text in texts] if None in values else texts


def _lines(rows: Any) -> str:  # noqa: ANN401  # as the csv module takes them
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\r\n").writerows(rows)
    return lines.getvalue()


class JSONLines:
    """One flat object a line."""

    def __init__(self, columns: Sequence[OutputColumn]) -> None:
        names = {f"c{number}": column.name for number, column in enumerate(columns)}
        # Structs take half the time of dicts; their own names are numbers, which no column disturbs.
        self._row = msgspec.defstruct("Row", list(names), rename=names, gc=False)

    def head(self) -> bytes:
        return b""

    def batch(self, batch: Batch) -> bytes:
        return _encoder.encode_lines(list(itertools.starmap(self._row, zip(*batch, strict=True))))

    def end(self) -> bytes:
        return b""
