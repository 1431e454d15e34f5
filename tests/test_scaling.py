"""The simulation of many replicas: what it must not say, and that docs/scaling.md says what it prints."""

import dataclasses
import functools

import pytest

from bench.scaling import document
from bench.scaling.costs import measured_costs
from bench.scaling.demand import Demand
from bench.scaling.ledger import Outcomes, RequestLedger, SimulatedCluster
from bench.scaling.minute import SharedMinute
from bench.scaling.request_by_request import RequestByRequest
from bench.scaling.simulation import Setup, alone, simulate
from bench.scaling.tables import PARTS
from bench.scaling.timeline import DEADLINE, SeriesPhase, SeriesSpan, Timeline
from bench.scaling.weighted_set import WeightedSet
from cg_client.quota.window import MINUTE

LATENCY = 0.3
SINCE, UNTIL = 200.0, 500.0
FEW = Demand(200.0, 150)
QUOTAS = (30, 200, 1_200)
REPLICAS = (1, 2, 5, 20, 100)
ENTRIES = 60


@functools.cache
def timeline(quota: int) -> tuple[Timeline, list[SeriesSpan]]:
    result = Timeline(FEW, quota, LATENCY)
    return result, list(result.spans(UNTIL))


def ledger(quota: int, replicas: int) -> RequestLedger:
    result = RequestLedger(FEW, SimulatedCluster(replicas, ENTRIES), LATENCY, SINCE, UNTIL)
    result.add(timeline(quota)[1])
    return result


@functools.cache
def each_request(quota: int, replicas: int) -> RequestByRequest:
    result = RequestByRequest(FEW, replicas, ENTRIES, quota, LATENCY)
    result.run(UNTIL, SINCE)
    return result


def most_in_a_minute(starts: list[float]) -> int:
    return max(sum(start <= other < start + MINUTE for other in starts[index:]) for index, start in enumerate(starts))


@pytest.mark.parametrize("quota", QUOTAS)
def test_the_quota_is_never_exceeded(quota: int) -> None:
    """A fetch counts until a minute after its end, so that any minute has room for its starts."""
    for starts in (timeline(quota)[0].starts, each_request(quota, 3).starts):
        assert starts == sorted(starts)
        assert 0 < most_in_a_minute(starts) <= quota


@pytest.mark.parametrize("quota", QUOTAS)
@pytest.mark.parametrize("replicas", REPLICAS)
def test_the_outcomes_are_the_requests(quota: int, replicas: int) -> None:
    outcomes = ledger(quota, replicas).outcomes
    assert outcomes.total == pytest.approx(FEW.requests * (UNTIL - SINCE))
    assert min(dataclasses.astuple(outcomes)) > -1e-6


@pytest.mark.parametrize("quota", QUOTAS)
def test_more_replicas_never_raise_the_upstream_calls(quota: int) -> None:
    calls = [ledger(quota, count).calls for count in REPLICAS]
    assert calls == sorted(calls, reverse=True)
    fetches = [len(each_request(quota, count).starts) for count in (1, 3, 12)]
    assert max(fetches) <= 1.01 * fetches[0]


@pytest.mark.parametrize("quota", QUOTAS)
@pytest.mark.parametrize("replicas", [1, 3, 12])
def test_the_simulation_agrees_with_one_of_each_request(quota: int, replicas: int) -> None:
    expected, outcomes = each_request(quota, replicas).outcomes, ledger(quota, replicas).outcomes
    for name, count in dataclasses.asdict(expected).items():
        assert getattr(outcomes, name) / outcomes.total == pytest.approx(count / expected.total, abs=0.04), name


def test_the_simulation_is_the_same_each_time() -> None:
    again = list(Timeline(FEW, 200, LATENCY).spans(UNTIL))
    assert again == timeline(200)[1]


def test_the_spans_of_a_series_follow_each_other_without_a_gap() -> None:
    ends = [0.0] * FEW.series
    for span in timeline(200)[1]:
        assert span.start == ends[span.series]
        ends[span.series] = span.end
        assert span.open <= span.end - span.start + 1e-9
    assert ends == [UNTIL] * FEW.series


