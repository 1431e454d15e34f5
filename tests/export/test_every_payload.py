"""Every payload of the graph in every format, value by value against its JSON."""

from collections.abc import Iterator

import pytest
from graphql import GraphQLList, GraphQLNonNull, GraphQLObjectType, get_named_type, is_leaf_type

from tests.cases import CASES, SCHEMA
from tests.conftest import Graph, StartGraph
from tests.export.reading import MEDIA_TYPES, ROWS, frame, rows_of, same
from tests.selection import payload_of


@pytest.fixture(scope="module")
def graph(start_shared: StartGraph) -> Graph:
    return start_shared(quota=100_000)


def selections(kind: GraphQLObjectType, *, of_rows: bool = False) -> tuple[list[str], list[str]]:
    """Return the fields of a type outside of lists, and the fields that each lead to one table."""
    values: list[str] = []
    tables: list[str] = []
    for name, field in kind.fields.items():
        inner = get_named_type(field.type)
        declared = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
        is_list = isinstance(declared, GraphQLList)
        if inner.name == "ColumnsByExchange":  # lists within lists: `points` has the same as rows
            continue
        if field.args or name == "source" or (is_leaf_type(inner) and is_list and not of_rows):
            continue
        if is_leaf_type(inner):
            values.append(name)
            continue
        assert isinstance(inner, GraphQLObjectType)
        below, deeper = selections(inner, of_rows=of_rows or is_list or name == "columns")
        if is_list or name == "columns":
            key = f"{ROWS}{name}: {name}" if is_list else name
            tables += [f"{key} {{ {' '.join([*below, each])} }}" for each in deeper or [""]]
        else:
            tables += [f"{name} {{ {each} }}" for each in deeper]
            values += [f"{name} {{ {' '.join(below)} }}"] if below else []
    return values, tables


def queries(path: str) -> Iterator[str]:
    """Yield an operation for each table of the endpoint's payload."""
    case = CASES[path]
    if case.union is None:
        yield case.query.replace("nodes", f"{ROWS}nodes: nodes").replace("it: exchanges", f"{ROWS}it: exchanges")
        return
    payload = payload_of(SCHEMA._schema, case.union)
    values, tables = selections(payload)
    for table in tables or [""]:
        yield case.query.replace("{}", f"{{ ... on {payload.name} {{ {' '.join(values)} {table} }} }}")


@pytest.mark.parametrize("path", sorted(CASES))
def test_a_file_has_the_values_of_the_json(path: str, graph: Graph) -> None:
    for query in queries(path):
        expected = rows_of(query, graph.data(query))
        for name, media_type in MEDIA_TYPES.items():
            answer = graph.http.post("/graphql", json={"query": query}, headers={"accept": media_type})
            assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, media_type), answer.text
            header = answer.text.splitlines()[0].split(",") if name == "csv" else []
            texts = [title for at, title in enumerate(header) if any(isinstance(row[at], str) for row in expected)]
            read = frame(name, answer.content, texts)
            assert len(read) == len(expected), (name, query)
            for actual, row in zip(read.itertuples(index=False, name=None), expected, strict=True):
                assert len(actual) == len(row), (name, query)
                assert all(map(same, row, actual)), (name, query, row, actual)
