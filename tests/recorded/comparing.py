"""Comparisons of an answer with the recorded body: every value, and nothing else."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from cg_client.decoding.shapes import ParallelLists
from payloads.source import fields_of, rows_field
from tests.declared import figure, moment, name_of, shown, shown_rows, time_text, unshown
from tests.recorded.recording import Recording


def rows_in(recording: Recording) -> list[dict[str, Any]]:
    """Return the rows of the body, of parallel lists those across."""
    data = recording.data
    if isinstance(recording.endpoint.shape, ParallelLists):
        return [dict(zip(data, values, strict=True)) for values in zip(*data.values(), strict=True)]
    return data if isinstance(data, list) else [data]


def compare_rows(answer: Any, recording: Recording, payload: type) -> None:
    """Each row with all its values, in order of time where it has one."""
    name, row = rows_field(payload)
    rows = rows_in(recording)
    assert [unshown(row, recording.endpoint, item) for item in rows] == [set()] * len(rows)
    expected = shown_rows(row, recording.endpoint, rows)
    if any(item.python_name == "timestamp" for item in fields_of(row)):
        compare_series(answer, name_in(payload, name), expected, recording)
    else:
        total = [answer["total"]] if answer.get("total") else []
        assert total + answer[name_in(payload, name)] == expected


def compare_series(answer: Any, name: str, rows: Sequence[Mapping[str, Any]], recording: Recording) -> None:
    """Compare rows in order of time, each time once, with columns, ends and the latest that is not to come."""
    by_time = {row["timestamp"]: row for row in rows}
    expected = [by_time[time] for time in sorted(by_time)]
    assert answer[name] == expected
    for column, values in answer.get("columns", {}).items():
        assert values == [row[column] for row in expected], column
    assert answer["count"] == len(expected)
    if "from" in answer:
        assert (answer["from"], answer["to"]) == (expected[0]["time"], expected[-1]["time"])
    if "latest" in answer:
        assert answer["latest"] == [row for row in expected if row["timestamp"] <= recording.now_ms][-1]


def name_in(payload: type, python_name: str) -> str:
    return next(name_of(item) for item in fields_of(payload) if item.python_name == python_name)


def compare_record(answer: Any, recording: Recording, payload: type) -> None:
    """One object is the payload itself."""
    assert unshown(payload, recording.endpoint, recording.data) == set()
    assert without_source(answer) == shown(payload, recording.endpoint, recording.data)


def without_source(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in ("source", "__typename")}


def compare_parents(answer: Any, recording: Recording, payload: type) -> None:
    """Each row is the answer of the pair or the coin that it names; no parent is answered by another row."""
    rows = rows_in(recording)
    assert [unshown(payload, recording.endpoint, item) for item in rows] == [set()] * len(rows)
    expected = shown_rows(payload, recording.endpoint, rows)
    actual = [without_source(node["part"]) for node in answer["nodes"]]
    assert len(actual) == len(expected)
    assert all(row in actual for row in expected)


def compare_premiums(answer: Any, recording: Recording, _: type) -> None:
    """Without a ticker a row is a day with its funds, with one the row is that of the fund."""
    rows = [
        {
            "time": time_text(moment(day["timestamp"])),
            "timestamp": moment(day["timestamp"]),
            "byTicker": [premium(fund) for fund in day.get("list", [day])],
        }
        for day in recording.data
    ]
    compare_series(answer, "points", rows, recording)


def premium(fund: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "ticker": fund.get("ticker", "GBTC"),
        "priceUsd": fund.get("market_price_usd"),
        "netAssetValueUsd": fund.get("nav_usd"),
        "premiumDiscountPercent": fund.get("premium_discount_details"),
    }


def compare_by_exchange(answer: Any, recording: Recording, _: type) -> None:
    data = recording.data
    by_exchange = data["data_map"]
    assert answer["points"] == [
        {
            "time": time_text(time),
            "timestamp": time,
            "priceUsd": data["price_list"][index],
            "byExchange": [{"exchange": name, "value": values[index]} for name, values in by_exchange.items()],
        }
        for index, time in enumerate(data["time_list"])
    ]
    assert answer["columns"] == {
        "timestamp": data["time_list"],
        "priceUsd": data["price_list"],
        "byExchange": [{"exchange": name, "values": values} for name, values in by_exchange.items()],
    }
    assert answer["count"] == len(data["time_list"])


def compare_rainbow(answer: Any, recording: Recording, _: type) -> None:
    rows = [
        {"time": time_text(time), "timestamp": time, "priceUsd": price, "edgesUsd": edges}
        for price, *edges, time in recording.data
    ]
    compare_series(answer, "points", rows, recording)


def compare_stablecoins(answer: Any, recording: Recording, _: type) -> None:
    data = recording.data
    rows = [
        {
            "time": time_text(time),
            "timestamp": time,
            "priceUsd": figure(price),
            "marketCapUsd": pytest.approx(sum(capital.values())),
            "byCoin": [{"symbol": symbol, "marketCapUsd": usd} for symbol, usd in capital.items()],
        }
        for time, price, capital in zip(data["time_list"], data["price_list"], data["data_list"], strict=True)
    ]
    compare_series(answer, "points", rows, recording)


def compare_heatmap(answer: Any, recording: Recording, _: type) -> None:
    prices, candles = recording.data["y_axis"], recording.data["price_candlesticks"]
    times = [moment(candle[0]) for candle in candles]
    assert (answer["prices"], answer["timestamps"]) == (prices, times)
    assert answer["times"] == [time_text(time) for time in times]
    names = ("open", "high", "low", "close", "volumeUsd")
    assert answer["candles"] == [
        {"time": time_text(time), "timestamp": time, **dict(zip(names, map(figure, figures), strict=True))}
        for time, (_, *figures) in zip(times, candles, strict=True)
    ]
    assert answer["cells"] == [
        {
            "time": time_text(times[at]),
            "timestamp": times[at],
            "price": prices[level],
            "value": value,
            "timeIndex": at,
            "priceIndex": level,
        }
        for at, level, value in recording.data["liquidation_leverage_data"]
    ]
