"""Many fields, few calls, counted at the upstream."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from tests.conftest import Graph

FUNDING = "/api/futures/funding-rate/history"
PAIRS = "/api/futures/supported-exchange-pairs"


def test_twenty_aliases_of_a_series_send_one_request(graph: Graph) -> None:
    fields = " ".join(
        f"a{index}: fundingRate(interval: H4, last: 10) {{ ... on FundingSeries {{ count }} }}" for index in range(20)
    )
    data = graph.data(f'{{ pair(exchange: "Binance", symbol: "BTCUSDT") {{ {fields} }} }}')
    assert [part["count"] for part in data["pair"].values()] == [10] * 20
    assert graph.calls(FUNDING) == 1


def test_different_lengths_of_a_series_are_one_request(graph: Graph) -> None:
    fields = " ".join(
        f"a{count}: fundingRate(interval: H4, last: {count}) {{ ... on FundingSeries {{ count }} }}"
        for count in (1, 7, 24, 100)
    )
    data = graph.data(f'{{ pair(exchange: "Binance", symbol: "BTCUSDT") {{ {fields} }} }}')
    assert [part["count"] for part in data["pair"].values()] == [1, 7, 24, 100]
    assert graph.calls(FUNDING) == 1


def test_the_current_funding_rates_of_fifty_coins_are_one_request(graph: Graph) -> None:
    data = graph.data(
        "{ coins(first: 50) { nodes { symbol currentFundingRates { ... on CurrentFundingRates "
        "{ symbol stablecoinMargined { exchange fundingRate } } } } } }"
    )
    nodes = data["coins"]["nodes"]
    assert len(nodes) == 50
    assert all(node["currentFundingRates"]["symbol"] == node["symbol"] for node in nodes)
    assert graph.calls("/api/futures/funding-rate/exchange-list") == 1


def test_the_markets_of_thirty_pairs_over_three_coins_are_three_requests(graph: Graph) -> None:
    fields = " ".join(
        f'{coin}: pairs(coin: "{coin}", first: 10) {{ nodes {{ exchange symbol market {{ __typename ... on PairMarket '
        "{ exchange symbol name price { last } } } } }"
        for coin in ("BTC", "ETH", "SOL")
    )
    data = graph.data(f"{{ {fields} }}")
    pairs = [node for coin in data.values() for node in coin["nodes"]]
    assert len(pairs) == 30
    names = [(pair["market"]["exchange"], pair["market"]["symbol"]) for pair in pairs]
    assert names == [(pair["exchange"], pair["symbol"]) for pair in pairs]
    assert graph.calls("/api/futures/pairs-markets") == 3


def test_the_markets_of_fifty_coins_are_one_page(graph: Graph) -> None:
    data = graph.data(
        "{ coins(first: 50) { nodes { symbol market { __typename ... on CoinMarket { symbol price { last } } } } } }"
    )
    assert {node["market"]["__typename"] for node in data["coins"]["nodes"]} == {"CoinMarket"}
    assert graph.calls("/api/futures/coins-markets") == 1


def test_concurrent_equal_queries_send_one_request(graph: Graph) -> None:
    query = """{ pair(exchange: "OKX", symbol: "ETH/USDT") {
      fundingRate(interval: D1) { ... on FundingSeries { count } } } }"""
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: graph.data(query), range(32)))
    assert all(item == answers[0] for item in answers)
    assert (graph.calls(FUNDING), graph.calls(PAIRS)) == (1, 1)


def test_a_long_window_is_fetched_in_pages_without_gap_or_repetition(graph: Graph) -> None:
    query = """
      query($from: DateTime!, $to: DateTime!) { pair(exchange: "Binance", symbol: "BTCUSDT") {
        price(interval: H1, from: $from, to: $to) { ... on PriceSeries { count from to columns { timestamp } } } } }
    """
    now = int(graph.sandbox.now()) // 3600 * 3600
    start, end = now - 3600 * 10_000, now - 3600
    series = graph.data(query, **{"from": iso(start), "to": iso(end)})["pair"]["price"]
    assert series["columns"]["timestamp"] == [time * 1000 for time in range(start, end + 1, 3600)]
    assert (series["from"], series["to"], series["count"]) == (iso(start), iso(end), 10_000)
    assert graph.calls("/api/futures/price/history") in (10, 11)
    queries = [query for path, query in graph.sandbox.requests if path == "/api/futures/price/history"]
    assert all("start_time" in query and "end_time" in query for query in queries)


def test_overlapping_windows_share_their_pages(graph: Graph) -> None:
    now = int(graph.sandbox.now()) // 3600 * 3600
    fields = " ".join(
        f'w{index}: price(interval: H1, from: "{iso(now - 3600 * (5000 + index))}", to: "{iso(now - 3600 * 4500)}") '
        "{ ... on PriceSeries { count } }"
        for index in range(20)
    )
    data = graph.data(f'{{ pair(exchange: "Binance", symbol: "BTCUSDT") {{ {fields} }} }}')
    assert [part["count"] for part in data["pair"].values()] == [501 + index for index in range(20)]
    assert graph.calls("/api/futures/price/history") <= 2


def iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
