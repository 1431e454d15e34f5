"""What another program has written in the place of the entries of streams is deleted when it is in the way."""

from collections.abc import AsyncIterator

import pytest

from shared.store.store import Store
from shared.streams.channel_codec import encode_channels
from shared.streams.stream_store import OwnerLease
from tests.cg_client.live.rig import LIQUIDATIONS, TICKER
from tests.shared.rig import connected
from tests.shared.stream_rig import StreamCluster, cluster, eventually
from tests.shared.test_stream_store import owned, pending, streams
from tests.shared.test_streams_go_on import end, go_on, subscribed
from tests.store_server import StoreServer

ENTRIES = ("owner", "fence", "state", "events", "interest", "replicas", "control", "news")


@pytest.fixture
async def three(store_server: StoreServer) -> AsyncIterator[StreamCluster]:
    async with cluster(store_server) as this:
        yield this


@pytest.fixture
async def store(store_server: StoreServer) -> AsyncIterator[Store]:
    async with connected(store_server.url) as this:
        yield this


def replace(this: StreamCluster, garbage: tuple[str, ...], *parts: str) -> None:
    """Replace entries by garbage, which is a command with its arguments."""
    at = this.replicas[0].socket._streams
    names = {"state": at._state(LIQUIDATIONS), "events": at.events(LIQUIDATIONS)}
    for part in parts:
        name = names.get(part) or at._name(part)
        this.server.command("DEL", name)
        this.server.command(garbage[0], name, *garbage[1:])


@pytest.mark.parametrize("garbage", [("SET", "text"), ("HSET", "field", "text")], ids=["text", "hash"])
@pytest.mark.parametrize("parts", [*((part,) for part in ENTRIES), ENTRIES], ids=[*ENTRIES, "all"])
async def test_other_entries_cost_no_event_that_is_not_told_and_are_made_anew(
    three: StreamCluster, parts: tuple[str, ...], garbage: tuple[str, ...]
) -> None:
    subscribers = await subscribed(three)
    replace(three, garbage, *parts)
    await go_on(three, subscribers)
    await eventually(lambda: three.market.sockets == 1 and not any(item.socket.alone for item in three.replicas))
    await end(three, subscribers)


@pytest.mark.parametrize("garbage", ["inf", "nan", "1e23", "abc"])
async def test_tokens_and_versions_grow_although_something_else_has_written_no_numbers(
    store: Store, store_server: StoreServer, garbage: str
) -> None:
    first, second = streams(store, "first"), streams(store, "second")
    token = await owned(first)
    await first.append(token, [pending(1)])
    await first.leave(token)
    store_server.command("SET", first._name("fence"), garbage)
    store_server.command("HSET", first._name("control"), "version", garbage, "generation", garbage)
    later = await owned(second)
    assert int(later) > int(token)
    before = await second.beat(later, None, "", None, OwnerLease.TAKE)
    await first.beat("", encode_channels([TICKER]), "", None, OwnerLease.LEAVE)
    after = await second.beat(later, None, before.version, None, OwnerLease.TAKE)
    assert after.channels == frozenset({LIQUIDATIONS, TICKER})
    await second.begin(later, TICKER, "anew", None, is_new=True)
    assert int((await second.beat(later, None, before.version, None, OwnerLease.TAKE)).generation) > 0


async def test_a_replica_whose_channels_cannot_be_read_is_told_to_name_them_again(
    store: Store, store_server: StoreServer
) -> None:
    first, second = streams(store, "first"), streams(store, "second")
    token = await owned(first)
    await second.beat("", encode_channels([TICKER]), "", None, OwnerLease.LEAVE)
    for field in ("second", "another"):
        store_server.command("HSET", first._name("interest"), field, "garbage")
    beat = await first.beat(token, None, "", None, OwnerLease.TAKE)
    assert beat.channels == frozenset({LIQUIDATIONS})
    assert (await second.beat("", None, "", None, OwnerLease.LEAVE)).is_unknown
    await second.beat("", encode_channels([TICKER]), "", None, OwnerLease.LEAVE)
    assert (await first.beat(token, None, beat.version, None, OwnerLease.TAKE)).channels == frozenset(
        {LIQUIDATIONS, TICKER}
    )
