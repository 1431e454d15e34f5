"""What the plan lacks is refused before it is sent, with the remedy; what CoinGlass refused is not bought twice."""

import math
from datetime import datetime, timedelta
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_client.catalogue import CATALOGUE
from cg_client.endpoint import Endpoint
from cg_client.errors import (
    BeyondRetention,
    GateSource,
    HistoryTooDeep,
    IntervalRefused,
    IntervalTooFine,
    PlanRefused,
    PlanRequired,
)
from cg_client.intervals import Interval
from cg_client.params.choices import Range
from cg_client.params.core import CoinParams, CoinSeries, Params
from cg_client.params.funds_and_chain import WindowParams
from cg_client.params.positions import CoinRange
from cg_client.plans.gate import Gate
from cg_client.plans.plan_table import STANDARD_FLOORS, Plan
from cg_client.plans.refusals import REMEMBERED, PlanRefusal
from tests.clock import START, FakeClock

DAY = timedelta(days=1)
SERIES = Endpoint(path="/api/series", summary="A series.", params=CoinSeries, interval_floors=STANDARD_FLOORS)
MARKET = Endpoint(path="/api/market", summary="A market.", params=CoinParams)
RANGES = Endpoint(path="/api/ranges", summary="Ranges.", params=CoinRange)
SNAPSHOTS = Endpoint(
    path="/api/snapshots",
    summary="Snapshots.",
    params=CoinSeries,
    plan=Plan.STANDARD,
    retention={Interval.M1: timedelta(days=3), Interval.H1: timedelta(days=150)},
)
FINEST = {Plan.HOBBYIST: Interval.H4, Plan.STARTUP: Interval.M30}
REACH = {  # days by plan, as the plan table states them
    Interval.M1: {Plan.STANDARD: 6, Plan.PROFESSIONAL: 12},
    Interval.M15: {Plan.STANDARD: 90, Plan.PROFESSIONAL: 180},
    Interval.M30: {Plan.STARTUP: 90, Plan.STANDARD: 180, Plan.PROFESSIONAL: 360},
    Interval.H4: {Plan.HOBBYIST: 180, Plan.STARTUP: 180, Plan.STANDARD: 360, Plan.PROFESSIONAL: 720},
    Interval.H12: {Plan.HOBBYIST: 360, Plan.STARTUP: 360, Plan.STANDARD: 360, Plan.PROFESSIONAL: 720},
}
LIMITED = [(plan, interval, days) for interval, plans in REACH.items() for plan, days in plans.items()]
UNLIMITED = [(plan, interval) for plan in Plan for interval in (Interval.D1, Interval.W1)]


def at(interval: Interval, **window: Any) -> CoinSeries:
    return CoinSeries(interval=interval, symbol="BTC", **window)


def ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)


@pytest.mark.parametrize("needed", Plan)
@pytest.mark.parametrize("plan", Plan)
def test_an_endpoint_passes_from_its_plan_upwards(clock: FakeClock, plan: Plan, needed: Plan) -> None:
    gate, endpoint = Gate(plan, clock), Endpoint(path="/api/x", summary="Liquidation heatmap.", plan=needed)
    assert gate.includes(endpoint) == (plan >= needed)
    if plan >= needed:
        return gate.check(endpoint, Params())
    with pytest.raises(PlanRequired) as refusal:
        gate.check(endpoint, Params())
    error = refusal.value
    assert (error.required, error.current, error.decided_by) == (needed, plan, GateSource.CATALOGUE)
    for named in ("Liquidation heatmap", needed.name.title(), plan.name.title(), "COINGLASS_PLAN"):
        assert named in str(error)
    return None


@pytest.mark.parametrize("interval", Interval)
@pytest.mark.parametrize("plan", Plan)
def test_an_interval_passes_from_the_plan_s_floor_upwards(clock: FakeClock, plan: Plan, interval: Interval) -> None:
    gate, finest = Gate(plan, clock), FINEST.get(plan)
    assert gate.finest(SERIES) is finest
    if finest is None or interval.milliseconds >= finest.milliseconds:
        return gate.check(SERIES, at(interval))
    with pytest.raises(IntervalTooFine) as refusal:
        gate.check(SERIES, at(interval))
    error = refusal.value
    assert (error.floor, error.current, error.decided_by) == (finest, plan, GateSource.CATALOGUE)
    assert error.required > plan
    for named in (interval.value, finest.value, plan.name.title(), "COARSEN", error.required.name.title()):
        assert named in str(error)
    return None


