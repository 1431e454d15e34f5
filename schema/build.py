"""Builds the schema; nothing of it depends on settings but the limit of upstream calls."""

from strawberry.schema.config import StrawberryConfig

from schema.errors import StableErrors
from schema.federation import Schema
from schema.limits import CALLS_AT_MOST, Limits
from schema.query import Query
from vocabulary.scalars import SCALARS


def build(calls_at_most: int = CALLS_AT_MOST) -> Schema:
    """The subgraph. `calls_at_most`: upstream calls that one operation may cause."""
    return Schema(
        query=Query,
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[StableErrors, lambda: Limits(calls_at_most)],
    )
