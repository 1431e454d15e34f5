"""Builds the schema."""

import strawberry
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig

from schema.errors import StableErrors
from schema.federation import Schema
from schema.limits import Limits
from schema.query import Query
from vocabulary.scalars import SCALARS
