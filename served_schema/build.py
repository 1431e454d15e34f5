"""Builds the schema; nothing of it depends on settings but the limit of upstream calls."""

from collections.abc import Callable
from typing import TypedDict

from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig

from graph_types.scalars import SCALARS
from schema.query import Query
from served_schema.errors import StableErrors
from served_schema.federation import Schema
from served_schema.limits import MAX_CALLS, Limits


class Parts(TypedDict):
    """What a schema of Strawberry's is made of."""

    query: type
    config: StrawberryConfig
    extensions: list[type[SchemaExtension] | Callable[[], SchemaExtension]]


def parts(calls_at_most: int = MAX_CALLS) -> Parts:
    """`calls_at_most`: upstream calls that one operation may cause."""
    return Parts(
        query=Query,
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[StableErrors, lambda: Limits(calls_at_most)],
    )


def build(calls_at_most: int = MAX_CALLS) -> Schema:
    """Return the subgraph on graphql-core's default executor."""
    return Schema(**parts(calls_at_most))
