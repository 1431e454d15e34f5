"""The faults of the sandbox's WebSocket, over a real socket."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from sandbox.app import Sandbox
from sandbox.live import connection
from tests.running import LIMIT
from tests.sandbox.live_client import (
    EVENT,
    LIQUIDATIONS,
    START,
    TICKER,
    TRADES,
    LiveSandbox,
    answered,
    fast_clock,
    next_message,
    request,
    upstream,
)


@pytest.fixture
def silent() -> Iterator[LiveSandbox]:
    """Start a sandbox whose clock stands still, so that nothing happens in its market."""
    with upstream(Sandbox(now=lambda: START)) as sandbox:
        yield sandbox


async def fail(sandbox: LiveSandbox, kind: str, **options: object) -> None:
    await sandbox.control("POST", "live/faults", {"kind": kind, **options})


async def closed(socket: ClientConnection) -> ConnectionClosed:
    with pytest.raises(ConnectionClosed) as ended:
        await asyncio.wait_for(socket.recv(), LIMIT)
    return ended.value


async def messages_of(sandbox: LiveSandbox, socket: ClientConnection, kind: str, **options: object) -> list[Any]:
    await fail(sandbox, kind, **options)
    return await answered(socket)


@pytest.mark.parametrize("kind", ["DROP", "HALF_FRAME"])
async def test_every_connection_ends_without_a_close_frame(silent: LiveSandbox, kind: str) -> None:
    async with silent.connected(LIQUIDATIONS) as first, silent.connected() as second:
        await fail(silent, kind)
        assert [(await closed(socket)).rcvd for socket in (first, second)] == [None, None]
    async with silent.connected(LIQUIDATIONS) as third:
        assert await answered(third) == []
        assert (await silent.state())["connections"] == 1


async def test_every_connection_is_closed_with_the_code(silent: LiveSandbox) -> None:
    async with silent.connected(LIQUIDATIONS) as first, silent.connected() as second:
        await fail(silent, "close", code=1012, reason="restart")
        for socket in (first, second):
            frame = (await closed(socket)).rcvd
            assert frame is not None
            assert (frame.code, frame.reason) == (1012, "restart")


async def test_further_times_of_a_momentary_fault_happen_to_connections_that_subscribe_later(
    silent: LiveSandbox,
) -> None:
    await fail(silent, "DROP", times=3)
    for _ in range(2):
        async with silent.connected() as socket:
            await request(socket, "subscribe", TICKER, LIQUIDATIONS)
            await closed(socket)
    async with silent.connected(LIQUIDATIONS) as healed:
        assert await answered(healed) == []


async def test_a_fault_of_a_channel_happens_to_its_subscribers_alone(silent: LiveSandbox) -> None:
    async with silent.connected(LIQUIDATIONS) as affected, silent.connected(TICKER) as other:
        await fail(silent, "CLOSE", channel=LIQUIDATIONS)
        await closed(affected)
        assert await answered(other) == []


async def test_a_connection_stays_open_after_garbage(silent: LiveSandbox) -> None:
    async with silent.connected(LIQUIDATIONS) as socket:
        garbage = await messages_of(silent, socket, "GARBAGE")
        assert {type(message) for message in garbage} == {str, bytes}
        assert any(LIQUIDATIONS in message for message in garbage if isinstance(message, str))
        await silent.publish(LIQUIDATIONS, EVENT)
        assert (await next_message(socket))["data"] == [EVENT]


async def test_messages_of_unknown_channels_are_well_formed(silent: LiveSandbox) -> None:
    async with silent.connected(LIQUIDATIONS) as socket:
        messages = [json.loads(message) for message in await messages_of(silent, socket, "UNKNOWN_CHANNEL")]
    assert all(message["channel"] != LIQUIDATIONS and message["data"] for message in messages)


async def test_a_message_is_as_large_as_demanded(silent: LiveSandbox) -> None:
    async with silent.connected(LIQUIDATIONS) as socket:
        (message,) = await messages_of(silent, socket, "OVERSIZED", bytes=3_000_000)
    assert len(message) == 3_000_000
    assert json.loads(message) == {"channel": LIQUIDATIONS, "data": []}


async def test_a_burst_has_so_many_events_on_each_channel_in_order(silent: LiveSandbox) -> None:
    async with silent.connected(LIQUIDATIONS, TRADES, TICKER) as socket:
        messages = [json.loads(message) for message in await messages_of(silent, socket, "BURST", events=10_000)]
    by_channel: dict[str, list[dict[str, Any]]] = {LIQUIDATIONS: [], TRADES: [], TICKER: []}
    for message in messages:
        by_channel[message["channel"]] += message["data"]
    assert [row["volUsd"] for row in by_channel[LIQUIDATIONS]] == [float(number) for number in range(1, 10_001)]
    assert [row["volUsd"] for row in by_channel[TRADES]] == [10_000.0 + number for number in range(1, 10_001)]
    assert {row["symbol"] for row in by_channel[TICKER]} == {"BTCUSDT"}
    assert len(by_channel[TICKER]) == 10_000


async def test_so_many_subscriptions_are_refused_by_plan(silent: LiveSandbox) -> None:
    await fail(silent, "REFUSE_PLAN", channel=LIQUIDATIONS, times=2)
    async with silent.connected() as socket:
        for _ in range(3):
            await request(socket, "subscribe", LIQUIDATIONS, TICKER)
        assert await answered(socket) == [f"{LIQUIDATIONS} need upgrade plan"] * 2
        assert (await silent.state())["subscriptions"] == {LIQUIDATIONS: 1, TICKER: 1}


async def test_a_silent_channel_sends_nothing_until_it_is_healed(silent: LiveSandbox) -> None:
    async with silent.connected(LIQUIDATIONS, TICKER) as socket:
        await fail(silent, "SILENT", channel=LIQUIDATIONS)
        await silent.publish(LIQUIDATIONS, EVENT)
        await silent.publish(TICKER, EVENT)
        assert [json.loads(message)["channel"] for message in await answered(socket)] == [TICKER]
        await silent.control("DELETE", "live/faults")
        await silent.publish(LIQUIDATIONS, EVENT)
        assert (await next_message(socket))["channel"] == LIQUIDATIONS


async def test_so_many_pings_have_no_answer(silent: LiveSandbox) -> None:
    async with silent.connected() as socket:
        await fail(silent, "NO_PONG", times=2)
        for _ in range(3):
            await socket.send("ping")
        assert await asyncio.wait_for(socket.recv(), LIMIT) == "pong"
        assert (await silent.state())["pings"] == 4
        assert await answered(socket) == []


async def test_the_other_names_of_channel_and_fields_are_used() -> None:
    with upstream(Sandbox(now=fast_clock())) as sandbox:
        await fail(sandbox, "OTHER_SPELLING")
        async with sandbox.connected(LIQUIDATIONS) as socket:
            message = await next_message(socket)
    assert message["channel"] == "liquidation_orders"
    assert {"base_asset", "exchange", "volume_usd"} < {*message["data"][0]}


async def test_so_many_handshakes_are_rejected_with_the_status(silent: LiveSandbox) -> None:
    await fail(silent, "REJECT_HANDSHAKE", times=2, status=429)
    for _ in range(2):
        with pytest.raises(InvalidStatus) as rejected:
            async with silent.connected():
                pass
        assert rejected.value.response.status_code == 429
    async with silent.connected() as socket:
        assert await answered(socket) == []


async def test_a_handshake_can_hang_until_the_client_leaves(silent: LiveSandbox) -> None:
    await fail(silent, "HANG_HANDSHAKE", times=1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2), silent.connected():
            pass
    async with silent.connected() as socket:
        assert await answered(socket) == []


async def test_active_faults_are_listed(silent: LiveSandbox) -> None:
    await fail(silent, "SILENT")
    await fail(silent, "NO_PONG", times=3)
    await fail(silent, "DROP")
    assert (await silent.state())["faults"] == [{"kind": "SILENT", "times": None}, {"kind": "NO_PONG", "times": 3}]


async def test_a_client_that_does_not_read_loses_its_connection_and_disturbs_no_other(
    silent: LiveSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MAX_PENDING", 10)
    large = EVENT | {"symbol": "X" * 1_000_000}  # a few fill what the system buffers
    async with silent.connected(LIQUIDATIONS) as reader, silent.connected(LIQUIDATIONS) as stuck:
        stuck.transport.pause_reading()
        for _ in range(40):
            await silent.publish(LIQUIDATIONS, large)
            assert (await next_message(reader))["data"] == [large]
        assert (await silent.state())["connections"] == 1
        stuck.transport.abort()
