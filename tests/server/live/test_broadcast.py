"""One execution for all clients, places of those that lag, and what a client that leaves leaves behind."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from cg_client.errors import BadArgument, Unauthorized, UpstreamTimeout
from graph_types.stream_status import StreamState, StreamStatus
from live.feed import GATED_SECONDS
from served_schema.live_operation import LiveOperation
from server.live.broadcast import BroadcastClient
from tests.live.rig import LIQUIDATIONS, PRICE, LiveRig, Reader, liquidation


@pytest.fixture
async def rig() -> AsyncIterator[LiveRig]:
    rig = LiveRig(ring_bytes=600)
    yield rig
    await rig.close()


async def connected(rig: LiveRig, **variables: Any) -> Reader:
    reader = await rig.subscribe(LIQUIDATIONS, **variables)
    if len(rig.socket.opened) == 1 and not reader.bodies:
        rig.socket.listener.connected()
        await rig.settle()
    return reader


def numbers(reader: Reader) -> list[int]:
    rows = [order for value in reader.values if "data" in value for order in value["data"]["orders"]]
    return [int(order["price"]) for order in rows]


async def send_in_turn(rig: LiveRig, first: int, last: int) -> None:
    for number in range(first, last):
        await rig.send([liquidation(number)])
        await rig.elapse(0.3)


async def test_an_event_is_executed_and_encoded_once_for_all_clients(rig: LiveRig) -> None:
    readers = [await connected(rig)]
    operation = await rig.operation(LIQUIDATIONS)
    readers += [Reader(await rig.broadcasts.join(operation, rig.upstream)) for _ in range(999)]
    before = rig.broadcasts.counts.executed
    await rig.send([liquidation(1)])
    await rig.elapse(1)
    assert rig.broadcasts.counts.executed - before == 1
    assert len(rig.broadcasts) == 1
    assert all(numbers(reader) == [1] for reader in readers)
    assert len({id(reader.bodies[-1]) for reader in readers}) == 1


async def test_the_state_is_executed_once_for_clients_that_come_together(rig: LiveRig) -> None:
    executed = []
    operation = await rig.operation(PRICE)

    async def execute(value: object, context: Any) -> Any:
        executed.append(value)
        await asyncio.sleep(0)
        return await operation.execute(value, context)

    counted = LiveOperation(operation.source, operation.key, execute)
    await rig.broadcasts.join(counted, rig.upstream)
    await rig.elapse(1)
    executed.clear()
    readers = [
        Reader(client)
        for client in await asyncio.gather(*(rig.broadcasts.join(counted, rig.upstream) for _ in range(50)))
    ]
    assert len(executed) == 2
    assert {tuple(reader.kinds) for reader in readers} == {("POLLED", "snapshot")}


async def test_events_of_the_same_moment_come_as_one_result(rig: LiveRig) -> None:
    reader = await connected(rig)
    reader.forget()
    for number in range(50):
        await rig.send([liquidation(number)])
    await rig.elapse(1)
    assert len(reader.bodies) == 1
    assert numbers(reader) == list(range(50))


async def test_a_burst_comes_in_parts() -> None:
    rig = LiveRig()
    reader = await connected(rig)
    reader.forget()
    for number in range(10_000):
        await rig.send([liquidation(number)])
    await rig.elapse(1)
    assert len(reader.bodies) == 10
    assert numbers(reader) == list(range(10_000))
    await rig.close()


async def test_a_slow_client_is_told_how_many_events_it_has_not(rig: LiveRig) -> None:
    slow, quick = await connected(rig), await connected(rig)
    slow.slow = True
    await send_in_turn(rig, 0, 20)
    slow.read()
    await rig.elapse(1)
    assert numbers(quick) == list(range(20))
    (lagging,) = [value for value in slow.values if value.get("state") == "LAGGING"]
    assert numbers(slow) == list(range(lagging["dropped"], 20))
    assert 0 < lagging["dropped"] < 20
    assert (rig.broadcasts.counts.lagged, rig.broadcasts.counts.dropped) == (1, lagging["dropped"])


async def test_what_a_slow_client_has_not_comes_after_the_cursor_of_its_notice(rig: LiveRig) -> None:
    slow, _ = await connected(rig), await connected(rig)
    slow.slow = True
    await send_in_turn(rig, 0, 20)
    slow.read()
    await rig.elapse(1)
    (lagging,) = [value for value in slow.values if value.get("state") == "LAGGING"]
    again = await rig.subscribe(LIQUIDATIONS, after=lagging["cursor"])
    assert numbers(again) == list(range(20))


async def test_a_slow_client_of_a_series_gets_a_snapshot(rig: LiveRig) -> None:
    path = "/api/futures/price/history"
    slow, _ = await rig.subscribe(PRICE), await rig.subscribe(PRICE)
    slow.slow = True
    hour = int(rig.clock.now().timestamp() * 1000) // 3_600_000 * 3_600_000
    for close in range(20):
        rig.rest.data[path] = [{"time": hour, "open": 1, "high": 1, "low": 1, "close": close, "volume_usd": 1}]
        await rig.elapse(5)
    slow.forget()
    slow.read()
    await rig.elapse(1)
    assert slow.kinds == ["LAGGING", "POLLED", "snapshot"]
    assert slow.values[0]["dropped"] == 20
    assert slow.values[-1]["data"]["candles"][-1]["close"] == 19
    after_notice = await rig.subscribe(PRICE, after=slow.values[0]["cursor"])
    assert after_notice.values[-1]["data"]["candles"][-1]["close"] == 19


async def test_messages_that_all_clients_have_are_dropped() -> None:
    rig = LiveRig()
    slow, quick = await connected(rig), await connected(rig)
    broadcast = quick.client._broadcast
    await send_in_turn(rig, 0, 20)
    assert len(broadcast.messages.after(broadcast.messages.first - 1)) <= 2
    slow.slow = True
    await send_in_turn(rig, 20, 30)
    assert len(broadcast.messages.after(broadcast.messages.first - 1)) >= 10
    slow.read()
    await rig.elapse(1)
    assert numbers(slow) == list(range(30))
    await rig.close()


async def test_the_end_reaches_all_clients_whoever_notices_it(rig: LiveRig) -> None:
    reader = await connected(rig)
    await rig.send([liquidation(1)])
    for _ in range(10):  # now the broadcast rests
        await asyncio.sleep(0)
    rig.socket.listener.refused(BadArgument("There is no such channel.", "symbol"), None)
    broadcast = reader.client._broadcast
    joined = Reader(await broadcast.join(None))
    await rig.elapse(1)
    assert reader.kinds[-1] == joined.kinds[-1] == "BAD_USER_INPUT"
    assert reader.client.is_ended
    assert joined.client.is_ended


async def test_a_channel_that_the_plan_lacks_is_tried_again_and_states_the_gap(rig: LiveRig) -> None:
    reader = await connected(rig)
    await rig.send([liquidation(1)])
    await rig.elapse(1)
    lost_since: float | None = rig.clock.monotonic()
    for _ in range(3):
        rig.socket.listener.refused(Unauthorized("The key was revoked."), lost_since)
        lost_since = None
        await rig.elapse(GATED_SECONDS)
    assert len(rig.socket.opened) == 4
    rig.socket.listener.connected()
    await rig.send([liquidation(2)])
    await rig.elapse(1)
    assert reader.kinds == ["CONNECTED", "rows", "UNAUTHORIZED", "RESUMED", "rows"]
    assert reader.values[3]["gapSeconds"] == pytest.approx(3 * GATED_SECONDS, abs=2)
    assert not reader.client.is_ended


async def test_broadcasts_to_many_send_one_after_the_other_and_those_to_few_between() -> None:
    rig = LiveRig()
    woken: list[str] = []
    for name, clients in (("first", 1_200), ("second", 1_200), ("few", 1)):
        operation = await rig.operation(LIQUIDATIONS, minUsd=float(len(woken)))
        woken.append(name)
        for _ in range(clients):
            reader = Reader(await rig.broadcasts.join(operation, rig.upstream))
            reader.client.attach(partial(note_and_read, reader, woken, name))
    rig.socket.listener.connected()
    await rig.elapse(1)
    woken.clear()
    await rig.send([liquidation(1)])
    await rig.elapse(1)
    assert [name for name in woken if name != "few"] == ["first"] * 1_200 + ["second"] * 1_200
    assert woken.index("few") < woken.index("second")
    await rig.close()


def note_and_read(reader: Reader, woken: list[str], name: str) -> None:
    woken.append(name)
    reader.read()


async def test_a_failure_of_the_server_ends_the_stream_instead_of_stopping_it(rig: LiveRig) -> None:
    operation = await rig.operation(LIQUIDATIONS)

    async def execute(_: object, __: Any) -> Any:
        raise ZeroDivisionError

    reader = Reader(await rig.broadcasts.join(LiveOperation(operation.source, "failing", execute), rig.upstream))
    rig.socket.listener.connected()
    await rig.elapse(1)
    assert reader.wakes
    assert reader.client.is_ended
    assert not len(rig.broadcasts)  # those who come back get another one


async def test_a_failure_to_tell_a_slow_client_what_it_missed_ends_its_stream(rig: LiveRig) -> None:
    operation = await rig.operation(LIQUIDATIONS)

    async def execute(value: object, context: Any) -> Any:
        if isinstance(value, StreamStatus) and value.state is StreamState.LAGGING:
            raise ZeroDivisionError
        return await operation.execute(value, context)

    slow, _ = [Reader(await rig.broadcasts.join(replace(operation, execute=execute), rig.upstream)) for _ in range(2)]
    slow.slow = True
    await send_in_turn(rig, 0, 20)
    slow.read()
    await rig.elapse(1)
    assert slow.client.is_ended


async def join_slowly(rig: LiveRig, query: str) -> BroadcastClient:
    """Join a broadcast of which each execution takes a cycle of the event loop."""
    operation = await rig.operation(query)

    async def execute(value: object, context: Any) -> Any:
        await asyncio.sleep(0)
        return await operation.execute(value, context)

    return await rig.broadcasts.join(replace(operation, execute=execute), rig.upstream)


@pytest.mark.parametrize("query", [LIQUIDATIONS, PRICE])
@pytest.mark.parametrize("with_another", [False, True])
async def test_a_client_that_leaves_at_any_step_leaves_nothing_and_doubles_nothing(
    query: str, *, with_another: bool
) -> None:
    for steps in range(60):
        rig = LiveRig()
        other = Reader(await join_slowly(rig, query)) if with_another else None
        await rig.settle()
        if query == LIQUIDATIONS and other is not None:
            rig.socket.listener.connected()
            await rig.send([liquidation(0)])
            rig.socket.listener.interrupted(UpstreamTimeout("CoinGlass sends nothing."))
            await rig.send([liquidation(1)])
        task = asyncio.create_task(join_slowly(rig, query))
        for _ in range(steps):
            await asyncio.sleep(0)
        is_done = task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if is_done:
            await rig.close()
            break
        await rig.elapse(1)
        assert rig.upstream.uses == len(rig.broadcasts) == with_another
        if other is not None and query == LIQUIDATIONS:
            assert numbers(other) == [0, 1]
            assert other.kinds.count("CONNECTED") == 1
        if other is not None:
            other.close()
        await rig.elapse(40)
        assert len(rig.feeds) == len(rig.socket.listeners) == rig.clock.sleeping == 0
        await rig.close()
    else:
        pytest.fail("it never ended")


async def test_a_thousand_clients_that_come_and_go_leave_nothing(rig: LiveRig) -> None:
    await rig.subscribe(PRICE)
    await rig.elapse(1)
    tasks = len(asyncio.all_tasks())
    for number in range(1_000):
        query = [LIQUIDATIONS, PRICE, PRICE.replace("H1", "M1")][number % 3]
        client = await rig.broadcasts.join(await rig.operation(query), rig.upstream)
        client.close()
    await rig.settle()
    assert len(rig.broadcasts) == rig.upstream.uses == 1
    assert len(rig.feeds) <= 3
    await rig.elapse(40)
    assert len(rig.feeds) == 1
    assert not rig.socket.listeners
    assert len(asyncio.all_tasks()) <= tasks
    assert [feed.is_watched for feed in rig.feeds._feeds.values()] == [True]
    assert rig.calls("/api/futures/price/history") <= 60
