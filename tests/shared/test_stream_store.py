"""The scripts of streams: a lease with a token, entries that are appended once, and rings."""

from collections.abc import AsyncIterator

import pytest

from cg_client.clock import Clock
from cg_client.errors import UpstreamTimeout
from cg_client.live.events import EventBatch
from cg_client.live.notes import ChannelConnected, ChannelInterrupted, ChannelNote, EventsReceived
from cg_client.live.stream import EventNumber
from cg_client.secret import Secret
from shared.store.scope import Scope
from shared.store.store import Store
from shared.streams.channel_codec import encode_channels, encode_note
from shared.streams.stream_store import FormerOwner, OwnerLease, PendingNote, StreamStore
from shared.streams.stream_times import StreamTimes
from tests.cg_client.live.rig import LIQUIDATIONS, TICKER
from tests.clock import START
from tests.live.rig import liquidation
from tests.shared.rig import connected
from tests.store_server import StoreServer

CLOCK = Clock()
SCOPE = Scope.of(Secret("key-of-the-test"), "https://example.com")
RING = 5
FAILURE = UpstreamTimeout("CoinGlass sends nothing.")


@pytest.fixture
async def store(store_server: StoreServer) -> AsyncIterator[Store]:
    async with connected(store_server.url) as this:
        yield this


def streams(store: Store, replica: str, times: StreamTimes | None = None) -> StreamStore:
    return StreamStore(store, SCOPE, CLOCK, replica, times or StreamTimes(), RING)


async def owned(this: StreamStore, lease: OwnerLease = OwnerLease.TAKE) -> str:
    """Return the token of a replica that takes the lease."""
    beat = await this.beat("", encode_channels([LIQUIDATIONS]), "", None, lease)
    assert beat.is_owner
    await this.begin(beat.token, LIQUIDATIONS, "first", None, is_new=False)
    return beat.token


def pending(serial: int, note: ChannelNote | None = None, status: str = "") -> PendingNote:
    batch = EventBatch(channel=LIQUIDATIONS, events=[liquidation(serial)], received_at=START)
    note = note or EventsReceived(batch)
    return PendingNote(LIQUIDATIONS, serial, CLOCK.monotonic(), 1, status, note, encode_note(note, START))


async def numbers(this: StreamStore) -> list[int]:
    return [item.number.number for item in await this.newest(LIQUIDATIONS, 60)]


async def test_one_replica_has_the_lease_and_learns_what_all_follow(store: Store) -> None:
    first, second = streams(store, "first"), streams(store, "second")
    token = await owned(first)
    other = await second.beat("", encode_channels([TICKER]), "", None, OwnerLease.TAKE)
    assert not other.is_owner
    assert other.token == token
    beat = await first.beat(token, None, "", None, OwnerLease.TAKE)
    assert beat.channels == frozenset({LIQUIDATIONS, TICKER})
    assert (await first.beat(token, None, beat.version, None, OwnerLease.TAKE)).channels is None
    await second.leave("")
    assert (await first.beat(token, None, beat.version, None, OwnerLease.TAKE)).channels == frozenset({LIQUIDATIONS})


async def test_a_former_owner_appends_nothing_and_begins_nothing(store: Store) -> None:
    first, second = streams(store, "first"), streams(store, "second")
    token = await owned(first)
    await first.append(token, [pending(1)])
    await first.leave(token)
    current = await owned(second)
    assert int(current) > int(token)
    with pytest.raises(FormerOwner):
        await first.append(token, [pending(2)])
    with pytest.raises(FormerOwner):
        await first.begin(token, LIQUIDATIONS, "x", None, is_new=True)
    with pytest.raises(FormerOwner):
        await first.retain(token, [LIQUIDATIONS])
    assert not await first.end(token, LIQUIDATIONS, "")
    assert await numbers(second) == [1]


async def test_a_note_is_appended_once_however_often_it_is_sent(store: Store) -> None:
    this = streams(store, "first")
    token = await owned(this)
    await this.append(token, [pending(1), pending(2)])
    await this.append(token, [pending(1), pending(2), pending(3)])
    assert [item.serial for item in await this.newest(LIQUIDATIONS, 60)] == [1, 2, 3]


