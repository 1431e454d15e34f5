"""What one replica learns from CoinGlass, the others know without asking it."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import respx

from cg_client.call import Call
from cg_client.catalogue import CATALOGUE
from cg_client.client_config import BASE_URL
from cg_client.decoding.anomalies import AnomalyKind, DecodingAnomaly, DriftKey
from cg_client.endpoints import account
from cg_client.errors import CircuitOpen, IntervalTooFine, PlanRequired
from cg_client.intervals import Interval
from cg_client.params.choices import LiquidationRange
from cg_client.params.core import PairSeries
from cg_client.plans.plan_table import Plan
from cg_client.plans.plan_watch import PLAN_LIFETIME
from cg_client.plans.refusals import REMEMBERED
from cg_client.resilience.breaker import CircuitState
from shared.facts import shared_facts as facts
from shared.facts.kinds import AccountFact, CircuitFact, Fact, RefusalFact, encode_fact
from tests.cg_client.conftest import KEY, answer, body, decode, failure
from tests.clock import FakeClock
from tests.shared.fact_replicas import SCOPE, TOTALS, FactSharer, replica, until
from tests.store_server import StoreServer

BASIS = CATALOGUE["/api/futures/basis/history"]
UPGRADE = failure("401", "Upgrade plan")
GROUP = TOTALS.group


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def upstream() -> Iterator[respx.MockRouter]:
    with respx.mock(base_url=BASE_URL, assert_all_called=False) as router:
        yield router


@pytest.fixture
def route(upstream: respx.MockRouter) -> respx.Route:
    return upstream.get(TOTALS.path).mock(return_value=answer([]))


@pytest.fixture
def account_route(upstream: respx.MockRouter) -> respx.Route:
    return upstream.get(account.SUBSCRIPTION.path).mock(return_value=level(Plan.STANDARD))


@pytest.fixture
async def ann(store_server: StoreServer, clock: FakeClock) -> AsyncIterator[FactSharer]:
    async with replica(store_server, clock) as started:
        yield started


@pytest.fixture
async def bob(store_server: StoreServer, clock: FakeClock) -> AsyncIterator[FactSharer]:
    async with replica(store_server, clock, name="b") as started:
        yield started


def level(plan: Plan, **headers: str) -> httpx.Response:
    return answer({"level": plan.name}, **headers)


def is_refused(member: FactSharer) -> bool:
    return member.client.gate.valid_until < float("inf")


async def open_circuit(member: FactSharer, route: respx.Route) -> None:
    route.mock(return_value=httpx.Response(500, content=body("500", "down")))
    while not isinstance(await member.refusal(), CircuitOpen):
        pass


async def test_a_refusal_gates_at_all_replicas_without_another_call(
    ann: FactSharer, bob: FactSharer, route: respx.Route
) -> None:
    await bob.get(LiquidationRange.H12)
    revision = bob.client.revision.count
    route.mock(return_value=UPGRADE)
    learnt = await ann.refusal()
    await until(lambda: is_refused(bob))
    count = route.call_count
    refusal = await bob.refusal()
    assert isinstance(refusal, PlanRequired)
    assert str(refusal) == str(learnt)
    assert route.call_count == count
    assert bob.client.revision.count > revision  # responses that were cached before are not served
    await bob.get(LiquidationRange.H12)


async def test_a_refused_interval_is_that_at_all_replicas(
    ann: FactSharer, bob: FactSharer, upstream: respx.MockRouter
) -> None:
    upstream.get(BASIS.path).mock(return_value=failure("403", "Interval not available"))
    call = Call(BASIS, PairSeries(interval=Interval.H4, exchange="Binance", symbol="BTCUSDT"), decode)
    for member in (ann, bob):
        with pytest.raises(IntervalTooFine):
            await member.client.get(call)
        await until(lambda: is_refused(bob))
    assert upstream.calls.call_count == 1


async def test_a_refusal_expires_at_all_replicas_at_the_same_time(
    ann: FactSharer, bob: FactSharer, route: respx.Route, clock: FakeClock
) -> None:
    route.mock(return_value=UPGRADE)
    await ann.refusal()
    await until(lambda: is_refused(bob))
    assert bob.client.gate.valid_until == pytest.approx(ann.client.gate.valid_until, abs=1)
    route.mock(return_value=answer([]))
    clock.advance(REMEMBERED.total_seconds() + 1)
    await bob.get()


async def test_a_replica_that_starts_knows_plan_and_refusals_and_sends_nothing(
    store_server: StoreServer, clock: FakeClock, route: respx.Route, account_route: respx.Route
) -> None:
    async with replica(store_server, clock, None) as first:
        route.mock(return_value=UPGRADE)
        await first.refusal()
        await until(lambda: first.facts.counts["published"] >= 2)
        sent = account_route.call_count
        async with replica(store_server, clock, None, "b") as second:
            assert second.client.gate.plan is Plan.STANDARD
            assert isinstance(await second.refusal(), PlanRequired)
            await second.client.know_plan()
            second.client.plan_watch.review()
        assert (route.call_count, account_route.call_count) == (1, sent)


async def test_only_the_replica_that_requested_the_plan_does_so_again(
    store_server: StoreServer, clock: FakeClock, account_route: respx.Route
) -> None:
    async with replica(store_server, clock, None) as first, replica(store_server, clock, None, "b") as second:
        await first.client.know_plan()
        await until(lambda: second.client.gate.plan is Plan.STANDARD)
        clock.advance(PLAN_LIFETIME)
        second.client.plan_watch.review()
        assert second.client.plan_watch.task is None
        first.client.plan_watch.review()
        assert first.client.plan_watch.task is not None
        await first.client.plan_watch.task
        assert account_route.call_count == 2
        await until(lambda: second.facts.counts["applied"] == 2)
        clock.advance(PLAN_LIFETIME)
        second.client.plan_watch.review()
        assert second.client.plan_watch.task is None
        clock.advance(60)
        second.client.plan_watch.review()
        assert second.client.plan_watch.task is not None


async def test_an_upgrade_clears_refusals_everywhere(
    store_server: StoreServer, clock: FakeClock, route: respx.Route, account_route: respx.Route
) -> None:
    async with replica(store_server, clock, None) as first, replica(store_server, clock, None, "b") as second:
        await first.client.know_plan()
        route.mock(return_value=UPGRADE)
        await first.refusal()
        await until(lambda: is_refused(second))
        account_route.mock(return_value=level(Plan.PROFESSIONAL))
        await first.client.plan_watch.request()
        await until(lambda: second.client.gate.plan is Plan.PROFESSIONAL)
        assert not is_refused(first)
        assert not is_refused(second)
        async with replica(store_server, clock, None, "c") as third:  # of a refusal that is still stored
            assert third.client.gate.plan is Plan.PROFESSIONAL
            assert not is_refused(third)
            assert third.facts.counts["outdated"] >= 1


@pytest.mark.parametrize("requests_itself", [True, False])
async def test_refusals_for_a_plan_apply_once_it_is_that_of_the_replica(
    store_server: StoreServer,
    clock: FakeClock,
    route: respx.Route,
    account_route: respx.Route,
    requests_itself: bool,
) -> None:
    route.mock(return_value=UPGRADE)
    async with (
        replica(store_server, clock, Plan.PROFESSIONAL) as declared,
        replica(store_server, clock, None, "b") as second,
        replica(store_server, clock, None, "c") as third,
    ):
        await second.client.know_plan()
        await declared.refusal()
        await until(
            lambda: declared.facts.counts["published"] == 2
        )  # of the refusal, and of the account it contradicts
        await until(lambda: second.facts.counts["outdated"] > 0 and second.facts.counts["applied"] > 0)
        assert not is_refused(second)
        account_route.mock(return_value=level(Plan.PROFESSIONAL))
        await (second if requests_itself else third).client.plan_watch.request()
        await until(lambda: is_refused(second))


async def test_what_was_learnt_before_does_not_replace_what_was_learnt_later(
    store_server: StoreServer, clock: FakeClock, account_route: respx.Route
) -> None:
    async with replica(store_server, clock, None) as first, replica(store_server, clock, None, "b") as second:
        await first.client.know_plan()
        await until(lambda: second.client.gate.plan is Plan.STANDARD)
        account_route.mock(return_value=level(Plan.PROFESSIONAL))
        await second.client.plan_watch.request()
        await until(lambda: first.client.gate.plan is Plan.PROFESSIONAL)
        store_server.restart()
        await until(lambda: second.facts.counts["published"] == 2)
        assert first.facts.counts["published"] == 1
        async with replica(store_server, clock, None, "c") as third:
            assert third.client.gate.plan is Plan.PROFESSIONAL


async def test_of_two_plans_that_were_learnt_apart_the_later_one_holds(
    store_server: StoreServer, clock: FakeClock, account_route: respx.Route
) -> None:
    account_route.mock(return_value=level(Plan.PROFESSIONAL))
    async with replica(store_server, clock, None) as ann:
        store_server.kill()
        await until(lambda: ann.store.is_away)
        await ann.client.know_plan()
        for seconds, plan in ((500, Plan.PROFESSIONAL), (601, Plan.STANDARD)):
            fact = encode_fact(AccountFact(Plan.STANDARD, fails=False, lifetime=300, limit=None))
            ann.facts._receive(b"another|%d|%d|%s" % (seconds, seconds * 1000, fact))
            assert ann.client.gate.plan is plan


async def test_a_limit_in_the_headers_implies_the_plan_at_all_replicas(
    store_server: StoreServer, clock: FakeClock, route: respx.Route, account_route: respx.Route
) -> None:
    account_route.mock(return_value=httpx.Response(404, content=b'{"code":"404","msg":"Endpoint not found"}'))
    route.mock(return_value=answer([], **{"API-KEY-MAX-LIMIT": "300", "API-KEY-USE-LIMIT": "1"}))
    async with replica(store_server, clock, None) as first, replica(store_server, clock, None, "b") as second:
        await first.get()
        await until(lambda: second.client.gate.plan is Plan.STANDARD)
        assert account_route.call_count == 1


async def test_a_circuit_opens_at_all_replicas_and_closes_by_the_probe_of_one(
    ann: FactSharer, bob: FactSharer, route: respx.Route, clock: FakeClock
) -> None:
    await open_circuit(ann, route)
    await until(lambda: bool(list(bob.client.breaker)))
    count = route.call_count
    assert isinstance(await bob.refusal(), CircuitOpen)
    assert route.call_count == count
    route.mock(return_value=answer([]))
    clock.advance(1)
    await bob.get()
    assert route.call_count == count + 1
    await until(lambda: all(circuit.state is CircuitState.CLOSED for circuit in ann.client.breaker))
    assert [circuit.opened for circuit in bob.client.breaker] == [0]


async def test_only_one_replica_probes(ann: FactSharer, bob: FactSharer, route: respx.Route, clock: FakeClock) -> None:
    await open_circuit(ann, route)
    await until(lambda: bool(list(bob.client.breaker)))
    begun, released = asyncio.Event(), asyncio.Event()

    async def respond(_: httpx.Request) -> httpx.Response:
        begun.set()
        await released.wait()
        return answer([])

    route.mock(side_effect=respond)
    clock.advance(1)
    probe = asyncio.create_task(ann.get())
    await begun.wait()
    count = route.call_count
    assert isinstance(await bob.refusal(), CircuitOpen)
    assert route.call_count == count
    released.set()
    await probe
    await until(lambda: all(circuit.state is CircuitState.CLOSED for circuit in bob.client.breaker))
    await bob.get()


async def test_another_replica_may_probe_after_a_probe_that_failed(
    ann: FactSharer, bob: FactSharer, route: respx.Route, clock: FakeClock
) -> None:
    await open_circuit(ann, route)
    await until(lambda: bool(list(bob.client.breaker)))
    clock.advance(1)
    await bob.refusal()
    await until(lambda: ann.facts.counts["applied"] == 1)
    route.mock(return_value=answer([]))
    assert isinstance(await ann.refusal(), CircuitOpen)
    clock.advance(2)
    await ann.get()


async def test_a_circuit_that_opened_elsewhere_is_not_published_again(
    ann: FactSharer, bob: FactSharer, route: respx.Route
) -> None:
    await open_circuit(ann, route)
    await until(lambda: bool(list(bob.client.breaker)))
    assert bob.facts.counts["published"] == 0
    assert ann.facts.counts["applied"] == 0


async def test_an_anomaly_is_new_at_one_replica_only(ann: FactSharer, bob: FactSharer) -> None:
    reports: list[str] = []
    bob.client.drift.on_new = lambda *_: reports.append("b")
    anomaly = DecodingAnomaly(AnomalyKind.FIELD_UNKNOWN, "x", 3)
    ann.client.drift.record(TOTALS, [anomaly])
    key = DriftKey(TOTALS.path, AnomalyKind.FIELD_UNKNOWN, "x")
    await until(lambda: key in bob.client.drift.counts)
    assert bob.client.drift.counts[key] == 0
    bob.client.drift.record(TOTALS, [anomaly])
    assert bob.client.drift.counts[key] == 3
    assert reports == []


@pytest.mark.parametrize(
    "fact",
    [
        b"",
        b"{}",
        b'{"type":"rumour"}',
        encode_fact(RefusalFact("/api/nowhere", (), None, False, Plan.HOBBYIST, None)),
        encode_fact(RefusalFact(TOTALS.path, ("13h",), None, False, Plan.HOBBYIST, None)),
        encode_fact(RefusalFact(TOTALS.path, ("24h", "1h"), None, False, Plan.HOBBYIST, None)),
        encode_fact(RefusalFact(TOTALS.path, ("24h",), None, True, Plan.HOBBYIST, None)),
        encode_fact(CircuitFact("nothing/at-all", is_open=True, next_wait=2)),
        encode_fact(CircuitFact(GROUP, is_open=True, next_wait=1e9)),
    ],
)
async def test_an_invalid_fact_is_counted_and_ignored(ann: FactSharer, fact: bytes) -> None:
    await ann.store.execute("PUBLISH", SCOPE.name("facts", "changes"), b"another|1|9000|" + fact)
    await until(lambda: ann.facts.counts["invalid"] == 1)
    assert not is_refused(ann)
    assert list(ann.client.breaker) == []


async def test_a_notice_that_cannot_be_read_is_ignored(ann: FactSharer) -> None:
    await ann.store.execute("PUBLISH", SCOPE.name("facts", "changes"), b"nonsense")
    await until(lambda: ann.facts.counts["invalid"] == 1)


async def test_what_is_learnt_while_the_store_is_away_is_published_when_it_is_back(
    ann: FactSharer, bob: FactSharer, route: respx.Route, store_server: StoreServer
) -> None:
    store_server.kill()
    await until(lambda: ann.store.is_away and bob.store.is_away)
    route.mock(return_value=UPGRADE)
    assert isinstance(await ann.refusal(), PlanRequired)
    assert not is_refused(bob)
    store_server.start()
    await until(lambda: is_refused(bob))


async def test_a_store_that_was_emptied_is_filled_again_by_those_who_learnt(
    ann: FactSharer, route: respx.Route, store_server: StoreServer, clock: FakeClock
) -> None:
    route.mock(return_value=UPGRADE)
    await ann.refusal()
    await until(lambda: ann.facts.counts["published"] == 1)
    store_server.restart()
    await until(lambda: ann.facts.counts["published"] == 2)
    async with replica(store_server, clock, name="b") as second:
        assert is_refused(second)


@pytest.fixture
def forgetful(bob: FactSharer) -> FactSharer:
    """Return a replica that forgets at once what it takes over, as if no notice had reached it."""
    take_over = bob.facts._apply

    def forget(fact: Fact, version: int, seconds: float) -> None:
        take_over(fact, version, seconds)
        bob.facts._apply = take_over  # type: ignore[method-assign]  # once
        bob.client.gate._refusals.by_values.clear()
        bob.facts._applied.clear()

    bob.facts._apply = forget  # type: ignore[method-assign]
    return bob


@pytest.fixture(params=[1e6, 0.02])
def review_seconds(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> float:
    monkeypatch.setattr(facts, "REVIEW_SECONDS", request.param)
    seconds: float = request.param
    return seconds


async def test_a_change_whose_notice_was_lost_is_read(
    review_seconds: float, ann: FactSharer, forgetful: FactSharer, route: respx.Route
) -> None:
    """The next notice shows that it is missing, and the version of what is stored."""
    route.mock(return_value=UPGRADE)
    await ann.refusal()
    await until(lambda: forgetful.facts.counts["applied"] == 1)
    if review_seconds < 1:
        forgetful.facts._version -= 1
    else:
        notice = b"another|%d|1000|{}" % (forgetful.facts._version + 2)
        await ann.store.execute("PUBLISH", SCOPE.name("facts", "changes"), notice)
    await until(lambda: is_refused(forgetful))


async def test_without_memory_in_the_store_each_replica_learns_alone(
    ann: FactSharer, bob: FactSharer, route: respx.Route, store_server: StoreServer
) -> None:
    store_server.fill_memory()
    route.mock(return_value=UPGRADE)
    await ann.refusal()
    await until(lambda: ann.facts.counts["refused"] == 1)
    assert isinstance(await bob.refusal(), PlanRequired)
    assert route.call_count == 2


async def test_neither_the_key_nor_an_address_is_in_names_or_values(
    ann: FactSharer, route: respx.Route, store_server: StoreServer
) -> None:
    route.mock(return_value=UPGRADE)
    await ann.refusal()
    await until(lambda: ann.facts.counts["published"] == 1)
    names = store_server.command("KEYS", "*")
    stored = store_server.command("HGETALL", SCOPE.name("facts"))
    assert b"facts" in names
    assert TOTALS.path.encode() in stored
    assert KEY.encode() not in names + stored
