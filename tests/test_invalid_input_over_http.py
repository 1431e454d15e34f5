"""What a caller got wrong about one field is the value of that field: nothing is sent, and its neighbours stand."""

from typing import Any

import pytest

from sandbox.faults import FaultKind
from tests.conftest import Graph, StartGraph
from tests.upstream import StubUpstream, field

INVALID = "__typename ... on Problem { code message endpoint } ... on InvalidInput { argument suggestions }"
GOOD = "good: price(interval: H4, last: 1) { __typename }"
WALLET = f"0x{'5' * 39}"
LISTINGS = """{ coin(symbol: "BTC") { symbol } pair(exchange: "OKX", symbol: "BTC/USDT") { symbol }
  spotPair(exchange: "OKX", symbol: "BTC/USDT") { symbol } exchange(name: "OKX") { name } }"""
WINDOW = 'from: "2026-02-01T00:00:00Z", to: "2026-01-01T00:00:00Z"'
# The parent of the field, its call, the invalid argument and a part of the message.
CASES = [
    ("pair", "price(interval: H4, last: 0)", "last", "`last` is a number"),
    ("pair", "price(interval: H4, last: 20001)", "last", "`last` is a number"),
    ("pair", 'price(interval: H4, last: 5, from: "2026-01-01")', "last", "not `last` and `from`"),
    ("pair", f"price(interval: H4, {WINDOW})", "from", "after `to`"),
    ("pair", 'price(interval: H4, from: "2999-01-01")', "from", "future"),
    ("pair", 'price(interval: M1, from: "2020-01-01")', "from", "20000 points"),
    ("pair", "orderbookHeatmap(interval: W1)", "interval", "up to D1"),
    ("pair", "orderbook(interval: H4, depthPercent: 4)", "depthPercent", "one of 0.25"),
    ("pair", "rsi(interval: H4, window: 0)", "window", "from 1"),
    ("pair", "macd(interval: H4, slowWindow: 0)", "slowWindow", "from 1"),
    ("pair", "bollingerBands(interval: H4, multiplier: 1e999)", "multiplier", "above 0"),
    ("pair", "liquidationOrders(minUsd: -1)", "minUsd", "from 0"),
    ("pair", "liquidationProfile(interval: H4, buckets: 0)", "buckets", "from 1"),
    ("pair", "liquidationProfile(interval: H4, last: 0)", "last", "`last` is a number"),
    ("pair", f"largeOrderHistory({WINDOW})", "from", "before `to`"),
    ("coin", 'liquidations(interval: D1, exchanges: ["Bibit"])', "exchanges", "no exchange 'Bibit'"),
    ("coin", "takerVolume(interval: D1, exchanges: [])", "exchanges", "is empty"),
    ("coin", "openInterest(interval: D1, margin: COIN, unit: COIN)", "unit", "leave out `unit`"),
    ("coin", 'openInterest(interval: D1, exchanges: ["OKX"])', "exchanges", "Give `margin`"),
    ("coin", "spotOrderbook(interval: D1, depthPercent: 0)", "depthPercent", "one of 0.25"),
    ("coin { sentiment", 'longShortRatio(exchange: "Binanse")', "exchange", "no exchange 'Binanse'"),
    ("sentiment", "fearGreed(last: 0)", "last", "from 1"),
    ("sentiment", f"optionsFuturesRatio({WINDOW})", "from", "not be after"),
    ("markets", "fundingArbitrage(usd: 0)", "usd", "from 1"),
    ("markets", 'fundingArbitrage(usd: 1, exchanges: ["Bibit"])', "exchanges", "no exchange 'Bibit'"),
    ("markets", "netflows(first: 0)", "first", "from 1"),
    ("markets", 'netflows(after: "nonsense")', "after", "no cursor"),
    ("markets", 'liquidationsByExchange(symbol: " ")', "symbol", "is a name"),
    ("exchange", 'assets(first: 10, after: "MSo1MA==")', "first", "Keep `first` at 50"),
    ("exchange", 'assets(first: 10, after: "MSow")', "after", "no cursor"),
    ("hyperliquid", f'positions(coin: "BTC", after: "{"OTk5" * 2000}")', "after", "no cursor"),
    ("hyperliquid", f'wallet(address: "{WALLET}")', "address", "40 hexadecimal"),
    ("hyperliquid", 'positions(coin: "NOSUCHCOIN")', "coin", "no coin 'NOSUCHCOIN'"),
    ("hyperliquid", 'positions(coin: "BTC", after: "MSox")', "after", "no cursor"),
    ("hyperliquid", 'longShortAccounts(coin: "BTC", interval: W1)', "interval", "M5, H1, D1"),
    ("etf", 'detail(ticker: "")', "ticker", "is a name"),
    ("onChain", "exchangeTransfers(minUsd: -1)", "minUsd", "from 0"),
    ("onChain", f"whaleTransfers({WINDOW})", "from", "not be after"),
    ("economicCalendar", f"economicData({WINDOW})", "from", "not be after"),
    ("cryptoNews", "articles(first: 1001)", "first", "from 1"),
]
ROOTS = {
    "pair": 'pair(exchange: "Binance", symbol: "BTCUSDT")',
    "coin": 'coin(symbol: "BTC")',
    "coin { sentiment": 'coin(symbol: "BTC") { sentiment',
    "exchange": 'exchange(name: "Binance")',
    "etf": "etf(asset: BTC)",
}