async def test_a_stream_has_the_rows_of_its_ring_and_recalls_no_more(store: Store) -> None:
    this = streams(store, "first")
    token = await owned(this)
    await this.append(token, [pending(serial) for serial in range(1, 9)])
    assert await numbers(this) == [4, 5, 6, 7, 8]
    recalled = await this.recall(LIQUIDATIONS, EventNumber("first", 3), EventNumber("first", 6))
    assert recalled is not None
    assert [item.number.number for item in recalled] == [4, 5, 6]
    assert await this.recall(LIQUIDATIONS, EventNumber("first", 2), EventNumber("first", 6)) is None
    assert await this.recall(LIQUIDATIONS, EventNumber("other", 3), EventNumber("other", 6)) is None


async def test_a_stream_that_vanished_is_named(store: Store) -> None:
    this = streams(store, "first")
    token = await owned(this)
    await this.append(token, [pending(1)])
    assert await this.retain(token, [LIQUIDATIONS, TICKER]) == [TICKER]
    version = (await this.beat(token, None, "", None, OwnerLease.TAKE)).version
    assert await this.end(token, LIQUIDATIONS, version)
    assert await this.append(token, [pending(2)]) == [LIQUIDATIONS]


async def test_a_stream_is_not_ended_if_somebody_followed_since(store: Store) -> None:
    first, second = streams(store, "first"), streams(store, "second")
    token = await owned(first)
    version = (await first.beat(token, None, "", None, OwnerLease.TAKE)).version
    await second.beat("", encode_channels([LIQUIDATIONS]), "", None, OwnerLease.TAKE)
    assert not await first.end(token, LIQUIDATIONS, version)


async def test_the_state_tells_newcomers_what_holds_and_since_when(store: Store) -> None:
    this = streams(store, "first")
    token = await owned(this)
    assert (await this.look(LIQUIDATIONS, "other")).status == "new"
    live = pending(1, ChannelConnected(), "live")
    await this.append(token, [live, pending(2)])
    state = await this.look(LIQUIDATIONS, "other")
    assert (state.epoch, state.number, state.status) == ("first", 2, "live")
    assert state.since_ms == pytest.approx(this.time.store_ms(live.at), abs=5)
    await this.append(token, [pending(3, ChannelInterrupted(FAILURE), "down")])
    state = await this.look(LIQUIDATIONS, "other")
    assert (state.number, state.status) == (3, "down")
    assert this.status_note(LIQUIDATIONS, state) is not None
    assert state.until_ms <= this.time.now_ms


async def test_a_beat_that_the_store_executes_late_takes_no_lease(store: Store) -> None:
    this = streams(store, "first")
    await this.beat("", None, "", None, OwnerLease.LEAVE)
    this.time.note(round(this.time.now_ms) - 1_500)  # as if it had been sent so long ago
    assert not (await this.beat("", None, "", None, OwnerLease.TAKE)).is_owner
    assert (await this.beat("", None, "", None, OwnerLease.TAKE)).is_owner


async def test_only_the_former_owner_takes_the_lease_at_once_when_the_store_was_emptied(
    store: Store, store_server: StoreServer
) -> None:
    first, second = streams(store, "first"), streams(store, "second")
    await owned(first)
    store_server.command("FLUSHALL")
    assert not (await second.beat("", None, "", None, OwnerLease.TAKE_LATER)).is_owner
    assert (await first.beat("", None, "", None, OwnerLease.TAKE)).is_owner


async def test_a_replica_that_does_not_beat_any_more_follows_nothing(store: Store) -> None:
    first, second = streams(store, "first"), streams(store, "second")
    await second.beat("", encode_channels([TICKER]), "", None, OwnerLease.LEAVE)
    token = await owned(first)
    assert (await first.beat(token, None, "", None, OwnerLease.TAKE)).channels == frozenset({LIQUIDATIONS, TICKER})
    hasty = streams(store, "third", StreamTimes(gone=0.0))
    await hasty.beat("", None, "", None, OwnerLease.LEAVE)
    beat = await first.beat(token, encode_channels([LIQUIDATIONS]), "", None, OwnerLease.TAKE)
    assert beat.channels == frozenset({LIQUIDATIONS})


async def test_no_name_or_value_has_the_key(store: Store) -> None:
    this = streams(store, "first")
    token = await owned(this)
    await this.append(token, [pending(1)])
    names = await store.execute("KEYS", "*")
    assert isinstance(names, list)
    assert names
    for name in names:
        assert isinstance(name, bytes)
        assert b"key-of-the-test" not in name
        assert b"key-of-the-test" not in bytes(str(await store.execute("DUMP", name.decode())), "ascii")
