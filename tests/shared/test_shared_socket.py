"""Replicas follow one socket, whoever owns it, and subscribers miss nothing that is not told."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from shared.streams.stream_times import StreamTimes
from tests.cg_client.live.rig import LIQUIDATIONS
from tests.shared.stream_rig import CALM, StoreLine, StreamCluster, StreamSubscriber, cluster, eventually
from tests.store_server import StoreServer


@pytest.fixture
async def three(store_server: StoreServer) -> AsyncIterator[StreamCluster]:
    async with cluster(store_server) as this:
        yield this


@pytest.fixture
async def calm(store_server: StoreServer) -> AsyncIterator[StreamCluster]:
    async with cluster(store_server, times=CALM) as this:
        yield this


async def subscribed(this: StreamCluster) -> list[StreamSubscriber]:
    """Return a subscriber of each replica, once all have events."""
    subscribers = []
    for replica in this.replicas:
        subscriber = StreamSubscriber()
        await subscriber.join(replica)
        subscribers.append(subscriber)
    await eventually(lambda: this.market.sockets == 1)
    this.market.flow()
    await eventually(lambda: all(subscriber.numbers for subscriber in subscribers))
    return subscribers


async def caught_up(this: StreamCluster, subscribers: list[StreamSubscriber], seconds: float = 20.0) -> None:
    """Wait until all have an event that is sent from now on, stop, and check that nothing is missing."""
    number = len(this.market.sent) + 5
    await eventually(lambda: all(number <= max(item.numbers, default=0) for item in subscribers), seconds)
    await this.market.stop()
    last = len(this.market.sent)
    await eventually(lambda: all(item.numbers[-1] == last for item in subscribers))
    for item in subscribers:
        item.check(this.market.sent)


async def test_all_replicas_have_the_events_of_one_socket(calm: StreamCluster) -> None:
    subscribers = await subscribed(calm)
    await caught_up(calm, subscribers)
    assert calm.market.sockets == 1
    assert len(calm.market.stand_in.peers) == 1
    assert all(item.kinds == ["CONNECTED"] for item in subscribers)


async def test_cursors_are_the_same_on_all_replicas(calm: StreamCluster) -> None:
    subscribers = await subscribed(calm)
    await caught_up(calm, subscribers)
    cursors = {(item.cursor.epoch, item.cursor.position) for item in subscribers if item.cursor}
    assert len(cursors) == 1


async def test_a_subscriber_goes_on_at_any_replica(calm: StreamCluster) -> None:
    subscribers = await subscribed(calm)
    moving = StreamSubscriber()
    await moving.join(calm.replicas[0])
    await eventually(lambda: moving.numbers)
    for number in (1, 2, 0, 1):
        moving.cut(unread=2)
        await asyncio.sleep(0.05)
        await moving.join(calm.replicas[number])
        await asyncio.sleep(0.05)
    await caught_up(calm, [*subscribers, moving])
    assert moving.kinds == ["CONNECTED"]
    assert moving.losses(dict.fromkeys(calm.market.sent, 0.0)) == []


async def test_a_replica_that_comes_late_recalls_what_a_cursor_lacks(calm: StreamCluster) -> None:
    subscribers = await subscribed(calm)
    moving = StreamSubscriber()
    await moving.join(calm.replicas[0])
    await eventually(lambda: len(moving.numbers) > 3)
    moving.cut()
    await asyncio.sleep(0.1)
    late = await calm.add()
    await moving.join(late)
    await caught_up(calm, [*subscribers, moving])
    assert "RESUMED" not in moving.kinds
    assert moving.losses(dict.fromkeys(calm.market.sent, 0.0)) == []


async def test_another_replica_takes_over_when_the_owner_is_killed(three: StreamCluster) -> None:
    subscribers = await subscribed(three)
    owner = three.owner
    moving = subscribers.pop(three.replicas.index(owner))
    await owner.kill()
    moving.cut()
    await moving.join(three.followers[0])
    await caught_up(three, [*subscribers, moving], 5.0)
    assert three.market.sockets == 1
    assert all(item.kinds == ["CONNECTED", "RESUMED"] for item in [*subscribers, moving])


async def test_an_owner_that_ends_hands_over_at_once(calm: StreamCluster) -> None:
    subscribers = await subscribed(calm)
    owner = calm.owner
    subscribers.pop(calm.replicas.index(owner)).cut()
    await owner.feeds.close()
    await caught_up(calm, subscribers, 5.0)
    assert calm.market.sockets == 1


async def test_what_comes_again_after_a_takeover_is_dropped(store_server: StoreServer) -> None:
    async with cluster(store_server, times=replace(CALM, lease=2.0)) as this:
        subscribers = await subscribed(this)
        await this.market.stop()
        last = len(this.market.sent)
        await eventually(lambda: all(item.numbers[-1] == last for item in subscribers))
        owner = this.owner
        subscribers.pop(this.replicas.index(owner)).cut()
        await owner.kill()
        await eventually(lambda: len(this.market.stand_in.peers) >= 2)
        await eventually(lambda: all("RESUMED" in item.kinds for item in subscribers))
        await this.market.repeat(last - 1, last)
        this.market.flow()
        await caught_up(this, subscribers)


async def test_without_the_store_each_replica_goes_on_alone_until_it_is_back(
    three: StreamCluster,
) -> None:
    subscribers = await subscribed(three)
    three.server.kill()
    await eventually(lambda: three.market.sockets == 3)
    await asyncio.sleep(0.3)
    three.server.start()
    await eventually(lambda: three.market.sockets == 1)
    await caught_up(three, subscribers)


async def test_a_store_that_hangs_is_as_one_that_is_gone(three: StreamCluster) -> None:
    subscribers = await subscribed(three)
    three.server.pause()
    await eventually(lambda: three.market.sockets == 3)
    await asyncio.sleep(0.3)
    three.server.resume()
    await eventually(lambda: three.market.sockets == 1)
    await caught_up(three, subscribers)


async def test_a_store_without_memory_is_as_one_that_is_gone(three: StreamCluster) -> None:
    subscribers = await subscribed(three)
    three.server.fill_memory()
    await eventually(lambda: three.market.sockets == 3)
    three.server.free_memory()
    await eventually(lambda: three.market.sockets == 1)
    await caught_up(three, subscribers)


async def test_a_store_that_loses_everything_costs_no_event(store_server: StoreServer) -> None:
    # The owner has its lease again before the beats of another replica let that take it, on a busy machine, too.
    async with cluster(store_server, 1, CALM) as this:
        early = StreamSubscriber()
        await early.join(this.replicas[0])
        await eventually(lambda: this.replicas[0].socket.is_owner)
        for _ in range(2):
            await this.add(times=replace(CALM, beat=1.5))
        subscribers = [early, *await subscribed(this)]
        for _ in range(3):
            store_server.command("FLUSHALL")
            await asyncio.sleep(1.1)
        await caught_up(this, subscribers)
        assert this.market.sockets == 1
        assert all(item.kinds == ["CONNECTED"] for item in subscribers)
        assert all(item.losses(dict.fromkeys(this.market.sent, 0.0)) == [] for item in subscribers)


async def test_the_socket_is_closed_with_the_last_subscriber_of_all(calm: StreamCluster) -> None:
    subscribers = await subscribed(calm)
    await calm.market.stop()
    for replica in calm.replicas:
        assert calm.market.sockets == 1
        subscribers.pop(0).cut()
        await replica.feed.close()
    await eventually(lambda: calm.market.sockets == 0)


async def test_a_store_that_loses_everything_with_the_owner_leaves_a_gap_that_is_told(three: StreamCluster) -> None:
    subscribers = await subscribed(three)
    await asyncio.sleep(0.3)
    owner = three.owner
    subscribers.pop(three.replicas.index(owner)).cut()
    three.server.command("FLUSHALL")
    await owner.kill()
    await caught_up(three, subscribers, 5.0)
    assert all(item.kinds == ["CONNECTED", "RESUMED"] for item in subscribers)


async def test_an_owner_without_the_store_goes_on_alone_until_it_is_back(store_server: StoreServer) -> None:
    async with StoreLine(store_server.port).open() as line, cluster(store_server, 0) as this:
        await this.add(line.url)
        early = StreamSubscriber()
        await early.join(this.replicas[0])
        await eventually(lambda: this.replicas[0].socket.is_owner)
        for _ in range(2):
            await this.add()
        subscribers = [early, *await subscribed(this)]
        line.cut()
        await eventually(lambda: this.market.sockets == 2)
        assert this.replicas[0].socket.alone == 1
        await asyncio.sleep(0.5)
        line.heal()
        await eventually(lambda: this.market.sockets == 1)
        await caught_up(this, subscribers)
        assert "RESUMED" not in early.kinds


async def test_a_follower_without_the_store_goes_on_alone_until_it_is_back(store_server: StoreServer) -> None:
    async with StoreLine(store_server.port).open() as line, cluster(store_server, 2) as this:
        first = StreamSubscriber()
        await first.join(this.replicas[0])
        await eventually(lambda: this.replicas[0].socket.is_owner)
        await this.add(line.url)
        subscribers = [first, *await subscribed(this)]
        line.cut()
        await eventually(lambda: this.market.sockets == 2)
        await asyncio.sleep(0.3)
        line.heal()
        await eventually(lambda: this.market.sockets == 1)
        await caught_up(this, subscribers)
        assert [item.kinds for item in subscribers[:3]] == [["CONNECTED"]] * 3


async def test_a_cursor_that_the_ring_has_lost_is_told_its_gap(store_server: StoreServer) -> None:
    async with cluster(store_server, 1, ring_rows=10) as this:
        (subscriber,) = await subscribed(this)
        moving = StreamSubscriber()
        await moving.join(this.replicas[0])
        await eventually(lambda: moving.numbers)
        moving.cut()
        number = len(this.market.sent) + 30
        await eventually(lambda: number in subscriber.numbers)
        await moving.join(await this.add())
        await caught_up(this, [subscriber, moving])
        assert "RESUMED" in moving.kinds


async def test_a_replica_that_reads_too_late_is_told_what_the_ring_has_lost(store_server: StoreServer) -> None:
    async with cluster(store_server, 2, ring_rows=10) as this:
        subscribers = await subscribed(this)
        await asyncio.sleep(0.1)
        slow = this.followers[0].socket._followed[LIQUIDATIONS]
        read_after, slow.read_after = slow.read_after, "9999999999999-0"
        number = len(this.market.sent) + 50
        await eventually(lambda: any(number in item.numbers for item in subscribers))
        slow.read_after = read_after
        await caught_up(this, subscribers)
        kinds = [item.kinds for item in subscribers]
        assert sorted(kinds) == [["CONNECTED"], ["CONNECTED", "RESUMED"]]


async def test_what_coinglass_refuses_is_told_on_all_replicas(calm: StreamCluster) -> None:
    calm.market.stand_in.refusals = [(401, '{"code":"401","msg":"Upgrade plan"}')] * 3
    subscribers = []
    for replica in calm.replicas:
        subscriber = StreamSubscriber()
        await subscriber.join(replica)
        subscribers.append(subscriber)
    await eventually(lambda: all(item.kinds for item in subscribers))
    assert [item.kinds for item in subscribers] == [["PLAN_REQUIRED"]] * 3
    late = StreamSubscriber()
    await late.join(await calm.add())
    await eventually(lambda: late.kinds)
    assert late.kinds == ["PLAN_REQUIRED"]


async def test_a_lost_connection_is_told_on_all_replicas(calm: StreamCluster) -> None:
    subscribers = await subscribed(calm)
    (peer,) = calm.market.stand_in.peers
    peer.drop()
    await caught_up(calm, subscribers)
    assert [item.kinds for item in subscribers] == [["CONNECTED", "UPSTREAM_ERROR", "RESUMED"]] * 3


async def test_a_takeover_takes_less_than_five_seconds_as_the_server_has_it(store_server: StoreServer) -> None:
    async with cluster(store_server, times=StreamTimes()) as this:
        subscribers = await subscribed(this)
        owner = this.owner
        subscribers.pop(this.replicas.index(owner)).cut()
        await owner.kill()
        await caught_up(this, subscribers, 5.0)
        assert this.market.sockets == 1


async def test_a_takeover_of_a_stream_that_nothing_came_on_is_told_as_a_gap(three: StreamCluster) -> None:
    subscribers = []
    for replica in three.replicas:
        subscriber = StreamSubscriber()
        await subscriber.join(replica)
        subscribers.append(subscriber)
    await eventually(lambda: all(item.kinds == ["CONNECTED"] for item in subscribers))
    three.server.command("FLUSHALL")
    await asyncio.sleep(0.5)
    owner = three.owner
    subscribers.pop(three.replicas.index(owner)).cut()
    kinds = [item.kinds for item in subscribers]
    await owner.kill()
    await eventually(
        lambda: all(item.kinds == [*before, "RESUMED"] for item, before in zip(subscribers, kinds, strict=True))
    )
