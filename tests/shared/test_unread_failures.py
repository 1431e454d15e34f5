"""A store that fails leaves no failure behind that nobody reads: asyncio would report it, long after, as a bug."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from callers.caller import Budget, Caller
from cg_client.clock import Clock
from cg_client.secret import Secret
from shared.budgets.shared_budgets import SharedAllowance, SharedBudgets
from shared.budgets.windows import BudgetNames
from shared.store.errors import StoreAway
from shared.store.stream_reader import StreamReader
from tests.shared.rig import StoreLog, connected
from tests.store_server import StoreServer

LIMIT = 5.0  # seconds, far more than the tests take


@contextlib.asynccontextmanager
async def nothing_unread() -> AsyncIterator[None]:
    """Fail if asyncio reports anything of what ended inside."""
    reports: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: reports.append(context))
    try:
        yield
        for _ in range(5):
            await asyncio.sleep(0)
        gc.collect()
        assert reports == []
    finally:
        loop.set_exception_handler(None)


@pytest.fixture(autouse=True)
def _no_garbage_of_others() -> Iterator[None]:
    gc.collect()
    yield
    gc.collect()


@pytest.mark.parametrize("cycles", range(6))
async def test_a_ping_that_nobody_awaits_when_the_store_is_lost(store_server: StoreServer, cycles: int) -> None:
    async with nothing_unread(), connected(store_server.url) as store:
        session = store.session
        ping = asyncio.ensure_future(session.ping())
        for _ in range(min(cycles, 3)):
            await asyncio.sleep(0)
        session.lose("the test says so")
        for _ in range(cycles - 3):
            await asyncio.sleep(0)
        ping.cancel()
        await asyncio.gather(ping, return_exceptions=True)
        del ping, session


@pytest.mark.parametrize("cycles", range(4))
async def test_a_read_of_streams_that_is_cancelled_when_the_store_is_lost(
    store_server: StoreServer, monkeypatch: pytest.MonkeyPatch, cycles: int
) -> None:
    async def away(*_: object) -> None:
        raise StoreAway("lost")

    async with nothing_unread(), connected(store_server.url) as store:
        reader = StreamReader(store)
        monkeypatch.setattr(reader, "_exchange", away)
        reading = asyncio.ensure_future(reader.read({"stream": "0-0"}, 1.0, 1))
        for _ in range(cycles):
            await asyncio.sleep(0)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        del reading


async def test_everything_in_progress_when_the_server_is_killed(each_store_server: StoreServer) -> None:
    log = StoreLog()
    async with nothing_unread(), connected(each_store_server.url, observer=log) as store:
        reader = StreamReader(store)
        store.subscribe("channel", lambda _: None)
        work = [asyncio.ensure_future(store.get("name")) for _ in range(20)]
        work += [asyncio.ensure_future(store.session.ping()) for _ in range(5)]
        reading = asyncio.ensure_future(reader.read({"stream": "0-0"}, 1.0, 1))
        each_store_server.pause()
        await asyncio.sleep(0)
        for some in work[::2]:
            some.cancel()
        each_store_server.kill()
        results = await asyncio.gather(*work[1::2], reading, return_exceptions=True)
        assert {type(result) for result in results} == {StoreAway}
        await log.until(lambda: bool(log.away))
        await reader.close()
        del work, reading, results


async def test_budgets_that_are_closed_leave_the_operations_that_wait_for_the_store(store_server: StoreServer) -> None:
    names = BudgetNames(Secret("the-key"), "https://a.example")
    async with nothing_unread(), connected(store_server.url) as store:
        budgets = SharedBudgets(Budget(calls_per_minute=100), Clock(), store, names, lambda: 1)
        allowance = budgets.allowance(Caller("ann"))
        assert isinstance(allowance, SharedAllowance)
        reserving = allowance.charge(1, 1)
        assert not isinstance(reserving, list)
        waiting = asyncio.ensure_future(reserving)
        await run_ready()
        allowance.ledger.note_change()
        flushing = asyncio.ensure_future(budgets._flush())
        await run_ready()
        flushing.cancel()
        async with asyncio.timeout(LIMIT):
            assert await waiting
            await budgets.close()


async def run_ready() -> None:
    for _ in range(3):
        await asyncio.sleep(0)
