"""A socket on which nothing comes is told from a quiet market, and the name by which CoinGlass sends is found."""

from datetime import timedelta

import pytest

from cg_client.errors import StreamSilent, UnknownName, UpstreamTimeout
from cg_client.live.listener import BadFrame
from tests.cg_client.live.conftest import SocketRig, opened, stay_busy
from tests.cg_client.live.rig import (
    CAMEL,
    LIQUIDATIONS,
    SNAKE,
    TICKER,
    TICKER_NAME,
    TRADES_NAME,
    Peer,
    RecordingListener,
    StandIn,
    order,
    subscribe,
    unsubscribe,
    until,
)
from tests.clock import START


async def probed(rig: SocketRig, peer: Peer) -> None:
    """Let ten seconds pass in which nothing comes, until the probe is subscribed to."""
    await rig.clock.elapse(9.9)
    assert peer.pings == 0
    await rig.clock.elapse(0.1)
    assert await peer.text() == "ping"
    assert await peer.message() == subscribe(CAMEL, SNAKE)


async def after_the_pong(rig: SocketRig, peer: Peer) -> None:
    """Wait until the socket has read all that was sent."""
    count = len(rig.counts.bad)
    await peer.send("a mark")
    await until(lambda: len(rig.counts.bad) > count)
    rig.counts.bad.pop()


async def silenced(rig: SocketRig, upstream: StandIn) -> tuple[RecordingListener, Peer]:
    """Return what a channel is, of which nothing came, and the connection that followed."""
    listener, peer, _ = await opened(rig, upstream)
    await probed(rig, peer)
    await after_the_pong(rig, peer)
    await rig.clock.elapse(10)
    failure = await listener.next("interrupted")
    assert isinstance(failure, StreamSilent)
    assert failure.retryable
    await until(lambda: rig.clock.sleeping == 1)
    await rig.clock.elapse(0.5)
    peer = await upstream.peer()
    assert await peer.message() == subscribe(TRADES_NAME)
    return listener, peer


async def test_silence_comes_to_light_within_thirty_seconds_and_ends_with_the_first_event(
    rig: SocketRig, upstream: StandIn
) -> None:
    listener, peer = await silenced(rig, upstream)
    assert rig.clock.monotonic() - 1000 < 30
    await rig.clock.elapse(3)
    assert listener.waiting == 0
    await peer.send_rows(TRADES_NAME, order(1))
    gap_start, seconds = await listener.next("resumed")
    assert (gap_start, seconds) == (START, pytest.approx(23.5))
    assert await listener.numbers() == [1]


async def test_a_connection_that_falls_silent_later_is_found_too(rig: SocketRig, upstream: StandIn) -> None:
    listener, peer, _ = await opened(rig, upstream)
    await stay_busy(rig, peer, listener, 15)
    await rig.clock.elapse(10)
    assert await peer.text() == "ping"
    await after_the_pong(rig, peer)
    await rig.clock.elapse(10)
    assert isinstance(await listener.next("interrupted"), StreamSilent)
    await until(lambda: rig.clock.sleeping == 1)
    await rig.clock.elapse(0.5)
    peer = await upstream.peer()
    await peer.send_rows(TRADES_NAME, order(1))
    gap_start, _ = await listener.next("resumed")
    assert gap_start == START + timedelta(seconds=15)


async def test_a_channel_that_opens_meanwhile_is_told(rig: SocketRig, upstream: StandIn) -> None:
    _, peer = await silenced(rig, upstream)
    ticker = RecordingListener()
    rig.socket.open(TICKER, ticker)
    assert isinstance(await ticker.next("interrupted"), StreamSilent)
    await peer.send_rows(TRADES_NAME, order(1))
    await ticker.next("connected")


