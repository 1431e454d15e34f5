"""Builds the schema; nothing of it depends on settings but the limit of upstream calls."""

from typing import TypedDict

from strawberry.schema.config import StrawberryConfig

from graph_types.scalars import SCALARS
from schema.query import Query
from served_schema import MAX_CALLS
from served_schema.schema import ServedSchema


class SchemaOptions(TypedDict):
    """What a schema of Strawberry's is made of, and the upstream calls that one operation may cause."""

    query: type
    config: StrawberryConfig
    max_calls: int


def options(max_calls: int = MAX_CALLS) -> SchemaOptions:
    return SchemaOptions(query=Query, config=StrawberryConfig(scalar_map=SCALARS), max_calls=max_calls)


def build(max_calls: int = MAX_CALLS) -> ServedSchema:
    """Return the subgraph on graphql-core's default executor."""
    return ServedSchema(**options(max_calls))
