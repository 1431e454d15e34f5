"""What fails on the way through the store, and goes on failing while the store is there, starves no subscriber."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from cg_client.live.channels import Channel
from cg_client.live.notes import ChannelNote, tell
from cg_client.live.stream import StreamListener
from shared.store.errors import CommandRefused
from shared.streams import followed_channel
from shared.streams.followed_channel import Following
from shared.streams.stream_store import FormerOwner, PendingNote
from tests.cg_client.live.rig import LIQUIDATIONS
from tests.shared.stream_rig import (
    CALM,
    TIMES,
    StreamCluster,
    StreamReplica,
    StreamSubscriber,
    cluster,
    eventually,
)
from tests.store_server import StoreServer


@pytest.fixture
async def three(store_server: StoreServer) -> AsyncIterator[StreamCluster]:
    async with cluster(store_server, times=replace(TIMES, barred=5.0)) as this:
        yield this


@pytest.fixture
async def calm(store_server: StoreServer) -> AsyncIterator[StreamCluster]:
    async with cluster(store_server, times=CALM) as this:
        yield this


async def subscribed(this: StreamCluster) -> list[StreamSubscriber]:
    """Return a subscriber of each replica, once all have events."""
    subscribers = [StreamSubscriber() for _ in this.replicas]
    for subscriber, replica in zip(subscribers, this.replicas, strict=True):
        await subscriber.join(replica)
    await eventually(lambda: this.market.sockets == 1)
    this.market.flow()
    await eventually(lambda: all(subscriber.numbers for subscriber in subscribers))
    return subscribers


async def go_on(this: StreamCluster, subscribers: list[StreamSubscriber]) -> None:
    """Wait until all have events that are sent from now on."""
    number = len(this.market.sent) + 5
    await eventually(lambda: all(number <= max(item.numbers) for item in subscribers))


async def end(this: StreamCluster, subscribers: list[StreamSubscriber]) -> None:
    """Check that nothing is missing that was not told."""
    await go_on(this, subscribers)
    await this.market.stop()
    last = len(this.market.sent)
    await eventually(lambda: all(item.numbers[-1] == last for item in subscribers))
    for item in subscribers:
        item.check(this.market.sent)


def fail_to_append(monkeypatch: pytest.MonkeyPatch, replicas: Sequence[StreamReplica], error: Exception) -> None:
    async def fail(*_: object) -> None:
        raise error

    for replica in replicas:
        monkeypatch.setattr(replica.socket._streams, "append", fail)


async def test_a_read_that_fails_once_is_not_the_last(calm: StreamCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    subscribers = await subscribed(calm)
    failures = []

    async def fail(*_: object) -> None:
        failures.append(1)
        monkeypatch.undo()
        raise TypeError

    monkeypatch.setattr(calm.owner.socket._entries._reader, "read", fail)
    await eventually(lambda: failures)
    await end(calm, subscribers)
    assert calm.market.sockets == 1
    assert all(item.kinds == ["CONNECTED"] for item in subscribers)


@pytest.mark.parametrize("error", [TypeError(), CommandRefused("no permission", "NOPERM")])
async def test_a_replica_that_cannot_read_the_streams_follows_a_socket_of_its_own(
    three: StreamCluster, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    subscribers = await subscribed(three)

    async def fail(*_: object) -> None:
        raise error

    replica = three.owner
    monkeypatch.setattr(replica.socket._entries._reader, "read", fail)
    await eventually(lambda: replica.socket.alone == 1)
    await go_on(three, subscribers)
    monkeypatch.undo()
    await eventually(lambda: replica.socket.alone == 0)
    await end(three, subscribers)


@pytest.mark.parametrize("error", [TypeError(), CommandRefused("no permission", "NOPERM")])
async def test_an_owner_that_cannot_append_leaves_the_socket_to_another(
    three: StreamCluster, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    subscribers = await subscribed(three)
    former = three.owner
    fail_to_append(monkeypatch, [former], error)
    await eventually(lambda: any(item.socket.is_owner for item in three.replicas if item is not former))
    await eventually(lambda: three.market.sockets == 1)
    await end(three, subscribers)
    assert not former.socket.is_owner


async def test_if_no_replica_can_append_each_goes_on_alone_until_it_can(
    three: StreamCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribers = await subscribed(three)
    fail_to_append(monkeypatch, three.replicas, CommandRefused("no permission", "NOPERM"))
    await eventually(lambda: all(item.socket.alone for item in three.replicas))
    await go_on(three, subscribers)
    monkeypatch.undo()
    await eventually(lambda: three.market.sockets == 1)
    await end(three, subscribers)


async def test_an_entry_without_fields_is_passed_over_once_and_told_as_a_gap(calm: StreamCluster) -> None:
    subscribers = await subscribed(calm)
    followed = [item.socket._followed[LIQUIDATIONS] for item in calm.replicas]
    stream = calm.owner.socket._streams.events(LIQUIDATIONS)
    await calm.owner.store.execute("XADD", stream, "*", "field", "value")
    await eventually(lambda: all(item.unreadable for item in followed))
    await end(calm, subscribers)
    assert [item.unreadable for item in followed] == [1, 1, 1]
    assert all(set(item.kinds) == {"CONNECTED", "RESUMED"} for item in subscribers)


async def test_an_event_that_cannot_be_read_is_lost_within_a_gap_that_is_told(
    calm: StreamCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribers = await subscribed(calm)
    streams = calm.owner.socket._streams
    append = streams.append

    async def damage(token: str, notes: Sequence[PendingNote]) -> Sequence[Channel]:
        monkeypatch.undo()
        notes[0].payload = b"damaged"
        return await append(token, notes)

    monkeypatch.setattr(streams, "append", damage)
    await eventually(lambda: all("RESUMED" in item.kinds for item in subscribers))
    await end(calm, subscribers)
    assert all(item.kinds == ["CONNECTED", "RESUMED"] for item in subscribers)
    assert all(len(item.numbers) < len(calm.market.sent) for item in subscribers)


async def test_a_beat_that_fails_lets_the_replica_go_on_alone_until_one_succeeds(
    three: StreamCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribers = await subscribed(three)
    replica = three.owner

    async def fail(*_: object) -> None:
        raise TypeError

    with capture_logs() as logs:
        monkeypatch.setattr(replica.socket._streams, "beat", fail)
        await eventually(lambda: replica.socket.alone == 1)
        await go_on(three, subscribers)
        monkeypatch.undo()
        await eventually(lambda: replica.socket.alone == 0)
    assert "the shared streams could not be kept up" in {entry["event"] for entry in logs}
    await end(three, subscribers)


async def test_an_owner_that_learns_in_a_beat_that_it_is_none_writes_no_more(
    three: StreamCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribers = await subscribed(three)
    socket = three.owner.socket
    former = socket._writer

    async def lose(*_: object) -> None:
        monkeypatch.undo()
        raise FormerOwner

    monkeypatch.setattr(socket._streams, "beat", lose)
    await eventually(lambda: socket._writer is not former)
    await eventually(lambda: any(item.socket.is_owner for item in three.replicas))
    await end(three, subscribers)


async def test_entries_that_could_not_be_passed_on_are_read_again(
    calm: StreamCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribers = await subscribed(calm)
    followed = calm.followers[0].socket._followed[LIQUIDATIONS]
    failures = []

    def fail(entries: Sequence[object]) -> None:
        if entries:
            failures.append(1)
            monkeypatch.undo()
            raise TypeError

    with capture_logs() as logs:
        monkeypatch.setattr(followed, "take", fail)
        await eventually(lambda: failures)
        await end(calm, subscribers)
    assert "an entry of a shared stream could not be passed on" in {entry["event"] for entry in logs}
    assert all(item.kinds == ["CONNECTED"] for item in subscribers)


async def test_a_listener_that_fails_when_the_store_goes_away_ends_nothing(
    three: StreamCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribers = await subscribed(three)
    replica = three.owner
    followed, failures = replica.socket._followed[LIQUIDATIONS], list[object]()

    def fail(listener: StreamListener, note: ChannelNote) -> None:
        if listener is followed._listener and followed.source is Following.SOCKET and not failures:
            failures.append(note)
            raise TypeError
        tell(listener, note)

    monkeypatch.setattr(followed_channel, "tell", fail)
    three.server.kill()
    await eventually(lambda: failures)
    three.server.start()
    await eventually(lambda: all(item.socket.alone == 0 for item in three.replicas))
    await go_on(three, subscribers)
    assert three.market.sockets == 1
