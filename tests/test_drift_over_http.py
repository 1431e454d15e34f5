"""What the operator hears of an answer that differs from the catalogue: one log line, and a counter."""

import re

from structlog.testing import capture_logs

from sandbox.faults import FaultKind
from tests.conftest import Graph, StartGraph

PATH = "/api/futures/price/history"
PRICE = """{ pair(exchange: "Binance", symbol: "BTCUSDT") { price(interval: %s, last: 3) {
  ... on PriceSeries { candles { close volumeUsd } source { anomalies { kind field count sample } } } } } }"""
DRIFT = re.compile(r'^coinglass_graphql_drift_total\{endpoint="(.*)",field="(.*)",kind="(.*)"\} (\S+)$', re.MULTILINE)


def drift(graph: Graph) -> list[tuple[str, str, str, float]]:
    result = DRIFT.findall(graph.http.get("/metrics").text)
    return [(endpoint, field, kind, float(count)) for endpoint, field, kind, count in result]


def test_a_finding_is_logged_once_and_counted_each_time(start_graph: StartGraph) -> None:
    graph = start_graph()
    graph.fail(FaultKind.WRONG_TYPE, PATH)
    with capture_logs() as logged:
        answers = [graph.data(PRICE % interval)["pair"]["price"] for interval in ("H1", "H1", "H4", "D1")]
    for answer in answers:
        assert answer["source"]["anomalies"] == [
            {"kind": "VALUE_UNREADABLE", "field": "volume_usd", "count": 1, "sample": '{"spoilt":true}'}
        ]
        assert [candle["volumeUsd"] is None for candle in answer["candles"]] == [False, False, True]
        assert None not in [candle["close"] for candle in answer["candles"]]
    assert graph.calls(PATH) == 3
    assert drift(graph) == [(PATH, "volume_usd", "VALUE_UNREADABLE", 3)]
    (line,) = [event for event in logged if event["log_level"] == "warning"]
    assert line == {
        "event": "CoinGlass' answer differs from the catalogue",
        "log_level": "warning",
        "endpoint": PATH,
        "kind": "VALUE_UNREADABLE",
        "field": "volume_usd",
        "count": 1,
        "sample": '{"spoilt":true}',
    }


def test_documented_answers_are_not_reported_as_drift(graph: Graph) -> None:
    with capture_logs() as logged:
        answer = graph.data(PRICE % "H1")["pair"]["price"]
    assert answer["source"]["anomalies"] == []
    assert drift(graph) == []
    assert {event["log_level"] for event in logged} <= {"info"}