async def test_silence_is_told_once_and_tried_again_once_in_a_while(rig: SocketRig, upstream: StandIn) -> None:
    listener, peer = await silenced(rig, upstream)
    for _ in range(3):
        await probed(rig, peer)
        await after_the_pong(rig, peer)
        for _ in range(6):
            await rig.clock.elapse(9.9)
            await after_the_pong(rig, peer)
        assert upstream.open == 1
        await rig.clock.elapse(0.6)
        await until(lambda: rig.clock.sleeping == 1)
        await rig.clock.elapse(0.5)
        peer = await upstream.peer()
        await peer.message()
    assert listener.waiting == 0
    await peer.send_rows(TRADES_NAME, order(1))
    await listener.next("resumed")


async def test_a_quiet_channel_is_not_interrupted(rig: SocketRig, upstream: StandIn) -> None:
    listener, peer, _ = await opened(rig, upstream)
    await probed(rig, peer)
    await peer.send_rows(CAMEL, order(1))
    assert await peer.message() == unsubscribe(CAMEL, SNAKE)
    await peer.send_rows(CAMEL, order(2))  # sent before CoinGlass read that
    await peer.send_rows(TRADES_NAME, order(3))
    assert await listener.numbers() == [3]
    assert rig.counts.bad == []
    assert upstream.open == 1


async def test_a_broken_connection_is_not_called_silent(rig: SocketRig, upstream: StandIn) -> None:
    upstream.answers_pings = False
    listener, peer, _ = await opened(rig, upstream)
    await probed(rig, peer)
    await rig.clock.elapse(10)
    assert isinstance(await listener.next("interrupted"), UpstreamTimeout)


async def test_a_refused_probe_does_not_hide_the_silence(rig: SocketRig, upstream: StandIn) -> None:
    listener, peer, _ = await opened(rig, upstream)
    await probed(rig, peer)
    await peer.send(f"{CAMEL} need upgrade plan")
    await peer.send(f"unknown channel {SNAKE}")
    await after_the_pong(rig, peer)
    await rig.clock.elapse(10)
    assert isinstance(await listener.next("interrupted"), StreamSilent)


async def test_the_liquidations_are_their_own_probe(rig: SocketRig, upstream: StandIn) -> None:
    listener, peer, _ = await opened(rig, upstream, LIQUIDATIONS)
    await rig.clock.elapse(10)
    assert await peer.text() == "ping"
    assert await peer.message() == subscribe(SNAKE)
    await after_the_pong(rig, peer)
    await rig.clock.elapse(10)
    assert isinstance(await listener.next("interrupted"), StreamSilent)


@pytest.mark.parametrize("refuses", [True, False])
async def test_the_other_name_is_tried_if_the_documented_one_brings_nothing(
    rig: SocketRig, upstream: StandIn, refuses: bool
) -> None:
    listener, peer, _ = await opened(rig, upstream, LIQUIDATIONS)
    if refuses:
        await peer.send(f"{CAMEL} is not supported")
        assert await peer.message() == unsubscribe(CAMEL)
    else:
        await rig.clock.elapse(10)
        assert await peer.text() == "ping"
    assert await peer.message() == subscribe(SNAKE)
    await peer.send_rows(SNAKE, order(1))
    if not refuses:
        assert await listener.next("resumed") == (START, 10)  # what came by that name until then is lost
    assert await listener.numbers() == [1]
    if not refuses:
        assert await peer.message() == unsubscribe(CAMEL)
    peer.drop()
    await listener.next("interrupted")
    await until(lambda: rig.clock.sleeping == 1)
    await rig.clock.elapse(0.5)
    assert await (await upstream.peer()).message() == subscribe(SNAKE)


async def test_the_other_name_is_tried_beside_channels_that_bring_events(rig: SocketRig, upstream: StandIn) -> None:
    trades, peer, _ = await opened(rig, upstream)
    rig.socket.open(LIQUIDATIONS, RecordingListener())
    assert await peer.message() == subscribe(CAMEL)
    await stay_busy(rig, peer, trades, 10)
    assert await peer.message() == subscribe(SNAKE)
    assert peer.pings == 0


