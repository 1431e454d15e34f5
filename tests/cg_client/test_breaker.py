"""A circuit opens for CoinGlass' failures alone, lets one probe at a time find out, and closes again."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from cg_client.call import Call
from cg_client.catalogue import CATALOGUE
from cg_client.client import Client
from cg_client.endpoint import Endpoint
from cg_client.errors import (
    CircuitOpen,
    CoinglassError,
    ConnectionsBusy,
    IntervalRefused,
    NotFound,
    PlanRefused,
    ProblemCode,
    QuotaExhausted,
    RateLimited,
    Unauthorized,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from cg_client.params.core import CoinParams, Params
from cg_client.quota.requester import Requester
from cg_client.resilience.breaker import Breaker, BreakerPolicy, CircuitState
from tests.cg_client.conftest import ENDPOINT, a_call, answer, decode, fails, fetch
from tests.clock import FakeClock

AGES = 1e9
POLICY = BreakerPolicy()
DOWN = UpstreamUnavailable("down")
OTHER = Endpoint(path="/api/spot/other", summary="Of another group.", params=CoinParams)
BARE = Endpoint(path="/api/test", summary="Without parameters.")


class FlakyUpstream:
    """Ends each call as `outcome` says; while `blocked` is set, not before it is released."""

    def __init__(self) -> None:
        self.outcome: BaseException | None = None
        self.count = 0
        self.deadlines: list[float] = []
        self.blocked: asyncio.Event | None = None

    async def __call__(self, _call: Call, deadline: float, _requester: Requester) -> str:
        self.count += 1
        self.deadlines.append(deadline)
        if self.blocked is not None:
            await self.blocked.wait()
        if self.outcome is not None:
            raise self.outcome
        return "answer"


class Circuits:
    """A breaker and the upstream behind it."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.upstream = FlakyUpstream()
        self.breaker = Breaker(self.upstream, clock)

    async def ask(self, outcome: BaseException | None = None, call: Call | None = None, deadline: float = AGES) -> str:
        self.upstream.outcome = outcome
        return await self.breaker(call or a_call(), deadline)

    async def fail(self, times: int, outcome: BaseException = DOWN, call: Call | None = None) -> None:
        for _ in range(times):
            with pytest.raises(type(outcome)):
                await self.ask(outcome, call)

    async def refused(self, call: Call | None = None) -> CircuitOpen:
        """Return the refusal, which costs nothing."""
        before = self.upstream.count
        with pytest.raises(CircuitOpen) as raised:
            await self.ask(None, call)
        assert self.upstream.count == before
        return raised.value

    @property
    def states(self) -> Sequence[tuple[str, CircuitState, int]]:
        return [(circuit.group, circuit.state, circuit.opened) for circuit in self.breaker]


@pytest.fixture
def circuits(clock: FakeClock) -> Circuits:
    return Circuits(clock)


async def test_an_open_circuit_sends_nothing(circuits: Circuits) -> None:
    await circuits.fail(POLICY.least)
    refusal = await circuits.refused()
    assert (refusal.code, refusal.retryable, refusal.retry_after) == (ProblemCode.CIRCUIT_OPEN, True, 1.0)
    assert circuits.states == [("test", CircuitState.OPEN, 1)]


async def test_a_circuit_stays_closed_below_its_share_of_failures(circuits: Circuits) -> None:
    for _ in range(30):
        await circuits.ask()
        await circuits.fail(3)
    assert await circuits.ask() == "answer"


async def test_a_circuit_opens_at_its_share_of_failures(circuits: Circuits) -> None:
    await circuits.ask()
    await circuits.ask()
    await circuits.fail(7)
    assert circuits.states == [("test", CircuitState.CLOSED, 0)]
    await circuits.fail(1)
    await circuits.refused()


async def test_outcomes_older_than_a_minute_do_not_count(circuits: Circuits) -> None:
    await circuits.fail(POLICY.least - 1)
    circuits.clock.advance(POLICY.memory)
    await circuits.fail(POLICY.least - 1)
    assert await circuits.ask() == "answer"


async def test_circuits_of_other_groups_stay_closed(circuits: Circuits) -> None:
    await circuits.fail(POLICY.least)
    assert await circuits.ask(call=Call(OTHER, CoinParams(symbol="BTC"), decode)) == "answer"
    await circuits.refused(Call(BARE, Params(), decode))


