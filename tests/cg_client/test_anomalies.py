"""Anomalies of one answer, and how they are counted for the operator: bounded, shortened, without the key."""

import httpx
import msgspec
import pytest
import respx

from cg_client.call import Call
from cg_client.client import Client
from cg_client.decoding.anomalies import MAX_DRIFT_KEYS as MAX_DRIFT
from cg_client.decoding.anomalies import (
    MAX_FINDINGS,
    MAX_SAMPLE,
    AnomalyCollector,
    AnomalyKind,
    DecodingAnomaly,
    DriftCounter,
    DriftKey,
    merged,
)
from cg_client.decoding.struct_reader import struct_decoder
from cg_client.endpoint import Endpoint
from cg_client.errors import PayloadMismatch
from cg_client.params.core import CoinParams
from tests.cg_client.conftest import ENDPOINT, KEY

UNREADABLE, MISSING = AnomalyKind.VALUE_UNREADABLE, AnomalyKind.FIELD_MISSING
OTHER = Endpoint(path="/api/other", summary="Something else to request.")
decode_figures = struct_decoder(list[float], list[float])


def test_equal_anomalies_are_counted_with_the_first_sample() -> None:
    collector = AnomalyCollector()
    collector.report(UNREADABLE, "close")
    collector.report(UNREADABLE, "close", "first", count=2)
    collector.report(UNREADABLE, "close", "second")
    collector.report(MISSING, "close")
    assert collector.anomalies() == (
        DecodingAnomaly(UNREADABLE, "close", 4, '"first"'),
        DecodingAnomaly(MISSING, "close", 1),
    )


def test_anomalies_beyond_the_bound_are_counted_together() -> None:
    collector = AnomalyCollector()
    for number in range(MAX_FINDINGS + 50):
        collector.report(UNREADABLE, f"field{number}", number)
    collector.report(MISSING, "volume")
    collector.report(UNREADABLE, "field0")
    result = collector.anomalies()
    assert result[0] == DecodingAnomaly(UNREADABLE, "field0", 2, "0")
    assert result[MAX_FINDINGS:] == (
        DecodingAnomaly(UNREADABLE, "…", 50, str(MAX_FINDINGS)),
        DecodingAnomaly(MISSING, "…", 1),
    )


@pytest.mark.parametrize(
    ("sample", "shown"),
    [
        (None, "null"),
        ("7.9%", '"7.9%"'),
        ({"deep": [1, None]}, '{"deep":[1,null]}'),
        ("é" * 200, '"' + "é" * (MAX_SAMPLE - 2) + "…"),
        (2**70, str(2**70)),
        (UNREADABLE, '"VALUE_UNREADABLE"'),
        (1j, '"1j"'),
    ],
)
def test_a_sample_is_json_of_bounded_length(sample: object, shown: str) -> None:
    collector = AnomalyCollector()
    collector.report(UNREADABLE, "close", sample)
    (result,) = collector.anomalies()
    assert result.sample == shown


def test_long_field_names_are_cut_and_counted_together_if_equal() -> None:
    collector = AnomalyCollector()
    for end in "ab":
        collector.report(AnomalyKind.FIELD_UNKNOWN, "x" * 200 + end, 1)
    assert collector.anomalies() == (DecodingAnomaly(AnomalyKind.FIELD_UNKNOWN, "x" * MAX_SAMPLE, 2, "1"),)


def test_anomalies_of_several_answers_are_added_up() -> None:
    first = (DecodingAnomaly(UNREADABLE, "close", 2, "1"), DecodingAnomaly(MISSING, "open", 1))
    second = (DecodingAnomaly(MISSING, "close", 4), DecodingAnomaly(UNREADABLE, "close", 3, "2"))
    assert merged([first, second, ()]) == (
        DecodingAnomaly(UNREADABLE, "close", 5, "1"),
        DecodingAnomaly(MISSING, "open", 1),
        DecodingAnomaly(MISSING, "close", 4),
    )
    assert merged([]) == ()


def test_each_drift_is_reported_once_and_counted_always() -> None:
    drift, reported = DriftCounter(), list[tuple[str, DecodingAnomaly]]()
    drift.on_new = lambda endpoint, anomaly: reported.append((endpoint.path, anomaly))
    unusual = DecodingAnomaly(UNREADABLE, "close", 2, "1")
    drift.record(ENDPOINT, (unusual,))
    drift.record(ENDPOINT, (unusual, DecodingAnomaly(MISSING, "close", 1)))
    drift.record(OTHER, (unusual,))
    assert reported == [
        ("/api/test", unusual),
        ("/api/test", DecodingAnomaly(MISSING, "close", 1)),
        ("/api/other", unusual),
    ]
    assert drift.counts == {
        DriftKey("/api/test", UNREADABLE, "close"): 4,
        DriftKey("/api/test", MISSING, "close"): 1,
        DriftKey("/api/other", UNREADABLE, "close"): 2,
    }


def test_drift_beyond_the_bound_is_counted_by_endpoint_and_kind() -> None:
    drift, reported = DriftCounter(), list[DecodingAnomaly]()
    drift.on_new = lambda _, anomaly: reported.append(anomaly)
    for number in range(MAX_DRIFT + 50):
        drift.record(ENDPOINT, (DecodingAnomaly(UNREADABLE, f"field{number}", 1),))
    drift.record(OTHER, (DecodingAnomaly(UNREADABLE, "field0", 3),))
    assert len(drift.counts) == MAX_DRIFT + 2
    assert drift.counts[DriftKey("/api/test", UNREADABLE, "…")] == 50
    assert drift.counts[DriftKey("/api/other", UNREADABLE, "…")] == 3
    assert len(reported) == MAX_DRIFT + 2


@pytest.mark.parametrize("before", ["", "x" * (MAX_SAMPLE - 10)])
async def test_no_sample_and_no_name_contains_any_part_of_the_key(
    before: str, client: Client, upstream: respx.MockRouter
) -> None:
    class FigureRow(msgspec.Struct, forbid_unknown_fields=True):
        time: int
        close: float | None

    text = f"{before}{KEY}"
    body = {"code": "0", "data": [{"time": 1, "close": text, text: 1}]}
    upstream.get("/api/test").mock(httpx.Response(200, json=body))
    answer = await client.get(
        Call(ENDPOINT, CoinParams(symbol="BTC"), struct_decoder(list[FigureRow], list[FigureRow]))
    )
    assert {item.kind for item in answer.anomalies} == {UNREADABLE, AnomalyKind.FIELD_UNKNOWN}
    shown = msgspec.json.encode([answer.anomalies, client.drift.counts.most_common()]).decode()
    assert KEY[:6] not in shown


async def test_an_unreadable_payload_is_counted_as_drift(client: Client, upstream: respx.MockRouter) -> None:
    upstream.get("/api/test").mock(httpx.Response(200, json={"code": "0", "data": {"not": "a list"}}))
    with pytest.raises(PayloadMismatch):
        await client.get(Call(ENDPOINT, CoinParams(symbol="BTC"), decode_figures))
    assert client.drift.counts == {DriftKey("/api/test", AnomalyKind.SHAPE_CHANGED, "data"): 1}
