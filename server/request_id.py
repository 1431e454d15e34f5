"""How a request is named, in its answer and in the log, and how its answer is marked."""

import itertools
import os
import uuid

REQUEST_ID = "x-request-id"
SOURCE = "x-coinglass-source"
_AT_MOST = 64


class _Names:
    """32 hexadecimal digits: by chance for the process, then counted, which is quicker than chance for each."""

    def __init__(self) -> None:
        self._start, self._count = "", itertools.count()
        self.begin()

    def begin(self) -> None:
        self._start = uuid.uuid4().hex[:20]

    def new(self) -> str:
        return f"{self._start}{next(self._count):012x}"


_NAMES = _Names()
new_id = _NAMES.new
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_NAMES.begin)  # or forked workers would use the same names


def request_id(wished: str | None) -> str:
    """The caller's id where it is short and plain, so that it cannot forge a line of the log; otherwise a new one."""
    return wished if wished is not None and is_plain(wished) else _NAMES.new()


def is_plain(text: str) -> bool:
    """Whether a name is short and of letters, digits, dashes and underscores."""
    return len(text) <= _AT_MOST and text.isascii() and text.replace("-", "").replace("_", "").isalnum()
