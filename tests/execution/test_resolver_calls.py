"""Arguments are converted once for equal variables, in a cache that stays small."""

import pytest
import strawberry
from graphql import FieldNode, GraphQLObjectType, NameNode, OperationDefinitionNode, parse
from graphql.execution.values import VariableValues, get_variable_values

from execution.resolver_calls import ResolverCalls
from execution.scalar_serializers import Unsupported
from tests.execution.differential import SCHEMA as ROWS


@strawberry.type
class Query:
    @strawberry.field
    def echo(self, text: str) -> str:
        return text


SCHEMA = strawberry.Schema(Query)
INNER = SCHEMA._schema  # graphql-core's
(OPERATION,) = parse("query ($text: String!) { echo(text: $text) }").definitions


def calls() -> ResolverCalls:
    assert isinstance(OPERATION, OperationDefinitionNode)
    assert INNER.query_type is not None
    (node,) = OPERATION.selection_set.selections
    assert isinstance(node, FieldNode)
    return ResolverCalls(INNER.query_type.fields["echo"], node, SCHEMA)


def variables(text: str) -> VariableValues:
    assert isinstance(OPERATION, OperationDefinitionNode)
    result = get_variable_values(INNER, OPERATION.variable_definitions or (), {"text": text})
    assert isinstance(result, VariableValues)
    return result


def test_equal_variables_reuse_the_same_call() -> None:
    cached_calls = calls()
    assert cached_calls.get(variables("BTC")) is cached_calls.get(variables("BTC")) is not None
    assert cached_calls.get(variables("ETH")) is not cached_calls.get(variables("BTC"))


def test_a_call_with_a_long_text_is_not_cached() -> None:
    cached_calls = calls()
    assert cached_calls.get(variables("B" * 257)) is not cached_calls.get(variables("B" * 257))
    assert cached_calls._calls == {}  # the cached calls are visible in no other way
    assert cached_calls.get(variables("B" * 256)) is cached_calls.get(variables("B" * 256))


def test_a_field_with_a_permission_is_left_to_the_default_executor() -> None:
    row = ROWS._schema.type_map["Row"]
    assert isinstance(row, GraphQLObjectType)
    with pytest.raises(Unsupported):
        ResolverCalls(row.fields["gated"], FieldNode(name=NameNode(value="gated")), ROWS)
