"""`/metrics` has the counters of caches, quota, circuits and connections."""

import re
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from callers.key_commands import create_key
from sandbox.faults import FaultKind
from tests.conftest import Graph, StartGraph
from tests.test_imports import ROOT

PRICE = """{ pair(exchange: "Binance", symbol: "BTCUSDT") { price(interval: H1, last: 20) {
  ... on PriceSeries { candles { time close } } } } }"""
OTHER = PRICE.replace("close", "high close")


def figures(graph: Graph) -> dict[str, float]:
    page = graph.http.get("/metrics")
    assert page.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = re.findall(r"^coinglass_graphql_(\S+?(?:\{.*\})?) (\S+)$", page.text, re.MULTILINE)
    return {name.replace('"', ""): float(value) for name, value in lines}


def lookups(graph: Graph, of: str) -> tuple[float, float]:
    values = figures(graph)
    return values[f"lookups_total{{of={of},outcome=hit}}"], values[f"lookups_total{{of={of},outcome=miss}}"]


def test_each_cache_counts_its_lookups(graph: Graph) -> None:
    for _ in range(3):
        graph.data(PRICE)
    assert lookups(graph, "response") == (2, 1)
    assert lookups(graph, "document") == (0, 1)  # the two others did not get so far
    assert lookups(graph, "fragment") == (0, 1)
    hits, misses = lookups(graph, "bulk")
    assert hits > 0
    assert misses == 0


def test_a_query_that_differs_outside_a_list_reuses_its_bytes(graph: Graph) -> None:
    graph.data(PRICE)
    graph.data("query Other " + PRICE)
    assert lookups(graph, "fragment") == (1, 1)
    graph.data(OTHER)
    assert lookups(graph, "fragment") == (1, 2)


def test_sizes_and_quota_are_shown(graph: Graph) -> None:
    graph.data(PRICE)
    values = figures(graph)
    assert all(values[f"kept_bytes{{of={of}}}"] > 0 for of in ("response", "fragment", "rows"))
    assert values["bulk_enabled"] == 1
    assert values["quota_limit"] == 1200
    assert values["quota_used"] == 2  # the listing and the price
    for priority in ("interactive", "refresh", "backfill"):
        assert values[f"quota_waiting{{priority={priority}}}"] == 0
        assert values[f"quota_refused_total{{priority={priority}}}"] == 0


def test_circuits_and_connections_are_shown_by_group(graph: Graph) -> None:
    graph.data(PRICE)
    values = figures(graph)
    assert (values["circuit_state{group=futures/price}"], values["circuit_opened_total{group=futures/price}"]) == (0, 0)
    assert values["connections_in_use{group=futures/price}"] == 0
    graph.fail(FaultKind.HTTP_500, "/api/futures/price/history")
    for interval in ("M1", "M3", "M5", "M15", "M30"):
        graph.data(PRICE.replace("H1", interval))
    values = figures(graph)
    assert (values["circuit_state{group=futures/price}"], values["circuit_opened_total{group=futures/price}"]) == (2, 1)


def test_waits_for_a_connection_are_counted(start_graph: StartGraph) -> None:
    graph = start_graph(connections=1)
    graph.data(
        """{ pair(exchange: "Binance", symbol: "BTCUSDT") {
          a: price(interval: H1, last: 2) { __typename } b: price(interval: H4, last: 2) { __typename } } }"""
    )
    assert figures(graph)["connection_waits_total{group=futures/price,outcome=waited}"] == 1


def test_a_limit_of_zero_stores_nothing(start_graph: StartGraph) -> None:
    graph = start_graph(response_cache_megabytes=0, fragment_cache_megabytes=0, cache_megabytes=0)
    for _ in range(2):
        graph.data(PRICE)
    assert graph.calls("/api/futures/price/history") == 2
    values = figures(graph)
    assert [values[f"kept_bytes{{of={of}}}"] for of in ("response", "fragment", "rows")] == [0, 0, 0]


OF_ALL, OF_REPLICAS = (ROOT / "docs" / "metrics.md").read_text().split("With `COINGLASS_SHARED_URL`")


def documented(text: str) -> dict[str, set[str]]:
    rows = re.findall(r"^\| `([a-z_]+)` \| (.*?) \|", text, re.MULTILINE)
    return {name: {*re.findall(r"`(\w+)`", labels)} for name, labels in rows}


def families(page: str) -> dict[str, set[str]]:
    """Return the labels of each metric, by the name under which it is documented."""
    result: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(page):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        result[name] = {label for sample in family.samples for label in sample.labels} - {"le"}
    return result


def test_the_document_lists_every_metric_with_its_labels(start_graph: StartGraph, tmp_path: Path) -> None:
    key = create_key(tmp_path / "keys.json", "prometheus", datetime.now(UTC), scopes=["metrics"])
    graph = start_graph(key_header=True, callers="keys", key_file=tmp_path / "keys.json", max_depth=5)
    graph.http.headers["x-api-key"] = key
    graph.ask("{")
    graph.fail(FaultKind.HTTP_500, "/api/futures/price/history", times=10)
    graph.data(PRICE)
    graph.ask("{ coins { nodes { markets { exchange { coins { symbol } } } } } }")
    shown, expected = families(graph.http.get("/metrics").text), documented(OF_ALL)
    assert shown.keys() == expected.keys()
    assert {name: labels for name, labels in shown.items() if labels and labels != expected[name]} == {}


def test_names_follow_the_conventions_of_prometheus(graph: Graph) -> None:
    graph.data(PRICE)
    for family in text_string_to_metric_families(graph.http.get("/metrics").text):
        assert family.name.startswith(("coinglass_graphql_", "process_")), family.name
        assert not re.search(r"_(ms|milliseconds|minutes|kb|mb|kilobytes|megabytes)(_|$)", family.name), family.name
        assert family.type == "counter" or not family.name.endswith("_total"), family.name
        assert family.type != "histogram" or family.name.endswith("_seconds"), family.name
        assert family.documentation.endswith("."), family.name
