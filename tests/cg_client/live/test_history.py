"""A channel that another socket had open before is resumed, not begun."""

from datetime import timedelta

from cg_client.live.events import ChannelEvent, TradeEvent
from cg_client.live.subscription import ChannelHistory
from tests.cg_client.live.conftest import SocketRig
from tests.cg_client.live.rig import TRADES, TRADES_NAME, RecordingListener, StandIn, order, subscribe
from tests.clock import START


def event(number: int) -> ChannelEvent:
    row = order(number)
    return TradeEvent(
        exchange=row["exchange"],
        symbol=row["symbol"],
        base_asset=row["base_asset"],
        price=row["price"],
        side=row["side"],
        value_usd=row["volume_usd"],
        time_ms=row["time"],
    )


def history(rig: SocketRig, lost: float = 3.0) -> ChannelHistory:
    """Return that of the events 1 and 2, after which nothing came for some seconds."""
    now = rig.clock.monotonic()
    return ChannelHistory([(now - lost - 1, [event(1)]), (now - lost, [event(2)])], now - lost)


async def test_the_gap_since_the_other_socket_is_told(rig: SocketRig, upstream: StandIn) -> None:
    listener = RecordingListener()
    rig.socket.open(TRADES, listener, history(rig))
    peer = await upstream.peer()
    assert await peer.message() == subscribe(TRADES_NAME)
    assert await listener.next("resumed") == (rig.clock.now() - timedelta(seconds=3), 3.0)


async def test_what_the_other_socket_brought_is_dropped_once_if_it_comes_again(
    rig: SocketRig, upstream: StandIn
) -> None:
    listener = RecordingListener()
    rig.socket.open(TRADES, listener, history(rig))
    peer = await upstream.peer()
    await listener.next("resumed")
    await peer.send_rows(TRADES_NAME, order(2), order(3), order(2))
    assert await listener.numbers() == [3, 2]


async def test_the_gap_begins_with_the_other_socket_even_if_none_opens_at_first(
    rig: SocketRig, upstream: StandIn
) -> None:
    upstream.refusals = [(503, "")]
    listener = RecordingListener()
    rig.socket.open(TRADES, listener, history(rig))
    await listener.next("interrupted")
    await rig.clock.elapse(1)
    await upstream.peer()
    start, seconds = await listener.next("resumed")
    assert start == START - timedelta(seconds=3)
    assert 3.0 < seconds <= 4.0


async def test_a_refusal_says_since_when_events_are_missing(rig: SocketRig, upstream: StandIn) -> None:
    upstream.refusals = [(401, '{"code":"401","msg":"Upgrade plan"}')]
    listener = RecordingListener()
    since = history(rig)
    rig.socket.open(TRADES, listener, since)
    await listener.next("refused")
    assert listener.lost_since == since.lost_since


async def test_the_last_message_has_its_time_while_there_is_a_connection(rig: SocketRig, upstream: StandIn) -> None:
    assert rig.socket.last_message_at is None
    listener = RecordingListener()
    rig.socket.open(TRADES, listener)
    peer = await upstream.peer()
    await listener.next("connected")
    await rig.clock.elapse(2)
    await peer.send_rows(TRADES_NAME, order(1))
    await listener.numbers()
    assert rig.socket.last_message_at == rig.clock.monotonic()
