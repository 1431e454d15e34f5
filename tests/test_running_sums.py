"""Sums that count from the first point of a window, however the window was fetched."""

import contextlib
import json
from array import array
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.plans.plan_table import Plan
from cg_client.resilience.retry import RetryPolicy
from cg_client.secret import Secret
from cg_client.symbols.listings import Symbols
from resolvers.context import Context
from resolvers.running_sum import running_sum
from resolvers.window_planner import WindowPlanner
from sandbox.app import KEY, Sandbox, create_sandbox
from tests.cases import SCHEMA
from tests.clock import START, FakeClock
from tests.upstream import StubUpstream, field

NET_POSITION = "/api/futures/v2/net-position/history"
DELTA = "/api/futures/cvd/history"
STEP = 3_600_000
QUERY = """
query($last: Int, $from: DateTime, $to: DateTime) { pair(exchange: "Binance", symbol: "BTCUSDT") {
  position: netPosition(interval: H1, last: $last, from: $from, to: $to) { ... on NetPositionSeries { columns {
    timestamp longChangeQuantity shortChangeQuantity
    cumulativeLongQuantity cumulativeShortQuantity cumulativeNetQuantity } } }
  delta: cumulativeVolumeDelta(interval: H1, last: $last, from: $from, to: $to) { ... on CumulativeVolumeDeltaSeries {
    columns { timestamp buyUsd sellUsd cumulativeDeltaUsd } } } } }
"""
figures = st.decimals(-(10**9), 10**9, places=4).map(float)


def exact(added: list[float], subtracted: list[float]) -> list[float]:
    """Return the exact sums, by decimal arithmetic."""
    changes = [Decimal(repr(more)) - Decimal(repr(less)) for more, less in zip(added, subtracted, strict=True)]
    return [float(total) for total in accumulate(changes)]


@given(st.lists(st.tuples(figures, figures)))
def test_sums_of_decimals_are_exact_decimals(pairs: list[tuple[float, float]]) -> None:
    added, subtracted = [item for item, _ in pairs], [item for _, item in pairs]
    assert list(running_sum(array("d", added), array("d", subtracted))) == exact(added, subtracted)


@given(st.lists(st.floats(-1e9, 1e9), max_size=50))
def test_figures_with_any_number_of_decimals_are_summed(changes: list[float]) -> None:
    assert list(running_sum(changes)) == pytest.approx(list(accumulate(changes)), abs=1e-3)


def test_a_missing_change_leaves_the_sums_null_from_there_on() -> None:
    assert list(running_sum([1.5, None, 2.0])) == [1.5, None, None]
    assert list(running_sum([1.5, 2.0, 3.0], [0.5, 0.25, None])) == [1.0, 2.75, None]


def test_no_rows_give_no_sums() -> None:
    assert list(running_sum([])) == []


