"""Watchlists: items in the requested order, one for each name, with few calls."""

from typing import Any

import pytest

from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.plans.plan_table import Plan
from cg_client.secret import Secret
from cg_client.symbols.listings import Symbols
from resolvers.context import Context
from sandbox.app import KEY
from sandbox.faults import FaultKind
from tests.cases import SCHEMA
from tests.clock import FakeClock
from tests.conftest import Graph, StartGraph
from tests.upstream import StubUpstream, ask

COINS = """query($s: [String!]!) { coinsBySymbol(symbols: $s) {
  symbol currentFundingRates { __typename ... on Problem { code } } } }"""
PAIRS = "query($k: [PairKey!]!) { pairsByKey(keys: $k) { exchange symbol market { __typename } } }"
SPOT_PAIRS = "query($k: [PairKey!]!) { spotPairsByKey(keys: $k) { exchange symbol base } }"


def key(exchange: str, symbol: str) -> dict[str, str]:
    return {"exchange": exchange, "symbol": symbol}


def test_coins_come_in_the_requested_order_and_repeated_ones_repeat(graph: Graph) -> None:
    actual = graph.data(COINS, s=["sol", "BTC", "eth", "BTC"])["coinsBySymbol"]
    assert [coin["symbol"] for coin in actual] == ["SOL", "BTC", "ETH", "BTC"]
    assert {coin["currentFundingRates"]["__typename"] for coin in actual} == {"CurrentFundingRates"}


def test_pairs_come_in_the_requested_order_by_any_alias(graph: Graph) -> None:
    keys = [key("okx", "ETH/USDT"), key("Binance", "BTCUSDT"), key("OKX", "eth-usdt-swap")]
    actual = graph.data(PAIRS, k=keys)["pairsByKey"]
    assert [(pair["exchange"], pair["symbol"]) for pair in actual] == [
        ("OKX", "ETH-USDT-SWAP"),
        ("Binance", "BTCUSDT"),
        ("OKX", "ETH-USDT-SWAP"),
    ]


def test_spot_pairs_are_those_of_the_spot_listing(graph: Graph) -> None:
    actual = graph.data(SPOT_PAIRS, k=[key("coinbase", "BTC/USD"), key("OKX", "BTC/USDT")])["spotPairsByKey"]
    assert [pair["symbol"] for pair in actual] == ["BTC-USD", "BTC-USDT"]


@pytest.mark.parametrize("valid", [1, 12])  # a list with and without room for others
def test_an_unknown_coin_is_the_only_null_of_its_list(graph: Graph, valid: int) -> None:
    answer = graph.ask(COINS, s=["BTC"] * valid + ["BTCC", "ETH", "ETHH"])
    actual = answer["data"]["coinsBySymbol"]
    assert [coin and coin["symbol"] for coin in actual] == ["BTC"] * valid + [None, "ETH", None]
    assert [error["path"] for error in answer["errors"]] == [["coinsBySymbol", valid], ["coinsBySymbol", valid + 2]]
    for error, suggestion in zip(answer["errors"], ["BTC", "ETH"], strict=True):
        facts = error["extensions"]
        assert (facts["code"], facts["argument"]) == ("BAD_USER_INPUT", "symbols")
        assert suggestion in facts["suggestions"]


@pytest.mark.parametrize("root", ["pairsByKey", "spotPairsByKey"])
def test_an_unknown_pair_is_the_only_null_of_its_list(graph: Graph, root: str) -> None:
    keys = [key("Binance", "BTCUSDT"), key("Binance", "BTCUSTD"), key("Binanse", "BTCUSDT")]
    answer = graph.ask(f"query($k: [PairKey!]!) {{ {root}(keys: $k) {{ symbol }} }}", k=keys)
    assert answer["data"][root] == [{"symbol": "BTCUSDT"}, None, None]
    assert [error["path"] for error in answer["errors"]] == [[root, 1], [root, 2]]
    suggested = [error["extensions"]["suggestions"] for error in answer["errors"]]
    assert ("BTCUSDT" in suggested[0], "Binance" in suggested[1]) == (True, True)


