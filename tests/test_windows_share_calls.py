"""Windows of one series share their calls: at the same time, one after the other, and with the newest points alone."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.plans.plan_table import Plan
from cg_client.resilience.retry import RetryPolicy
from cg_client.secret import Secret
from cg_client.symbols.listings import Symbols
from resolvers.context import Context
from resolvers.window_planner import WindowPlanner
from sandbox.app import KEY, Sandbox, create_sandbox
from sandbox.faults import Fault, FaultKind
from tests.cases import SCHEMA
from tests.clock import FakeClock

PRICE = "/api/futures/price/history"
QUERY = """
query($last: Int, $from: DateTime, $to: DateTime) { pair(exchange: "Binance", symbol: "BTCUSDT") {
  price(interval: M1, last: $last, from: $from, to: $to) { __typename
    ... on PriceSeries { source { freshness fetchedAt } columns { timestamp open high low close } }
    ... on Problem { code } } } }
"""
HOUR = 3600.0


class WindowsDesk:
    """One client and the sandbox behind it, on a shared clock."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.sandbox = Sandbox(Plan.ENTERPRISE, now=lambda: self.clock.now().timestamp())
        config = ClientConfig(api_key=Secret(KEY), base_url="http://upstream", plan=Plan.ENTERPRISE)
        self.newest_rows: int | None = None  # that the small request brings, where it does not bring all
        self.client = Client(config, clock=self.clock, transport=_Short(self), policy=RetryPolicy(attempts=1))
        self._symbols, self._requests = Symbols(self.client), WindowPlanner(self.client)

    async def ask(self, **window: Any) -> dict[str, Any]:
        context = Context(self.client, self._symbols, "test", planner=self._requests)
        result = await SCHEMA.execute(QUERY, variable_values=window, context_value=context)
        assert not result.errors
        assert result.data is not None
        actual: dict[str, Any] = result.data["pair"]["price"]
        return actual

    async def times(self, **window: Any) -> list[int]:
        actual: list[int] = (await self.ask(**window))["columns"]["timestamp"]
        return actual

    def ago(self, **span: float) -> str:
        return (self.clock.now() - timedelta(**span)).isoformat()

    @property
    def limits(self) -> list[int]:
        """`limit` of each request for prices so far."""
        return [int(query["limit"]) for path, query in self.sandbox.requests if path == PRICE]

    def later(self, seconds: float) -> None:
        self.clock.advance(seconds)

    def fail(self) -> None:
        self.sandbox.faults.append(Fault(FaultKind.SERVER_ERROR, PRICE))


class _Short(httpx.AsyncBaseTransport):
    """The sandbox, which can truncate small answers."""

    def __init__(self, desk: WindowsDesk) -> None:
        self._desk, self._sandbox = desk, httpx.ASGITransport(create_sandbox(desk.sandbox))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._sandbox.handle_async_request(request)
        if self._desk.newest_rows is None or request.url.params.get("limit") != "100":
            return response
        body = json.loads(await response.aread())
        body["data"] = body["data"][-self._desk.newest_rows :]
        return httpx.Response(200, content=json.dumps(body).encode())


@pytest.fixture
async def desk() -> AsyncIterator[WindowsDesk]:
    desk = WindowsDesk()
    yield desk
    await desk.client.close()


async def test_windows_that_are_requested_together_become_one_fetch(desk: WindowsDesk) -> None:
    windows: list[dict[str, Any]] = [
        {"last": 24},
        {"last": 100},
        {"last": 500},
        {"from": desk.ago(minutes=900), "to": desk.ago(minutes=700)},
        {"from": desk.ago(minutes=90)},
    ]
    actual = await asyncio.gather(*(desk.times(**window) for window in windows))
    assert [len(times) for times in actual] == [24, 100, 500, 201, 91]
    assert desk.limits == [1000]


async def test_a_lone_short_window_sends_a_short_request(desk: WindowsDesk) -> None:
    assert len(await desk.times(last=24)) == 24
    assert desk.limits == [100]


