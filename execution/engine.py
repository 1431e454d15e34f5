"""The schema that a server executes operations on."""

from dataclasses import dataclass
from typing import Protocol

from execution.planned_schema import PlannedSchema
from execution.self_check import passes
from served_schema import MAX_CALLS
from served_schema.build import build, options
from served_schema.schema import ServedSchema


class Lookups(Protocol):
    hits: int
    misses: int


class SizedLookups(Lookups, Protocol):
    size: int


@dataclass
class _Nothing:
    """What is cached without plans."""

    hits: int = 0
    misses: int = 0
    size: int = 0


class Engine:
    """`schema` has plans unless they fail their self-check: then graphql-core executes, and `uses_plans` is false."""

    fragments: SizedLookups = _Nothing()
    counts: Lookups = _Nothing()

    def __init__(self, fragment_bytes: int, max_calls: int = MAX_CALLS) -> None:
        planned = _planned(fragment_bytes, max_calls)
        self.uses_plans = planned is not None
        self.schema: ServedSchema = build(max_calls) if planned is None else planned
        if planned is not None:
            self.fragments, self.counts = planned.fragments, planned.plans

    @property
    def documents(self) -> SizedLookups:
        return self.schema.documents


def _planned(fragment_bytes: int, max_calls: int) -> PlannedSchema | None:
    """Return the schema with plans if it can be made and passes its check."""
    try:
        schema = PlannedSchema(fragment_bytes, **options(max_calls))
        return schema if passes(schema) else None
    except Exception:  # noqa: BLE001  # whatever it is, there are no plans
        return None
