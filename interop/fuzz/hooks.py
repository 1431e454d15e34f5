"""What Schemathesis sends to this graph beyond the built-in scalars, and what every response has to be."""

import re
from pathlib import Path
from typing import Any

import graphql
import schemathesis
from hypothesis import strategies
from schemathesis.graphql import nodes
from selections import read_all

PROBLEMS = Path(__file__).resolve().parents[2] / "docs" / "problems.md"
CODES = frozenset(re.findall(r"^\| `([A-Z_]+)` \|", PROBLEMS.read_text(), re.MULTILINE)) - {"INTERNAL_SERVER_ERROR"}
TYPES = ("Coin", "Pair", "SpotPair", "Exchange", "Query", "Nothing")

_names = strategies.sampled_from(["BTC", "BTCUSDT", "Binance", "okx", ""]) | strategies.text(max_size=8)
_times = strategies.sampled_from(["2026-11-01T00:00:00Z", "2026-11-20", "2020-01-01T00:00:00+02:00"])


def _representation(names: dict[str, str]) -> graphql.ObjectValueNode:
    fields = tuple(
        graphql.ObjectFieldNode(name=graphql.NameNode(value=name), value=nodes.String(value))
        for name, value in names.items()
    )
    return graphql.ObjectValueNode(fields=fields)


schemathesis.graphql.scalar("DateTime", (_times | strategies.datetimes().map(str)).map(nodes.String))
schemathesis.graphql.scalar("Timestamp", strategies.integers().map(nodes.Int))
schemathesis.graphql.scalar(
    "_Any",
    strategies.fixed_dictionaries(
        {"__typename": strategies.sampled_from(TYPES)}, optional=dict.fromkeys(("symbol", "exchange", "name"), _names)
    ).map(_representation),
)


@schemathesis.hook
def before_call(_context: Any, case: Any, _options: Any) -> None:
    case.body = read_all(case.operation.schema.client_schema, case.body)


@schemathesis.check
def graphql_response_over_http(_context: Any, response: Any, _case: Any) -> None:
    content_type = response.headers["content-type"][0].partition(";")[0]
    assert response.status_code < 500, response.status_code
    assert content_type in {"application/json", "application/graphql-response+json"}, content_type
    body = response.json()
    assert isinstance(body, dict)
    assert body.keys() <= {"data", "errors", "extensions"}, body.keys()
    assert "data" in body or "errors" in body
    assert "errors" not in body or body["errors"], "an empty list of errors"


@schemathesis.check
def errors_have_documented_codes(_context: Any, response: Any, _case: Any) -> None:
    for error in response.json().get("errors", ()):
        assert isinstance(error["message"], str)
        assert error.keys() <= {"message", "locations", "path", "extensions"}, error.keys()
        assert error["extensions"]["code"] in CODES, error


@schemathesis.check
def data_conform_to_the_schema(_context: Any, response: Any, case: Any) -> None:
    """Execute the operation by graphql-core's own executor over the data, which must then be the result."""
    data = response.json().get("data")
    if data is None:
        return
    result = graphql.execute_sync(
        case.operation.schema.client_schema,
        graphql.parse(case.body),
        root_value=data,
        field_resolver=lambda source, info, **_: source[info.path.key],
        type_resolver=lambda source, *_: source["__typename"],
    )
    assert not result.errors, result.errors
    assert result.data == data
