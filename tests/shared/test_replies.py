"""Each caller gets its own reply, whatever happens to the others."""

import asyncio
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import uvloop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.store.errors import CommandRefused, StoreAway
from shared.store.script import LuaScript
from shared.store.stream_reader import StreamReader
from tests.delaying_proxy import DelayingProxy
from tests.shared.rig import connected
from tests.store_server import StoreServer, running_store

REPLY = LuaScript("reply", "if ARGV[1] == 'error' then return redis.error_reply('OWN ' .. KEYS[1]) end return KEYS[1]")
LARGE = b"v" * 2_000_000
ENOUGH = 5.0  # seconds: a limit that these tests do not reach


@given(
    calls=st.lists(st.tuples(st.sampled_from(["value", "error", "large"]), st.integers(0, 12)), min_size=1, max_size=60)
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_cancelled_callers_take_no_reply_of_another(store_server: StoreServer, calls: list[tuple[str, int]]) -> None:
    """Each call echoes its own number; it is cancelled after some cycles of the loop, or not at all with 0."""
    asyncio.run(call_and_cancel(store_server.url, calls))


async def call_and_cancel(url: str, calls: list[tuple[str, int]]) -> None:
    async with connected(url, limit=ENOUGH) as store:

        async def call(number: int, kind: str) -> bool:
            """Return whether the reply is that to this call."""
            name = f"{number}-" + "x" * (100_000 if kind == "large" else 0)
            try:
                return await store.run(REPLY, [name], [kind]) == name.encode()
            except CommandRefused as refusal:
                return (kind, str(refusal)) == ("error", f"OWN {name}")

        async def cancel(task: "asyncio.Task[bool]", cycles: int) -> None:
            for _ in range(cycles):
                await asyncio.sleep(0)
            task.cancel()

        tasks = [asyncio.create_task(call(number, kind)) for number, (kind, _) in enumerate(calls)]
        cancels = [cancel(task, cycles) for task, (_, cycles) in zip(tasks, calls, strict=True) if cycles]
        await asyncio.gather(*cancels)
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [
            result for result in results if result is not True and not isinstance(result, asyncio.CancelledError)
        ] == []
        assert await store.run(REPLY, ["last"], ["value"]) == b"last"


async def test_replies_are_right_while_connections_break_and_callers_leave(store_server: StoreServer) -> None:
    chance = random.Random(19)
    async with DelayingProxy(store_server.port).listening() as proxy, connected(proxy.url) as store:

        async def call(number: int) -> str:
            await asyncio.sleep(chance.random())
            name = f"{number}"
            try:
                async with asyncio.timeout(chance.choice([0.001, 0.01, ENOUGH])):
                    assert await store.run(REPLY, [name], ["value"]) == name.encode()
            except (StoreAway, TimeoutError) as error:
                return type(error).__name__
            return "right"

        async def disturb() -> None:
            for _ in range(4):
                await asyncio.sleep(0.2)
                store_server.command("CLIENT", "KILL", "TYPE", "normal")
                proxy.delay = chance.choice([0, 0.004])

        outcomes, _ = await asyncio.gather(asyncio.gather(*map(call, range(1500))), disturb())
        assert {"right", "StoreAway"} <= {*outcomes}


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_a_reply_in_time_is_not_late_because_the_process_was_busy(
    store_server: StoreServer, new_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(be_busy(store_server.url))


async def be_busy(url: str) -> None:
    async with connected(url) as store:
        await store.set("name", LARGE, 60)
        for cycles in (1, 4):
            operations = [asyncio.create_task(store.get("name")) for _ in range(3)]
            for _ in range(cycles):
                await asyncio.sleep(0)
            time.sleep(0.9)  # noqa: ASYNC251  # longer than the limit
            assert await asyncio.gather(*operations) == [LARGE] * 3


async def test_a_word_that_cannot_be_sent_is_no_loss(store_server: StoreServer) -> None:
    async with connected(store_server.url) as store:
        with pytest.raises(TypeError):
            await store.execute("SET", "name", None)  # type: ignore[arg-type]  # what is tested
        assert await store.execute("PING") == b"PONG"


async def test_a_blocking_read_that_is_cancelled_leaves_nothing_for_the_next(store_server: StoreServer) -> None:
    async with connected(store_server.url) as store:
        reader = StreamReader(store)
        reading = asyncio.create_task(reader.read({"a": "$"}, ENOUGH, 10))
        await asyncio.sleep(0.05)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await store.execute("XADD", "a", "1-1", "field", "first")
        await store.execute("XADD", "b", "1-1", "field", "second")
        assert await reader.read({"b": "0"}, ENOUGH, 10) == {"b": [("1-1", {b"field": b"second"})]}
        await reader.close()


async def test_a_blocking_read_ends_when_the_store_goes_away(store_server: StoreServer) -> None:
    async with connected(store_server.url) as store:
        reader = StreamReader(store)
        reading = asyncio.create_task(reader.read({"a": "$"}, ENOUGH, 10))
        await asyncio.sleep(0.05)
        store_server.pause()
        began = time.perf_counter()
        with pytest.raises(StoreAway):
            await reading
        assert time.perf_counter() - began < 2
        with pytest.raises(StoreAway):
            await reader.read({"a": "$"}, ENOUGH, 10)
        await reader.close()


async def test_a_blocking_read_goes_on_after_a_return(store_server: StoreServer) -> None:
    async with connected(store_server.url) as store:
        reader = StreamReader(store)
        assert await reader.read({"a": "0"}, 0.01, 10) == {}
        store_server.command("CLIENT", "KILL", "TYPE", "normal")
        while True:
            try:
                await store.execute("XADD", "a", "1-1", "field", "value")
                break
            except StoreAway:
                await asyncio.sleep(0.01)
        assert await reader.read({"a": "0", "b": "0"}, ENOUGH, 10) == {"a": [("1-1", {b"field": b"value"})]}
        await reader.close()


async def test_a_refused_blocking_read_is_refused(store_server: StoreServer) -> None:
    async with connected(store_server.url) as store:
        reader = StreamReader(store)
        await store.set("text", "value", 60)
        with pytest.raises(CommandRefused, match="WRONGTYPE"):
            await reader.read({"text": "0"}, 1, 10)
        await reader.close()


async def test_a_message_of_a_channel_goes_to_all_its_callbacks_and_to_no_other(store_server: StoreServer) -> None:
    first, second, third = asyncio.Queue[bytes](), asyncio.Queue[bytes](), asyncio.Queue[bytes]()
    async with connected(store_server.url) as store:
        end = store.subscribe("a", first.put_nowait)
        store.subscribe("a", second.put_nowait)
        store.subscribe("b", third.put_nowait)
        await store.session.notices.ping()
        for number in range(3):
            await store.execute("PUBLISH", "a", number)
        assert [await second.get() for _ in range(3)] == [b"0", b"1", b"2"]
        end()
        end()
        await store.execute("PUBLISH", "a", "3")
        assert await second.get() == b"3"
        assert (first.qsize(), third.qsize()) == (3, 0)


async def test_a_server_on_a_socket_of_this_machine(tmp_path: Path) -> None:
    with running_store(tmp_path / "s") as server:
        async with connected(server.socket_url) as store:
            assert await store.execute("PING") == b"PONG"
