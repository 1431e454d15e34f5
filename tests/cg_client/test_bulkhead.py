"""No group of endpoints uses up the connections, whoever waits has a turn, and no place is ever lost."""

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
from cg_client.resilience.bulkhead import LEAST_SECONDS, PER_FREE_PLACE, Bulkhead
from cg_client.transport import UpstreamResponse
from tests.cg_client.conftest import decode

AGES = 1e9
GROUPS = tuple(
    Endpoint(path=f"/api/test/{name}", summary="Of a group of its own.", params=CoinParams) for name in "abcdef"
)


class Upstream:
    """Holds every call until it is let go."""

    def __init__(self) -> None:
        self.running: list[tuple[str, asyncio.Future[None]]] = []
        self.most = 0

    async def __call__(self, call: Call, _deadline: float) -> UpstreamResponse:
        name = f"{call.endpoint.path[-1]}{call.params.query()['symbol']}"
        cached = (name, asyncio.get_running_loop().create_future())
        self.running.append(cached)
        self.most = max(self.most, len(self.running))
        try:
            await cached[1]
        finally:
            self.running.remove(cached)
        return UpstreamResponse(200, b"{}")

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.running]

    def let_go(self, which: int = 0) -> None:
        self.running[which][1].set_result(None)


async def run_pending() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class Line:
    """A bulkhead, with calls that are numbered as they come."""

    def __init__(self, places: int, queue: int = 500) -> None:
        self.places = places
        self.upstream = Upstream()
        self.bulkhead = Bulkhead(self.upstream, places, Clock(), queue=queue)
        self._numbers: Iterator[int] = iter(range(10_000))

    async def ask(self, group: int, deadline: float = AGES) -> UpstreamResponse:
        return await self.bulkhead(Call(GROUPS[group], CoinParams(symbol=str(next(self._numbers))), decode), deadline)

    async def begin(self, group: int, count: int = 1) -> list[asyncio.Task[UpstreamResponse]]:
        tasks = [asyncio.create_task(self.ask(group)) for _ in range(count)]
        await run_pending()
        return tasks

    async def end(self, tasks: list[asyncio.Task[UpstreamResponse]]) -> None:
        """All go, and what they held is free again."""
        while self.upstream.running:
            self.upstream.let_go()
            await run_pending()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert self.bulkhead._free == self.places
        assert not any(self.bulkhead.in_use.values())
        assert not any(self.bulkhead.waiting.values())


async def test_a_group_that_hangs_leaves_connections_to_every_other() -> None:
    line = Line(32)
    tasks = await line.begin(0, 50)
    assert len(line.upstream.running) == 24
    for other in range(1, 6):
        tasks += await line.begin(other)
        assert line.upstream.names[-1].startswith("abcdef"[other])
    await line.end(tasks)


async def test_two_groups_that_hang_leave_connections_to_a_third() -> None:
    line = Line(32)
    tasks = await line.begin(0, 50) + await line.begin(1, 50)
    assert len(line.upstream.running) == 30
    tasks += await line.begin(2)
    assert line.upstream.names[-1].startswith("c")
    await line.end(tasks)


async def test_with_one_connection_each_has_its_turn() -> None:
    line = Line(1)
    tasks = await line.begin(0, 2) + await line.begin(1)
    for expected in (["a0"], ["a1"], ["b2"]):
        assert line.upstream.names == expected
        line.upstream.let_go()
        await run_pending()
    await asyncio.gather(*tasks)


async def test_who_waits_goes_in_order_past_those_whose_group_has_its_share() -> None:
    line = Line(8)
    tasks = await line.begin(0, 6) + await line.begin(1, 1) + await line.begin(2, 1)
    tasks += await line.begin(0, 1) + await line.begin(3, 1) + await line.begin(4, 1)
    assert line.upstream.names[-1] == "c7"
    line.upstream.let_go(6)
    await run_pending()
    assert line.upstream.names[-1] == "d9"
    line.upstream.let_go(0)
    await run_pending()
    assert line.upstream.names[-1] == "e10"
    await line.end(tasks)


