"""The throttle never passes the quota, however upstream counts, and refuses at once what cannot start in time."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cg_client.call import Call, count_upstream_calls
from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.errors import StartsTooLate, UpstreamFailed, UpstreamTimeout
from cg_client.plans.plan_table import Plan
from cg_client.quota.throttle import Throttle
from cg_client.quota.window import MINUTE, QuotaWindow
from cg_client.resilience.retry import RetryPolicy
from cg_client.secret import Secret
from cg_client.transport import UpstreamResponse
from tests.cg_client.conftest import a_call, decode
from tests.clock import FakeClock

MAX, USED = b"api-key-max-limit", b"api-key-use-limit"
AGES = 1e9


class CountingUpstream:
    """Answers with the headers set last, after as long as the call's symbol says, and notes when each call ran."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.headers: dict[bytes, bytes] = {}
        self.ran: list[tuple[float, float]] = []
        self.order: list[str] = []

    async def __call__(self, call: Call, _deadline: float) -> UpstreamResponse:
        started = self.clock.monotonic()
        symbol = call.params.query()["symbol"]
        self.order.append(symbol)
        if symbol.endswith("s"):
            await self.clock.sleep(float(symbol[:-1]))
        self.ran.append((started, self.clock.monotonic()))
        return UpstreamResponse(200, b"{}", self.headers)


@pytest.fixture
def sent(clock: FakeClock) -> CountingUpstream:
    return CountingUpstream(clock)


@pytest.fixture
def throttle_of(clock: FakeClock, sent: CountingUpstream) -> Callable[[int], Throttle]:
    return lambda limit: Throttle(sent, QuotaWindow(limit), clock)


async def refused(call: Awaitable[UpstreamResponse]) -> float | None:
    """Return the stated wait of a call that must not start."""
    with pytest.raises(StartsTooLate) as error:
        await call
    return error.value.retry_after


waits = st.floats(0, 90, allow_nan=False).map(lambda seconds: round(seconds, 2))


@settings(max_examples=60)
@given(st.integers(1, 6), st.lists(st.tuples(waits, waits), max_size=18))
async def test_no_sixty_seconds_contain_more_requests_than_the_limit(
    limit: int, calls: list[tuple[float, float]]
) -> None:
    """However upstream dates a request between its start and its end: all that touch a minute count in it."""
    clock = FakeClock()
    sent = CountingUpstream(clock)
    throttle = Throttle(sent, QuotaWindow(limit), clock)

    async def ask(after: float, seconds: float) -> None:
        await clock.sleep(after)
        await throttle(a_call(f"{seconds}s"), AGES)

    await asyncio.gather(*(ask(*call) for call in calls))
    assert len(sent.ran) == len(calls)
    for started, _ in sent.ran:
        counted = [end for start, end in sent.ran if start <= started < end + MINUTE]
        assert len(counted) <= limit


async def test_thirty_of_a_hundred_calls_are_sent_and_seventy_refused_at_once(
    throttle_of: Callable[[int], Throttle], sent: CountingUpstream, clock: FakeClock
) -> None:
    throttle, deadline = throttle_of(30), clock.monotonic() + 15
    answers = await asyncio.gather(*(throttle(a_call(), deadline) for _ in range(100)), return_exceptions=True)
    refusals = [answer for answer in answers if isinstance(answer, StartsTooLate)]
    assert len(sent.ran) == 30
    assert len(refusals) == 70
    assert all(refusal.retry_after == MINUTE for refusal in refusals)
    assert clock.slept == []


async def test_the_stated_wait_includes_the_calls_ahead(
    throttle_of: Callable[[int], Throttle], clock: FakeClock
) -> None:
    throttle, now = throttle_of(1), clock.monotonic()
    await throttle(a_call(), AGES)
    waiting = asyncio.create_task(throttle(a_call(), AGES))
    await asyncio.sleep(0)
    assert await refused(throttle(a_call(), now + 100)) == 2 * MINUTE
    await waiting


async def test_calls_start_in_the_order_of_their_arrival(
    throttle_of: Callable[[int], Throttle], sent: CountingUpstream
) -> None:
    throttle, symbols = throttle_of(2), [f"COIN{number}" for number in range(7)]
    await asyncio.gather(*(throttle(a_call(symbol), AGES) for symbol in symbols))
    assert sent.order == symbols


async def test_requests_in_flight_and_failed_requests_count(clock: FakeClock) -> None:
    async def failing(_call: Call, _deadline: float) -> UpstreamResponse:
        await clock.sleep(20)
        raise UpstreamTimeout("late")

    throttle = Throttle(failing, QuotaWindow(1), clock)
    under_way = asyncio.create_task(throttle(a_call(), AGES))
    await asyncio.sleep(0)
    assert await refused(throttle(a_call(), clock.monotonic() + 15)) == MINUTE
    with pytest.raises(UpstreamTimeout):
        await under_way
    clock.advance(50)
    assert await refused(throttle(a_call(), clock.monotonic())) == pytest.approx(10)


async def test_other_users_of_the_key_count(
    throttle_of: Callable[[int], Throttle], sent: CountingUpstream, clock: FakeClock
) -> None:
    throttle, sent.headers = throttle_of(30), {USED: b"29"}
    await throttle(a_call(), AGES)
    assert throttle.usage().remaining == 1
    sent.headers = {USED: b"30"}
    await throttle(a_call(), AGES)
    assert await refused(throttle(a_call(), clock.monotonic() + 15)) == MINUTE


async def test_the_stated_time_is_right_even_if_upstream_counts_far_beyond_the_limit(
    throttle_of: Callable[[int], Throttle], sent: CountingUpstream, clock: FakeClock
) -> None:
    throttle, sent.headers = throttle_of(30), {USED: b"100"}
    await throttle(a_call(), AGES)
    assert await refused(throttle(a_call(), clock.monotonic() + 15)) == MINUTE


