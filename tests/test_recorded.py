"""Every recorded answer of CoinGlass through the client and the graph: each value of the body is served.

The recordings lie beside the repository and do not enter it; without them these tests are skipped.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.cases import CASES
from tests.recorded.recording import RECORDED, Recording
from tests.recorded.replay_queries import replay_queries

FILES = sorted(RECORDED.glob("*.json"))
if not FILES:
    pytest.skip(f"{RECORDED} is absent: no recorded answer was replayed.", allow_module_level=True)

RECORDINGS = [Recording.of(file) for file in FILES]
REPLAYED = pytest.mark.parametrize("recording", RECORDINGS, ids=lambda recording: recording.name)


@REPLAYED
async def test_every_value_of_the_body_is_served_and_nothing_else(recording: Recording) -> None:
    for replay_query in replay_queries(recording):
        replay_query.compare(await replay_query.answer(recording), recording, replay_query.payload)


ANOMALIES: Mapping[str, list[tuple[str, str, int, str | None]]] = {
    "bull_market_peak_indicator": [
        ("VALUE_UNREADABLE", "current_value", 1, '"14.98M"'),
        ("VALUE_UNREADABLE", "target_value", 2, '"13.5M"'),
    ],
    "bull_market_peak_indicator.2025_07": [
        ("VALUE_UNREADABLE", "current_value", 1, '"15.81M"'),
        ("VALUE_UNREADABLE", "target_value", 2, '"13.5M"'),
    ],
    "etf.bitcoin.price.history.2025_06": [("FIELD_MISSING", "close", 35, None)],
    "spot.pairs_markets": [("ROW_SKIPPED", "exchange_name", 1, '{"current_price":96776.0')],
    "spot.pairs_markets.SOL": [("ROW_SKIPPED", "exchange_name", 2, '{"current_price":142.')],
}


def sources(answer: Any) -> Iterator[Any]:
    if "nodes" in answer:
        yield from (node["part"]["source"] for node in answer["nodes"])
    else:
        yield answer["source"]


@REPLAYED
async def test_only_unusual_values_of_the_body_are_reported(recording: Recording) -> None:
    expected = ANOMALIES.get(recording.name, [])
    for replay_query in replay_queries(recording):
        for source in sources(await replay_query.answer(recording)):
            result = [(item["kind"], item["field"], item["count"]) for item in source["anomalies"]]
            assert result == [(kind, name, count) for kind, name, count, _ in expected]
            for item, (*_, sample) in zip(source["anomalies"], expected, strict=True):
                assert item["sample"] == sample or (item["sample"] or "").startswith(sample or "?")


def test_every_recording_is_replayed() -> None:
    assert {recording.name for recording in RECORDINGS} >= ANOMALIES.keys()
    assert {recording.path for recording in RECORDINGS} <= CASES.keys()
