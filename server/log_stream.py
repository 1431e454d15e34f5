"""Standard error as a stream of lines: those of requests in batches, all others at once."""

import asyncio
import contextlib
import sys
from collections.abc import Iterable, Iterator
from select import PIPE_BUF
from typing import Final, TextIO

BATCH_SECONDS: Final = 0.1  # until the line of a request is written at the latest


class LogStream:
    """Writes to standard error in the order of what is logged.

    Lines that `write_later` collects share one system call. They are written before any other line, and before the
    process ends: `flush` is called by the end of the application's lifespan and at exit. What cannot be written, since
    the terminal was closed or the disk is full, is lost: the server goes on without its log.

    All workers write to the same pipe. It takes a write of at most `PIPE_BUF` bytes as a whole, so that no line of
    another process comes between; a longer line can be cut by others while the pipe is full.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._lines: list[str] = []

    def write_later(self, line: str) -> None:
        """Write the line within a tenth of a second; to be called in the event loop."""
        if not self._lines:
            asyncio.get_running_loop().call_later(BATCH_SECONDS, self.flush)
        self._lines.append(line)

    def write(self, text: str) -> None:
        self._write_batch()
        with contextlib.suppress(OSError):
            self._target.write(text)

    def flush(self) -> None:
        self._write_batch()
        with contextlib.suppress(OSError):
            self._target.flush()

    def _write_batch(self) -> None:
        lines, self._lines = self._lines, []  # a thread may log meanwhile
        with contextlib.suppress(OSError):
            for text in _joined(lines):
                self._target.write(text)

    @property
    def _target(self) -> TextIO:
        return self._stream or sys.stderr


def _joined(lines: Iterable[str]) -> Iterator[str]:
    """Join lines to texts of at most `PIPE_BUF` bytes; a longer line is a text by itself."""
    texts: list[str] = []
    size = 0
    for line in lines:
        length = len(line.encode())
        if texts and size + length > PIPE_BUF:
            yield "".join(texts)
            texts, size = [], 0
        texts.append(line)
        size += length
    if texts:
        yield "".join(texts)
