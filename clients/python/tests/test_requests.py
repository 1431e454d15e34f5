"""Requests and their documents."""

import importlib
import inspect
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate

from codegen.generate import generate
from coinglass_graphql_client import (
    Client,
    Interval,
    Request,
    SeriesRequest,
    Unit,
    coin,
    enums,
    generated,
    pair,
    queries,
    types,
)
from coinglass_graphql_client._requests import Namespace, document, json_value
from coinglass_graphql_client._tables import Tabular, parts_of
from tests.conftest import ROOT

SDL = (ROOT / "schema/schema.graphql").read_text()
NOW = datetime(2026, 11, 1, tzinfo=UTC)
ARGUMENTS: dict[str, Any] = {
    "address": "0xa5b0edf6b55128e0ddae8e51ac538c3188401d41",
    "coin": "BTC",
    "exchange": "Binance",
    "from_": NOW - timedelta(days=5),
    "interval": Interval.D1,
    "name": "Binance",
    "ticker": "GBTC",
    "to": NOW,
    "usd": 10_000,
}


def every_request(owner: Any = queries, symbol: str = "BTC/USDT") -> Iterator[Request[Any]]:
    """Yield each request of the graph, with an example for each argument that it demands."""
    names = queries.__all__ if owner is queries else [name for name in dir(owner) if not name.startswith("_")]
    for name in names:
        method = getattr(owner, name)
        if not callable(method) or (owner is not queries and name in {"coin", "venue", "steps"}):
            continue
        arguments_by_name = {**ARGUMENTS, "symbol": "BTC" if name == "coin" else symbol}
        arguments = {
            parameter.name: _example(parameter, arguments_by_name)
            for parameter in inspect.signature(method).parameters.values()
            if parameter.default is parameter.empty
        }
        request = method(**arguments)
        if isinstance(request, Namespace):
            yield from every_request(request)
        else:
            yield request


def _example(parameter: inspect.Parameter, arguments_by_name: dict[str, Any]) -> Any:
    of = getattr(enums, str(parameter.annotation), None)
    return arguments_by_name[parameter.name] if of in {None, Interval} else next(iter(of))


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema(SDL)


def test_each_request_is_valid_by_the_sdl(schema: GraphQLSchema) -> None:
    requests = list(every_request())
    assert len(requests) > 140
    for request in requests:
        assert not validate(schema, parse(document({"r0": request}).text)), str(request)


@pytest.fixture(scope="module")
def results(url: str) -> dict[str, Any]:
    """Return what a server with the sandbox answers to each request."""
    with Client(url) as client:
        return client.results({str(request): request for request in every_request()})


def test_each_request_of_the_graph_is_answered_as_its_type_says(results: dict[str, Any]) -> None:
    problems = {name: result for name, result in results.items() if isinstance(result, types.Problem)}
    assert len(problems) < 12, problems
    assert {problem.code for problem in problems.values()} <= {"NOT_FOUND", "NO_DATA", "BAD_USER_INPUT"}, problems


def test_each_payload_has_a_table_for_each_of_its_lists(results: dict[str, Any]) -> None:
    for result in results.values():
        if isinstance(result, Tabular):
            for part in parts_of(result):
                frame = result.to_pandas(part)
                assert len(frame) == len(result.to_polars(part)) == len(result.to_arrow(part))


def test_what_is_installed_is_generated_from_the_sdl(tmp_path: Path) -> None:
    generate(SDL, tmp_path)
    installed = {path.name: path.read_text() for path in Path(generated.__path__[0]).glob("*.py")}
    assert installed == {path.name: path.read_text() for path in tmp_path.glob("*.py")}


def test_a_time_without_a_zone_is_utc_and_others_are_converted() -> None:
    naive = datetime(2026, 1, 2)  # noqa: DTZ001  # what is tested
    east = datetime(2026, 11, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    variables = document({"r0": pair("OKX", "X").price(Interval.H1, from_=naive, to=east)}).variables
    assert {"2026-01-02T00:00:00Z", "2026-11-01T00:00:00Z"} < set(variables.values())


def test_arguments_of_one_type_and_value_share_a_variable() -> None:
    requests = {f"r{number}": coin(symbol).open_interest(Interval.H1) for number, symbol in enumerate(["BTC", "ETH"])}
    assert document(requests).variables == {"v0": "H1", "v1": "BTC", "v2": "ETH"}


def test_a_request_names_itself_by_field_and_arguments() -> None:
    request = pair("Binance", "BTC/USDT").open_interest(Interval.H4, unit=Unit.USD)
    assert str(request) == "pair(exchange: Binance, symbol: BTC/USDT).openInterest(interval: H4, unit: USD)"


@pytest.mark.parametrize(
    ("interval", "step"),
    [
        (Interval.M30, timedelta(minutes=30)),
        (Interval.H12, timedelta(hours=12)),
        (Interval.D1, timedelta(days=1)),
        (Interval.W1, timedelta(weeks=1)),
    ],
)
def test_a_series_knows_the_time_between_its_points(interval: Interval, step: timedelta) -> None:
    request = pair("Binance", "BTC/USDT").funding_rate(interval)
    assert isinstance(request, SeriesRequest)
    assert request.interval == step


def test_an_answer_may_have_a_value_of_an_enum_that_this_version_does_not_know() -> None:
    assert enums.ProblemCode("SOMETHING_NEW") == "SOMETHING_NEW"
    with pytest.raises(ValueError, match="1h"):
        Interval("1h")


def test_inputs_are_classes_and_leave_out_what_is_not_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sdl = """
        type Query { markets: Markets! }
        type Markets { coins(where: Filter, orderBy: [Order!]): CoinsResult! }
        type Coins { symbol: String! }
        type Unavailable implements Problem { code: String! }
        interface Problem { code: String! }
        union CoinsResult = Coins | Unavailable
        input Filter { marketCapUsd: Condition, in: [String!] }
        input Condition { gt: Float }
        input Order { field: Figure!, direction: Direction! = DESC }
        enum Figure { PRICE }
        enum Direction { ASC DESC }
    """
    generate(sdl, tmp_path / "generated_inputs")
    module = tmp_path / "generated_inputs/inputs.py"
    text = module.read_text().replace("coinglass_graphql_client.generated", "generated_inputs")
    module.write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    inputs = importlib.import_module("generated_inputs.inputs")
    where = inputs.Filter(market_cap_usd=inputs.Condition(gt=5.0))
    assert json_value([where, inputs.Order(field="PRICE")]) == [{"marketCapUsd": {"gt": 5.0}}, {"field": "PRICE"}]
    assert "in_: list[str] | None" in text
