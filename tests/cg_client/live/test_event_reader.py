"""Rows are read under either names, and what of them cannot be read is reported."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_client.decoding.anomalies import AnomalyCollector, AnomalyKind, DecodingAnomaly
from cg_client.live.channels import ChannelKind
from cg_client.live.event_reader import read_events
from cg_client.live.events import ChannelEvent, LiquidationEvent, OrderEvent, TickerEvent, TradeEvent
from tests.cg_client.live.rig import order

OLDER = {"base_asset": "baseAsset", "exchange": "exName", "volume_usd": "volUsd"}
ORDERS = (ChannelKind.LIQUIDATION_ORDERS, ChannelKind.FUTURES_TRADES, ChannelKind.SPOT_TRADES)
TICKER_ROW = {  # as documented
    "exchange": "Binance",
    "symbol": "BTCUSDT",
    "base_asset": "BTC",
    "price": 62850.45,
    "index_price": 62847.32,
    "volume_usd_24h": 1256789345.67,
    "open_interest": 5293456789.12,
    "open_interest_amount": 4589.12,
    "funding_rate": 0.0001,
    "next_funding_time": "2026-04-29 16:00:00",
    "funding_interval_hours": 8,
    "expiry_date": None,
    "update_time": "2026-04-29 08:20:00",
}


def read(kind: ChannelKind, data: Any) -> tuple[Sequence[ChannelEvent], Sequence[DecodingAnomaly]]:
    collector = AnomalyCollector()
    text = data if isinstance(data, str) else json.dumps(data)
    return read_events(kind, msgspec.Raw(text.encode()), collector), collector.anomalies()


def older(row: Mapping[str, Any]) -> dict[str, Any]:
    return {OLDER.get(name, name): value for name, value in row.items()}


@pytest.mark.parametrize("row", [order(), older(order())])
@pytest.mark.parametrize("kind", ORDERS)
def test_the_documented_rows_are_read(kind: ChannelKind, row: dict[str, Any]) -> None:
    event = LiquidationEvent if kind is ChannelKind.LIQUIDATION_ORDERS else TradeEvent
    expected = event(
        exchange="Binance",
        symbol="BTCUSDT",
        base_asset="BTC",
        price=56738.0,
        side=2,
        value_usd=3858.184,
        time_ms=1725416318379,
    )
    assert read(kind, [row]) == ((expected,), ())


@pytest.mark.parametrize("row", [TICKER_ROW, older(TICKER_ROW)])
def test_the_documented_ticker_is_read(row: dict[str, Any]) -> None:
    (ticker,), anomalies = read(ChannelKind.FUTURES_TICKER, [row])
    assert anomalies == ()
    assert msgspec.structs.asdict(ticker) == TICKER_ROW


def test_a_future_has_no_funding_and_expires() -> None:
    row = TICKER_ROW | {
        "funding_rate": None,
        "next_funding_time": None,
        "funding_interval_hours": None,
        "expiry_date": "2026-06-26",
    }
    (ticker,), anomalies = read(ChannelKind.FUTURES_TICKER, [row])
    assert isinstance(ticker, TickerEvent)
    assert (ticker.funding_rate, ticker.expiry_date, anomalies) == (None, "2026-06-26", ())


FIGURES = st.floats(allow_nan=False, allow_infinity=False)
ROWS = st.fixed_dictionaries(
    {
        "exchange": st.text(min_size=1),
        "symbol": st.text(min_size=1),
        "base_asset": st.text(min_size=1),
        "price": FIGURES,
        "side": st.integers(1, 2),
        "volume_usd": FIGURES,
        "time": st.integers(10**12, 10**13),
    }
)


@given(st.lists(st.tuples(ROWS, st.sampled_from(["older", "newer"]), st.booleans())), st.sampled_from(ORDERS))
def test_names_and_texts_in_place_of_numbers_change_nothing(
    rows: list[tuple[dict[str, Any], str, bool]], kind: ChannelKind
) -> None:
    sent = [
        {name: repr(value) if as_text and not isinstance(value, str) else value for name, value in named.items()}
        for row, age, as_text in rows
        for named in [older(row) if age == "older" else row]
    ]
    expected = [(row["exchange"], row["symbol"], row["price"], row["volume_usd"], row["time"]) for row, _, _ in rows]
    events, anomalies = read(kind, sent)
    orders = [event for event in events if isinstance(event, OrderEvent)]
    assert [(event.exchange, event.symbol, event.price, event.value_usd, event.time_ms) for event in orders] == expected
    assert anomalies == ()


@given(ROWS, st.sampled_from(["seconds", "milliseconds", "microseconds"]))
def test_times_in_any_unit_are_milliseconds(row: dict[str, Any], unit: str) -> None:
    time = row["time"] // 1000 * 1000
    sent = {"seconds": time // 1000, "milliseconds": time, "microseconds": time * 1000}[unit]
    (event,), _ = read(ChannelKind.SPOT_TRADES, [row | {"time": sent}])
    assert isinstance(event, OrderEvent)
    assert event.time_ms == time


@pytest.mark.parametrize("name", ["base_asset", "price", "side", "volume_usd"])
@pytest.mark.parametrize("value", [None, "many", [], "NaN", msgspec.UNSET])
def test_any_other_value_may_be_missing_and_that_is_reported(name: str, value: object) -> None:
    row = order() | {name: value}
    if value is msgspec.UNSET:
        del row[name]
    if name == "base_asset" and isinstance(value, str):
        row[name] = ""
    events, anomalies = read(ChannelKind.FUTURES_TRADES, [row, order(1)])
    attribute = "value_usd" if name == "volume_usd" else name
    assert [getattr(event, attribute) is None for event in events] == [True, False]
    (anomaly,) = anomalies
    kinds = (AnomalyKind.FIELD_MISSING, AnomalyKind.VALUE_UNREADABLE)
    assert (anomaly.field, anomaly.count) == (name, 1)
    assert anomaly.kind in kinds


@pytest.mark.parametrize("side", [0, 3, -1, "3", 1.5, True])
def test_a_side_that_has_no_meaning_is_missing_and_reported(side: object) -> None:
    (event,), anomalies = read(ChannelKind.FUTURES_TRADES, [order(side=side)])
    assert isinstance(event, OrderEvent)
    assert event.side is None
    assert [(anomaly.kind, anomaly.field) for anomaly in anomalies] == [(AnomalyKind.VALUE_UNREADABLE, "side")]


@pytest.mark.parametrize(
    "broken",
    [{"exchange": ""}, {"symbol": None}, {"time": "yesterday"}, {"time": 5}, {"time": 10**30}, {"time": math.inf}],
)
def test_a_row_without_what_it_is_about_is_skipped_and_reported(broken: dict[str, Any]) -> None:
    (name,) = broken
    for rows in ([order() | broken, order(1)], [order() | broken]):
        events, anomalies = read(ChannelKind.FUTURES_TRADES, rows)
        assert len(events) == len(rows) - 1
        assert [(anomaly.kind, anomaly.field, anomaly.count) for anomaly in anomalies] == [
            (AnomalyKind.ROW_SKIPPED, name, 1)
        ]


def test_a_field_that_is_not_known_is_reported() -> None:
    events, anomalies = read(ChannelKind.FUTURES_TRADES, [order(), order(1, trade_id=7)])
    assert len(events) == 2
    assert [(anomaly.kind, anomaly.field, anomaly.sample) for anomaly in anomalies] == [
        (AnomalyKind.FIELD_UNKNOWN, "trade_id", "7")
    ]


@pytest.mark.parametrize("data", ["{}", "null", "7", '"text"', json.dumps(order())])
def test_what_is_no_list_is_reported(data: str) -> None:
    events, anomalies = read(ChannelKind.LIQUIDATION_ORDERS, data)
    assert events == ()
    assert [anomaly.kind for anomaly in anomalies] == [AnomalyKind.SHAPE_CHANGED]


def test_an_empty_list_is_no_anomaly() -> None:
    assert read(ChannelKind.LIQUIDATION_ORDERS, []) == ((), ())


NAMES = st.sampled_from([*order(), *OLDER.values(), "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=4,
)


@given(
    JSON | st.lists(st.dictionaries(st.sampled_from([*order(), *OLDER.values()]), JSON)), st.sampled_from(ChannelKind)
)
def test_nothing_that_comes_is_dropped_in_silence(data: Any, kind: ChannelKind) -> None:
    events, anomalies = read(kind, data)
    rows = len(data) if isinstance(data, list) else 1
    assert len(events) == rows or anomalies
    assert all(
        math.isfinite(value) for event in events for value in msgspec.structs.astuple(event) if type(value) is float
    )