def test_each_item_of_an_exchange_without_pairs_says_so(graph: Graph) -> None:
    keys = [key("CME", "BTC/USD"), key("Binance", "BTCUSDT"), key("CME", "ETH/USD")]
    answer = graph.ask(PAIRS, k=keys)
    assert [pair and pair["symbol"] for pair in answer["data"]["pairsByKey"]] == [None, "BTCUSDT", None]
    assert {error["message"] for error in answer["errors"]} == {"CME lists no futures pairs at present."}
    assert {error["extensions"]["argument"] for error in answer["errors"]} == {"keys"}


def test_the_markets_of_fifty_pairs_are_a_call_for_each_coin(graph: Graph) -> None:
    listed = [
        node
        for coin in ("BTC", "ETH")
        for node in graph.data(f'{{ pairs(coin: "{coin}", first: 5) {{ nodes {{ exchange symbol }} }} }}')["pairs"][
            "nodes"
        ]
    ]
    graph.forget()
    actual = graph.data(PAIRS, k=listed * 5)["pairsByKey"]
    assert [pair["market"]["__typename"] for pair in actual] == ["PairMarket"] * 50
    assert dict(graph.sandbox.calls) == {"/api/futures/pairs-markets": 2}


async def data_of(client: Client, symbols: Symbols, query: str) -> Any:
    result = await SCHEMA.execute(query, context_value=Context(client, symbols, "test"))
    assert not result.errors, result.errors
    return result.data


async def test_all_new_pairs_are_found_in_one_newer_listing() -> None:
    clock = FakeClock()
    upstream = StubUpstream({"/api/futures/supported-exchange-pairs": listing("BTC")}, clock=clock)
    config = ClientConfig(api_key=Secret(KEY), base_url="http://upstream", plan=Plan.PROFESSIONAL)
    client = Client(config, clock=clock, transport=upstream)
    symbols = Symbols(client)
    await data_of(client, symbols, '{ pair(exchange: "Bybit", symbol: "BTCUSDT") { symbol } }')
    upstream.bodies["/api/futures/supported-exchange-pairs"] = listing("BTC", "ETH", "SOL")
    clock.advance(61)
    keys = ", ".join(f'{{exchange: "Bybit", symbol: "{coin}USDT"}}' for coin in ("SOL", "ETH", "BTC"))
    actual = await data_of(client, symbols, f"{{ pairsByKey(keys: [{keys}]) {{ base }} }}")
    assert [pair["base"] for pair in actual["pairsByKey"]] == ["SOL", "ETH", "BTC"]
    await client.close()


def listing(*coins: str) -> dict[str, Any]:
    rows = [{"instrument_id": f"{coin}USDT", "base_asset": coin, "quote_asset": "USDT"} for coin in coins]
    return {"code": "0", "data": {"Bybit": rows}}


async def test_a_coin_may_have_spot_markets_alone_and_suggestions_come_from_both_lists() -> None:
    bodies = {
        "/api/futures/supported-coins": {"code": "0", "data": ["BTC", "ABCDE"]},
        "/api/spot/supported-coins": {"code": "0", "data": ["BTC", "SPOT", "ABCDF"]},
    }
    answer = await ask('{ coinsBySymbol(symbols: ["spot", "ABCD", "BTC"]) { symbol } }', StubUpstream(bodies))
    assert answer["data"]["coinsBySymbol"] == [{"symbol": "SPOT"}, None, {"symbol": "BTC"}]
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"]["suggestions"]) == (["coinsBySymbol", 1], ["ABCDE", "ABCDF"])


def test_several_unknown_names_fetch_one_listing_at_most(graph: Graph) -> None:
    graph.data(PAIRS, k=[])
    graph.forget()
    graph.ask(PAIRS, k=[key("Binance", f"NEW{number}USDT") for number in range(5)])
    assert graph.calls("/api/futures/supported-exchange-pairs") <= 1


