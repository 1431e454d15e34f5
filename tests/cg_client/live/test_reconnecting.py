"""A connection that ends, breaks or makes no sense is replaced, and what may be missing is told."""

from datetime import timedelta

import pytest

from cg_client.errors import (
    Gated,
    Unauthorized,
    UnavailableReason,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from cg_client.live.channels import ChannelKind
from cg_client.live.connection import MAX_MESSAGE
from cg_client.live.listener import BadFrame
from tests.cg_client.conftest import KEY
from tests.cg_client.live.conftest import SocketRig, opened, stay_busy
from tests.cg_client.live.rig import (
    TICKER,
    TICKER_NAME,
    TRADES_NAME,
    RecordingListener,
    StandIn,
    order,
    subscribe,
    until,
)
from tests.clock import START


async def test_a_lost_connection_is_opened_again_with_all_channels(rig: SocketRig, upstream: StandIn) -> None:
    trades, peer, _ = await opened(rig, upstream)
    ticker = RecordingListener()
    rig.socket.open(TICKER, ticker)
    await peer.message()
    await ticker.next("connected")
    await rig.clock.elapse(5)
    await peer.send_rows(TRADES_NAME, order(1))
    assert await trades.numbers() == [1]
    await rig.clock.elapse(4)
    peer.drop()
    for listener in (trades, ticker):
        failure = await listener.next("interrupted")
        assert isinstance(failure, UpstreamUnavailable)
        assert failure.reason is UnavailableReason.CONNECTION_LOST
    await until(lambda: rig.clock.sleeping == 1)
    rig.clock.jump(timedelta(hours=-5))
    await rig.clock.elapse(0.5)
    peer = await upstream.peer()
    assert await peer.message() == subscribe(TRADES_NAME, TICKER_NAME)
    for listener in (trades, ticker):
        gap_start, seconds = await listener.next("resumed")
        assert seconds == pytest.approx(4.5)
        assert gap_start == START + timedelta(seconds=5, hours=-5)  # by the clock as it is now
    await peer.send_rows(TRADES_NAME, order(1), order(2))
    assert await trades.numbers() == [2]
    assert rig.counts.connects == [False, True]
    assert rig.counts.repeats == [(ChannelKind.FUTURES_TRADES, 1)]


async def test_a_gap_begins_with_the_subscription_if_nothing_came(rig: SocketRig, upstream: StandIn) -> None:
    _, peer, _ = await opened(rig, upstream)
    await rig.clock.elapse(6)
    ticker = RecordingListener()
    rig.socket.open(TICKER, ticker)
    await peer.message()
    await ticker.next("connected")
    await rig.clock.elapse(1)
    peer.drop()
    await ticker.next("interrupted")
    await until(lambda: rig.clock.sleeping == 1)
    await rig.clock.elapse(0.5)
    gap_start, seconds = await ticker.next("resumed")
    assert (gap_start, seconds) == (START + timedelta(seconds=6), pytest.approx(1.5))


async def test_a_refusal_after_a_lost_connection_tells_since_when_events_are_lost(
    rig: SocketRig, upstream: StandIn
) -> None:
    listener, peer, _ = await opened(rig, upstream)
    await rig.clock.elapse(3)
    await peer.send_rows(TRADES_NAME, order(1))
    assert await listener.numbers() == [1]
    last = rig.clock.monotonic()
    await rig.clock.elapse(4)
    upstream.refusals = [(401, "")]
    peer.drop()
    await listener.next("interrupted")
    await until(lambda: rig.clock.sleeping == 1)
    await rig.clock.elapse(0.5)
    assert isinstance(await listener.next("refused"), Unauthorized)
    assert listener.lost_since == last


async def test_a_refusal_on_an_open_connection_loses_what_comes_after_it(rig: SocketRig, upstream: StandIn) -> None:
    listener, peer, _ = await opened(rig, upstream)
    await rig.clock.elapse(3)
    await peer.send(f"{TRADES_NAME} need upgrade plan")
    assert isinstance(await listener.next("refused"), Gated)
    assert listener.lost_since == rig.clock.monotonic()


async def test_a_refusal_in_place_of_a_connection_loses_nothing_that_was_had(rig: SocketRig, upstream: StandIn) -> None:
    upstream.refusals = [(401, "")]
    listener = RecordingListener()
    rig.socket.open(TICKER, listener)
    await listener.next("refused")
    assert listener.lost_since is None


@pytest.mark.parametrize(("code", "reason"), [(1001, "going away"), (1011, "internal error"), (4000, "")])
async def test_a_closed_connection_is_opened_again(rig: SocketRig, upstream: StandIn, code: int, reason: str) -> None:
    listener, peer, _ = await opened(rig, upstream)
    await peer.socket.close(code, reason)
    assert str(code) in str(await listener.next("interrupted"))
    await until(lambda: rig.clock.sleeping == 1)
    await rig.clock.elapse(0.5)
    await listener.next("resumed")


async def test_a_close_frame_may_refuse_the_key(rig: SocketRig, upstream: StandIn) -> None:
    listener, peer, _ = await opened(rig, upstream)
    await peer.socket.close(1008, f"Invalid API key {KEY}")
    refusal = await listener.next("refused")
    assert isinstance(refusal, Unauthorized)
    assert KEY not in str(refusal)


async def test_a_connection_that_lasted_is_followed_by_the_next_one_soon(rig: SocketRig, upstream: StandIn) -> None:
    listener, peer, _ = await opened(rig, upstream)
    for _ in range(3):  # dropped at once: the waits grow
        peer.drop()
        await listener.next("interrupted")
        await until(lambda: rig.clock.sleeping == 1)
        await rig.clock.elapse(2)
        await listener.next("resumed")
        peer = await upstream.peer()
    await peer.message()
    await peer.send_rows(TRADES_NAME, order())
    await listener.numbers()
    await rig.clock.elapse(9)
    await peer.send_rows(TRADES_NAME, order(1))
    await listener.numbers()
    await rig.clock.elapse(1)
    peer.drop()
    await listener.next("interrupted")
    await until(lambda: rig.clock.sleeping == 1)
    await rig.clock.elapse(0.5)
    await listener.next("resumed")


async def test_pings_are_sent_as_texts_every_twenty_seconds(rig: SocketRig, upstream: StandIn) -> None:
    listener, peer, _ = await opened(rig, upstream)
    for count in range(3):
        await stay_busy(rig, peer, listener, 15)
        await rig.clock.elapse(4.9)
        assert peer.pings == count
        await rig.clock.elapse(0.1)
        assert await peer.text() == "ping"
        await peer.send_rows(TRADES_NAME, order())
        await listener.numbers()
    assert upstream.open == 1


async def test_without_a_pong_the_connection_is_replaced(rig: SocketRig, upstream: StandIn) -> None:
    upstream.answers_pings = False
    listener, peer, _ = await opened(rig, upstream)
    for number in range(3):  # events that come do not show that anything of ours arrives
        await rig.clock.elapse(9)
        await peer.send_rows(TRADES_NAME, order(number))
        assert await listener.numbers() == [number]
    assert await peer.text() == "ping"
    await rig.clock.elapse(2.9)
    assert upstream.open == 1
    await rig.clock.elapse(0.1)
    failure = await listener.next("interrupted")
    assert isinstance(failure, UpstreamTimeout)
    assert failure.retryable
    assert await peer.text() is None
    await until(lambda: rig.clock.sleeping == 1)
    await rig.clock.elapse(0.5)
    _, seconds = await listener.next("resumed")
    assert seconds == pytest.approx(3.5)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ("hello", BadFrame.MALFORMED),
        ('{"channel":', BadFrame.MALFORMED),
        ("[]", BadFrame.MALFORMED),
        ('{"event":"subscribed"}', BadFrame.MALFORMED),
        ("invalid request", BadFrame.MALFORMED),
        ('{"channel":"futures_trades@OKX_X@1","data":[]}', BadFrame.UNKNOWN_CHANNEL),
        ('{"channel":"liquidationOrders","data":[]}', BadFrame.UNKNOWN_CHANNEL),
        (b"\x00binary", BadFrame.BINARY),
        (f'{{"channel":"{TRADES_NAME}","data":{{}}}}', BadFrame.UNREADABLE),
    ],
)
async def test_what_makes_no_sense_is_counted_and_costs_nothing_else(
    rig: SocketRig, upstream: StandIn, frame: str | bytes, reason: BadFrame
) -> None:
    listener, peer, _ = await opened(rig, upstream)
    await peer.send(frame)
    await peer.send_rows(TRADES_NAME, order(1))
    if reason is BadFrame.UNREADABLE:
        batch = await listener.next("received")
        assert (batch.events, len(batch.anomalies)) == ((), 1)
    assert await listener.numbers() == [1]
    assert rig.counts.bad == [reason]
    assert upstream.open == 1


@pytest.mark.parametrize(
    "frame", [b"\x81\x03\xff\xff\xff", b"\x81\x7f" + (MAX_MESSAGE + 1).to_bytes(8, "big"), b"\xf0\x00"]
)
async def test_a_frame_that_breaks_the_protocol_costs_one_reconnect(
    rig: SocketRig, upstream: StandIn, frame: bytes
) -> None:
    listener, peer, _ = await opened(rig, upstream)
    peer.socket.transport.write(frame)
    assert (await listener.next("interrupted")).reason is UnavailableReason.MALFORMED_BODY
    assert rig.counts.bad == [BadFrame.MALFORMED]
    await until(lambda: rig.clock.sleeping == 1)
    await rig.clock.elapse(0.5)
    await listener.next("resumed")


async def test_half_a_frame_costs_one_reconnect(rig: SocketRig, upstream: StandIn) -> None:
    listener, peer, _ = await opened(rig, upstream)
    peer.socket.transport.write(b"\x81\x7e\x01\x00half")
    peer.socket.transport.close()
    assert (await listener.next("interrupted")).reason is UnavailableReason.CONNECTION_LOST
    await until(lambda: rig.clock.sleeping == 1)
    await rig.clock.elapse(0.5)
    await listener.next("resumed")
