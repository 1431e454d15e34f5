"""No group of endpoints exhausts the connections, waiting calls take turns, and no connection is lost."""

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_client.call import Call
from cg_client.clock import Clock
from cg_client.endpoint import Endpoint
from cg_client.errors import ConnectionsBusy, ProblemCode, UpstreamUnavailable
from cg_client.params.core import CoinParams
from cg_client.quota.throttle import Throttle
from cg_client.quota.window import QuotaWindow
from cg_client.resilience.bulkhead import LEAST_SECONDS, PER_FREE_SLOT, Bulkhead
from cg_client.transport import UpstreamResponse
from tests.cg_client.conftest import decode

AGES = 1e9
GROUPS = tuple(
    Endpoint(path=f"/api/test/{name}", summary="Of a group of its own.", params=CoinParams) for name in "abcdef"
)


class SlowUpstream:
    """Holds every call until it is let go."""

    def __init__(self) -> None:
        self.running: list[tuple[str, asyncio.Future[None]]] = []
        self.most = 0

    async def __call__(self, call: Call, _deadline: float) -> UpstreamResponse:
        name = f"{call.endpoint.path[-1]}{call.params.query()['symbol']}"
        pending = (name, asyncio.get_running_loop().create_future())
        self.running.append(pending)
        self.most = max(self.most, len(self.running))
        try:
            await pending[1]
        finally:
            self.running.remove(pending)
        return UpstreamResponse(200, b"{}")

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.running]

    def release(self, number: int = 0) -> None:
        self.running[number][1].set_result(None)


async def run_ready_tasks() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class BulkheadRig:
    """A bulkhead, with calls that are numbered as they come."""

    def __init__(self, connections: int, queue: int = 500) -> None:
        self.connections = connections
        self.upstream = SlowUpstream()
        self.bulkhead = Bulkhead(self.upstream, connections, Clock(), queue=queue)
        self._numbers: Iterator[int] = iter(range(10_000))

    async def ask(self, group: int, deadline: float = AGES) -> UpstreamResponse:
        return await self.bulkhead(Call(GROUPS[group], CoinParams(symbol=str(next(self._numbers))), decode), deadline)

    async def begin(self, group: int, count: int = 1) -> list[asyncio.Task[UpstreamResponse]]:
        tasks = [asyncio.create_task(self.ask(group)) for _ in range(count)]
        await run_ready_tasks()
        return tasks

    async def end(self, tasks: list[asyncio.Task[UpstreamResponse]]) -> None:
        """All go, and what they call is free again."""
        while self.upstream.running:
            self.upstream.release()
            await run_ready_tasks()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert self.bulkhead._free == self.connections
        assert not any(self.bulkhead.in_use.values())
        assert not any(self.bulkhead.waiting.values())


async def test_a_hanging_group_leaves_connections_for_every_other_group() -> None:
    rig = BulkheadRig(32)
    tasks = await rig.begin(0, 50)
    assert len(rig.upstream.running) == 24
    for other in range(1, 6):
        tasks += await rig.begin(other)
        assert rig.upstream.names[-1].startswith("abcdef"[other])
    await rig.end(tasks)


async def test_two_hanging_groups_leave_connections_for_a_third() -> None:
    rig = BulkheadRig(32)
    tasks = await rig.begin(0, 50) + await rig.begin(1, 50)
    assert len(rig.upstream.running) == 30
    tasks += await rig.begin(2)
    assert rig.upstream.names[-1].startswith("c")
    await rig.end(tasks)


async def test_calls_share_a_single_connection_in_order() -> None:
    rig = BulkheadRig(1)
    tasks = await rig.begin(0, 2) + await rig.begin(1)
    for expected in (["a0"], ["a1"], ["b2"]):
        assert rig.upstream.names == expected
        rig.upstream.release()
        await run_ready_tasks()
    await asyncio.gather(*tasks)


async def test_waiting_calls_start_in_order_unless_their_group_has_its_share() -> None:
    rig = BulkheadRig(8)
    tasks = await rig.begin(0, 6) + await rig.begin(1, 1) + await rig.begin(2, 1)
    tasks += await rig.begin(0, 1) + await rig.begin(3, 1) + await rig.begin(4, 1)
    assert rig.upstream.names[-1] == "c7"
    rig.upstream.release(6)
    await run_ready_tasks()
    assert rig.upstream.names[-1] == "d9"
    rig.upstream.release(0)
    await run_ready_tasks()
    assert rig.upstream.names[-1] == "e10"
    await rig.end(tasks)


