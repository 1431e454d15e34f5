"""What a store that fails does to its users, with real servers: away at once, and back within five seconds."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from shared.store.commands import Commands
from shared.store.errors import CommandRefused, StoreAway
from shared.store.store import LIMIT, Store
from tests.delaying_proxy import DelayingProxy
from tests.shared.rig import StoreLog, connected
from tests.store_server import StoreServer, running_store

RECOVERS_WITHIN = 5.0
SLACK = 0.75  # seconds, for a machine that is busy


async def fails_at_once(store: Store) -> None:
    began = time.perf_counter()
    with pytest.raises(StoreAway, match="COINGLASS_SHARED_URL"):
        await store.get("name")
    assert time.perf_counter() - began < SLACK


async def recovers(log: StoreLog, repair: Callable[[], object], returns: int = 2) -> None:
    """Repair the store, and wait until it can be used again."""
    began = time.perf_counter()
    repair()
    await log.until(lambda: len(log.returns) >= returns)
    assert time.perf_counter() - began < RECOVERS_WITHIN


async def test_a_killed_server_fails_what_is_in_progress_and_everything_after(each_store_server: StoreServer) -> None:
    log = StoreLog()
    async with connected(each_store_server.url, observer=log) as store:
        each_store_server.pause()
        operations = [asyncio.ensure_future(store.get("name")) for _ in range(5)]
        await asyncio.sleep(0)
        each_store_server.kill()
        results = await asyncio.gather(*operations, return_exceptions=True)
        assert [type(result) for result in results] == [StoreAway] * 5
        await fails_at_once(store)
        await recovers(log, each_store_server.start)
        assert await store.get("name") is None


async def test_a_server_that_restarts_empty_runs_scripts_and_sends_notices_again(
    each_store_server: StoreServer,
) -> None:
    log, messages = StoreLog(), asyncio.Queue[bytes]()
    async with connected(each_store_server.url, observer=log) as store:
        store.subscribe("channel", messages.put_nowait)
        await store.set("name", "value", 60)
        await recovers(log, each_store_server.restart)
        assert await store.get("name") is None
        await store.execute("PUBLISH", "channel", "message")
        assert await asyncio.wait_for(messages.get(), RECOVERS_WITHIN) == b"message"


async def test_a_paused_server_is_late_for_all_within_the_limit(each_store_server: StoreServer) -> None:
    log = StoreLog()
    async with connected(each_store_server.url, observer=log) as store:
        each_store_server.pause()
        began = time.perf_counter()
        results = await asyncio.gather(*(store.get("name") for _ in range(100)), return_exceptions=True)
        assert {type(result) for result in results} == {StoreAway}
        assert LIMIT <= time.perf_counter() - began < LIMIT + SLACK
        await fails_at_once(store)
        await recovers(log, each_store_server.resume)


async def test_a_server_that_pauses_while_nobody_uses_it_is_noticed(store_server: StoreServer) -> None:
    log = StoreLog()
    async with connected(store_server.url, observer=log):
        store_server.pause()
        await log.until(lambda: bool(log.away))
        assert log.failures == []
        await recovers(log, store_server.resume)


async def test_a_slow_server_is_away_until_it_is_fast_again(store_server: StoreServer) -> None:
    log = StoreLog()
    async with DelayingProxy(store_server.port).listening() as proxy, connected(proxy.url, observer=log) as store:
        proxy.delay = 0.25  # each way
        began = time.perf_counter()
        with pytest.raises(StoreAway):
            await store.get("name")
        assert time.perf_counter() - began < LIMIT + SLACK
        await log.until(lambda: len(log.unreachable) == 2)
        await fails_at_once(store)

        def fast() -> None:
            proxy.delay = 0

        await recovers(log, fast)


async def test_a_partition_that_resets_nothing_is_noticed_and_ends(store_server: StoreServer) -> None:
    log = StoreLog()
    async with DelayingProxy(store_server.port).listening() as proxy, connected(proxy.url, observer=log) as store:
        proxy.partition()
        await log.until(lambda: bool(log.away))
        await fails_at_once(store)
        await log.until(lambda: bool(log.unreachable))
        await recovers(log, proxy.heal)


async def test_a_server_without_memory_refuses_writes_and_goes_on_reading(each_store_server: StoreServer) -> None:
    async with connected(each_store_server.url) as store:
        await store.set("name", "value", 60)
        each_store_server.fill_memory()
        with pytest.raises(CommandRefused) as refusal:
            await store.set("other", "value", 60)
        assert refusal.value.code == "OOM"
        assert await store.get("name") == b"value"
        each_store_server.free_memory()
        await store.set("other", "value", 60)


async def test_a_primary_that_becomes_a_replica_is_away_until_it_is_primary_again(
    each_store_server: StoreServer,
) -> None:
    log = StoreLog()
    async with connected(each_store_server.url, observer=log) as store:
        each_store_server.command("REPLICAOF", "127.0.0.1", "1")
        with pytest.raises(StoreAway):
            await store.set("name", "value", 60)
        await log.until(lambda: bool(log.unreachable))
        assert "is a replica, which takes no writes" in log.unreachable[0]
        await fails_at_once(store)
        await recovers(log, lambda: each_store_server.command("REPLICAOF", "NO", "ONE"))


async def test_a_server_that_loads_its_data_is_away_until_it_is_done(each_store_server: StoreServer) -> None:
    log = StoreLog()
    async with connected(each_store_server.url, observer=log) as store:
        await asyncio.gather(*(store.set(str(number), "v" * 1000, 60) for number in range(1000)))
        each_store_server.restart_loading()
        await log.until(lambda: any("load" in reason.lower() for reason in log.unreachable))
        await fails_at_once(store)
        await recovers(log, each_store_server.end_loading)
        assert await store.get("7") == b"v" * 1000


async def test_a_server_that_a_script_blocks_is_away_until_the_script_ends(store_server: StoreServer) -> None:
    log = StoreLog()
    async with connected(store_server.url, observer=log) as store:
        store_server.command("CONFIG", "SET", "lua-time-limit", "100")  # milliseconds, after which it can be killed
        with pytest.raises(StoreAway):
            await store.execute("EVAL", "while true do end", 0)
        await recovers(log, lambda: store_server.command("SCRIPT", "KILL"))


async def test_a_store_that_is_away_at_the_start_is_used_once_it_is_there(tmp_path: Path) -> None:
    log = StoreLog()
    with running_store(tmp_path / "store") as server:
        server.kill()
        async with connected(server.url, observer=log) as store:
            assert store.is_away
            assert "COINGLASS_SHARED_URL" in log.unreachable[0]
            await fails_at_once(store)
            await recovers(log, server.start, returns=1)
            assert not store.is_away


async def test_hooks_run_after_each_connection_before_anybody_else(store_server: StoreServer) -> None:
    log = StoreLog()
    order: list[str] = []

    async def hook(commands: Commands) -> None:
        assert len(log.returns) == len(order)
        assert await commands.get("name") is None
        await commands.set("name", "hook", 60)
        order.append("hook")

    async with connected(store_server.url, observer=log, hooks=[hook]) as store:
        assert await store.get("name") == b"hook"
        await recovers(log, store_server.restart)
        assert await store.get("name") == b"hook"
    assert order == ["hook", "hook"]


async def test_a_hook_that_fails_leaves_the_store_away_until_it_succeeds(store_server: StoreServer) -> None:
    log = StoreLog()
    failures: list[Exception] = [ValueError("of the hook"), CommandRefused("no memory", "OOM"), StoreAway("late")]

    async def hook(_: Commands) -> None:
        if failures:
            raise failures.pop(0)

    async with connected(store_server.url, observer=log, hooks=[hook]):
        await log.until(lambda: bool(log.returns))
    assert len(log.unreachable) == 3
    assert "of the hook" in log.unreachable[0]


async def test_users_are_told_when_the_store_goes_away(store_server: StoreServer) -> None:
    losses = asyncio.Queue[bool]()
    async with connected(store_server.url) as store:
        store.on_loss(lambda: losses.put_nowait(store.is_away))
        store_server.kill()
        assert await asyncio.wait_for(losses.get(), RECOVERS_WITHIN)


async def test_a_hook_that_is_no_longer_wanted_is_not_run(store_server: StoreServer) -> None:
    log = StoreLog()
    runs: list[str] = []
    has_run = asyncio.Event()

    async def hook(_: Commands) -> None:
        runs.append("return")
        has_run.set()

    async with connected(store_server.url, observer=log) as store:
        ends = [store.on_return(hook), store.on_loss(lambda: runs.append("loss"))]
        await asyncio.wait_for(has_run.wait(), RECOVERS_WITHIN)
        await recovers(log, store_server.restart)
        assert runs == ["return", "loss", "return"]  # first at once, since the store was connected
        for end in (*ends, *ends):
            end()
        await recovers(log, store_server.restart, returns=3)
        assert runs == ["return", "loss", "return"]


@pytest.mark.parametrize("use", [lambda store: store.get("name"), lambda store: store.execute("PING")])
async def test_a_closed_store_is_away(store_server: StoreServer, use: Callable[[Store], Awaitable[object]]) -> None:
    async with connected(store_server.url) as store:
        pass
    assert store.is_away
    with pytest.raises(StoreAway, match="closed"):
        await use(store)