@pytest.mark.parametrize(
    ("interval", "needed"), [(Interval.M1, Plan.STANDARD), (Interval.M30, Plan.STARTUP), (Interval.H1, Plan.STARTUP)]
)
def test_a_refused_interval_names_the_least_plan_that_has_it(
    clock: FakeClock, interval: Interval, needed: Plan
) -> None:
    with pytest.raises(IntervalTooFine) as refusal:
        Gate(Plan.HOBBYIST, clock).check(SERIES, at(interval))
    assert refusal.value.required is needed


@pytest.mark.parametrize(("plan", "interval", "days"), LIMITED)
def test_history_passes_as_far_back_as_the_plan_reaches(
    clock: FakeClock, plan: Plan, interval: Interval, days: int
) -> None:
    gate = Gate(plan, clock)
    oldest = gate.earliest(SERIES, interval)
    assert oldest is not None
    assert START - timedelta(days=days, milliseconds=interval.milliseconds) < oldest <= START - days * DAY
    assert ms(oldest) % interval.milliseconds == 0
    gate.check_depth(SERIES, interval, ms(oldest))
    with pytest.raises(HistoryTooDeep) as refusal:
        gate.check_depth(SERIES, interval, ms(oldest) - 1)
    assert (refusal.value.available_from, refusal.value.current) == (oldest, plan)
    assert refusal.value.required > plan
    for named in (interval.value, oldest.strftime("%Y-%m-%d"), "CLIP"):
        assert named in str(refusal.value)


@pytest.mark.parametrize(("days", "needed"), [(200, Plan.STANDARD), (500, Plan.PROFESSIONAL)])
def test_a_refused_depth_names_the_least_plan_that_reaches_it(clock: FakeClock, days: int, needed: Plan) -> None:
    with pytest.raises(HistoryTooDeep) as refusal:
        Gate(Plan.HOBBYIST, clock).check_depth(SERIES, Interval.H4, ms(START - days * DAY))
    assert refusal.value.required is needed
    assert f"{needed.name.title()} reaches further" in str(refusal.value)


def test_a_depth_beyond_every_plan_is_refused_with_that_message(clock: FakeClock) -> None:
    with pytest.raises(HistoryTooDeep) as refusal:
        Gate(Plan.HOBBYIST, clock).check_depth(SERIES, Interval.H4, ms(START - 5000 * DAY))
    assert refusal.value.required is Plan.ENTERPRISE
    assert "no plan is stated to reach that far" in str(refusal.value)


@pytest.mark.parametrize(("plan", "interval"), UNLIMITED)
def test_days_and_weeks_reach_back_to_the_listing_on_every_plan(
    clock: FakeClock, plan: Plan, interval: Interval
) -> None:
    gate = Gate(plan, clock)
    assert gate.earliest(SERIES, interval) is None
    gate.check_depth(SERIES, interval, 0)


@given(st.sampled_from(LIMITED), st.floats(0, 10**7))
def test_a_window_from_the_earliest_bar_on_is_never_refused(
    limited: tuple[Plan, Interval, int], seconds: float
) -> None:
    plan, interval, _ = limited
    clock = FakeClock()
    clock.advance(seconds)
    gate = Gate(plan, clock)
    oldest = gate.earliest(SERIES, interval)
    assert oldest is not None
    gate.check_depth(SERIES, interval, ms(oldest))


@pytest.mark.parametrize("interval", [Interval.M1, Interval.H1])
@pytest.mark.parametrize("plan", [Plan.STANDARD, Plan.ENTERPRISE, None])
def test_data_that_coinglass_has_dropped_is_not_refused_for_the_plan(
    clock: FakeClock, plan: Plan | None, interval: Interval
) -> None:
    gate, oldest = Gate(plan, clock), START - SNAPSHOTS.retention[interval]
    assert gate.earliest(SNAPSHOTS, interval) == oldest
    gate.check_depth(SNAPSHOTS, interval, ms(oldest))
    with pytest.raises(BeyondRetention) as refusal:
        gate.check_depth(SNAPSHOTS, interval, ms(oldest) - 1)
    assert refusal.value.available_from == oldest
    assert f"{SNAPSHOTS.retention[interval].days} days" in str(refusal.value)
    assert oldest.strftime("%Y-%m-%d") in str(refusal.value)


@pytest.mark.parametrize("interval", Interval)
def test_an_unknown_plan_refuses_nothing_from_the_catalogue(clock: FakeClock, interval: Interval) -> None:
    gate = Gate(None, clock)
    heatmap = Endpoint(path="/api/x", summary="X.", plan=Plan.ENTERPRISE, interval_floors=STANDARD_FLOORS)
    assert gate.includes(heatmap)
    gate.check(heatmap, at(interval))
    gate.check_depth(SERIES, interval, 0)
    assert gate.earliest(SERIES, interval) is None
    assert gate.finest(SERIES) is None
    assert gate.plan is None