async def test_a_name_that_changes_on_an_open_connection_is_a_gap(rig: SocketRig, upstream: StandIn) -> None:
    listener, peer, _ = await opened(rig, upstream, LIQUIDATIONS)
    await rig.clock.elapse(4)
    await peer.send_rows(CAMEL, order(1))
    assert await listener.numbers() == [1]
    await rig.clock.elapse(10)
    assert await peer.text() == "ping"
    assert await peer.message() == subscribe(SNAKE)
    await rig.clock.elapse(3)
    rig.clock.jump(timedelta(hours=-1))
    await peer.send_rows(SNAKE, order(2))
    gap_start, seconds = await listener.next("resumed")
    assert (gap_start, seconds) == (START + timedelta(hours=-1, seconds=4), pytest.approx(10))
    assert await listener.numbers() == [2]


async def test_a_quiet_channel_whose_name_stays_has_no_gap(rig: SocketRig, upstream: StandIn) -> None:
    listener, peer, _ = await opened(rig, upstream, LIQUIDATIONS)
    await rig.clock.elapse(12)
    await peer.send_rows(CAMEL, order(1))
    assert await listener.numbers() == [1]
    await rig.clock.elapse(12)
    await peer.send_rows(CAMEL, order(2))
    assert await listener.numbers() == [2]


async def test_events_that_come_under_both_names_count_once(rig: SocketRig, upstream: StandIn) -> None:
    listener, peer, _ = await opened(rig, upstream, LIQUIDATIONS)
    await rig.clock.elapse(10)
    await peer.send_rows(SNAKE, order(1))
    await peer.send_rows(CAMEL, order(1))
    await peer.send_rows(SNAKE, order(2))
    await listener.next("resumed")
    assert await listener.numbers() == [1]
    assert await listener.numbers() == [2]
    assert rig.counts.bad == [BadFrame.OTHER_NAME]
    await rig.clock.elapse(5)
    await peer.send_rows(CAMEL, order(3))
    assert await listener.numbers() == [3]


async def test_events_under_the_name_that_was_not_subscribed_to_are_taken(rig: SocketRig, upstream: StandIn) -> None:
    listener, peer, _ = await opened(rig, upstream, LIQUIDATIONS)
    await peer.send_rows(SNAKE, order(1))
    assert await listener.numbers() == [1]
    ticker = RecordingListener()
    rig.socket.open(TICKER, ticker)
    assert await peer.message() == subscribe(TICKER_NAME)  # and the subscription stays
    await peer.send_rows(CAMEL, order(2))
    await peer.send_rows(SNAKE, order(3))
    assert [await listener.numbers() for _ in range(2)] == [[2], [3]]
    peer.drop()
    await until(lambda: rig.clock.sleeping == 1)
    await rig.clock.elapse(0.5)
    assert await (await upstream.peer()).message() == subscribe(CAMEL, TICKER_NAME)
    assert rig.counts.bad == []


async def test_a_channel_whose_names_are_all_refused_does_not_exist(rig: SocketRig, upstream: StandIn) -> None:
    listener, peer, _ = await opened(rig, upstream, LIQUIDATIONS)
    await peer.send(f"{CAMEL} not found")
    assert await peer.message() == unsubscribe(CAMEL)
    assert await peer.message() == subscribe(SNAKE)
    await peer.send(f"{SNAKE} not found")
    assert isinstance(await listener.next("refused"), UnknownName)


async def test_a_name_that_was_refused_is_not_tried_as_a_probe(rig: SocketRig, upstream: StandIn) -> None:
    listener, peer, _ = await opened(rig, upstream, LIQUIDATIONS)
    await peer.send(f"{CAMEL} not found")
    assert await peer.message() == unsubscribe(CAMEL)
    assert await peer.message() == subscribe(SNAKE)
    await rig.clock.elapse(10)
    assert await peer.text() == "ping"
    await peer.send_rows(SNAKE, order(1))
    assert await listener.numbers() == [1]
    rig.socket.open(TICKER, RecordingListener())
    assert await peer.message() == subscribe(TICKER_NAME)
