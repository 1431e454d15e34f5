"""Series that CoinGlass gives whole take `last`, `from` and `to`, and every window costs the same request."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLUnionType, get_named_type
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cases import SCHEMA
from tests.clock import FakeClock
from tests.conftest import Graph
from tests.upstream import StubUpstream, ask

START = datetime(2026, 3, 1, tzinfo=UTC)
COUNT = 40  # points, an hour from one to the next
NOW = 30  # the hour of the clock
PATH = "/api/option/exchange-oi-history"
SERIES = """... on OptionsOpenInterestSeries {
  from to count latest { timestamp } points { time timestamp priceUsd byExchange { exchange value } }
  columns { timestamp priceUsd byExchange { exchange values } }
} ... on InvalidInput { argument message }"""
WITH_WINDOW = {"Series", "DailySeries", "SeriesByExchange"}  # interfaces of payloads


def milliseconds(hour: int) -> int:
    return round((START + timedelta(hours=hour)).timestamp() * 1000)


def iso(hour: int) -> str:
    return (START + timedelta(hours=hour)).strftime("%Y-%m-%dT%H:%M:%SZ")


def price(hour: int) -> float | None:
    return None if hour % 7 == 0 else 100.0 + hour


def served(arguments: str, hours: list[int]) -> dict[str, Any]:
    history = {
        "time_list": [milliseconds(hour) for hour in hours],
        "price_list": [price(hour) for hour in hours],
        "data_map": {"Deribit": [float(hour) for hour in hours], "OKX": [None] * len(hours)},
    }
    upstream = StubUpstream({PATH: {"code": "0", "data": [history]}}, clock=FakeClock(START + timedelta(hours=NOW)))
    query = f'{{ coin(symbol: "BTC") {{ options {{ it: openInterestHistory{arguments} {{ {SERIES} }} }} }} }}'
    result = asyncio.run(ask(query, upstream))
    assert result["errors"] == []
    it: dict[str, Any] = result["data"]["coin"]["options"]["it"]
    return it


ends = st.none() | st.integers(-3, COUNT + 3)


@settings(max_examples=40, deadline=None)
@given(start=ends, stop=ends, last=st.none() | st.integers(1, COUNT + 5), hours=st.permutations(range(COUNT)))
def test_a_window_holds_the_points_that_lie_in_it(
    start: int | None, stop: int | None, last: int | None, hours: list[int]
) -> None:
    bounds = {"from": start, "to": stop}
    arguments = [f'{name}: "{iso(hour)}"' for name, hour in bounds.items() if hour is not None]
    arguments += [] if last is None else [f"last: {last}"]
    series = served(f"({', '.join(arguments)})" if arguments else "", hours)
    if start is not None and last is not None:
        assert series["argument"] == "last"
        return
    if start is not None and stop is not None and start > stop:
        assert series["argument"] == "from"
        return
    end = stop if stop is not None else (COUNT if start is not None and start > NOW else NOW)
    window = [hour for hour in range(COUNT) if (start is None or hour >= start) and hour <= end]
    window = window if last is None else window[-last:]
    assert [point["timestamp"] for point in series["points"]] == [milliseconds(hour) for hour in window]
    assert [point["priceUsd"] for point in series["points"]] == [price(hour) for hour in window]
    assert series["count"] == len(window)
    assert (series["from"], series["to"]) == ((iso(window[0]), iso(window[-1])) if window else (None, None))
    begun = [hour for hour in window if hour <= NOW]
    assert series["latest"] == ({"timestamp": milliseconds(begun[-1])} if begun else None)
    columns = series["columns"]
    assert columns["timestamp"] == [point["timestamp"] for point in series["points"]]
    assert columns["priceUsd"] == [point["priceUsd"] for point in series["points"]]
    assert {item["exchange"]: item["values"] for item in columns["byExchange"]} == {
        "Deribit": [float(hour) for hour in window],
        "OKX": [None] * len(window),
    }


@pytest.mark.parametrize(
    ("field", "payload"),
    [
        ('coin(symbol: "BTC") { it: openInterestHistoryByExchange', "SeriesByExchange"),
        ('coin(symbol: "BTC") { options { it: openInterestHistory', "SeriesByExchange"),
        ('coin(symbol: "BTC") { options { it: volumeHistory', "SeriesByExchange"),
        ('onChain { it: exchangeBalanceHistory(coin: "BTC"', "SeriesByExchange"),
        ('etf(asset: BTC) { it: price(ticker: "GBTC"', "FundPrices"),
    ],
)
def test_all_windows_of_an_operation_are_one_request(graph: Graph, field: str, payload: str) -> None:
    graph.data('{ coin(symbol: "BTC") { symbol } }')
    before, _, name = field.partition("it: ")
    name += ", " if "(" in name else "("
    windows = ("last: 1", "last: 2", 'from: "2020-01-01"', 'to: "2020-01-01"')
    parts = " ".join(
        f"w{index}: {name}{window}) {{ ... on {payload} {{ count }} }}" for index, window in enumerate(windows)
    )
    query = f"{{ {before} {parts} {'}' * before.count('{')} }}"
    graph.forget()
    data: Any = graph.data(query)
    while "w0" not in data:
        (data,) = data.values()
    counts = [data[f"w{index}"]["count"] for index in range(4)]
    assert counts[:2] == [1, min(2, counts[2])]
    assert counts[3] == 0
    assert graph.sandbox.calls.total() == 1


def test_every_series_of_the_graph_takes_a_window() -> None:
    without = {
        f"{kind}.{name}"
        for kind in SCHEMA._schema.type_map.values()
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
        for name, field in kind.fields.items()
        if isinstance(union := get_named_type(field.type), GraphQLUnionType)
        and WITH_WINDOW & {interface.name for interface in getattr(union.types[0], "interfaces", ())}
        and not {"last", "from", "to"} <= field.args.keys()
    }
    assert without == set()