@pytest.mark.parametrize(
    ("query", "listing"),
    [
        (
            '{ it: pairsByKey(keys: {exchange: "okx", symbol: "X"}) { symbol price(interval: H4) { ...P } } }',
            "/api/futures/supported-exchange-pairs",
        ),
        (
            '{ it: coinsBySymbol(symbols: "btc") { symbol openInterest(interval: H4) { ...P } } }',
            "/api/futures/supported-coins",
        ),
    ],
)
def test_without_the_listing_each_part_says_why_it_is_missing(graph: Graph, query: str, listing: str) -> None:
    graph.fail(FaultKind.HTTP_500, listing)
    (entity,) = graph.data(query + " fragment P on Problem { code endpoint }")["it"]
    assert list(entity.values())[1] == {"code": "UPSTREAM_ERROR", "endpoint": listing}


def test_an_empty_list_is_answered_with_an_empty_list(graph: Graph) -> None:
    assert graph.data(COINS, s=[]) == {"coinsBySymbol": []}


def literal(item: str, times: int) -> str:
    return f"[{' '.join([item] * times)}]"


BTC = '"BTC"'
COIN = '{__typename: "Coin", symbol: "BTC"}'
SPOT_PAIR = '{exchange: $e, symbol: "BTC/USDT"}'
TOO_LONG = [
    (COINS, {"s": ["BTC"] * 501}),
    ("query($k: [PairKey!]!) { pairsByKey(keys: $k) { symbol } }", {"k": [key("OKX", "BTC/USDT")] * 501}),
    ("query($s: [String!]!) { coins(symbols: $s, first: 1) { totalCount } }", {"s": ["BTC"] * 501}),
    (f"{{ coinsBySymbol(symbols: {literal(BTC, 501)}) {{ symbol }} }}", {}),
    (f"query($s: [String!]! = {literal(BTC, 501)}) {{ coinsBySymbol(symbols: $s) {{ symbol }} }}", {}),
    (
        "query($s: [String!]!, $k: [PairKey!]!) {coinsBySymbol(symbols:$s){symbol} pairsByKey(keys:$k){symbol}}",
        {"s": ["BTC"] * 250, "k": [key("OKX", "BTC/USDT")] * 251},
    ),
]


@pytest.mark.parametrize(("query", "variables"), TOO_LONG)
def test_a_list_that_is_too_long_is_refused_before_anything_is_sent(
    graph: Graph, query: str, variables: dict[str, Any]
) -> None:
    for _ in range(2):  # with and without a cached document
        answer = graph.ask(query, **variables)
        (error,) = answer["errors"]
        assert error["extensions"]["code"] == "QUERY_TOO_COMPLEX"
        assert "501 items, and 500 are allowed" in error["message"]
    assert graph.sandbox.calls.total() == 0


def test_the_longest_list_is_answered(graph: Graph) -> None:
    actual = graph.data("query($s: [String!]!) { coinsBySymbol(symbols: $s) { symbol } }", s=["BTC"] * 500)
    assert len(actual["coinsBySymbol"]) == 500


SERIES = "openInterest(interval: D1) { __typename }"
PRICE = "price(interval: D1) { __typename }"
COSTS = [
    (f"query($s: [String!]!) {{ coinsBySymbol(symbols: $s) {{ {SERIES} }} }}", {"s": ["BTC"] * 11}),
    (f"{{ coinsBySymbol(symbols: {literal(BTC, 11)}) {{ {SERIES} }} }}", {}),
    (f"query($s: [String!]! = {literal(BTC, 11)}) {{ coinsBySymbol(symbols: $s) {{ {SERIES} }} }}", {}),
    (f"query($n: Int!) {{ coins(first: $n) {{ nodes {{ {SERIES} }} }} }}", {"n": 11.0}),
    (f"query($n: Int = 11) {{ coins(first: $n) {{ nodes {{ {SERIES} }} }} }}", {}),
    (f"{{ _entities(representations: {literal(COIN, 11)}) {{ ... on Coin {{ {SERIES} }} }} }}", {}),
    (f"query($k: [PairKey!]!) {{ pairsByKey(keys: $k) {{ {SERIES} }} }}", {"k": [key("OKX", "BTC/USDT")] * 11}),
    (f"query($e: String!) {{ spotPairsByKey(keys: {literal(SPOT_PAIR, 11)}) {{ {PRICE} }} }}", {"e": "OKX"}),
]


