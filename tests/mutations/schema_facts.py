"""What the schema declares about a path of an answer: its type, and whether CoinGlass may omit the value."""

import functools
import itertools
from collections.abc import Iterator, Sequence
from itertools import pairwise

from graphql import (
    FieldNode,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLUnionType,
    get_named_type,
    parse,
)
from graphql.language import OperationDefinitionNode
from strawberry.types.base import StrawberryObjectDefinition

from tests.cases import CASES, SCHEMA
from tests.mutations.json_paths import JsonPath

COMPUTED = ("latest", "columns")  # where the values of rows are shown once more
OF_ROW = ("total",)  # one of the rows, by itself


@functools.cache
def payload(path: str) -> GraphQLOutputType:
    """Return the type of the field `it`."""
    (operation,) = parse(CASES[path].text()).definitions
    assert isinstance(operation, OperationDefinitionNode)
    kind: GraphQLOutputType | None = SCHEMA._schema.query_type
    node: OperationDefinitionNode | FieldNode = operation
    while not (isinstance(node, FieldNode) and node.alias is not None and node.alias.value == "it"):
        assert node.selection_set is not None
        (node,) = node.selection_set.selections  # type: ignore[assignment]  # these queries are a way of fields to `it`
        assert isinstance(node, FieldNode)
        inner = get_named_type(kind)
        inner = inner.types[0] if isinstance(inner, GraphQLUnionType) else inner
        assert isinstance(inner, GraphQLObjectType)
        kind = inner.fields[node.name.value].type
    assert kind is not None
    named = get_named_type(kind)
    return named.types[0] if isinstance(named, GraphQLUnionType) else kind


def types(path: str, json_path: JsonPath) -> Iterator[GraphQLOutputType]:
    """Yield the types along the path, and of its end."""
    kind = payload(path)
    for step in json_path:
        bare = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        if isinstance(step, int):
            assert isinstance(bare, GraphQLList)
            kind = bare.of_type
        else:
            assert isinstance(bare, GraphQLObjectType)
            kind = bare.fields[step].type
        yield kind


def scalar_type(path: str, json_path: JsonPath) -> str:
    *_, kind = types(path, json_path)
    return get_named_type(kind).name


def is_key(path: str, footprint: Sequence[JsonPath]) -> bool:
    """Whether a row needs the value: neither it nor a parent is nullable at any of the paths."""
    return any(_is_needed(path, json_path) for json_path in footprint if json_path[0] not in COMPUTED)


def _is_needed(path: str, json_path: JsonPath) -> bool:
    row = max(
        (number for number, step in enumerate(json_path, 1) if isinstance(step, int) or step in OF_ROW), default=0
    )
    below = list(types(path, json_path))[min(row, len(json_path) - 1) :]
    return all(isinstance(kind, GraphQLNonNull) for kind in below)


def is_sparse(path: str, footprint: Sequence[JsonPath]) -> bool | None:
    """Whether CoinGlass may omit the value; None if the schema does not say."""
    result = {_sparse(path, json_path) for json_path in footprint if json_path[0] not in COMPUTED}
    return False if False in result else True if result == {True} else None


def _sparse(path: str, json_path: JsonPath) -> bool | None:
    kinds = [payload(path), *types(path, json_path)]
    parent, name = next(
        (get_named_type(parent).name, step)
        for (parent, _), step in reversed(list(zip(pairwise(kinds), json_path, strict=True)))
        if isinstance(step, str)
    )
    definition = SCHEMA.get_type_by_name(parent)
    assert isinstance(definition, StrawberryObjectDefinition)
    (field,) = [item for item in definition.fields if SCHEMA.config.name_converter.get_graphql_name(item) == name]
    if "source_name" not in field.metadata or "group" in field.metadata:
        return None
    return bool(field.metadata.get("sparse"))


def common(footprint: Sequence[JsonPath]) -> list[JsonPath]:
    """Return the common parent of these paths, or none if they have none."""
    shown = [json_path for json_path in footprint if json_path[0] not in COMPUTED]
    json_path = tuple(
        steps[0] for steps in itertools.takewhile(lambda steps: len(set(steps)) == 1, zip(*shown, strict=False))
    )
    while json_path and isinstance(json_path[-1], int):
        json_path = json_path[:-1]
    return [json_path] if json_path else []
