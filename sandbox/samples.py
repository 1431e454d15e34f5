"""The documented samples, by path of their endpoint."""

import functools
import json
from importlib.resources import files
from typing import Any


def file_name(path: str) -> str:
    """The sample's file: `/api/futures/price/history` is `futures.price.history.json`."""
    return path.removeprefix("/api/").replace("/", ".") + ".json"


@functools.cache
def sample(path: str) -> dict[str, Any]:
    """The whole documented answer, envelope included; shared, so not to be changed."""
    text = files("sandbox").joinpath("samples", file_name(path)).read_text(encoding="utf-8")
    answer: dict[str, Any] = json.loads(text)
    return answer