@pytest.mark.parametrize(("query", "variables"), COSTS)
def test_the_cost_of_a_list_counts_the_selection_of_each_item(
    start_graph: StartGraph, query: str, variables: dict[str, Any]
) -> None:
    (error,) = start_graph(max_calls=10).ask(query, **variables)["errors"]
    assert "could cause 11 upstream calls, and 10 are allowed" in error["message"]
    assert start_graph(max_calls=11).ask(query, **variables)["data"]


def test_the_cost_of_a_filter_is_that_of_its_coins(start_graph: StartGraph) -> None:
    query = f'{{ coins(symbols: ["BTC", "ETH"]) {{ nodes {{ symbol {SERIES} }} }} }}'
    actual = start_graph(max_calls=2).data(query)["coins"]["nodes"]
    assert [coin["symbol"] for coin in actual] == ["BTC", "ETH"]


def test_similar_names_are_searched_for_the_first_unknown_ones_alone(graph: Graph) -> None:
    symbols = [f"{letter}TC{digit}" for letter in "abcdefghij" for digit in range(10)]
    answer = graph.ask("query($s: [String!]!) { coinsBySymbol(symbols: $s) { symbol } }", s=symbols)
    suggested = [bool(error["extensions"]["suggestions"]) for error in answer["errors"]]
    assert len(suggested) == 100
    assert 0 < sum(suggested) <= 12


def test_too_many_values_in_variables_are_refused(graph: Graph) -> None:
    (error,) = graph.ask("query($s: [String!]!) { coinsBySymbol(symbols: $s) { symbol } }", s=["BTC"], x=[1] * 6000)[
        "errors"
    ]
    assert error["extensions"]["code"] == "QUERY_TOO_COMPLEX"
    assert "COINGLASS_MAX_VARIABLES" in error["message"]


def test_too_many_values_in_variables_are_refused_each_time(graph: Graph) -> None:
    query = "query($by: [CoinMarketOrder!]) { markets { coins(orderBy: $by) { __typename } } }"
    assert "errors" not in graph.ask(query, by=[{"field": "PRICE_LAST"}])
    (error,) = graph.ask(query, by=[{"field": "PRICE_LAST"}] * 3000)["errors"]
    assert error["extensions"]["code"] == "QUERY_TOO_COMPLEX"
    assert "COINGLASS_MAX_VARIABLES" in error["message"]


@pytest.mark.parametrize("accept", ["application/json", "text/csv"])
def test_values_are_suggested_for_the_first_errors_in_variables_alone(
    graph: Graph, monkeypatch: pytest.MonkeyPatch, accept: str
) -> None:
    searches: list[str] = []

    def similar(name: str, _: object) -> list[str]:
        searches.append(name)
        return []

    monkeypatch.setattr("served_schema.enum_values.similar", similar)
    payload = {
        "query": "query($by: [CoinMarketOrder!]) { markets { coins(orderBy: $by) { __typename } } }",
        "variables": {"by": [{"field": "PRICE"}] * 500},
    }
    answer = graph.http.post("/graphql", json=payload, headers={"accept": accept}).json()
    assert answer["errors"][-1]["message"].startswith("Too many errors")
    assert len(searches) < 60


def test_the_cost_of_an_operation_does_not_depend_on_what_it_was_requested_with_before(start_graph: StartGraph) -> None:
    graph = start_graph(max_calls=39)
    query = """query($a: CoinMarketFilter, $b: CoinMarketFilter) { markets {
      a: coins(where: $a) { __typename } b: coins(where: $b) { __typename } } }"""
    for b in ({"symbol": {"eq": "BTC"}}, {"symbol": {"eq": "ETH"}}):
        assert "QUERY_TOO_COMPLEX" in str(graph.ask(query, a={"symbol": {"eq": "BTC"}}, b=b))


def test_a_cost_that_depends_on_any_variable_is_measured_each_time(start_graph: StartGraph) -> None:
    graph = start_graph(max_calls=20)
    query = """query($a: [String!], $b: [String!]) { coin(symbol: "BTC") {
      x: market(exchanges: $a) { __typename } y: market(exchanges: $b) { __typename } } }"""
    for b, is_refused in ((["OKX"], False), (["Binance"], True)):
        answer = graph.ask(query, a=["OKX"], b=b)
        assert ("errors" in answer) is is_refused
