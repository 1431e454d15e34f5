"""Writes rows as Arrow or Parquet. Imported only where pyarrow is installed, which is optional."""

import io
from collections.abc import Sequence
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.parquet
from graphql import GraphQLScalarType

from server.export.layout import Leaf, OutputColumn
from server.export.rows import Batch

_UTC_MILLISECONDS: Final = pa.timestamp("ms", tz="UTC")
_TYPES: Final = {
    "Boolean": pa.bool_(),
    "Date": pa.date32(),
    "DateTime": _UTC_MILLISECONDS,
    "Float": pa.float64(),
    "Int": pa.int32(),
    "Timestamp": pa.int64(),
}
_CAST: Final = ("Date", "DateTime")  # from their texts
_VALUES_OF_GROUP: Final = 250_000  # of a row group of Parquet


class _Pieces(io.RawIOBase):
    """What was written and not taken yet."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:  # noqa: ANN401  # whatever is a buffer
        self._pieces.append(bytes(piece))
        return len(self._pieces[-1])

    def take(self) -> bytes:
        pieces, self._pieces = b"".join(self._pieces), []
        return pieces


class ArrowStream:
    def __init__(self, columns: Sequence[OutputColumn]) -> None:
        self._leaves, self._schema, self._pieces = [column.leaf for column in columns], _schema(columns), _Pieces()
        self._writer = pa.ipc.new_stream(self._pieces, self._schema)

    def head(self) -> bytes:
        return self._pieces.take()

    def batch(self, batch: Batch) -> bytes:
        self._writer.write_batch(_record_batch(self._leaves, self._schema, batch))
        return self._pieces.take()

    def end(self) -> bytes:
        self._writer.close()
        return self._pieces.take()


class Parquet:
    """Batches are collected to row groups, which readers skip and compress as a whole.

    Only texts have dictionaries: figures seldom repeat, and their dictionaries would take 20 MB while they are written.
    """

    def __init__(self, columns: Sequence[OutputColumn]) -> None:
        self._leaves, self._schema, self._pieces = [column.leaf for column in columns], _schema(columns), _Pieces()
        texts = [field.name for field in self._schema if field.type == pa.string()]
        self._writer = pyarrow.parquet.ParquetWriter(self._pieces, self._schema, use_dictionary=texts)
        self._collected: list[pa.RecordBatch] = []

    def head(self) -> bytes:
        return self._pieces.take()

    def batch(self, batch: Batch) -> bytes:
        self._collected.append(_record_batch(self._leaves, self._schema, batch))
        if sum(each.num_rows for each in self._collected) * len(self._leaves) >= _VALUES_OF_GROUP:
            self._write_group()
        return self._pieces.take()

    def end(self) -> bytes:
        self._write_group()
        self._writer.close()
        return self._pieces.take()

    def _write_group(self) -> None:
        if self._collected:
            table = pa.Table.from_batches(self._collected)
            self._collected = []
            self._writer.write_table(table, row_group_size=table.num_rows)


def warm_up() -> None:
    """Write a row as each kind of file: pyarrow loads parts of itself, and pandas if there is one, when it is used."""
    column = OutputColumn("time", Leaf(GraphQLScalarType("DateTime"), 0), ())
    for kind in (ArrowStream, Parquet):
        writer = kind([column])
        writer.batch([["2026-11-29T00:00:00Z"]])
        writer.end()


def _schema(columns: Sequence[OutputColumn]) -> pa.Schema:
    return pa.schema([pa.field(column.name, _type(column.leaf)) for column in columns])


def _type(leaf: Leaf) -> pa.DataType:
    kind = _TYPES.get(leaf.kind.name, pa.string())
    for _ in range(leaf.depth):
        kind = pa.list_(kind)
    return kind


def _record_batch(leaves: Sequence[Leaf], schema: pa.Schema, batch: Batch) -> pa.RecordBatch:
    arrays = [_array(leaf, field.type, values) for leaf, field, values in zip(leaves, schema, batch, strict=True)]
    return pa.record_batch(arrays, schema=schema)


def _array(leaf: Leaf, kind: pa.DataType, values: Sequence[Any]) -> pa.Array:
    if leaf.kind.name not in _TYPES and not leaf.depth:
        return pa.array(list(map(_text, values)), kind)
    if leaf.kind.name not in _CAST:
        return pa.array(values, kind)
    texts = pa.string()
    for _ in range(leaf.depth):
        texts = pa.list_(texts)
    return pa.array(values, texts).cast(kind)


def _text(value: object) -> str | None:
    """Return a text or enum member as it is, and of a scalar of another kind its JSON."""
    return value if isinstance(value, str | None) else orjson.dumps(value).decode()
