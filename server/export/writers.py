"""Picks what writes a file of a format."""

import asyncio
import importlib
from collections.abc import Sequence
from typing import Protocol

from server.export.formats import EXCEL, NDJSON, PARQUET, FileFormat
from server.export.layout import OutputColumn
from server.export.rows import Batch
from server.export.text import CSVLines, JSONLines


class FileWriter(Protocol):
    """Writes a file piece by piece."""

    def head(self) -> bytes:
        """Return what stands before all rows."""

    def batch(self, batch: Batch) -> bytes:
        """Return some rows; nothing while they are collected."""

    def end(self) -> bytes:
        """Return what stands behind all rows."""


async def new_writer(file_format: FileFormat, columns: Sequence[OutputColumn]) -> FileWriter:
    """Return a writer. The import of pyarrow takes longer than other requests should wait."""
    if not file_format.needs_pyarrow:
        return JSONLines(columns) if file_format is NDJSON else CSVLines(columns, for_excel=file_format is EXCEL)
    module = await asyncio.to_thread(importlib.import_module, "server.export.arrow")
    writer: FileWriter = (module.Parquet if file_format is PARQUET else module.ArrowStream)(columns)
    return writer
