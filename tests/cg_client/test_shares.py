"""Several processes with one key: what each may send, whatever the others and strangers do."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx
import pytest
import respx
from hypothesis import given, settings
from hypothesis import strategies as st

from cg_client.call import Call
from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.errors import QuotaExhausted
from cg_client.plans.plan_table import Plan
from cg_client.quota.throttle import Throttle
from cg_client.quota.window import MINUTE, QuotaWindow
from cg_client.resilience.retry import RetryPolicy
from cg_client.secret import Secret
from cg_client.transport import UpstreamResponse
from tests.cg_client.conftest import KEY, a_call, answer, fails, fetch
from tests.cg_client.test_throttle import AGES, MAX, USED
from tests.clock import FakeClock


@dataclass
class Key:
    """Counts the requests of a key as CoinGlass may: in sliding minutes, or in those of the clock."""

    limit: int
    clock: FakeClock
    sliding: bool = True
    times: list[float] = field(default_factory=list)
    most: int = 0  # in any minute

    def take(self) -> int:
        now = self.clock.monotonic()
        self.times.append(now)
        used = sum(self._counts(time, now) for time in self.times)
        self.most = max(self.most, used)
        return used

    def _counts(self, time: float, now: float) -> bool:
        return time + MINUTE > now if self.sliding else time // MINUTE == now // MINUTE


class Worker:
    """A process that uses the key; a request is `there` seconds on its way and its answer `back`."""

    def __init__(self, key: Key, workers: int) -> None:
        self.key = key
        self.window = QuotaWindow(key.limit, workers)
        self.throttle = Throttle(self._send, self.window, key.clock)
        self.sent: list[float] = []

    async def ask(self, there: float = 0.0, back: float = 0.0, deadline: float = AGES) -> None:
        await self.throttle(a_call(f"{there}/{back}"), deadline)

    async def _send(self, call: Call, _deadline: float) -> UpstreamResponse:
        there, back = map(float, call.params.query()["symbol"].split("/"))
        self.sent.append(self.key.clock.monotonic())
        await self._pass(there)
        used = self.key.take()
        await self._pass(back)
        return UpstreamResponse(200, b"{}", {MAX: b"%d" % self.key.limit, USED: b"%d" % used})

    async def _pass(self, seconds: float) -> None:
        if seconds:
            await self.key.clock.sleep(seconds)


def workers_of(key: Key, count: int) -> Sequence[Worker]:
    return [Worker(key, count) for _ in range(count)]


seconds = st.floats(0, 70, allow_nan=False).map(lambda value: round(value, 2))
bursts = st.sampled_from([0.0, 0.0, 0.0, 1.0, 30.0, 59.9, 60.0, 60.1])
short = st.sampled_from([0.0, 0.1, 5.0, 61.0])


@settings(max_examples=80)
@given(
    st.integers(1, 4),
    st.integers(0, 9),
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 3), bursts | seconds, short, short), max_size=24),
)
async def test_all_workers_together_never_exceed_the_limit(
    count: int, more: int, sliding: bool, calls: list[tuple[int, float, float, float]]
) -> None:
    clock = FakeClock()
    key = Key(count + more, clock, sliding)
    workers = workers_of(key, count)

    async def ask(worker: int, after: float, there: float, back: float) -> None:
        await clock.sleep(after)
        await workers[worker % count].ask(there, back)

    await asyncio.gather(*(ask(*call) for call in calls))
    assert len(key.times) == len(calls)
    assert key.most <= key.limit


@given(st.integers(1, 4), st.integers(0, 20), st.lists(st.tuples(st.integers(0, 3), seconds), max_size=40))
async def test_a_worker_can_use_its_whole_share_whatever_the_others_use(
    count: int, more: int, calls: list[tuple[int, float]]
) -> None:
    clock = FakeClock()
    key = Key(count + more, clock)
    workers = workers_of(key, count)
    for number, after in calls:
        clock.advance(after)
        worker, now = workers[number % count], clock.monotonic()
        spent = sum(time + MINUTE > now for time in worker.sent)
        try:
            await worker.ask(deadline=now)
        except QuotaExhausted:
            assert spent == key.limit // count
        else:
            assert spent < key.limit // count


@given(
    st.integers(1, 4),
    st.integers(0, 20),
    st.lists(st.tuples(st.integers(0, 3), seconds, st.integers(0, 9)), max_size=40),
)
async def test_a_worker_never_assumes_more_than_the_key_has_left(
    count: int, more: int, calls: list[tuple[int, float, int]]
) -> None:
    clock = FakeClock()
    key = Key(count + more, clock)
    workers = workers_of(key, count)
    for number, after, strangers in calls:
        clock.advance(after)
        for _ in range(strangers):
            key.take()
        worker, now = workers[number % count], clock.monotonic()
        try:
            await worker.ask(deadline=now)
        except QuotaExhausted:
            continue
        used = sum(time + MINUTE > now for time in key.times)
        assert worker.throttle.usage().remaining <= max(0, key.limit - used)


async def test_other_users_who_exhaust_the_key_stop_every_worker(clock: FakeClock) -> None:
    key = Key(30, clock)
    workers = workers_of(key, 3)
    for _ in range(27):
        key.take()
    for worker in workers:
        await worker.ask()
    assert key.most == 30
    with pytest.raises(QuotaExhausted) as refused:
        await workers[2].ask(deadline=clock.monotonic() + 15)
    assert refused.value.retry_after == MINUTE


@pytest.mark.parametrize(("limit", "workers", "share"), [(30, 1, 30), (30, 4, 7), (80, 3, 26), (30, 30, 1), (9, 20, 1)])
async def test_a_share_is_an_equal_part_of_the_limit_in_the_header(
    clock: FakeClock, limit: int, workers: int, share: int
) -> None:
    worker = Worker(Key(limit, clock), workers)
    worker.window.set_limit(30)
    await worker.ask()
    assert (worker.throttle.usage().limit, worker.throttle.usage().used) == (share, 1)


def client_of(clock: FakeClock, **config: object) -> Client:
    created = ClientConfig(api_key=Secret(KEY), plan=Plan.HOBBYIST, **config)  # type: ignore[arg-type]  # named by the tests
    return Client(created, clock=clock, transport=httpx.AsyncHTTPTransport(), policy=RetryPolicy(jitter=lambda: 1.0))


async def test_a_client_respects_its_share(clock: FakeClock, upstream: respx.MockRouter) -> None:
    upstream.get("/api/test").mock(return_value=answer([]))
    client = client_of(clock, workers=4)
    calls = (fetch(client, f"COIN{number}") for number in range(20))
    refusals = [
        item for item in await asyncio.gather(*calls, return_exceptions=True) if isinstance(item, QuotaExhausted)
    ]
    assert (len(upstream.calls), len(refusals)) == (7, 13)
    await client.close()


async def test_the_client_of_a_restarted_worker_sends_nothing_for_a_minute(
    clock: FakeClock, upstream: respx.MockRouter
) -> None:
    upstream.get("/api/test").mock(return_value=answer([]))
    client = client_of(clock, workers=2, quota_spent=True)
    refusal = await fails(client)
    assert isinstance(refusal, QuotaExhausted)
    assert refusal.retry_after == MINUTE
    assert str(refusal).startswith("This worker took the place of one that ended, whose requests still count")
    clock.advance(MINUTE)
    assert (await fetch(client)).value == []
    await client.close()