def query(root: str, call: str) -> str:
    closed = " }" * (root.count("{") + 1)
    return f"{{ {ROOTS.get(root, root)} {{ it: {call} {{ {INVALID} }} {closed} upstreamQuota {{ limit }} }}"


def it(data: dict[str, Any]) -> dict[str, Any]:
    result = dict(data)
    result.pop("upstreamQuota")
    while "it" not in result:
        (result,) = result.values()
    part: dict[str, Any] = result["it"]
    return part


@pytest.fixture(scope="module", name="shared")
def _shared(start_shared: StartGraph) -> Graph:
    graph = start_shared()
    graph.data(LISTINGS)
    return graph


@pytest.mark.parametrize(
    ("root", "call", "argument", "says"), CASES, ids=[f"{item[0]}.{item[1][:60]}" for item in CASES]
)
def test_invalid_input_is_the_value_of_its_field_and_nothing_is_sent(
    shared: Graph, root: str, call: str, argument: str, says: str
) -> None:
    shared.data(query(root, call))  # which may look once more for an unknown name
    shared.forget()
    data = shared.data(query(root, call))  # with a cached document
    result = it(data)
    assert (result["__typename"], result["code"], result["argument"]) == ("InvalidInput", "BAD_USER_INPUT", argument)
    assert says in result["message"]
    assert result["endpoint"].startswith("/api/")
    assert data["upstreamQuota"]["limit"] == 1200
    assert shared.sandbox.calls.total() == 0


@pytest.mark.parametrize(
    ("root", "call", "suggestions"),
    [
        ("coin", 'liquidations(interval: D1, exchanges: ["Binance", "Bibit"])', ["Bybit"]),
        ("pair", "orderbook(interval: H4, depthPercent: 4)", ["3", "5", "2"]),
        ("pair", "orderbookHeatmap(interval: W1)", ["D1", "H12", "H8"]),
        ("hyperliquid", 'longShortAccounts(coin: "BTC", interval: M3)', ["M5", "H1", "D1"]),
        ("pair", "price(interval: H4, last: 0)", []),
    ],
)
def test_invalid_input_suggests_valid_values_likeliest_first(
    shared: Graph, root: str, call: str, suggestions: list[str]
) -> None:
    result = it(shared.data(query(root, call)))["suggestions"]
    assert result[: len(suggestions)] == suggestions
    assert bool(result) == bool(suggestions)


def test_the_sibling_fields_of_invalid_input_are_answered(shared: Graph) -> None:
    result = shared.data(f"""{{ pair(exchange: "Binance", symbol: "BTCUSDT") {{ {GOOD}
      bad: price(interval: H4, last: 0) {{ {INVALID} }} }} }}""")["pair"]
    assert (result["good"]["__typename"], result["bad"]["__typename"]) == ("PriceSeries", "InvalidInput")


async def test_a_senseless_window_is_refused_before_the_plan_is_requested() -> None:
    upstream = StubUpstream()
    upstream.declares_plan = False
    result = await field(f"{{ indicators {{ it: coinbasePremium(interval: H4, last: 0) {{ {INVALID} }} }} }}", upstream)
    assert result["argument"] == "last"
    assert upstream.sandbox.calls.total() == 0


