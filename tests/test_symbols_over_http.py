"""Names of callers are resolved to the exchange's codes, and unknown names are refused with the nearest ones."""

import pytest

from sandbox.faults import FaultKind
from tests.conftest import Graph

PAIRS = "/api/futures/supported-exchange-pairs"


@pytest.mark.parametrize(
    ("exchange", "written", "code"),
    [
        ("OKX", "SOL-USDT-SWAP", "SOL-USDT-SWAP"),
        ("okx", "btc-usdt-swap", "BTC-USDT-SWAP"),
        ("OKX", "BTC/USDT:USDT", "BTC-USDT-SWAP"),
        ("Binance", "sol/usdt", "SOLUSDT"),
        ("binance", "BTCUSDT", "BTCUSDT"),
        ("Binance", "btcusdt", "BTCUSDT"),
        ("Binance", "BTC-USDT", "BTCUSDT"),
        ("Binance", "BTC/USDT:USDT", "BTCUSDT"),
        ("Gate.io", "BTC_USDT", "BTC_USDT"),
        ("Bitget", "ETH/USDT", "ETHUSDT_UMCBL"),
        ("Binance", "BTC/USD", "BTCUSD_PERP"),
        ("Binance", "BTCUSD_250627", "BTCUSD_250627"),
        ("Binance", "XBTUSD", "BTCUSD_PERP"),
        ("Binance", "BTCUSDT.P", "BTCUSDT"),
        ("Binance", "BTC/USDC:USDC", "BTCUSDC"),
        ("Binance", "BTC/USD:BTC", "BTCUSD_PERP"),
        ("Binance", "BTC/USD:BTC-250627", "BTCUSD_250627"),
        ("OKEX", "BTCUSDT-PERP", "BTC-USDT-SWAP"),
        ("Bybit", "BTC-PERP", "BTCUSDT"),
        ("Huobi", "SOL", "SOL-USDT"),
        ("Binance Futures", "eth/usdt", "ETHUSDT"),
        ("binanceusdm", "ETH/USDT:USDT", "ETHUSDT"),
    ],
)
def test_a_pair_is_found_however_it_is_written(graph: Graph, exchange: str, written: str, code: str) -> None:
    query = """query($e: String!, $s: String!) { pair(exchange: $e, symbol: $s) { symbol
      fundingRate(interval: H4, last: 1) { __typename } } }"""
    pair = graph.data(query, e=exchange, s=written)["pair"]
    assert pair == {"symbol": code, "fundingRate": {"__typename": "FundingSeries"}}
    ((_, sent),) = [request for request in graph.sandbox.requests if request[0].endswith("funding-rate/history")]
    assert sent["symbol"] == code