def test_a_series_waits_for_the_quota_until_the_deadline_at_most() -> None:
    queued = [span for span in timeline(30)[1] if span.phase is SeriesPhase.QUEUED and span.end < UNTIL]
    assert queued
    assert max(span.end - span.start for span in queued) <= DEADLINE + LATENCY


def test_replicas_that_share_nothing_get_fewer_fresh_answers() -> None:
    setup = Setup(10, requests=2_000, series=300)
    apart, together = alone(setup), simulate(setup)
    assert together.share("memory") > 1.2 * apart.share("memory")
    assert apart.calls_per_minute <= setup.quota


def test_more_memory_leaves_less_to_the_store() -> None:
    cores = [simulate(Setup(10, requests=2_000, series=300, memory_mb=size)).store_cores for size in (4, 16, 64)]
    assert cores == sorted(cores, reverse=True)


def test_looking_claiming_asking_and_announcing_more_often_cost_the_store_more() -> None:
    setup = Setup(10, requests=2_000, series=1_000)
    looks = dataclasses.replace(setup, looks_again=0.0)
    cases = [setup, looks, dataclasses.replace(looks, resends=True), dataclasses.replace(looks, asks_always=True)]
    least, *others = [simulate(case).store_cores for case in cases]
    assert others == sorted(others)
    assert others[0] > least
    assert simulate(dataclasses.replace(setup, notifies_always=True)).store_cores > least
    assert simulate(dataclasses.replace(setup, claims=True)).store_cores > least


def test_replicas_look_once_a_second_for_what_is_stale_and_with_each_request_for_what_nobody_has() -> None:
    span = SeriesSpan(0, SeriesPhase.STALE, SINCE, UNTIL, 0.0, 0.0)
    seconds, work = UNTIL - SINCE, []
    for phase in (SeriesPhase.STALE, SeriesPhase.COLD):
        counted = RequestLedger(FEW, SimulatedCluster(5, ENTRIES), LATENCY, SINCE, UNTIL)
        counted.add([span._replace(phase=phase)])
        work.append(counted.work.unclaimed / seconds)
    assert work[0] == pytest.approx(5, rel=0.2)
    assert work[1] == pytest.approx(FEW.rates[0])


def test_a_minute_has_room_again_a_minute_after_the_end() -> None:
    minute = SharedMinute(2)
    minute.start(0.0)
    minute.start(1.0)
    with pytest.raises(ValueError, match="no room"):
        minute.start(1.0)
    minute.end(2.0)
    assert minute.available_at(3.0) == 62.0
    assert minute.available_at(62.0) == 62.0


def test_members_are_drawn_in_proportion_to_their_weights() -> None:
    members = WeightedSet([1.0, 2.0, 4.0, 1.0])
    for member in range(4):
        members.add(member)
    members.remove(1)
    assert members.total == pytest.approx(6.0)
    assert [members.draw(chance) for chance in (0.0, 0.16, 0.17, 0.8, 0.85, 0.999)] == [0, 0, 2, 2, 3, 3]


def test_the_costs_of_requests_are_measured() -> None:
    costs = measured_costs()
    assert all(
        item.source.startswith("measured") for item in (costs.most, costs.hit, costs.stale, costs.tier, costs.fetch)
    )
    assert costs.hit.value < costs.stale.value < costs.tier.value < costs.fetch.value
    assert costs.most.value == pytest.approx(1000 / costs.hit.value, rel=0.2)


@pytest.mark.parametrize("name", ["costs", *PARTS])
def test_the_document_has_what_the_script_prints(name: str) -> None:
    """`make scaling WRITE=1` writes it again."""
    assert document.shown()[name] == document.rendered(name)


def test_each_outcome_is_explained() -> None:
    text = document.DOCUMENT.read_text()
    missing = [item.name for item in dataclasses.fields(Outcomes) if f"| {item.name.replace('_', ' ')} | " not in text]
    assert missing == []
