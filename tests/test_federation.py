"""The subgraph, as a router sees it."""

from typing import Any

from graphql import (
    GraphQLScalarType,
    build_schema,
    find_breaking_changes,
    specified_scalar_types,
)

from tests.cases import SCHEMA
from tests.conftest import Graph

ENTITIES = """
query($r: [_Any!]!) { _entities(representations: $r) { __typename
  ... on Coin { symbol currentFundingRates { __typename } }
  ... on Pair { exchange symbol market { __typename } }
  ... on SpotPair { symbol base }
  ... on Exchange { name } } }
"""


def entities(graph: Graph, *representations: Any) -> dict[str, Any]:
    return graph.ask(ENTITIES, r=list(representations))


def test_the_subgraph_is_of_federation_2_and_states_its_keys(graph: Graph) -> None:
    sdl = graph.data("{ _service { sdl } }")["_service"]["sdl"]
    assert '@link(url: "https://specs.apollo.dev/federation/v2.9"' in sdl
    assert graph.http.get("/schema.graphql?subgraph").text == sdl
    for entity in (
        'type Coin @key(fields: "symbol")',
        'type Pair implements TradingPair @key(fields: "exchange symbol")',
        'type SpotPair implements TradingPair @key(fields: "exchange symbol")',
        'type Exchange @key(fields: "name")',
    ):
        assert entity in sdl


def test_the_sdl_for_clients_is_valid_by_itself_and_all_of_the_schema_but_its_entities(graph: Graph) -> None:
    sdl = graph.http.get("/schema.graphql").text
    standalone = build_schema(sdl)
    subgraph = build_schema(SCHEMA.subgraph_sdl, assume_valid_sdl=True)
    removed = {change.description for change in find_breaking_changes(subgraph, standalone)}
    assert removed == {
        "Field Query._entities was removed.",
        "Field Query._service was removed.",
        "_Any was removed.",
        "_Entity was removed.",
        "_Service was removed.",
    }
    added = {change.description for change in find_breaking_changes(standalone, subgraph)}
    assert added == {"Directive @cost was removed.", "Directive @listSize was removed."}  # those of the federation
    assert not any(word in sdl for word in ("@key", "@link", "@shareable"))


def test_scalars_say_where_their_format_is_specified() -> None:
    scalars = [kind for kind in build_schema(SCHEMA.sdl).type_map.values() if isinstance(kind, GraphQLScalarType)]
    urls = {kind.name: kind.specified_by_url for kind in scalars if kind.name not in specified_scalar_types}
    assert urls.keys() == {"Date", "DateTime", "Timestamp"}
    assert all(url and url.startswith("https://") for url in urls.values())


def test_entities_of_every_kind_are_resolved(graph: Graph) -> None:
    answer = entities(
        graph,
        {"__typename": "Coin", "symbol": "btc"},
        {"__typename": "Pair", "exchange": "okx", "symbol": "BTC/USDT"},
        {"__typename": "SpotPair", "exchange": "Binance", "symbol": "ETHUSDT"},
        {"__typename": "Exchange", "name": "binance"},
    )
    assert "errors" not in answer
    coin, pair, spot_pair, exchange = answer["data"]["_entities"]
    assert (coin["symbol"], pair["symbol"], pair["exchange"]) == ("BTC", "BTC-USDT-SWAP", "OKX")
    assert (spot_pair["base"], exchange["name"]) == ("ETH", "Binance")


def test_a_hundred_representations_send_as_many_calls_as_a_list(graph: Graph) -> None:
    listed = graph.data('{ pairs(coin: "BTC", first: 10) { nodes { exchange symbol } } }')["pairs"]["nodes"]
    graph.forget()
    pairs = [{"__typename": "Pair", **node} for node in listed] * 5
    coins = [{"__typename": "Coin", "symbol": symbol} for symbol in ("BTC", "ETH", "SOL", "XRP", "DOGE")] * 10
    answer = entities(graph, *pairs, *coins)
    assert "errors" not in answer
    assert len(answer["data"]["_entities"]) == 100
    markets = [item["market"]["__typename"] for item in answer["data"]["_entities"] if "market" in item]
    assert markets == ["PairMarket"] * 50
    assert dict(graph.sandbox.calls) == {
        "/api/futures/supported-coins": 1,
        "/api/futures/pairs-markets": 1,
        "/api/futures/funding-rate/exchange-list": 1,
    }


def test_a_bad_representation_fails_alone(graph: Graph) -> None:
    good = {"__typename": "Coin", "symbol": "BTC"}
    answer = entities(
        graph,
        good,
        {"__typename": "Nothing", "symbol": "BTC"},
        {"__typename": "UpstreamQuota", "limit": 3},
        {"symbol": "BTC"},
        {"__typename": "Pair", "exchange": "Binance"},
        {"__typename": "Coin", "symbol": 3},
        {"__typename": "Coin", "symbol": "NOSUCHCOIN"},
        {"__typename": "Coin", "symbol": "ETH", "extra": True},
        good,
    )
    result = answer["data"]["_entities"]
    assert [item and item["symbol"] for item in result] == ["BTC", None, None, None, None, None, None, "ETH", "BTC"]
    assert [error["path"] for error in answer["errors"]] == [["_entities", index] for index in range(1, 7)]
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"BAD_USER_INPUT"}
