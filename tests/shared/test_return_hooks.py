"""What runs after each connection to the store: for many keys, with a store that is some way off."""

import asyncio
import time

import pytest
from structlog.testing import capture_logs

from shared.store import return_hooks
from shared.store.commands import Commands
from shared.store.errors import StoreAway
from shared.store.return_hooks import HOOK_SECONDS, MAX_PARALLEL
from shared.store.stream_reader import StreamReader
from tests.delaying_proxy import DelayingProxy
from tests.running import LIMIT as LONGEST_WAIT
from tests.shared.rig import StoreLog, connected
from tests.store_server import StoreServer

HOOKS = 300
PATIENCE = 5.0  # seconds for each operation, since the machine may be busy


async def test_a_store_that_is_some_way_off_is_back_with_the_hooks_of_many_keys(store_server: StoreServer) -> None:
    log, runs = StoreLog(), list[int]()

    async def hook(commands: Commands) -> None:
        await commands.execute("PING")
        await commands.execute("PING")
        runs.append(len(log.returns))

    async with (
        DelayingProxy(store_server.port).listening() as proxy,
        connected(proxy.url, observer=log, hooks=[hook] * HOOKS, limit=PATIENCE),
    ):
        proxy.delay = 0.0075  # each way
        store_server.restart()
        await log.until(lambda: len(log.returns) == 2)
    assert runs == [0] * HOOKS + [1] * HOOKS


async def test_a_store_is_reached_however_many_round_trips_its_keys_need(store_server: StoreServer) -> None:
    runs: list[object] = []

    async def hook(commands: Commands) -> None:
        runs.extend([await commands.execute("PING") for _ in range(2)])

    async with DelayingProxy(store_server.port).listening() as proxy:
        proxy.delay = 0.1  # each way
        async with connected(proxy.url, hooks=[hook] * 5, limit=PATIENCE) as store:
            assert not store.is_away
            assert runs == [b"PONG"] * 10


async def test_a_late_hook_is_ended_while_everybody_else_uses_the_store(store_server: StoreServer) -> None:
    ended, runs = asyncio.Event(), list[str]()

    async def late(_: Commands) -> None:
        runs.append("late")
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def punctual(_: Commands) -> None:
        runs.append("punctual")

    began = time.perf_counter()
    with capture_logs() as logs:
        async with connected(store_server.url, hooks=[late, punctual]) as store:
            assert time.perf_counter() - began < 3 * HOOK_SECONDS
            assert not store.is_away
            assert runs == ["late", "punctual"]
            await asyncio.wait_for(ended.wait(), LONGEST_WAIT)
            assert not store.is_away
            assert await store.execute("PING") == b"PONG"
    assert [entry["event"] for entry in logs] == ["the shared store is used before all keys have reported to it"]


async def test_hooks_behind_late_ones_run_beside_those_who_use_the_store(
    store_server: StoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(return_hooks, "HOOK_SECONDS", 0.1)
    has_run, was_away = asyncio.Event(), list[bool]()

    async def late(_: Commands) -> None:
        await asyncio.Event().wait()

    async def hook(_: Commands) -> None:
        was_away.append(store.is_away)
        has_run.set()

    async with connected(store_server.url, hooks=[*[late] * 2 * MAX_PARALLEL, hook]) as store:
        await asyncio.wait_for(has_run.wait(), LONGEST_WAIT)
    assert was_away == [False]


async def test_hooks_that_still_run_end_with_the_connection(store_server: StoreServer) -> None:
    log, ends = StoreLog(), list[int]()

    async def late(_: Commands) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ends.append(len(log.away))

    async with connected(store_server.url, observer=log) as store:
        store.on_return(late)
        await store.session.ping()
        await asyncio.sleep(0)
        store_server.kill()
        await log.until(lambda: bool(log.away))
        await log.until(lambda: bool(log.unreachable))
    assert ends == [1]


async def test_whoever_waits_for_the_store_is_told_that_it_was_closed(store_server: StoreServer) -> None:
    async with connected(store_server.url) as store:
        reading = asyncio.create_task(StreamReader(store).read({"stream": "0"}, 5, 1))
        await store.session.ping()
    with pytest.raises(StoreAway, match="closed"):
        await reading


async def test_hooks_of_a_connected_store_run_no_more_at_a_time(store_server: StoreServer) -> None:
    running, runs, highest = 0, 0, 0

    async def hook(_: Commands) -> None:
        nonlocal running, runs, highest
        running += 1
        highest = max(highest, running)
        if running == MAX_PARALLEL:
            may_end.set()
        await may_end.wait()
        running -= 1
        runs += 1
        if runs == HOOKS:
            has_run.set()

    may_end, has_run = asyncio.Event(), asyncio.Event()
    async with connected(store_server.url, limit=PATIENCE) as store:
        for _ in range(HOOKS):
            store.on_return(hook)
        await asyncio.wait_for(has_run.wait(), LONGEST_WAIT)
    assert highest == MAX_PARALLEL
