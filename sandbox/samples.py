"""Reads the documented samples by the path of their endpoint."""

import functools
import json
from importlib.resources import files
from typing import Any


def file_name(path: str) -> str:
    """Return the name of the sample's file: `/api/futures/price/history` is `futures.price.history.json`."""
    return path.removeprefix("/api/").replace("/", ".") + ".json"


@functools.cache
def sample(path: str) -> dict[str, Any]:
    """Return the whole documented answer, envelope included. It is shared: do not change it."""
    text = files("sandbox").joinpath("samples", file_name(path)).read_text(encoding="utf-8")
    answer: dict[str, Any] = json.loads(text)
    return answer
