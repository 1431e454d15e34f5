"""A line on the terminal that says how far the probe is; nothing where there is no terminal."""

import shutil
from typing import TextIO

_WIDTH = 24


class Progress:
    def __init__(self, stream: TextIO) -> None:
        self._stream, self._length = stream, 0
        self._shown = stream.isatty()

    def show(self, done: int, total: int, path: str) -> None:
        if self._shown:
            filled = "#" * (_WIDTH * done // max(1, total))
            self._write(f"[{filled:.<{_WIDTH}}] {done} of {total}  {path}")

    def clear(self) -> None:
        if self._shown:
            self._write("")
            self._stream.write("\r")
            self._stream.flush()

    def _write(self, line: str) -> None:
        shown = line[: shutil.get_terminal_size().columns - 1]  # one that is wrapped cannot be written over
        self._stream.write(f"\r{shown:<{self._length}}")
        self._stream.flush()
        self._length = len(shown)
