"""Windows, intervals and the depth of history, as the plan lets them be had."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from cg_client.plans.plan_table import Plan
from tests.conftest import Graph, StartGraph

QUERY = """
query($interval: Interval!, $last: Int, $from: DateTime, $to: DateTime, $policy: PlanLimitPolicy!) {
  pair(exchange: "Binance", symbol: "BTCUSDT") {
    it: fundingRate(interval: $interval, last: $last, from: $from, to: $to, onPlanLimit: $policy) { __typename
      ... on FundingSeries { requestedInterval interval from to count truncated columns { timestamp } }
      ... on PlanGated { code reason requiredPlan availableFrom minInterval decidedBy message } } } }
"""


def series(graph: Graph, interval: str, policy: str = "FAIL", **window: Any) -> dict[str, Any]:
    result: dict[str, Any] = graph.data(QUERY, interval=interval, policy=policy, **window)["pair"]["it"]
    return result


def ago(**span: float) -> str:
    return (datetime.now(UTC) - timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("interval", "last", "count"), [("H1", 24, 6), ("M5", 3, 1), ("H1", 25, 7), ("H1", None, 25), ("D1", 5, 5)]
)
@pytest.mark.parametrize("policy", ["COARSEN", "FIT"])
def test_a_coarsened_series_covers_the_same_span_and_says_so(
    start_graph: StartGraph, policy: str, interval: str, last: int | None, count: int
) -> None:
    result = series(start_graph(Plan.HOBBYIST), interval, policy, last=last)
    served = "D1" if interval == "D1" else "H4"
    assert (result["requestedInterval"], result["interval"], result["count"]) == (interval, served, count)
    assert result["truncated"] is None


def test_a_window_that_is_too_fine_and_too_deep_fits_the_plan_on_request(start_graph: StartGraph) -> None:
    graph, window = start_graph(Plan.HOBBYIST), {"from": ago(days=400)}
    assert series(graph, "H1", "COARSEN", **window)["code"] == "HISTORY_TOO_DEEP"
    assert series(graph, "H1", "CLIP", **window)["code"] == "INTERVAL_TOO_FINE"
    result = series(graph, "H1", "FIT", **window)
    assert (result["requestedInterval"], result["interval"], result["truncated"]) == ("H1", "H4", "PLAN_HISTORY")
    assert 1079 <= result["count"] <= 1081


def test_a_window_from_a_time_to_itself_is_one_bar(graph: Graph) -> None:
    time = "2026-07-01T08:00:00Z"
    result = series(graph, "H8", **{"from": time, "to": time})
    assert (result["count"], result["from"], result["to"], result["truncated"]) == (1, time, time, None)


@pytest.mark.parametrize(("window", "count"), [({"from": ago(days=300)}, 1080), ({"to": ago(days=200), "last": 9}, 0)])
def test_bars_withheld_by_a_lower_plan_are_reported_as_missing(
    graph: Graph, window: dict[str, Any], count: int
) -> None:
    graph.sandbox.plan = Plan.HOBBYIST
    result = series(graph, "H4", **window)
    assert abs(result["count"] - count) <= 1
    assert result["truncated"] == "INCOMPLETE"


def test_a_deeper_window_than_the_plan_has_is_gated_without_a_request(start_graph: StartGraph) -> None:
    graph = start_graph(Plan.HOBBYIST)
    result = series(graph, "H4", **{"from": ago(days=400)})
    assert (result["code"], result["reason"], result["decidedBy"]) == ("HISTORY_TOO_DEEP", "HISTORY", "CATALOGUE")
    assert result["requiredPlan"] == "PROFESSIONAL"
    oldest = datetime.fromisoformat(result["availableFrom"])
    assert timedelta(days=180) <= datetime.now(UTC) - oldest <= timedelta(days=180, hours=4, minutes=1)
    assert graph.calls("/api/futures/funding-rate/history") == 0


def test_a_deeper_window_is_clipped_on_request_and_says_so(start_graph: StartGraph) -> None:
    graph = start_graph(Plan.HOBBYIST)
    result = series(graph, "H4", "CLIP", **{"from": ago(days=400)})
    assert (result["__typename"], result["truncated"]) == ("FundingSeries", "PLAN_HISTORY")
    assert 1079 <= result["count"] <= 1081
    times = result["columns"]["timestamp"]
    assert {later - earlier for earlier, later in pairwise(times)} == {4 * 3_600_000}


def test_a_window_that_clipping_would_empty_stays_gated(start_graph: StartGraph) -> None:
    result = series(start_graph(Plan.HOBBYIST), "H4", "CLIP", **{"from": ago(days=500), "to": ago(days=400)})
    assert result["code"] == "HISTORY_TOO_DEEP"


def test_a_day_reaches_back_to_the_listing_on_every_plan(start_graph: StartGraph) -> None:
    result = series(start_graph(Plan.HOBBYIST), "D1", **{"from": ago(days=2500)})
    assert result["count"] in (2500, 2501)


@pytest.mark.parametrize(("last", "count"), [(None, 100), (1, 1), (100, 100), (101, 101), (1000, 1000), (2500, 2500)])
def test_the_newest_points_are_as_many_as_requested(graph: Graph, last: int | None, count: int) -> None:
    result = series(graph, "H1", last=last)
    now = int(graph.sandbox.now() * 1000)
    newest = now - now % 3_600_000
    expected = [newest - 3_600_000 * index for index in reversed(range(count))]
    assert result["columns"]["timestamp"] == expected


def test_the_points_before_a_time_are_served(graph: Graph) -> None:
    to = ago(days=10)
    result = series(graph, "H4", last=7, to=to)
    assert result["count"] == 7
    assert result["to"] <= to
    assert datetime.fromisoformat(to) - datetime.fromisoformat(result["to"]) < timedelta(hours=4)


def test_both_ends_of_a_window_are_inclusive(graph: Graph) -> None:
    result = series(graph, "D1", **{"from": "2026-01-01T00:00:00Z", "to": "2026-01-31T00:00:00Z"})
    assert (result["from"], result["to"], result["count"]) == ("2026-01-01T00:00:00Z", "2026-01-31T00:00:00Z", 31)


def test_a_time_without_an_offset_is_utc(graph: Graph) -> None:
    naive = series(graph, "D1", **{"from": "2026-01-01T00:00:00", "to": "2026-01-03T00:00:00"})
    shifted = series(graph, "D1", **{"from": "2026-01-01T02:00:00+02:00", "to": "2026-01-02T19:00:00-05:00"})
    assert naive == shifted


def test_order_book_snapshots_beyond_the_retention_are_reported_as_missing(graph: Graph) -> None:
    query = """{ pair(exchange: "Binance", symbol: "BTCUSDT") {
      orderbookHeatmap(interval: M1, from: "%s") { __typename ... on Unavailable { code message } } } }"""
    result = graph.data(query % ago(days=5))["pair"]["orderbookHeatmap"]
    assert (result["code"], "3 days" in result["message"]) == ("NO_DATA", True)
    assert graph.calls("/api/futures/orderbook/history") == 0


def test_order_book_snapshots_refuse_weekly_intervals(graph: Graph) -> None:
    query = """{ pair(exchange: "Binance", symbol: "BTCUSDT") { orderbookHeatmap(interval: W1) {
      ... on InvalidInput { message suggestions } } } }"""
    result = graph.data(query)["pair"]["orderbookHeatmap"]
    assert ("up to D1" in result["message"], result["suggestions"][0]) == (True, "D1")


def test_the_server_cuts_days_out_of_one_request(graph: Graph) -> None:
    data = graph.data("""{ sentiment { optionsFuturesRatio { ... on OptionsFuturesRatio { count } }
      two: optionsFuturesRatio(last: 2) { ... on OptionsFuturesRatio { count from } }
      one: optionsFuturesRatio(from: "2020-06-25", to: "2020-06-25T12:00:00Z") {
        ... on OptionsFuturesRatio { count latest { btcPercent } } } } }""")["sentiment"]
    assert data["optionsFuturesRatio"] == {"count": 3}
    assert data["two"] == {"count": 2, "from": "2020-06-25T00:00:00Z"}
    assert data["one"] == {"count": 1, "latest": {"btcPercent": 45.15}}
    assert graph.calls("/api/index/option-vs-futures-oi-ratio") == 1


def test_a_profile_is_derived_from_the_history_and_says_so(graph: Graph) -> None:
    data = graph.data("""{ pair(exchange: "Binance", symbol: "BTCUSDT") {
      liquidations(interval: D1, last: 30) { ... on Liquidations { bars { longUsd shortUsd } } }
      liquidationProfile(interval: D1, last: 30, buckets: 12) { ... on LiquidationProfile {
        derived method count barsWithoutPrice buckets { priceFrom priceTo longUsd shortUsd }
        source { endpoint sandbox } priceSource { endpoint } } } } }""")["pair"]
    profile = data["liquidationProfile"]
    assert (profile["derived"], profile["count"], profile["barsWithoutPrice"]) == (True, 30, 0)
    assert len(profile["buckets"]) == 12
    for side in ("longUsd", "shortUsd"):
        bars = sum(bar[side] for bar in data["liquidations"]["bars"])
        assert sum(bucket[side] for bucket in profile["buckets"]) == pytest.approx(bars)
    assert profile["priceSource"]["endpoint"] == "/api/futures/price/history"
    assert graph.calls("/api/futures/liquidation/history") == 1


def test_each_part_of_sentiment_has_its_own_result(start_graph: StartGraph) -> None:
    data = start_graph(Plan.HOBBYIST).data("""{ sentiment(coin: "eth") { coin
      fearGreed { __typename } optionsFuturesRatio { __typename } longShortRatio { __typename }
      takerVolume { __typename } other: longShortRatio(exchange: "Binance", interval: M5) { __typename } } }""")
    assert data["sentiment"] == {
        "coin": "ETH",
        "fearGreed": {"__typename": "FearGreedIndex"},
        "optionsFuturesRatio": {"__typename": "PlanGated"},
        "longShortRatio": {"__typename": "LongShortSeries"},
        "takerVolume": {"__typename": "TakerVolumeSeries"},
        "other": {"__typename": "PlanGated"},
    }
