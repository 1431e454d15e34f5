"""Picks what writes a file of a format."""

import asyncio
import importlib
from collections.abc import Sequence
from typing import Final, Protocol

from server.export.formats import EXCEL, HAS_PYARROW, NDJSON, PARQUET, FileFormat
from server.export.layout import OutputColumn
from server.export.rows import Batch
from server.export.text import CSVLines, JSONLines

_OF_PYARROW: Final = "server.export.arrow"  # which cannot be imported without it


class FileWriter(Protocol):
    """Writes a file piece by piece."""

    def head(self) -> bytes:
        """Return what stands before all rows."""

    def batch(self, batch: Batch) -> bytes:
        """Return some rows; nothing while they are collected."""

    def end(self) -> bytes:
        """Return what stands behind all rows."""


def load_pyarrow() -> None:
    """Load pyarrow if it is installed, so that no export waits for it, nor takes the memory for it."""
    if HAS_PYARROW:
        importlib.import_module(_OF_PYARROW).warm_up()


async def new_writer(file_format: FileFormat, columns: Sequence[OutputColumn]) -> FileWriter:
    """Return a writer. Unless pyarrow is loaded, importing it takes longer than other requests should wait."""
    if not file_format.needs_pyarrow:
        return JSONLines(columns) if file_format is NDJSON else CSVLines(columns, for_excel=file_format is EXCEL)
    module = await asyncio.to_thread(importlib.import_module, _OF_PYARROW)
    writer: FileWriter = (module.Parquet if file_format is PARQUET else module.ArrowStream)(columns)
    return writer
