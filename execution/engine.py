"""The schema that a server executes operations on."""

from dataclasses import dataclass
from typing import Protocol

from execution.planned_schema import PlannedSchema
from execution.self_check import passes
from served_schema.build import build, parts
from served_schema.federation import Schema
from served_schema.limits import MAX_CALLS, is_fixed


class Lookups(Protocol):
    hits: int
    misses: int


class SizedLookups(Lookups, Protocol):
    size: int


@dataclass
class _Nothing:
    """What plain Strawberry keeps."""

    hits: int = 0
    misses: int = 0
    size: int = 0


class Engine:
    """`schema` has plans unless they fail their self-check: then it is plain Strawberry, and `in_bulk` is false."""

    schema: Schema
    documents: SizedLookups = _Nothing()
    fragments: SizedLookups = _Nothing()
    counts: Lookups = _Nothing()

    def __init__(self, fragment_bytes: int, calls_at_most: int = MAX_CALLS) -> None:
        planned = _planned(fragment_bytes, calls_at_most)
        self.in_bulk = planned is not None
        if planned is None:
            self.schema = build(calls_at_most)
        else:
            self.schema = planned
            self.documents, self.fragments, self.counts = planned.documents, planned.fragments, planned.plans


def _planned(fragment_bytes: int, calls_at_most: int) -> PlannedSchema | None:
    """Return the schema with plans if it can be made and passes its check."""
    try:
        schema = PlannedSchema(fragment_bytes, is_fixed, **parts(calls_at_most))
        return schema if passes(schema) else None
    except Exception:  # noqa: BLE001  # whatever it is, there are no plans
        return None