def test_a_typing_error_is_answered_with_the_nearest_name_without_a_further_request(graph: Graph) -> None:
    query = """query($s: String!) { pair(exchange: "Binance", symbol: $s) {
      symbol fundingRate(interval: H4) { __typename } } }"""
    graph.data(query, s="BTCUSDT")
    graph.forget()
    for _ in range(3):
        answer = graph.ask(query, s="BTCUSTD")
        assert answer["data"] == {"pair": None}
        (error,) = answer["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert "BTCUSDT" in error["extensions"]["suggestions"]
        assert error["path"] == ["pair"]
    assert graph.sandbox.calls.total() == 0


@pytest.mark.parametrize(
    ("query", "suggestion"),
    [
        ('{ it: coin(symbol: "BTCC") { symbol } }', "BTC"),
        ('{ it: exchange(name: "Binanse") { name } }', "Binance"),
        ('{ it: spotPair(exchange: "Binance", symbol: "SOLUDST") { symbol } }', "SOLUSDT"),
        ('{ it: pair(exchange: "Bybitt", symbol: "BTCUSDT") { symbol } }', "Bybit"),
    ],
)
def test_unknown_names_are_answered_with_the_nearest(graph: Graph, query: str, suggestion: str) -> None:
    answer = graph.ask(query)
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert suggestion in answer["errors"][0]["extensions"]["suggestions"]


@pytest.mark.parametrize(
    ("query", "message", "suggestions"),
    [
        (
            '{ it: pair(exchange: "Binance", symbol: "BTC-PERP") { symbol } }',
            "'BTC-PERP' is ambiguous: Binance lists BTCUSDT, BTCUSDC, BTCUSD_PERP.",
            ["BTCUSDT", "BTCUSDC", "BTCUSD_PERP"],
        ),
        (
            '{ it: pair(exchange: "OKX", symbol: "kPEPE/USDT") { symbol } }',
            "OKX lists no pair 'kPEPE/USDT'.",
            ["PEPE-USDT-SWAP", "PEPE-USDC-SWAP"],
        ),
        (
            '{ it: pair(exchange: "Binance Spot", symbol: "BTC/USDT") { symbol } }',
            "'Binance Spot' names spot pairs: `spotPair` finds them.",
            ["Binance"],
        ),
        (
            '{ it: spotPair(exchange: "OKX", symbol: "BTCUSDT.P") { symbol } }',
            "OKX lists no spot pair 'BTCUSDT.P'. Perpetuals are futures: `pair` finds them.",
            ["BTC-USDT"],
        ),
        (
            '{ it: pair(exchange: "CME", symbol: "BTC/USD") { symbol } }',
            "CME lists no futures pairs at present.",
            [],
        ),
        (
            '{ it: exchange(name: "CME") { pairs { nodes { symbol } } } }',
            "CME lists no futures pairs at present.",
            [],
        ),
        (
            '{ it: spotPair(exchange: "Deribit", symbol: "BTC/USD") { symbol } }',
            "Deribit lists no spot pairs at present.",
            [],
        ),
    ],
)
def test_an_ambiguous_instrument_is_refused_with_the_likeliest_ones(
    graph: Graph, query: str, message: str, suggestions: list[str]
) -> None:
    (error,) = graph.ask(query)["errors"]
    assert error["message"] == message
    facts = error["extensions"]
    assert (facts["code"], facts["suggestions"]) == ("BAD_USER_INPUT", suggestions)


@pytest.mark.parametrize(
    ("field", "argument"),
    [
        ('coin(symbol: "XYZQ")', "symbol"),
        ('exchange(name: "Foo")', "name"),
        ('pair(exchange: "Foo", symbol: "BTCUSDT")', "exchange"),
        ('spotPair(exchange: "Deribit", symbol: "BTC/USD")', "exchange"),
        ('pair(exchange: "Binance", symbol: "BTCC")', "symbol"),
    ],
)
def test_an_unknown_name_is_blamed_on_its_argument(graph: Graph, field: str, argument: str) -> None:
    (error,) = graph.ask(f"{{ {field} {{ __typename }} }}")["errors"]
    assert error["extensions"]["argument"] == argument


@pytest.mark.parametrize(
    ("written", "name"),
    [("OKEX", "OKX"), ("Huobi", "HTX"), ("gate.io", "Gate"), ("BitMEX", "Bitmex"), ("Binance Futures", "Binance")],
)
def test_an_exchange_is_found_by_other_names(graph: Graph, written: str, name: str) -> None:
    assert graph.data("query($n: String!) { exchange(name: $n) { name } }", n=written) == {"exchange": {"name": name}}


def test_a_coin_is_found_by_another_ticker(graph: Graph) -> None:
    assert graph.data('{ coin(symbol: "XBT") { symbol } }') == {"coin": {"symbol": "BTC"}}


@pytest.mark.parametrize("field", ["pair(exchange: $n, symbol: $n)", "coin(symbol: $n)", "exchange(name: $n)"])
def test_a_long_name_is_not_repeated_whole(graph: Graph, field: str) -> None:
    answer = graph.ask(f"query($n: String!) {{ it: {field} {{ __typename }} }}", n="x" * 100_000)
    (error,) = answer["errors"]
    assert len(error["message"]) < 150
    assert (error["extensions"]["code"], error["extensions"]["suggestions"]) == ("BAD_USER_INPUT", [])


def test_an_unknown_name_does_not_affect_its_siblings(graph: Graph) -> None:
    answer = graph.ask('{ bad: coin(symbol: "NOSUCHCOIN") { symbol } good: coin(symbol: "eth") { symbol } }')
    assert answer["data"] == {"bad": None, "good": {"symbol": "ETH"}}
    assert [error["path"] for error in answer["errors"]] == [["bad"]]


def test_unknown_exchanges_in_a_sum_are_refused(graph: Graph) -> None:
    query = """{ coin(symbol: "BTC") { liquidations(interval: D1, exchanges: ["Binance", "Bibit"]) {
      ... on InvalidInput { argument suggestions } } } }"""
    result = graph.data(query)["coin"]["liquidations"]
    assert (result["argument"], "Bybit" in result["suggestions"]) == ("exchanges", True)
    assert graph.calls("/api/futures/liquidation/aggregated-history") == 0


def test_figures_of_a_coin_are_added_up_over_every_exchange_that_lists_it(graph: Graph) -> None:
    graph.data('{ coin(symbol: "BTC") { liquidations(interval: D1) { __typename } } }')
    ((_, sent),) = [item for item in graph.sandbox.requests if item[0].endswith("liquidation/aggregated-history")]
    assert sent["exchange_list"] == "Binance,BingX,Bitget,Bybit,CoinEx,Gate,HTX,MEXC,OKX"


def test_without_the_listing_each_part_says_why_it_is_missing(graph: Graph) -> None:
    graph.fail(FaultKind.KEY_INVALID, PAIRS)
    answer = graph.ask("""{ etf(asset: BTC) { flows { __typename } }
      pair(exchange: "OKX", symbol: "BTC/USDT") { fundingRate(interval: H4) { ... on Problem { code endpoint } } } }""")
    assert "errors" not in answer
    assert answer["data"]["pair"]["fundingRate"] == {"code": "UNAUTHORIZED", "endpoint": PAIRS}
    assert answer["data"]["etf"]["flows"]["__typename"] == "ETFFlows"