async def test_a_window_within_a_cached_window_sends_nothing(desk: WindowsDesk) -> None:
    longest = await desk.times(last=900)
    assert await desk.times(last=24) == longest[-24:]
    assert await desk.times(**{"from": desk.ago(minutes=800), "to": desk.ago(minutes=790)}) == longest[99:110]
    assert desk.limits == [1000]


async def test_a_closed_window_is_served_from_an_expired_answer(desk: WindowsDesk) -> None:
    await desk.times(last=900)
    window = {"from": desk.ago(minutes=600), "to": desk.ago(minutes=500)}
    desk.later(HOUR - 1)
    actual = await desk.ask(**window)
    assert (len(actual["columns"]["timestamp"]), actual["source"]["freshness"]) == (101, "FRESH")
    assert desk.limits == [1000]


async def test_a_window_that_ended_since_is_not_served_from_an_expired_answer(desk: WindowsDesk) -> None:
    await desk.times(last=900)
    desk.later(600)
    times = await desk.times(**{"from": desk.ago(minutes=60), "to": desk.ago(minutes=5)})
    assert (len(times), desk.limits) == (56, [1000, 100])


async def test_closed_points_are_fetched_again_after_an_hour(desk: WindowsDesk) -> None:
    await desk.times(last=900)
    window = {"from": desk.ago(minutes=600), "to": desk.ago(minutes=500)}
    desk.later(HOUR + 1)
    assert len(await desk.times(**window)) == 101
    assert desk.limits == [1000, 1000]


async def test_only_the_newest_points_of_a_cached_series_are_fetched(desk: WindowsDesk) -> None:
    await desk.ask(last=900)
    desk.later(600)
    actual = await desk.ask(last=900)
    assert desk.limits == [1000, 100]
    other = WindowsDesk()
    other.clock.advance(600)
    assert actual["columns"] == (await other.ask(last=900))["columns"]
    assert actual["source"]["freshness"] == "FRESH"
    assert actual["source"]["fetchedAt"].startswith("2026-07-01T12:00:00")


async def test_all_points_are_fetched_if_a_gap_before_the_newest_is_possible(desk: WindowsDesk) -> None:
    await desk.ask(last=900)
    desk.later(600)
    desk.newest_rows = 5
    times = await desk.times(last=900)
    assert desk.limits == [1000, 100, 1000]
    assert times == list(range(times[0], times[0] + 900 * 60_000, 60_000))


async def test_within_its_grace_a_long_window_is_served_and_its_newest_points_are_refreshed(desk: WindowsDesk) -> None:
    await desk.ask(last=900)
    desk.later(6)
    assert (await desk.ask(last=900))["source"]["freshness"] == "STALE"
    for _ in range(20):
        await asyncio.sleep(0)
    assert desk.limits == [1000, 100]
    assert (await desk.ask(last=900))["source"]["freshness"] == "FRESH"
    assert desk.limits == [1000, 100]


async def test_a_long_window_without_its_newest_points_is_served_as_stale(desk: WindowsDesk) -> None:
    await desk.ask(last=900)
    desk.later(600)
    desk.fail()
    actual = await desk.ask(last=900)
    assert (actual["source"]["freshness"], len(actual["columns"]["open"])) == ("STALE", 900)
    assert desk.limits == [1000, 100]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 1200), st.integers(1, 1500)), min_size=2, max_size=5))
async def test_a_window_is_the_same_whatever_was_requested_before(
    windows: list[tuple[int, int]],
) -> None:
    desk, passed = WindowsDesk(), 0
    for seconds, last in windows:
        desk.later(seconds)
        passed += seconds
        actual = await desk.ask(last=last)
        if actual["source"]["freshness"] == "STALE":
            continue
        new = WindowsDesk()
        new.clock.advance(passed)
        expected = (await new.ask(last=last))["columns"]
        closed = rows(actual["columns"])[:-3]  # the newest may be as old as their lifetime
        later = {row["timestamp"]: row for row in rows(expected)}
        assert [later.get(row["timestamp"], row) for row in closed] == closed
        assert len(actual["columns"]["timestamp"]) == len(expected["timestamp"])


def rows(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """Return the columns row by row."""
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