@pytest.mark.parametrize(
    "outcome",
    [
        PlanRefused("no"),
        IntervalRefused("no"),
        Unauthorized("no"),
        NotFound("no"),
        RateLimited("no"),
        UpstreamRejected("no"),
        QuotaExhausted(1.0),
        ConnectionsBusy("test"),
        UpstreamTimeout("hasty", had_enough_time=False),
        asyncio.CancelledError(),
        RuntimeError("ours"),
    ],
    ids=repr,
)
async def test_outcomes_that_say_nothing_of_coinglass_health_open_no_circuit(
    circuits: Circuits, outcome: BaseException
) -> None:
    await circuits.fail(50, outcome)
    assert await circuits.ask() == "answer"


async def test_a_hasty_timeout_counts_if_the_previous_attempt_failed(circuits: Circuits) -> None:
    hasty = UpstreamTimeout("hasty", had_enough_time=False)
    hasty.before = UpstreamTimeout("slow")
    await circuits.fail(POLICY.least, hasty)
    await circuits.refused()


async def test_failures_of_the_same_parameters_count_once(circuits: Circuits) -> None:
    perhaps_ours = UpstreamUnavailable("Server Error", perhaps_ours=True)
    await circuits.fail(50, perhaps_ours)
    assert await circuits.ask() == "answer"
    for number in range(POLICY.least - 1):
        await circuits.fail(1, perhaps_ours, a_call(f"COIN{number}"))
    await circuits.refused()


async def test_server_errors_of_a_call_without_parameters_all_count(circuits: Circuits) -> None:
    call = Call(BARE, Params(), decode)
    await circuits.fail(POLICY.least, UpstreamUnavailable("Server Error", perhaps_ours=True), call)
    await circuits.refused(call)


async def test_one_probe_at_a_time_is_sent_after_the_wait(circuits: Circuits) -> None:
    await circuits.fail(POLICY.least)
    circuits.clock.advance(0.4)
    assert (await circuits.refused()).retry_after == pytest.approx(0.6)
    circuits.clock.advance(0.6)
    assert circuits.states == [("test", CircuitState.HALF_OPEN, 1)]
    circuits.upstream.blocked = asyncio.Event()
    probe = asyncio.create_task(circuits.ask())
    await asyncio.sleep(0)
    assert (await circuits.refused()).retry_after == POLICY.first_wait
    circuits.upstream.blocked.set()
    assert await probe == "answer"
    assert circuits.states == [("test", CircuitState.CLOSED, 1)]
    assert await circuits.ask() == "answer"


async def test_each_failed_probe_doubles_the_wait_up_to_its_bound_and_an_answer_resets_it(circuits: Circuits) -> None:
    await circuits.fail(POLICY.least)
    waits = []
    for _ in range(6):
        waits.append((await circuits.refused()).retry_after)
        circuits.clock.advance(waits[-1] or 0)
        await circuits.fail(1)
    assert waits == pytest.approx([1, 2, 4, 8, 15, 15])
    circuits.clock.advance(15)
    await circuits.ask()
    await circuits.fail(POLICY.least)
    assert (await circuits.refused()).retry_after == POLICY.first_wait


@pytest.mark.parametrize(
    "outcome",
    [QuotaExhausted(1.0), RateLimited("no"), UpstreamTimeout("hasty", had_enough_time=False), asyncio.CancelledError()],
)
async def test_an_inconclusive_probe_lets_the_next_call_probe(circuits: Circuits, outcome: BaseException) -> None:
    await circuits.fail(POLICY.least)
    circuits.clock.advance(1)
    await circuits.fail(3, outcome)
    assert await circuits.ask() == "answer"
    assert circuits.states == [("test", CircuitState.CLOSED, 1)]


async def test_a_refused_probe_closes_the_circuit(circuits: Circuits) -> None:
    await circuits.fail(POLICY.least)
    circuits.clock.advance(1)
    await circuits.fail(1, NotFound("no such pair"))
    assert circuits.states == [("test", CircuitState.CLOSED, 1)]


async def test_a_probe_ends_at_its_bound_or_its_caller_s_deadline(circuits: Circuits) -> None:
    await circuits.fail(POLICY.least)
    for deadline in (AGES, circuits.clock.monotonic() + 16 + 2):
        circuits.clock.advance(16)
        with pytest.raises(UpstreamUnavailable):
            await circuits.ask(DOWN, deadline=deadline)
    assert circuits.upstream.deadlines[-2:] == [1000 + 16 + 5, 1000 + 18]


