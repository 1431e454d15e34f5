"""The quota is never overdrawn, and who cannot be served in time is told when to come back."""

from cg_client.plans import Plan
from tests.conftest import Graph, StartGraph

INTERVALS = ("H4", "H6", "H8", "H12", "D1", "W1")
EXCHANGES = ("Binance", "OKX", "Bybit", "Bitget", "Gate", "HTX", "CoinEx", "BingX", "MEXC")


def hundred_series() -> str:
    """A hundred different requests in one operation."""
    wanted = [(exchange, coin, interval) for coin in ("BTC", "ETH") for exchange in EXCHANGES for interval in INTERVALS]
    parts = " ".join(
        f'p{index}: pair(exchange: "{exchange}", symbol: "{coin}/USDT") {{ fundingRate(interval: {interval}, last: 5) '
        "{ __typename ... on Unavailable { code retryable retryAfter } } }"
        for index, (exchange, coin, interval) in enumerate(wanted[:100])
    )
    return f"{{ {parts} }}"


def series_of(graph: Graph) -> list[dict[str, object]]:
    return [part["fundingRate"] for part in graph.data(hundred_series()).values()]


def test_a_hundred_requests_at_once_provoke_no_rate_limit(start_graph: StartGraph) -> None:
    graph = start_graph(Plan.HOBBYIST)
    parts = series_of(graph)
    served = [part for part in parts if part["__typename"] == "FundingSeries"]
    refused = [part for part in parts if part["__typename"] == "Unavailable"]
    assert (len(served), len(refused)) == (29, 71)  # the listing of the pairs was the thirtieth request
    assert {part["code"] for part in refused} == {"QUOTA_EXHAUSTED"}
    assert all(part["retryable"] and 0 < float(str(part["retryAfter"])) < 300 for part in refused)
    assert graph.sandbox.quota.refused == 0
    assert graph.sandbox.calls.total() == 30


def test_what_was_served_is_served_again_without_a_request(start_graph: StartGraph) -> None:
    graph = start_graph(Plan.HOBBYIST)
    first = series_of(graph)
    graph.forget()
    assert [part["__typename"] for part in series_of(graph)] == [part["__typename"] for part in first]
    assert graph.sandbox.calls.total() == 0


def test_requests_of_others_with_the_same_key_are_counted(start_graph: StartGraph) -> None:
    graph = start_graph(Plan.HOBBYIST)
    for _ in range(20):
        graph.sandbox.quota.take()
    parts = series_of(graph)
    assert graph.sandbox.quota.refused == 0
    assert sum(part["__typename"] == "FundingSeries" for part in parts) == 9


def test_the_limit_follows_the_header_of_the_key(start_graph: StartGraph) -> None:
    graph = start_graph(Plan.HOBBYIST, quota=12)
    graph.data('{ pair(exchange: "Binance", symbol: "BTCUSDT") { symbol } }')
    assert graph.data("{ quota { limit used remaining } }")["quota"] == {"limit": 12, "used": 1, "remaining": 11}


def test_the_quota_itself_costs_no_request(graph: Graph) -> None:
    assert graph.data("{ quota { limit used remaining resetsAt } }")["quota"] == {
        "limit": 1200,
        "used": 0,
        "remaining": 1200,
        "resetsAt": None,
    }
    assert graph.sandbox.calls.total() == 0
