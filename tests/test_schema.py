"""The schema as clients see it."""

from collections.abc import Iterator

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
)

from cg_client.catalogue import CATALOGUE
from schema.capabilities import table, upstream_fields
from tests.cases import SCHEMA
from tests.test_imports import ROOT

TYPES = [kind for name, kind in SCHEMA._schema.type_map.items() if not name.startswith(("_", "link__"))]
OURS = [kind for kind in TYPES if not kind.ast_node and kind.name not in ("String", "Int", "Float", "Boolean", "ID")]


def test_the_committed_schema_is_in_step() -> None:
    committed = (ROOT / "schema" / "schema.graphql").read_text()
    assert committed == SCHEMA.as_str() + "\n", "run `make schema`"


def test_the_committed_table_of_endpoints_is_in_step() -> None:
    assert (ROOT / "docs" / "endpoints.md").read_text() == table(SCHEMA._schema), "run `make schema`"


def fields() -> Iterator[tuple[str, GraphQLField]]:
    for kind in OURS:
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            yield from ((f"{kind.name}.{name}", field) for name, field in kind.fields.items() if name[0] != "_")


FIELDS = dict(fields())


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.name)
def test_every_type_and_value_is_described(kind: GraphQLNamedType) -> None:
    assert kind.description
    if isinstance(kind, GraphQLEnumType):
        assert all(value.description for value in kind.values.values())
    if isinstance(kind, GraphQLInputObjectType):
        assert all(field.description for field in kind.fields.values())


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_and_argument_is_described(name: str) -> None:
    assert FIELDS[name].description
    assert all(argument.description for argument in FIELDS[name].args.values())


def test_every_endpoint_of_the_catalogue_is_reached() -> None:
    listings = {path for path in CATALOGUE if "/supported-" in path}
    reached = {endpoint.path for _, endpoints in upstream_fields(SCHEMA._schema) for endpoint in endpoints}
    assert reached == set(CATALOGUE) - listings


@pytest.mark.parametrize("name", [name for name, _ in upstream_fields(SCHEMA._schema)])
def test_what_comes_from_upstream_is_a_payload_or_a_problem(name: str) -> None:
    kind = FIELDS[name].type
    union = get_named_type(kind)
    assert isinstance(kind, GraphQLNonNull)
    assert isinstance(union, GraphQLUnionType)
    payload, *problems = union.types
    assert [problem.name for problem in problems] == ["PlanGated", "Unavailable", "InvalidInput"]
    assert union.name == f"{payload.name}Result"
    assert "Sourced" in {interface.name for interface in payload.interfaces}


def test_alternatives_are_fields_that_their_endpoints_answer() -> None:
    answered = dict(upstream_fields(SCHEMA._schema))
    for name, field in FIELDS.items():
        definition = field.extensions.get("strawberry-definition")
        for label, endpoint in getattr(definition, "metadata", {}).get("alternatives", {}).items():
            assert endpoint in answered[label], f"{name} names {label}"


CARD_TYPES = "Coin Pair Exchange FundingSeries OISeries Liquidations Orderbook Options ETFFlow"


@pytest.mark.parametrize("name", CARD_TYPES.split())
def test_the_types_that_the_project_promises_exist(name: str) -> None:
    assert isinstance(SCHEMA._schema.get_type(name), GraphQLObjectType)
