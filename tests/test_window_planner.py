"""WindowPlanner of series are worked out once a bar, and again when anything else changes what may be requested."""

from datetime import timedelta
from typing import Any

import pytest

from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.endpoints.futures import market
from cg_client.errors import BadArgument, IntervalRefused, IntervalTooFine
from cg_client.intervals import Interval
from cg_client.params.core import PairSeries
from cg_client.plans.key_plan import KeyPlan
from cg_client.plans.plan_table import Plan
from cg_client.secret import Secret
from graph_types.enums import PlanLimitPolicy
from resolvers.window_planner import WindowPlan, WindowPlanner
from tests.cg_client.conftest import decode
from tests.clock import START, FakeClock

PRICE = market.PRICE_HISTORY


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def client(clock: FakeClock) -> Client:
    return Client(ClientConfig(api_key=Secret("key"), plan=Plan.STANDARD), clock=clock)


@pytest.fixture
def planner(client: Client) -> WindowPlanner:
    return WindowPlanner(client)


def bars(symbol: str = "BTCUSDT", **window: Any) -> PairSeries:
    return PairSeries(exchange="Binance", symbol=symbol, interval=Interval.H1, **window)


def plan(planner: WindowPlanner, params: PairSeries) -> WindowPlan:
    return planner.plan(PRICE, params, decode, PlanLimitPolicy.FAIL)


def test_a_window_plan_is_cached_for_its_bar(planner: WindowPlanner, clock: FakeClock) -> None:
    first = plan(planner, bars(last=24))
    clock.advance(3599)
    assert plan(planner, bars(last=24)) is first
    clock.advance(1)
    later = plan(planner, bars(last=24))
    assert later is not first
    assert later.window.start - first.window.start == Interval.H1.milliseconds


def test_a_window_that_ends_within_the_bar_is_planned_again_after_its_end(
    planner: WindowPlanner, clock: FakeClock
) -> None:
    params = bars(from_=START - timedelta(hours=24), to=START + timedelta(minutes=5))
    first = plan(planner, params)
    clock.advance(299)
    assert plan(planner, params) is first
    clock.advance(2)
    assert plan(planner, params) is not first


def test_a_new_plan_or_a_refusal_invalidates_cached_plans(planner: WindowPlanner, client: Client) -> None:
    first = plan(planner, bars(last=24))
    client.gate.know(KeyPlan(declared=Plan.PROFESSIONAL))
    second = plan(planner, bars(last=24))
    assert second is not first
    client.gate.learn(PRICE, bars("ETHUSDT"), IntervalRefused("no"))
    with pytest.raises(IntervalTooFine):
        plan(planner, bars(last=24))


def test_an_invalid_window_is_refused_each_time(planner: WindowPlanner) -> None:
    for _ in range(2):
        with pytest.raises(BadArgument):
            plan(planner, bars(last=0))


def test_long_names_are_not_cached(planner: WindowPlanner) -> None:
    long = bars("X" * 600, last=24)
    assert plan(planner, long) is not plan(planner, long)


def test_the_number_of_cached_plans_is_bounded(planner: WindowPlanner) -> None:
    first = plan(planner, bars(last=1))
    for number in range(4096):
        plan(planner, bars(f"A{number}", last=1))
    assert plan(planner, bars(last=1)) is not first
