"""`/metrics` has the counters of caches, quota, circuits and connections."""

import re

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


DOCUMENTED = re.findall(r"^\| `(coinglass_\w+)` \| (.*?) \|", (ROOT / "docs" / "metrics.md").read_text(), re.MULTILINE)


def test_the_document_lists_every_metric_with_its_labels(start_graph: StartGraph) -> None:
    graph = start_graph(key_header=True)
    graph.ask("{")
    graph.data(PRICE)
    page = graph.http.get("/metrics").text
    shown = dict(re.findall(r"^(coinglass_\w+?)(?:\{(.*)\})? \S+$", page, re.MULTILINE))
    declared = re.findall(r"^# TYPE (coinglass_\w+) (\w+)$", page, re.MULTILINE)
    names = {name if kind == "gauge" or name.endswith("_total") else f"{name}_total" for name, kind in declared}
    assert names == {name for name, _ in DOCUMENTED}
    labels = {name: re.findall(r"`(\w+)`", text) for name, text in DOCUMENTED}
    wrong = {name: text for name, text in shown.items() if re.findall(r'(\w+)="', text) != labels[name]}
    assert wrong == {}
