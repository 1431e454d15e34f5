"""Schemas of servers that start in this process: their types are converted once, which takes most of a start."""

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

import pytest

from execution import engine
from execution.planned_schema import PlannedSchema
from execution.self_check import passes
from served_schema.build import build
from served_schema.federation import Schema


@contextlib.contextmanager
def converted_once() -> Iterator[None]:
    """Let the schemas that are built within share Strawberry's types; each has caches and counts of its own."""
    shared = _converted()

    def convert(schema: Schema, **_: Any) -> None:
        vars(schema).update(shared)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Schema, "__init__", convert)
        patch.setattr("served_schema.schema.explain_enums", lambda _: None)  # which has been done to the types
        yield


@contextlib.contextmanager
def checked_once() -> Iterator[None]:
    """Let the servers that start within share the types, and the verdict of the self-check too."""
    with converted_once(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "passes", _passes)
        yield


@functools.cache
def _converted() -> dict[str, Any]:
    return vars(build())


_verdicts: list[bool] = []


def _passes(schema: PlannedSchema) -> bool:
    """Remember that the check has passed. That it has failed may be due to what a test has replaced."""
    if not _verdicts and passes(schema):
        _verdicts.append(True)
    return bool(_verdicts)