class Counting(httpx.AsyncBaseTransport):
    """The sandbox, with sums that start with each request, like those of CoinGlass."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = httpx.ASGITransport(create_sandbox(sandbox))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._sandbox.handle_async_request(request)
        if request.url.path not in (NET_POSITION, DELTA):
            return response
        body = json.loads(await response.aread())
        (_position if request.url.path == NET_POSITION else _delta)(body["data"])
        return httpx.Response(200, content=json.dumps(body).encode())


def change_at(time: int) -> tuple[float, float]:
    """Return the changes of a bar: decimals that repeat only after a while."""
    index = time // STEP
    return (index * 7919 % 10007 - 5000) / 100, (index * 104729 % 10009 - 5000) / 100


def _position(rows: list[dict[str, Any]]) -> None:
    long = short = 0.0
    for row in rows:
        row["net_long_change"], row["net_short_change"] = change_at(row["time"])
        long, short = long + row["net_long_change"], short + row["net_short_change"]
        row |= {"net_long_change_cum": long, "net_short_change_cum": short, "net_position_change_cum": long - short}


def _delta(rows: list[dict[str, Any]]) -> None:
    total = 0.0
    for row in rows:
        time = row["time"] * 1000 if row["time"] < 10**11 else row["time"]
        row["taker_buy_vol"], row["taker_sell_vol"] = change_at(time)
        total += row["taker_buy_vol"] - row["taker_sell_vol"]
        row["cum_vol_delta"] = total


class SumsDesk:
    def __init__(self) -> None:
        self.clock = FakeClock()
        sandbox = Sandbox(Plan.ENTERPRISE, now=lambda: self.clock.now().timestamp())
        config = ClientConfig(api_key=Secret(KEY), base_url="http://upstream", plan=Plan.ENTERPRISE)
        self.client = Client(config, clock=self.clock, transport=Counting(sandbox), policy=RetryPolicy(attempts=1))
        self._symbols, self._requests = Symbols(self.client), WindowPlanner(self.client)
        self.sandbox = sandbox

    async def ask(self, **window: Any) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
        """Columns of net positions and of cumulative volume delta."""
        context = Context(self.client, self._symbols, "test", planner=self._requests)
        result = await SCHEMA.execute(QUERY, variable_values=window, context_value=context)
        assert not result.errors
        assert result.data is not None
        return result.data["pair"]["position"]["columns"], result.data["pair"]["delta"]["columns"]


@contextlib.asynccontextmanager
async def open_desk() -> AsyncIterator[SumsDesk]:
    desk = SumsDesk()
    try:
        yield desk
    finally:
        await desk.client.close()


@pytest.fixture
async def desk() -> AsyncIterator[SumsDesk]:
    async with open_desk() as desk:
        yield desk


def iso(bars_ago: int) -> str:
    return (START - timedelta(hours=bars_ago)).isoformat()


def assert_counted_from_the_first_point(columns: tuple[dict[str, list[Any]], dict[str, list[Any]]]) -> None:
    position, delta = columns
    changes = [change_at(time) for time in position["timestamp"]]
    long, short = [item for item, _ in changes], [item for _, item in changes]
    zeros = [0.0] * len(changes)
    assert position["cumulativeLongQuantity"] == exact(long, zeros)
    assert position["cumulativeShortQuantity"] == exact(short, zeros)
    assert position["cumulativeNetQuantity"] == exact(long, short)
    assert delta["timestamp"] == position["timestamp"]
    assert delta["cumulativeDeltaUsd"] == exact(long, short)


@pytest.mark.parametrize("last", [1, 3, 400, 1500])
async def test_sums_count_from_the_first_point_of_the_window(desk: SumsDesk, last: int) -> None:
    columns = await desk.ask(last=last)
    assert len(columns[0]["timestamp"]) == last
    assert_counted_from_the_first_point(columns)


async def test_a_short_window_has_the_same_sums_before_and_after_a_long_one(desk: SumsDesk) -> None:
    before = await desk.ask(last=3)
    await desk.ask(last=400)
    assert await desk.ask(last=3) == before


async def test_sums_are_continuous_over_several_pages(desk: SumsDesk) -> None:
    columns = await desk.ask(**{"from": iso(2500), "to": iso(100)})
    assert len(columns[0]["timestamp"]) == 2401
    assert_counted_from_the_first_point(columns)


async def test_cached_closed_points_and_newest_points_have_continuous_sums(desk: SumsDesk) -> None:
    await desk.ask(last=400)
    desk.clock.advance(3000.0)
    columns = await desk.ask(last=400)
    limits = [query["limit"] for path, query in desk.sandbox.requests if path == NET_POSITION]
    assert limits == ["1000", "100"]  # first all, then the newest alone
    assert_counted_from_the_first_point(columns)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 1400), st.integers(0, 600), st.integers(0, 4)), min_size=1, max_size=5))
async def test_the_sum_of_a_bar_depends_only_on_the_window(steps: list[tuple[int, int, int]]) -> None:
    async with open_desk() as desk:
        for length, ago, hours in steps:
            desk.clock.advance(hours * STEP / 1000)
            assert_counted_from_the_first_point(await desk.ask(last=length))
            assert_counted_from_the_first_point(await desk.ask(**{"from": iso(ago + length), "to": iso(ago)}))


async def test_a_coin_s_delta_is_summed_over_several_requests() -> None:
    selection = "... on CumulativeVolumeDeltaSeries { count columns { buyUsd sellUsd cumulativeDeltaUsd } }"
    delta = f"cumulativeVolumeDelta(interval: M1, last: 6000) {{ {selection} }}"
    actual = await field(f'{{ coin(symbol: "BTC") {{ it: {delta} }} }}', StubUpstream())
    columns = actual["columns"]
    assert actual["count"] == 6000
    assert columns["cumulativeDeltaUsd"] == exact(columns["buyUsd"], columns["sellUsd"])
