"""Schemas of servers that start in this process: their types are converted once, which takes most of a start."""

import contextlib
import copy
import functools
from collections.abc import Iterator
from typing import Any

import pytest

from execution import engine
from execution.planned_schema import PlannedSchema
from execution.self_check import passes
from served_schema.build import options
from served_schema.limits import Limits


@contextlib.contextmanager
def converted_once() -> Iterator[None]:
    """Let servers that start within share the types, and the verdict on them; each has caches and counts of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "PlannedSchema", _schema)
        patch.setattr(engine, "passes", _passes)
        yield


def _schema(fragment_bytes: int, *, limits: Limits, **_options: Any) -> PlannedSchema:
    schema = copy.copy(_converted())
    schema._fragment_bytes, schema._limits = fragment_bytes, limits
    schema.clear()
    return schema


@functools.cache
def _converted() -> PlannedSchema:
    return PlannedSchema(0, **options())


def _passes(_schema: PlannedSchema) -> bool:
    return _is_sound()


@functools.cache
def _is_sound() -> bool:
    return passes(_converted())