async def test_a_new_minute_at_upstream_frees_earlier_requests(
    throttle_of: Callable[[int], Throttle], sent: CountingUpstream, clock: FakeClock
) -> None:
    throttle = throttle_of(30)
    for _ in range(29):
        await throttle(a_call(), AGES)
    clock.advance(1)
    sent.headers = {USED: b"1"}
    await throttle(a_call(), AGES)
    assert throttle.usage().used == 1


async def test_a_new_minute_at_upstream_does_not_free_requests_in_flight(clock: FakeClock) -> None:
    window = QuotaWindow(30)
    started = clock.monotonic()
    window.start()
    window.start()
    clock.advance(1)
    window.end(clock.monotonic())
    window.end(clock.monotonic())
    window.correct(started, clock.monotonic(), None, 1)
    assert window.usage(clock.monotonic()).used == 2


@pytest.mark.parametrize(("before", "after"), [(30, 80), (80, 30)])
async def test_the_limit_follows_the_header(
    throttle_of: Callable[[int], Throttle], sent: CountingUpstream, before: int, after: int
) -> None:
    throttle, sent.headers = throttle_of(before), {MAX: b"%d" % after}
    await throttle(a_call(), AGES)
    assert throttle.usage().limit == after


@pytest.mark.parametrize("garbage", ["", " ", "many", "-3", "30.5", "NaN", "1e3", "²", "0x10"])
async def test_headers_that_are_not_numbers_are_ignored(
    throttle_of: Callable[[int], Throttle], sent: CountingUpstream, garbage: str
) -> None:
    throttle, sent.headers = throttle_of(30), dict.fromkeys([MAX, USED], garbage.encode("latin-1"))
    await throttle(a_call(), AGES)
    assert (throttle.usage().limit, throttle.usage().used) == (30, 1)


async def test_a_limit_of_zero_is_ignored(throttle_of: Callable[[int], Throttle], sent: CountingUpstream) -> None:
    throttle, sent.headers = throttle_of(30), {MAX: b"0"}
    await throttle(a_call(), AGES)
    assert throttle.usage().limit == 30


@pytest.mark.parametrize(("pause", "seconds"), [(10.0, 10.0), (None, MINUTE)])
async def test_a_pause_stops_every_call_for_the_requested_time_or_for_a_minute(
    throttle_of: Callable[[int], Throttle],
    sent: CountingUpstream,
    clock: FakeClock,
    pause: float | None,
    seconds: float,
) -> None:
    throttle, now = throttle_of(30), clock.monotonic()
    throttle.pause(pause)
    assert throttle.usage().remaining == 0
    assert await refused(throttle(a_call(), now + seconds - 1)) == seconds
    await throttle(a_call(), now + seconds)
    assert throttle.usage().remaining == 29
    assert sent.ran[0][0] == now + seconds


async def test_a_shorter_pause_does_not_end_a_longer_one(
    throttle_of: Callable[[int], Throttle], clock: FakeClock
) -> None:
    throttle = throttle_of(30)
    throttle.pause(50)
    throttle.pause(5)
    assert await refused(throttle(a_call(), clock.monotonic() + 15)) == 50


async def test_a_new_call_queues_behind_waiting_calls_when_the_quota_frees(
    throttle_of: Callable[[int], Throttle], sent: CountingUpstream, clock: FakeClock
) -> None:
    throttle = throttle_of(1)
    await throttle(a_call("FIRST"), AGES)
    waiting = asyncio.create_task(throttle(a_call("SECOND"), AGES))
    await asyncio.sleep(0)
    clock.advance(MINUTE)
    await throttle(a_call("THIRD"), AGES)
    await waiting
    assert sent.order == ["FIRST", "SECOND", "THIRD"]


async def test_a_cancelled_caller_is_removed_from_the_queue(
    throttle_of: Callable[[int], Throttle], sent: CountingUpstream
) -> None:
    throttle = throttle_of(1)
    await throttle(a_call("FIRST"), AGES)
    leaving, staying = (asyncio.create_task(throttle(a_call(symbol), AGES)) for symbol in ("SECOND", "THIRD"))
    await asyncio.sleep(0)
    leaving.cancel()
    await staying
    assert sent.order == ["FIRST", "THIRD"]


async def test_usage_states_the_requests_used_and_when_none_counts_any_more(
    throttle_of: Callable[[int], Throttle], clock: FakeClock
) -> None:
    throttle = throttle_of(30)
    assert (throttle.usage().used, throttle.usage().resets_in) == (0, None)
    await throttle(a_call(), AGES)
    clock.advance(10)
    assert (throttle.usage().used, throttle.usage().remaining, throttle.usage().resets_in) == (1, 29, 50)
    clock.advance(50)
    assert throttle.usage().used == 0


@pytest.mark.parametrize(
    ("error", "counted"), [(httpx.ConnectError, 0), (httpx.ConnectTimeout, 0), (httpx.ReadError, 1)]
)
async def test_a_failed_connection_spends_no_quota(error: type[httpx.HTTPError], counted: int) -> None:
    def fails(_: httpx.Request) -> httpx.Response:
        raise error("down")

    config = ClientConfig(api_key=Secret("key"), plan=Plan.HOBBYIST)
    client = Client(config, transport=httpx.MockTransport(fails), policy=RetryPolicy(attempts=1))
    with count_upstream_calls() as counter, pytest.raises(UpstreamFailed):
        await client.get(Call(a_call().endpoint, a_call().params, decode))
    assert (client.quota.used, counter.sent) == (counted, counted)
