"""Operations of the store against a real server."""

import asyncio

import pytest

from shared.errors import CommandRefused, StoreAway
from shared.script import LuaScript
from shared.stream_reader import StreamReader
from tests.shared.rig import StoreLog, connected
from tests.store_server import StoreServer

ADD = LuaScript("add", "return redis.call('INCRBY', KEYS[1], ARGV[1])")


async def test_a_value_is_read_as_it_was_written(each_store_server: StoreServer) -> None:
    async with connected(each_store_server.url) as store:
        await store.set("name", b"\x00\r\n\xff", 10)
        assert await store.get("name") == b"\x00\r\n\xff"
        await store.delete("name")
        assert await store.get("name") is None


async def test_a_script_that_the_server_lacks_is_sent(each_store_server: StoreServer) -> None:
    async with connected(each_store_server.url) as store:
        assert await store.run(ADD, ["sum"], [2]) == 2
        assert await store.run(ADD, ["sum"], [3]) == 5


async def test_many_operations_at_a_time_have_their_replies(each_store_server: StoreServer) -> None:
    async with connected(each_store_server.url) as store:
        assert await asyncio.gather(*(store.execute("ECHO", n) for n in range(1000))) == [
            str(n).encode() for n in range(1000)
        ]


async def test_a_refused_command_leaves_the_store_in_use(each_store_server: StoreServer) -> None:
    async with connected(each_store_server.url) as store:
        with pytest.raises(CommandRefused):
            await store.execute("GETT", "name")
        assert await store.execute("PING") == b"PONG"


async def test_a_killed_server_is_away_until_it_is_back(each_store_server: StoreServer) -> None:
    log = StoreLog()
    async with connected(each_store_server.url, observer=log) as store:
        each_store_server.kill()
        await log.until(lambda: bool(log.away))
        assert store.is_away
        with pytest.raises(StoreAway):
            await store.get("name")
        each_store_server.start()
        await log.until(lambda: len(log.returns) == 2)
        assert await store.get("name") is None


async def test_a_paused_server_fails_all_operations_within_the_limit(each_store_server: StoreServer) -> None:
    async with connected(each_store_server.url) as store:
        each_store_server.pause()
        results = await asyncio.gather(*(store.get("name") for _ in range(10)), return_exceptions=True)
        assert {type(result) for result in results} == {StoreAway}
        assert store.is_away


async def test_a_message_reaches_the_callbacks_of_its_channel(each_store_server: StoreServer) -> None:
    got: asyncio.Queue[bytes] = asyncio.Queue()
    async with connected(each_store_server.url) as store:
        end = store.subscribe("channel", got.put_nowait)
        await store.session.notices.ping()
        await store.execute("PUBLISH", "channel", "message")
        assert await asyncio.wait_for(got.get(), 5) == b"message"
        end()
        await store.session.notices.ping()
        assert await store.execute("PUBLISH", "channel", "message") == 0


async def test_a_blocking_read_returns_the_entries_after_an_id(each_store_server: StoreServer) -> None:
    async with connected(each_store_server.url) as store:
        reader = StreamReader(store)
        first = await store.execute("XADD", "stream", "*", "field", "1")
        assert isinstance(first, bytes)
        reading = asyncio.create_task(reader.read({"stream": first.decode()}, 5, 10))
        await asyncio.sleep(0)
        await store.execute("XADD", "stream", "*", "field", "2")
        assert [fields for _, fields in (await reading)["stream"]] == [{b"field": b"2"}]
        assert await reader.read({"stream": "$"}, 0.01, 10) == {}
        await reader.close()
