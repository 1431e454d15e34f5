"""What a stream's owner receives while it can write no stream reaches its own subscribers all the same."""

from collections.abc import AsyncIterator

import pytest

from shared.store.errors import CommandRefused
from tests.cg_client.live.rig import LIQUIDATIONS
from tests.shared.stream_rig import StreamCluster, cluster, eventually
from tests.shared.test_streams_go_on import end, go_on, subscribed
from tests.store_server import StoreServer


@pytest.fixture
async def three(store_server: StoreServer) -> AsyncIterator[StreamCluster]:
    async with cluster(store_server) as this:
        yield this


async def alone(this: StreamCluster) -> None:
    await eventually(lambda: all(item.socket.alone for item in this.replicas))


async def refuse(*_: object) -> None:
    raise CommandRefused("no permission", "NOPERM")


def refuse_beats(this: StreamCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    for replica in this.replicas:
        monkeypatch.setattr(replica.socket._streams, "beat", refuse)


@pytest.mark.parametrize("key", ["state", "owner"], ids=["stream", "lease"])
async def test_what_comes_after_a_loss_of_data_is_told_although_no_beat_succeeds_any_more(
    three: StreamCluster, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    subscribers = await subscribed(three)
    streams = three.owner.socket._streams
    refuse_beats(three, monkeypatch)
    three.server.command("DEL", streams._name("owner") if key == "owner" else streams._state(LIQUIDATIONS))
    await alone(three)
    await go_on(three, subscribers)
    monkeypatch.undo()
    await eventually(lambda: three.market.sockets == 1)
    await end(three, subscribers)


async def test_what_comes_before_a_stream_that_was_begun_anew_is_read_is_told_although_it_is_not(
    three: StreamCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribers = await subscribed(three)
    socket = three.owner.socket
    monkeypatch.setattr(socket._streams, "look", refuse)
    three.server.command("FLUSHALL")
    await eventually(lambda: socket.alone)
    await go_on(three, subscribers)
    monkeypatch.undo()
    await eventually(lambda: three.market.sockets == 1 and not socket.alone)
    await end(three, subscribers)
