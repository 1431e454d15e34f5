"""The schema as clients see it."""

import re
from collections.abc import Iterator, Mapping

from graphql import (
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from cg_client.catalogue import CATALOGUE
from schema.capabilities import coverage, table, upstream_fields
from tests.cases import SCHEMA
from tests.test_imports import ROOT

TYPES = [kind for name, kind in SCHEMA._schema.type_map.items() if not name.startswith(("_", "link__"))]
OURS = [kind for kind in TYPES if not kind.ast_node and kind.name not in ("String", "Int", "Float", "Boolean", "ID")]


def test_the_committed_schema_is_up_to_date() -> None:
    committed = (ROOT / "schema" / "schema.graphql").read_text()
    assert committed == SCHEMA.sdl, "run `make schema`"


def test_the_committed_table_of_endpoints_is_up_to_date() -> None:
    assert (ROOT / "docs" / "endpoints.md").read_text() == table(SCHEMA._schema), "run `make schema`"


def test_the_documents_show_which_fields_are_covered() -> None:
    assert coverage(SCHEMA._schema) in (ROOT / "docs" / "coverage.md").read_text(), (
        "paste what `coinglass-graphql coverage` prints"
    )


def fields() -> Iterator[tuple[str, GraphQLField]]:
    for kind in OURS:
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            yield from ((f"{kind.name}.{name}", field) for name, field in kind.fields.items() if name[0] != "_")


FIELDS = dict(fields())


def members(kind: GraphQLNamedType) -> Mapping[str, GraphQLEnumValue | GraphQLInputField]:
    return kind.values if isinstance(kind, GraphQLEnumType) else getattr(kind, "fields", {})


def test_every_type_and_value_is_described() -> None:
    undescribed = {kind.name for kind in OURS if not kind.description}
    for kind in OURS:
        if isinstance(kind, GraphQLEnumType | GraphQLInputObjectType):
            undescribed |= {f"{kind.name}.{name}" for name, item in members(kind).items() if not item.description}
    assert undescribed == set()


def test_every_field_and_argument_is_described() -> None:
    undescribed = {name for name, field in FIELDS.items() if not field.description}
    for name, field in FIELDS.items():
        undescribed |= {f"{name}({key})" for key, argument in field.args.items() if not argument.description}
    assert undescribed == set()


def test_every_endpoint_of_the_catalogue_is_reached() -> None:
    listings = {path for path in CATALOGUE if "/supported-" in path}
    reached = {endpoint.path for _, endpoints in upstream_fields(SCHEMA._schema) for endpoint in endpoints}
    assert reached == set(CATALOGUE) - listings


def test_every_upstream_backed_field_is_a_payload_or_a_problem() -> None:
    names = [name for name, _ in upstream_fields(SCHEMA._schema)]
    assert names
    assert [name for name in names if not is_payload_or_problem(FIELDS[name])] == []


def is_payload_or_problem(field: GraphQLField) -> bool:
    union = get_named_type(field.type)
    if not isinstance(field.type, GraphQLNonNull) or not isinstance(union, GraphQLUnionType):
        return False
    payload, *problems = union.types
    return (
        [problem.name for problem in problems] == ["PlanGated", "Unavailable", "InvalidInput"]
        and union.name == f"{payload.name}Result"
        and "Sourced" in {interface.name for interface in payload.interfaces}
    )


def test_alternatives_are_fields_that_their_endpoints_answer() -> None:
    answered = dict(upstream_fields(SCHEMA._schema))
    for name, field in FIELDS.items():
        definition = field.extensions.get("strawberry-definition")
        for label, endpoint in getattr(definition, "metadata", {}).get("alternatives", {}).items():
            assert endpoint in answered[label], f"{name} names {label}"


def test_the_list_of_a_series_has_the_name_of_its_shape() -> None:
    series = [kind for kind in OURS if isinstance(kind, GraphQLObjectType) and is_series(kind)]
    assert len(series) > 50
    assert {kind.name: lists(kind) for kind in series} == {kind.name: [name_of_shape(kind)] for kind in series}


def is_series(kind: GraphQLObjectType) -> bool:
    return bool({item.name for item in kind.interfaces} & {"Series", "DailySeries", "SeriesByExchange"})


def lists(kind: GraphQLObjectType) -> list[str]:
    """Return the names of the lists of objects, without deprecated ones."""
    return [
        name
        for name, field in kind.fields.items()
        if is_list_type(get_nullable_type(field.type))
        and isinstance(get_named_type(field.type), GraphQLObjectType)
        and not field.deprecation_reason
    ]


def name_of_shape(kind: GraphQLObjectType) -> str:
    item = get_named_type(kind.fields[lists(kind)[0]].type)
    assert isinstance(item, GraphQLObjectType)
    if {"open", "high", "low", "close"} <= item.fields.keys():
        return "candles"
    return "bars" if item.name.endswith("Bar") else "points"


def test_no_description_only_repeats_a_name() -> None:
    shown = {f"{kind.name}.{name}": item for kind in OURS for name, item in members(kind).items() if name[0] != "_"}
    bare = {name for name, item in shown.items() if is_bare(name.rpartition(".")[2], item.description)}
    bare |= {kind.name for kind in OURS if is_bare(kind.name, kind.description)}
    assert bare == set()


def is_bare(name: str, description: str | None) -> bool:
    """Whether the description has no word beside those of the name."""
    words = {*re.findall(r"[a-z0-9]+", (description or "").lower())} - {"the", "a", "an", "of"}
    return all(word in name.lower() for word in words)


CARD_TYPES = "Coin Pair Exchange FundingSeries OISeries Liquidations Orderbook Options ETFFlow"


def test_the_types_that_the_project_promises_exist() -> None:
    objects = {kind.name for kind in TYPES if isinstance(kind, GraphQLObjectType)}
    assert set(CARD_TYPES.split()) - objects == set()
