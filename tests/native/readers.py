"""The same payload, read by the compiled reader and by msgspec, and what came of it."""

import json
from array import array
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

import native
from cg_client.call import Decode
from cg_client.decoding.anomalies import AnomalyCollector
from cg_client.decoding.shapes import ParallelLists
from cg_client.endpoint import Endpoint
from cg_client.errors import PayloadMismatch
from payloads.columns import Columns
from payloads.series import Series
from payloads.source import rows_field
from resolvers import decode
from resolvers.decode import packed_reader
from resolvers.record_layout import RecordLayout
from sandbox.samples import sample
from tests.cases import SCHEMA

compiled = pytest.mark.skipif(not native.COMPILED, reason="native/rows.pyx was not compiled: there was no C compiler")


def series() -> Iterator[tuple[str, tuple[type, Endpoint]]]:
    """Row class and endpoint of each series of flat rows, by path."""
    for kind in SCHEMA.schema_converter.type_map.values():
        for field in getattr(kind.definition, "fields", ()):
            for endpoint in field.metadata.get("endpoints", ()):
                for payload in getattr(field.type, "types", ()):
                    if issubclass(payload, Series) and not hasattr(payload, "decoder"):
                        yield endpoint.path, (rows_field(payload)[1], endpoint)


WITH_TEXT = {"/api/futures/hyperliquid/long-short-account-ratio-by-tag/history"}  # its rows name the tag
SERIES = {
    path: result
    for path, result in sorted(series())
    if not isinstance(result[1].shape, ParallelLists) and path not in WITH_TEXT
}


def by_both(path: str) -> Decode[Columns[Any]]:
    """As the server reads: natively first."""
    read: Decode[Columns[Any]] = decode.columns_decoder.__wrapped__(*SERIES[path])
    return read


def by_msgspec(path: str) -> Decode[Columns[Any]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decode, "packed_reader", lambda *_: None)
        return by_both(path)


def natively(path: str) -> Callable[[bytes], Columns[Any] | None]:
    read = packed_reader(RecordLayout.of(*SERIES[path]), lambda columns: columns)
    assert read is not None
    return lambda data: read(msgspec.Raw(data))


def outcome(read: Decode[Columns[Any]], data: bytes) -> Any:
    """All that can be seen of the columns, to the bit, or of the failure."""
    try:
        rows = read(msgspec.Raw(data), AnomalyCollector())
    except PayloadMismatch as error:
        return str(error)
    first = {
        name: next(other for other in rows.columns if rows.columns[other].stored is column.stored)
        for name, column in rows.columns.items()
    }
    return (
        rows.row,
        len(rows),
        first,
        {name: (bits(column.stored), column.convert) for name, column in rows.columns.items()},
    )


def bits(stored: Any) -> Any:
    return (stored.typecode, stored.tobytes()) if isinstance(stored, array) else [repr(value) for value in stored]


def body(path: str) -> bytes:
    return json.dumps(sample(path)["data"]).encode()
