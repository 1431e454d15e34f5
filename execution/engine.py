"""The schema that a server executes operations on."""

from execution.fragment_cache import FragmentCache
from execution.planned_schema import PlanExecutor, PlannedSchema
from execution.self_check import passes
from served_schema.build import build, options
from served_schema.documents import DocumentStore
from served_schema.limits import DEFAULT, Limits
from served_schema.schema import ServedSchema


class Engine:
    """`schema` has plans unless they fail their self-check: then graphql-core executes, and `uses_plans` is false."""

    def __init__(self, fragment_bytes: int, limits: Limits = DEFAULT) -> None:
        planned = _planned(fragment_bytes, limits)
        self.uses_plans = planned is not None
        self.schema: ServedSchema = planned or build(limits)
        self.fragments = planned.fragments if planned else FragmentCache(0)
        self.counts = planned.plans if planned else PlanExecutor(self.schema, self.fragments)

    @property
    def documents(self) -> DocumentStore:
        return self.schema.documents


def _planned(fragment_bytes: int, limits: Limits) -> PlannedSchema | None:
    """Return the schema with plans if it can be made and passes its check."""
    try:
        schema = PlannedSchema(fragment_bytes, **options(limits))
        return schema if passes(schema) else None
    except Exception:  # noqa: BLE001  # whatever it is, there are no plans
        return None