async def test_a_call_without_a_connection_in_time_is_refused_and_not_sent() -> None:
    rig = BulkheadRig(1)
    (task,) = await rig.begin(0)
    for deadline in (0.0, Clock().monotonic() + LEAST_SECONDS + 0.001):
        with pytest.raises(ConnectionsBusy) as raised:
            await rig.ask(0, deadline)
        assert (raised.value.code, raised.value.retryable) == (ProblemCode.TIMEOUT, True)
    assert rig.upstream.names == ["a0"]
    assert (rig.bulkhead.refused["test/a"], rig.bulkhead.waits["test/a"]) == (2, 1)
    rig.upstream.release()
    await task


async def test_the_queue_of_a_group_is_bounded_and_does_not_keep_others_out() -> None:
    rig = BulkheadRig(8, queue=2)
    tasks = await rig.begin(0, 8)
    with pytest.raises(ConnectionsBusy):
        await rig.ask(0)
    tasks += await rig.begin(1)
    assert rig.upstream.names[-1].startswith("b")
    await rig.end(tasks)


async def test_a_cancelled_waiter_is_skipped() -> None:
    rig = BulkheadRig(1)
    first, second, third = await rig.begin(0, 3)
    second.cancel()
    rig.upstream.release()
    await run_ready_tasks()
    assert rig.upstream.names == ["a2"]
    rig.upstream.release()
    await asyncio.gather(first, third)


@pytest.mark.parametrize("granted", [False, True])
async def test_a_connection_granted_to_a_cancelled_waiter_is_not_lost(granted: bool) -> None:
    """The call is cancelled just before the connection is granted, or just after and before the call resumes."""
    rig = BulkheadRig(1)
    first, second, third = await rig.begin(0, 3)
    rig.upstream.release()
    if granted:
        asyncio.get_running_loop().call_soon(second.cancel)
    else:
        second.cancel()
    await first
    await run_ready_tasks()
    assert (second.cancelled(), rig.upstream.names) == (True, ["a2"])
    rig.upstream.release()
    await third


async def test_a_failed_or_cancelled_call_frees_its_connection() -> None:
    async def failing(_call: Call, _deadline: float) -> UpstreamResponse:
        raise UpstreamUnavailable("down")

    rig = BulkheadRig(1)
    (task,) = await rig.begin(0)
    task.cancel()
    await run_ready_tasks()
    bulkhead = Bulkhead(failing, 1, Clock())
    for _ in range(3):
        with pytest.raises(UpstreamUnavailable):
            await bulkhead(Call(GROUPS[0], CoinParams(symbol="BTC"), decode), AGES)
    assert (await rig.begin(0))[0].cancel()


async def test_a_call_without_a_connection_does_not_count_against_the_quota() -> None:
    rig = BulkheadRig(1)
    throttle = Throttle(rig.bulkhead, QuotaWindow(30), Clock())
    running = asyncio.create_task(throttle(Call(GROUPS[0], CoinParams(symbol="0"), decode), AGES))
    await run_ready_tasks()
    with pytest.raises(ConnectionsBusy):
        await throttle(Call(GROUPS[0], CoinParams(symbol="1"), decode), Clock().monotonic() + 0.05)
    assert throttle.usage().used == 1
    rig.upstream.release()
    await running
    assert throttle.usage().used == 1


actions = st.one_of(
    st.tuples(st.just("ask"), st.integers(0, 5)),
    st.tuples(st.just("end"), st.integers(0, 100)),
    st.tuples(st.just("cancel"), st.integers(0, 100)),
)


@given(st.lists(actions, max_size=80))
async def test_no_connection_is_lost_or_duplicated_and_no_call_waits_without_need(steps: list[tuple[str, int]]) -> None:
    rig = BulkheadRig(8)
    tasks: list[asyncio.Task[UpstreamResponse]] = []
    for action, number in steps:
        if action == "ask":
            tasks.append(asyncio.create_task(rig.ask(number)))
        elif action == "end" and rig.upstream.running:
            _, pending = rig.upstream.running[number % len(rig.upstream.running)]
            if not pending.done():
                pending.set_result(None)
        elif tasks:
            tasks[number % len(tasks)].cancel()
        if number % 2:
            await run_ready_tasks()
    await run_ready_tasks()
    assert rig.upstream.most <= 8
    assert len(rig.upstream.running) == 8 - rig.bulkhead._free
    waiting = [group for group, count in rig.bulkhead.waiting.items() if count]
    assert not any(rig.bulkhead.in_use[group] < PER_FREE_SLOT * rig.bulkhead._free for group in waiting)
    await rig.end(tasks)
