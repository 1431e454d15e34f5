"""Builds the schema; nothing of it depends on settings but the limits of operations."""

from typing import TypedDict

from strawberry.schema.config import StrawberryConfig

from graph_types.scalars import SCALARS
from schema.query import Query
from schema.subscription import Subscription
from served_schema.limits import DEFAULT, Limits
from served_schema.schema import ServedSchema


class SchemaOptions(TypedDict):
    """What a schema of Strawberry's is made of, and the limits of its operations."""

    query: type
    subscription: type
    config: StrawberryConfig
    limits: Limits


def options(limits: Limits = DEFAULT) -> SchemaOptions:
    return SchemaOptions(
        query=Query, subscription=Subscription, config=StrawberryConfig(scalar_map=SCALARS), limits=limits
    )


def build(limits: Limits = DEFAULT) -> ServedSchema:
    """Return the subgraph on graphql-core's default executor."""
    return ServedSchema(**options(limits))
