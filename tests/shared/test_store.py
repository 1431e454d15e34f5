"""Operations of the store against a real server."""

import asyncio

import pytest
from redis.exceptions import BusyLoadingError
from structlog.testing import capture_logs

from cg_client.clock import Clock
from shared.store import stream_reader
from shared.store.address import HostPort, parse_address
from shared.store.commands import Commands
from shared.store.errors import CommandRefused, StoreAway
from shared.store.failures import FAILURES
from shared.store.observer import StoreObserver
from shared.store.script import LuaScript
from shared.store.session import StoreSession
from shared.store.store import HEARTBEAT_SECONDS, LIMIT, Store
from shared.store.stream_reader import StreamReader
from tests.running import LIMIT as LONGEST_WAIT
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


async def test_a_hook_of_a_connected_store_runs_at_once_until_it_is_withdrawn(
    store_server: StoreServer,
) -> None:
    log, runs = StoreLog(), asyncio.Event()

    async def hook(commands: Commands) -> None:
        await commands.execute("PING")
        assert not runs.is_set(), "the hook was withdrawn"
        runs.set()

    async with connected(store_server.url, observer=log) as store:
        withdraw = store.on_return(hook)
        await asyncio.wait_for(runs.wait(), LONGEST_WAIT)
        withdraw()
        store_server.restart()
        await log.until(lambda: len(log.returns) == 2)


async def test_a_hook_that_fails_on_a_connected_store_takes_it_away(store_server: StoreServer) -> None:
    log = StoreLog()

    async def hook(commands: Commands) -> None:
        await commands.execute("GETT")

    async with connected(store_server.url, observer=log) as store:
        withdraw = store.on_return(hook)
        await log.until(lambda: bool(log.away))
        withdraw()
        await log.until(lambda: len(log.returns) == 2)


async def test_what_is_registered_while_the_store_is_being_connected_counts_for_this_connection(
    store_server: StoreServer,
) -> None:
    store = Store(parse_address(store_server.url), Clock())
    receivers: list[object] = []

    async def publish(commands: Commands) -> None:
        receivers.append(await commands.execute("PUBLISH", "channel", "message"))

    async def register(_: Commands) -> None:
        store.subscribe("channel", list[bytes]().append)
        store.on_return(publish)
        store.on_return(withdrawn)()

    async def withdrawn(_: Commands) -> None:
        receivers.append("of a hook that was withdrawn")

    store.on_return(register)
    await store.start()
    try:
        assert receivers == [1]
    finally:
        await store.close()


async def test_a_heartbeat_that_fails_in_any_way_takes_the_store_away(
    store_server: StoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = StoreLog()

    async def check_primary(_: StoreSession) -> None:
        raise ValueError("no reply of a sentinel")

    monkeypatch.setattr(StoreSession, "check_primary", check_primary)
    async with connected(store_server.url, observer=log):
        async with asyncio.timeout(HEARTBEAT_SECONDS + 2):
            await log.until(lambda: bool(log.away))
    assert log.away == ["COINGLASS_SHARED_URL: no reply of a sentinel"]


async def test_a_connection_that_does_not_open_is_forgotten() -> None:
    nowhere = HostPort("127.0.0.1", 1)
    session = StoreSession(parse_address(f"valkey://{nowhere}"), Clock(), LIMIT)
    for _ in range(3):
        with pytest.raises(FAILURES):
            await session.connect(nowhere)
    assert session._connections == []
    await session.close()


class FailingObserver(StoreObserver):
    """Fails whenever the store tells it of its state."""

    def on_unreachable(self, reason: str) -> None:
        raise ValueError(reason)

    def on_away(self, reason: str) -> None:
        raise ValueError(reason)

    def on_return(self, seconds: float) -> None:
        raise ValueError(seconds)


async def test_an_observer_that_fails_takes_the_store_from_nobody(store_server: StoreServer) -> None:
    losses: asyncio.Queue[None] = asyncio.Queue()
    returns: asyncio.Queue[None] = asyncio.Queue()

    async def count_return(_: Commands) -> None:
        returns.put_nowait(None)

    with capture_logs() as logs:
        async with (
            asyncio.timeout(LONGEST_WAIT),
            connected(store_server.url, observer=FailingObserver(), hooks=[count_return]) as store,
        ):
            store.on_loss(lambda: losses.put_nowait(None))
            assert await store.execute("PING") == b"PONG"
            store_server.restart()
            await losses.get()
            for _ in range(2):
                await returns.get()
    assert {"the observer of the store failed"} == {entry["event"] for entry in logs}


async def test_an_observer_that_fails_lets_the_start_end() -> None:
    async with asyncio.timeout(LONGEST_WAIT), connected("valkey://127.0.0.1:1", observer=FailingObserver()) as store:
        assert store.is_away


async def test_attempts_to_connect_go_on_whatever_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    log = StoreLog()

    async def close(_: StoreSession) -> None:
        raise ValueError("of a connection")

    monkeypatch.setattr(StoreSession, "close", close)
    with capture_logs() as logs:
        async with connected("valkey://127.0.0.1:1", observer=log):
            await log.until(lambda: len(log.unreachable) == 2)
    assert logs[0]["event"] == "the store could not be connected"


async def test_a_session_that_is_lost_opens_no_connection_and_one_that_is_not_open_sends_nothing(
    store_server: StoreServer,
) -> None:
    session = StoreSession(parse_address(store_server.url), Clock(), LIMIT)
    with pytest.raises(StoreAway, match="not connected yet"):
        session.send(("PING",))
    session.lose("lost")
    with pytest.raises(StoreAway, match="lost"):
        await session.connect(HostPort("127.0.0.1", store_server.port))
    await session.close()


async def test_a_blocking_read_of_a_server_that_refuses_everything_for_now_finds_the_store_away(
    store_server: StoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise BusyLoadingError("the data are being loaded")

    async with connected(store_server.url) as store:
        reader = StreamReader(store)
        monkeypatch.setattr(stream_reader, "request", refuse)
        with pytest.raises(StoreAway, match="being loaded"):
            await reader.read({"stream": "0"}, 1, 1)
        monkeypatch.undo()
        assert await reader.read({"stream": "0"}, 0.01, 1) == {}
        await reader.close()
