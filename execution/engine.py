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
        self._planned = _planned(fragment_bytes, limits)
        self.schema: ServedSchema = self._planned or build(limits)
        self._no_fragments = FragmentCache(0)
        self._no_plans = PlanExecutor(self.schema, self._no_fragments)

    @property
    def uses_plans(self) -> bool:
        return self._planned is not None

    @property
    def fragments(self) -> FragmentCache:
        return self._planned.fragments if self._planned else self._no_fragments

    @property
    def counts(self) -> PlanExecutor:
        return self._planned.plans if self._planned else self._no_plans

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