async def test_without_a_place_in_time_the_refusal_is_typed_and_nothing_is_sent() -> None:
    line = Line(1)
    (task,) = await line.begin(0)
    for deadline in (0.0, Clock().monotonic() + LEAST_SECONDS + 0.001):
        with pytest.raises(ConnectionsBusy) as raised:
            await line.ask(0, deadline)
        assert (raised.value.code, raised.value.retryable) == (ProblemCode.TIMEOUT, True)
    assert line.upstream.names == ["a0"]
    assert (line.bulkhead.refused["test/a"], line.bulkhead.waits["test/a"]) == (2, 1)
    line.upstream.let_go()
    await task


async def test_the_queue_of_a_group_is_bounded_and_does_not_keep_others_out() -> None:
    line = Line(8, queue=2)
    tasks = await line.begin(0, 8)
    with pytest.raises(ConnectionsBusy):
        await line.ask(0)
    tasks += await line.begin(1)
    assert line.upstream.names[-1].startswith("b")
    await line.end(tasks)


async def test_who_gives_up_waiting_leaves_the_turn_to_the_next() -> None:
    line = Line(1)
    first, second, third = await line.begin(0, 3)
    second.cancel()
    line.upstream.let_go()
    await run_pending()
    assert line.upstream.names == ["a2"]
    line.upstream.let_go()
    await asyncio.gather(first, third)


@pytest.mark.parametrize("granted", [False, True])
async def test_a_place_that_comes_as_its_call_gives_up_is_not_lost(granted: bool) -> None:
    """Given up just before the place is passed on, or just after and before the call could take note."""
    line = Line(1)
    first, second, third = await line.begin(0, 3)
    line.upstream.let_go()
    if granted:
        asyncio.get_running_loop().call_soon(second.cancel)
    else:
        second.cancel()
    await first
    await run_pending()
    assert (second.cancelled(), line.upstream.names) == (True, ["a2"])
    line.upstream.let_go()
    await third


async def test_a_place_is_given_back_when_the_call_fails_or_is_cancelled() -> None:
    async def failing(_call: Call, _deadline: float) -> UpstreamResponse:
        raise UpstreamUnavailable("down")

    line = Line(1)
    (task,) = await line.begin(0)
    task.cancel()
    await run_pending()
    bulkhead = Bulkhead(failing, 1, Clock())
    for _ in range(3):
        with pytest.raises(UpstreamUnavailable):
            await bulkhead(Call(GROUPS[0], CoinParams(symbol="BTC"), decode), AGES)
    assert (await line.begin(0))[0].cancel()


async def test_a_call_that_never_found_a_connection_does_not_count_against_the_quota() -> None:
    line = Line(1)
    throttle = Throttle(line.bulkhead, QuotaWindow(30), Clock())
    running = asyncio.create_task(throttle(Call(GROUPS[0], CoinParams(symbol="0"), decode), AGES))
    await run_pending()
    with pytest.raises(ConnectionsBusy):
        await throttle(Call(GROUPS[0], CoinParams(symbol="1"), decode), Clock().monotonic() + 0.05)
    assert throttle.usage().used == 1
    line.upstream.let_go()
    await running
    assert throttle.usage().used == 1


actions = st.one_of(
    st.tuples(st.just("ask"), st.integers(0, 5)),
    st.tuples(st.just("end"), st.integers(0, 100)),
    st.tuples(st.just("cancel"), st.integers(0, 100)),
)


@given(st.lists(actions, max_size=80))
async def test_no_place_is_lost_or_made_up_and_nobody_who_could_go_waits(todo: list[tuple[str, int]]) -> None:
    line = Line(8)
    tasks: list[asyncio.Task[UpstreamResponse]] = []
    for action, which in todo:
        if action == "ask":
            tasks.append(asyncio.create_task(line.ask(which)))
        elif action == "end" and line.upstream.running:
            _, cached = line.upstream.running[which % len(line.upstream.running)]
            if not cached.done():
                cached.set_result(None)
        elif tasks:
            tasks[which % len(tasks)].cancel()
        if which % 2:
            await run_pending()
    await run_pending()
    assert line.upstream.most <= 8
    assert len(line.upstream.running) == 8 - line.bulkhead._free
    waiting = [group for group, count in line.bulkhead.waiting.items() if count]
    assert not any(line.bulkhead.in_use[group] < PER_FREE_PLACE * line.bulkhead._free for group in waiting)
    await line.end(tasks)
