from array import array
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

MAX_FIELDS: int

class RowsReader:
    def __init__(self, fields: Sequence[tuple[bytes, Literal["d", "q"]]]) -> None: ...
    def __call__(self, data: msgspec.Raw | bytes) -> list[array[Any]] | None: ...

def ascends(times: array[int]) -> bool: ...
