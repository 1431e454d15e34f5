"""Selections of every field of a payload."""

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
)

PROBLEM = "... on Problem { code message endpoint }"
ANOMALIES = "source { anomalies { kind field count sample } }"


def everything(schema: GraphQLSchema, union: str, *, anomalies: bool = False) -> str:
    """Return a selection of all fields of a result union's payload, and of the problem.

    `source` is omitted, except its anomalies on request.
    """
    payload = payload_of(schema, union)
    result = f"... on {payload.name} {{ {ANOMALIES} }}" if anomalies else ""
    return f"{{ __typename {PROBLEM} {result} ... on {payload.name} {_fields(payload)} }}"


def payload_of(schema: GraphQLSchema, union: str) -> GraphQLObjectType:
    kind = schema.get_type(union)
    assert isinstance(kind, GraphQLUnionType)
    payload = kind.types[0]
    assert isinstance(payload, GraphQLObjectType)
    return payload


def _fields(kind: GraphQLNamedType) -> str:
    assert isinstance(kind, GraphQLObjectType), kind
    chosen = [_field(name, field) for name, field in kind.fields.items() if is_shown(name, field)]
    return f"{{ {' '.join(chosen)} }}"


def is_shown(name: str, field: GraphQLField) -> bool:
    return name != "source" and not field.args and not field.deprecation_reason


def _field(name: str, field: GraphQLField) -> str:
    inner = get_named_type(field.type)
    return name if is_leaf_type(inner) else f"{name} {_fields(inner)}"