def test_an_unknown_coin_of_the_sentiment_costs_only_the_parts_that_need_it(graph: Graph) -> None:
    result = graph.data(f"""{{ sentiment(coin: "BTCC") {{ fearGreed {{ __typename }}
      longShortRatio {{ {INVALID} }} takerVolume {{ {INVALID} }} }} }}""")["sentiment"]
    assert result["fearGreed"] == {"__typename": "FearGreedIndex"}
    for part in (result["longShortRatio"], result["takerVolume"]):
        assert (part["argument"], part["endpoint"]) == ("coin", "/api/futures/supported-coins")
        assert "BTC" in part["suggestions"]


async def test_a_missing_pair_of_an_exchange_is_not_invalid_input() -> None:
    ether = {"instrument_id": "ETHUSDT", "base_asset": "ETH", "quote_asset": "USDT"}
    upstream = StubUpstream({"/api/futures/supported-exchange-pairs": {"code": "0", "data": {"Bybit": [ether]}}})
    document = f'{{ sentiment(coin: "BTC") {{ it: longShortRatio(exchange: "Bybit") {{ {INVALID} }} }} }}'
    result = await field(document, upstream)
    assert (result["code"], "Choose another" in result["message"]) == ("NO_DATA", True)


def cache_control(graph: Graph, document: str) -> str:
    return graph.http.get("/graphql", params={"query": document}).headers["cache-control"]


def test_an_answer_with_lasting_invalid_input_is_cached(graph: Graph) -> None:
    document = '{ pair(exchange: "OKX", symbol: "BTC/USDT") { price(interval: H4, last: 0) { __typename } } }'
    assert cache_control(graph, document).startswith("public, max-age=")


@pytest.mark.parametrize(
    "call",
    [
        'takerVolume(interval: H4, exchanges: ["Bibit"]) { __typename }',
        'openInterest(interval: H4, from: "2999-01-01") { __typename }',
    ],
)
def test_an_answer_with_temporary_invalid_input_is_not_cached(graph: Graph, call: str) -> None:
    document = f'{{ coin(symbol: "BTC") {{ {call} }} }}'
    assert [cache_control(graph, document) for _ in range(2)] == ["no-store", "no-store"]


LISTS = [
    ("coins(first: 1) { totalCount }", "/api/futures/supported-coins"),
    ("pairs(first: 1) { totalCount }", "/api/futures/supported-exchange-pairs"),
    ("spotPairs(first: 1) { totalCount }", "/api/spot/supported-exchange-pairs"),
    ("exchanges { name }", "/api/futures/supported-exchanges"),
]


@pytest.mark.parametrize(("root", "listing"), LISTS, ids=[path for _, path in LISTS])
def test_a_list_without_its_listing_is_null_and_the_rest_is_answered(graph: Graph, root: str, listing: str) -> None:
    graph.fail(FaultKind.HTTP_500, listing)
    answer = graph.ask(f"{{ it: {root} sentiment {{ fearGreed {{ __typename }} }} }}")
    assert answer["data"] == {"it": None, "sentiment": {"fearGreed": {"__typename": "FearGreedIndex"}}}
    (error,) = answer["errors"]
    facts = error["extensions"]
    assert (error["path"], facts["code"], facts["endpoint"]) == (["it"], "UPSTREAM_ERROR", listing)
    assert facts["retryable"]


@pytest.mark.parametrize(
    ("root", "argument"),
    [
        ("coins(first: 0) { totalCount }", "first"),
        ('coins(after: "nonsense") { totalCount }', "after"),
        ('coins(symbols: ["BTC", "BTCC"]) { totalCount }', "symbols"),
        ('pairs(exchange: "Binanse") { totalCount }', "exchange"),
        ('spotPairs(coin: "BTCC") { totalCount }', "coin"),
    ],
)
def test_invalid_input_for_a_list_fails_only_the_list(shared: Graph, root: str, argument: str) -> None:
    answer = shared.ask(f"{{ it: {root} upstreamQuota {{ limit }} }}")
    assert answer["data"] == {"it": None, "upstreamQuota": {"limit": 1200}}
    (error,) = answer["errors"]
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == ("BAD_USER_INPUT", argument)


def test_every_unknown_coin_of_a_filter_is_named(shared: Graph) -> None:
    (error,) = shared.ask('{ coins(symbols: ["BTC", "BTCC", "ETHH"]) { totalCount } }')["errors"]
    assert "'BTCC'" in error["message"]
    assert "'ETHH'" in error["message"]
    assert {"BTC", "ETH"} <= set(error["extensions"]["suggestions"])