@pytest.mark.parametrize("plan", [Plan.PROFESSIONAL, None])
def test_a_refused_endpoint_is_remembered_and_forgotten_after_a_while(clock: FakeClock, plan: Plan | None) -> None:
    gate = Gate(plan, clock)
    learnt = gate.learn(MARKET, CoinParams(symbol="BTC"), PlanRefused("Upgrade plan"))
    assert isinstance(learnt, PlanRequired)
    assert learnt.decided_by is GateSource.UPSTREAM
    assert "refused this endpoint" in str(learnt)
    clock.advance(REMEMBERED.total_seconds() - 1)
    assert not gate.includes(MARKET)
    with pytest.raises(PlanRequired):
        gate.check(MARKET, CoinParams(symbol="ETH"))
    gate.check(SNAPSHOTS, at(Interval.D1))
    clock.advance(2)
    assert gate.includes(MARKET)
    gate.check(MARKET, CoinParams(symbol="BTC"))


def test_a_refused_range_is_remembered_for_every_coin_and_no_other_range(clock: FakeClock) -> None:
    gate = Gate(None, clock)
    learnt = gate.learn(RANGES, CoinRange(symbol="BTC", range=Range.Y1), PlanRefused("Upgrade plan"))
    assert "refused 1y of this endpoint" in str(learnt)
    with pytest.raises(PlanRequired):
        gate.check(RANGES, CoinRange(symbol="ETH", range=Range.Y1))
    gate.check(RANGES, CoinRange(symbol="BTC", range=Range.H24))
    assert gate.includes(RANGES)


def test_a_plan_refusal_is_remembered_for_that_interval_only(clock: FakeClock) -> None:
    gate = Gate(None, clock)
    gate.learn(SERIES, at(Interval.H4, last=100), PlanRefused("Upgrade plan"))
    for last in (1, 100, 1000):
        with pytest.raises(PlanRequired):
            gate.check(SERIES, at(Interval.H4, last=last))
    gate.check(SERIES, at(Interval.D1))


@pytest.mark.parametrize(
    ("deep", "shallow"),
    [
        ({"last": 2000}, {"last": 1900}),
        ({"from_": START - timedelta(days=300)}, {"from_": START - timedelta(days=299)}),
        ({"last": 1, "to": START - timedelta(days=300)}, {"last": 100}),
    ],
)
def test_a_refused_depth_is_remembered_for_equal_and_deeper_windows(
    clock: FakeClock, deep: dict[str, Any], shallow: dict[str, Any]
) -> None:
    gate = Gate(None, clock)
    learnt = gate.learn(SERIES, at(Interval.H4, **deep), PlanRefused("Upgrade plan"))
    assert "days back" in str(learnt)
    gate.check(SERIES, at(Interval.H4, **shallow))
    for requested in (deep, {"from_": START - timedelta(days=500)}):
        with pytest.raises(PlanRequired):
            gate.check(SERIES, at(Interval.H4, **requested))
    gate.learn(SERIES, at(Interval.H4, last=1), PlanRefused("Upgrade plan"))
    with pytest.raises(PlanRequired):
        gate.check(SERIES, at(Interval.H4, **shallow))


def test_a_refused_period_is_not_remembered_for_shorter_periods(clock: FakeClock) -> None:
    gate, period = Gate(None, clock), Endpoint(path="/api/w", summary="W.", params=WindowParams)
    gate.learn(period, WindowParams(from_=START - timedelta(days=30)), PlanRefused("Upgrade plan"))
    with pytest.raises(PlanRequired):
        gate.check(period, WindowParams(from_=START - timedelta(days=31)))
    gate.check(period, WindowParams(from_=START - timedelta(days=29)))
    gate.check(period, WindowParams())
    assert gate.includes(period)


@given(st.lists(st.sampled_from(Interval), max_size=20), st.sampled_from(Interval))
def test_only_refused_intervals_are_remembered(refused: list[Interval], requested: Interval) -> None:
    gate = Gate(None, FakeClock())
    for interval in refused:
        gate.learn(SERIES, at(interval), PlanRefused("Upgrade plan"))
    if requested in refused:
        with pytest.raises(PlanRequired):
            gate.check(SERIES, at(requested))
    else:
        gate.check(SERIES, at(requested))


