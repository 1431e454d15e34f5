"""Reads exported files, and makes the same rows of an answer in JSON in the plainest way."""

import io
import json
import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

import pandas as pd
import pyarrow as pa
import pyarrow.parquet
from graphql import FieldNode, InlineFragmentNode, OperationDefinitionNode, SelectionSetNode, parse

Row: TypeAlias = tuple[Any, ...]
Tables: TypeAlias = list[tuple[Any, SelectionSetNode]]
ROWS: Final = "rows_"  # begins the alias of each list of objects
MEDIA_TYPES: Final = {
    "csv": "text/csv",
    "ndjson": "application/x-ndjson",
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
}


def rows_of(query: str, data: dict[str, Any]) -> list[Row]:
    """Return the rows of a result with one table: the values outside of lists of objects, then those of the lists."""
    (operation,) = parse(query).definitions
    assert isinstance(operation, OperationDefinitionNode)
    return list(_rows(data, operation.selection_set, (), []))


def _rows(item: dict[str, Any] | None, selected: SelectionSetNode, outer: Row, empty: list[None]) -> Iterator[Row]:
    """Yield the rows of an object. `empty`: what an empty list inside of it has."""
    values, tables = list(outer), Tables()
    _collect(item, selected, values, tables)
    if not tables:
        yield tuple(values)
    for rows, below in tables:
        for row in rows or empty:
            yield from _rows(row, below, tuple(values), [None])


def _collect(item: dict[str, Any] | None, selected: SelectionSetNode, values: list[Any], tables: Tables) -> None:
    for key, below in _fields(selected):
        value = None if item is None else item[key]
        if below is None:
            values.append(value)
        elif key == "columns" and value is not None:
            tables.append(([dict(zip(value, row, strict=True)) for row in zip(*value.values(), strict=True)], below))
        elif key == "columns" or key.startswith(ROWS):
            tables.append((value, below))
        else:
            _collect(value, below, values, tables)


def _fields(selected: SelectionSetNode) -> Iterator[tuple[str, SelectionSetNode | None]]:
    """Yield the selected fields by response key, problems apart."""
    for node in selected.selections:
        if isinstance(node, FieldNode):
            yield (node.alias or node.name).value, node.selection_set
        elif isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            if condition is None or condition.name.value != "Problem":
                yield from _fields(node.selection_set)


def frame(name: str, body: bytes, texts: Sequence[str] = ()) -> pd.DataFrame:
    """Read a file into pandas, as docs/export.md shows it. `texts`: columns of CSV that could be sizes for figures."""
    match name:
        case "csv":
            return pd.read_csv(
                io.BytesIO(body),
                keep_default_na=False,
                na_values=[""],
                dtype=dict.fromkeys(texts, str),
            )
        case "ndjson":
            return pd.DataFrame([json.loads(line) for line in body.splitlines()])
        case "arrow":
            return pa.ipc.open_stream(body).read_all().to_pandas()
        case _:
            return pyarrow.parquet.read_table(io.BytesIO(body)).to_pandas()


def same(expected: Any, actual: Any) -> bool:
    """Whether pandas holds the value of the JSON."""
    if isinstance(expected, list):
        actual = json.loads(actual) if isinstance(actual, str) else list(actual)
        return len(actual) == len(expected) and all(map(same, expected, actual))
    if expected is None or expected == "":
        return actual == expected or bool(pd.isna(actual))
    if isinstance(actual, pd.Timestamp):
        return bool(actual == datetime.fromisoformat(expected))
    if isinstance(expected, float) and not isinstance(actual, str):
        return math.isclose(expected, actual, rel_tol=0, abs_tol=0)
    return str(actual) == str(expected) or bool(actual == expected)