async def test_calls_started_before_the_circuit_opened_do_not_change_its_state(circuits: Circuits) -> None:
    circuits.upstream.blocked = asyncio.Event()
    calls = [asyncio.create_task(circuits.ask(DOWN)) for _ in range(20)]
    await asyncio.sleep(0)
    circuits.upstream.blocked.set()
    await asyncio.gather(*calls, return_exceptions=True)
    assert circuits.states == [("test", CircuitState.OPEN, 1)]
    assert (await circuits.refused()).retry_after == POLICY.first_wait


async def test_a_closing_circuit_lets_the_other_circuits_probe(circuits: Circuits) -> None:
    other = Call(OTHER, CoinParams(symbol="BTC"), decode)
    await circuits.fail(POLICY.least)
    await circuits.fail(POLICY.least, call=other)
    circuits.clock.advance(1)
    await circuits.fail(1, call=other)
    assert (await circuits.refused(other)).retry_after == 2
    await circuits.ask()
    assert await circuits.ask(call=other) == "answer"


@given(
    st.lists(
        st.tuples(st.sampled_from([None, DOWN, NotFound("no"), QuotaExhausted(1.0)]), st.floats(0, 20)), max_size=120
    )
)
async def test_a_circuit_opens_only_for_failures_and_always_closes_again(
    ends: list[tuple[CoinglassError | None, float]],
) -> None:
    circuits = Circuits(FakeClock())
    failures, refusals = 0, []
    for outcome, seconds in ends:
        circuits.clock.advance(seconds)
        try:
            await circuits.ask(outcome)
        except CircuitOpen as refusal:
            refusals.append((failures, refusal.retry_after or 0))
        except CoinglassError:
            failures += outcome is DOWN
    assert all(before >= POLICY.least and 0 < wait <= POLICY.longest_wait for before, wait in refusals)
    circuits.clock.advance(POLICY.longest_wait)
    assert await circuits.ask() == "answer"


async def test_behind_an_open_circuit_the_cache_serves_stale_answers(
    client: Client, upstream: respx.MockRouter, clock: FakeClock
) -> None:
    route = upstream.get(ENDPOINT.path).mock(return_value=answer(["seen"]))
    await fetch(client, "SEEN")
    clock.advance(timedelta(minutes=3).total_seconds())
    route.mock(return_value=httpx.Response(500))
    for number in range(POLICY.least):
        await fails(client, f"COIN{number}")
    spent, used = route.call_count, client.quota.used
    assert (await fetch(client, "SEEN")).stale
    refusal = await fails(client, "NEW")
    assert (refusal.code, refusal.endpoint) == (ProblemCode.CIRCUIT_OPEN, ENDPOINT.path)
    assert (route.call_count, client.quota.used) == (spent, used)
    route.mock(return_value=answer(["back"]))
    clock.advance(1)
    assert (await fetch(client, "NEW")).value == ["back"]


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("/api/futures/open-interest/history", "futures/open-interest"),
        ("/api/futures/v2/net-position/history", "futures/net-position"),
        ("/api/spot/price/history", "spot/price"),
        ("/api/coinbase-premium-index", "coinbase-premium-index"),
    ],
)
def test_a_group_is_a_market_and_its_data_set(path: str, group: str) -> None:
    assert Endpoint(path=path, summary="Something.").group == group


def test_groups_are_bounded_and_contain_no_parameter() -> None:
    groups = {endpoint.group for endpoint in CATALOGUE.values()}
    assert 1 < len(groups) <= len(CATALOGUE)
    assert all(group and "{" not in group for group in groups)


async def test_a_circuit_that_another_replica_closed_counts_the_failure_of_our_probe_once(circuits: Circuits) -> None:
    await circuits.fail(POLICY.least)
    circuits.clock.advance(POLICY.first_wait)
    circuits.upstream.blocked = asyncio.Event()
    probe = asyncio.create_task(circuits.ask(DOWN))
    await asyncio.sleep(0)
    circuits.breaker.close(ENDPOINT.group)
    circuits.upstream.blocked.set()
    with pytest.raises(UpstreamUnavailable):
        await probe
    assert circuits.states == [(ENDPOINT.group, CircuitState.CLOSED, 1)]
    circuits.upstream.blocked = None
    assert await circuits.ask() == "answer"


@pytest.mark.parametrize(("seconds", "next_wait"), [(0, 1), (16, 1), (1, 0), (1, 16), (float("nan"), 1)])
def test_a_circuit_does_not_open_for_times_beyond_the_policy(
    circuits: Circuits, seconds: float, next_wait: float
) -> None:
    assert not circuits.breaker.open_for(ENDPOINT.group, seconds, next_wait)
    assert [*circuits.breaker] == []