def test_every_parameter_that_names_an_interval_or_a_period_can_be_gated_by_itself() -> None:
    for endpoint in CATALOGUE.values():
        names = {name for name in endpoint.params.source_names if name in ("interval", "range")}
        values = {name: next(iter(get_type_hints(endpoint.params)[name])) for name in names}
        params = object.__new__(endpoint.params)
        for name, value in values.items():
            object.__setattr__(params, name, value)
        assert set(params.gated_values()) == set(values.values()), endpoint


def test_the_oldest_refusals_are_forgotten_first(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cg_client.plans.refusals.MAX_REFUSALS", 2)
    gate = Gate(None, clock)
    for interval in (Interval.M1, Interval.M5, Interval.H1):
        gate.learn(SERIES, at(interval), IntervalRefused("no"))
    gate.check(SERIES, at(Interval.M1))
    with pytest.raises(IntervalTooFine):
        gate.check(SERIES, at(Interval.M5))


def test_refusals_are_valid_until_the_first_is_forgotten(clock: FakeClock) -> None:
    gate = Gate(None, clock)
    gate.learn(SERIES, at(Interval.M1), IntervalRefused("no"))
    first = gate.valid_until
    clock.advance(60)
    gate.learn(SERIES, at(Interval.M5), IntervalRefused("no"))
    assert gate.valid_until == first
    clock.advance(REMEMBERED.total_seconds() - 59)
    assert gate.valid_until == first + 60
    clock.advance(60)
    assert gate.valid_until == math.inf


def test_an_interval_refusal_is_remembered_for_that_interval_only(clock: FakeClock) -> None:
    gate = Gate(None, clock)
    learnt = gate.learn(SERIES, at(Interval.M1), IntervalRefused("not available"))
    assert isinstance(learnt, IntervalTooFine)
    assert learnt.decided_by is GateSource.UPSTREAM
    assert gate.includes(SERIES)
    gate.check(SERIES, at(Interval.H4))
    with pytest.raises(IntervalTooFine):
        gate.check(SERIES, at(Interval.M1))
    clock.advance(REMEMBERED.total_seconds() + 1)
    gate.check(SERIES, at(Interval.M1))


@pytest.mark.parametrize("plan", [Plan.STARTUP, Plan.STANDARD, Plan.ENTERPRISE])
def test_a_refusal_never_advises_upgrading_to_the_current_plan(clock: FakeClock, plan: Plan) -> None:
    learnt = Gate(plan, clock).learn(SERIES, at(Interval.H1), IntervalRefused("not available"))
    assert not any(f"upgrade to {there.name.title()}" in str(learnt) for there in Plan if there <= plan)
    assert "COINGLASS_PLAN" in str(learnt)


def test_the_stated_floor_is_coarser_than_a_refused_interval(clock: FakeClock) -> None:
    learnt = Gate(Plan.STARTUP, clock).learn(SERIES, at(Interval.H1), IntervalRefused("not available"))
    assert isinstance(learnt, IntervalTooFine)
    assert learnt.floor is None or learnt.floor.milliseconds > Interval.H1.milliseconds


def test_an_interval_refusal_of_a_call_without_an_interval_counts_for_the_endpoint(clock: FakeClock) -> None:
    assert isinstance(Gate(None, clock).learn(SNAPSHOTS, Params(), IntervalRefused("not available")), PlanRequired)


def test_refusals_of_other_replicas_expire_in_their_time(clock: FakeClock) -> None:
    gate = Gate(Plan.STANDARD, clock)
    gate.learn(RANGES, CoinRange(symbol="BTC", range=Range.H12), PlanRefused("refused"))
    for range_, seconds in ((Range.D3, 60.0), (Range.D7, 30.0)):
        gate.take_over(RANGES, (range_,), None, None, seconds)
    for range_, seconds in ((Range.D7, 30.0), (Range.D3, 30.0), (Range.H12, 540.0)):
        params = CoinRange(symbol="ETH", range=range_)
        assert gate.valid_until == pytest.approx(clock.monotonic() + seconds, abs=0.1)
        with pytest.raises(PlanRequired):
            gate.check(RANGES, params)
        clock.advance(seconds + 0.001)
        gate.check(RANGES, params)


def test_a_refusal_is_reported_to_other_replicas_and_theirs_is_not(clock: FakeClock) -> None:
    gate = Gate(Plan.STANDARD, clock)
    reports: list[PlanRefusal] = []
    gate.on_refusal = reports.append
    gate.take_over(RANGES, (Range.D3,), None, None, 60)
    assert reports == []
    gate.learn(RANGES, CoinRange(symbol="BTC", range=Range.H12), PlanRefused("refused"))
    assert [(report.endpoint, report.values) for report in reports] == [(RANGES, (Range.H12,))]
