"""A socket subscribes, passes on events, and heals by itself; a real server on the loopback stands in for CoinGlass."""

import asyncio
import ssl
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
import trustme

from cg_client.errors import (
    CoinglassError,
    GateSource,
    InvalidRequest,
    PlanRequired,
    RateLimited,
    Unauthorized,
    UnavailableReason,
    UnknownName,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from cg_client.live.channels import Channel, ChannelKind
from cg_client.live.connection import MAX_MESSAGE
from cg_client.live.events import EventBatch, TradeEvent
from cg_client.live.listener import BadFrame
from cg_client.plans.plan_table import Plan
from tests.cg_client.conftest import KEY
from tests.cg_client.live.conftest import MakeRig, Rig, opened, stay_busy
from tests.cg_client.live.rig import (
    TICKER,
    TICKER_NAME,
    TRADES,
    TRADES_NAME,
    Recorder,
    StandIn,
    order,
    soon,
    standing_in,
    subscribe,
    unsubscribe,
    until,
)
from tests.clock import START


async def test_events_of_a_channel_come_in_order_with_the_time_of_receipt(rig: Rig, upstream: StandIn) -> None:
    listener, peer, _ = await opened(rig, upstream)
    await peer.send_rows(TRADES_NAME, order(1), order(2))
    batch: EventBatch = await listener.next("received")
    event = TradeEvent(
        exchange="Binance",
        symbol="BTCUSDT",
        base_asset="BTC",
        price=56738.0,
        side=2,
        value_usd=3858.184,
        time_ms=order(1)["time"],
    )
    assert batch.events[0] == event
    assert (batch.channel, batch.received_at, batch.anomalies, batch.sandbox) == (TRADES, START, (), False)
    await peer.send_rows(TRADES_NAME, order(3))
    assert await listener.numbers() == [3]
    assert rig.counts.events == [(ChannelKind.FUTURES_TRADES, 2), (ChannelKind.FUTURES_TRADES, 1)]
    assert rig.client.is_accepted


async def test_the_key_goes_in_the_query_beside_what_the_address_has(make_rig: MakeRig, upstream: StandIn) -> None:
    await opened(make_rig(f"{upstream.url}?region=eu"), upstream)
    (path,) = upstream.paths
    assert dict(parse_qsl(urlsplit(path).query)) == {"region": "eu", "cg-api-key": KEY}
    assert urlsplit(path).path == "/ws-api"


async def test_all_channels_share_one_connection_that_ends_with_the_last(rig: Rig, upstream: StandIn) -> None:
    trades, peer, first = await opened(rig, upstream)
    ticker = Recorder()
    second = rig.socket.open(TICKER, ticker)
    assert await peer.message() == subscribe(TICKER_NAME)
    await ticker.next("connected")
    first.close()
    assert await peer.message() == unsubscribe(TRADES_NAME)
    assert upstream.open == 1
    second.close()
    assert await peer.text() is None
    assert peer.socket.close_code == 1000
    await until(lambda: not rig.socket.is_connected)
    assert (len(upstream.peers), trades.waiting, ticker.waiting) == (1, 0, 0)
    again = Recorder()
    rig.socket.open(TICKER, again)
    assert await (await upstream.peer()).message() == subscribe(TICKER_NAME)
    await again.next("connected")


async def test_a_closed_channel_hears_nothing_more_and_its_last_events_are_no_fault(
    rig: Rig, upstream: StandIn
) -> None:
    closed, peer, handle = await opened(rig, upstream)
    ticker = Recorder()
    rig.socket.open(TICKER, ticker)
    assert await peer.message() == subscribe(TICKER_NAME)
    handle.close()
    assert await peer.message() == unsubscribe(TRADES_NAME)
    await peer.send_rows(TRADES_NAME, order())
    await peer.send_rows(TICKER_NAME, {"exchange": "Binance", "symbol": "BTCUSDT"})
    await ticker.next("connected")
    await ticker.next("received")
    assert closed.waiting == 0
    assert rig.counts.bad == []


async def test_a_channel_is_open_once_at_a_time(rig: Rig, upstream: StandIn) -> None:
    _, _, handle = await opened(rig, upstream)
    with pytest.raises(RuntimeError):
        rig.socket.open(TRADES, Recorder())
    handle.close()
    again = Recorder()
    rig.socket.open(TRADES, again)
    await again.next("connected")


async def test_the_sandbox_says_that_its_events_are_not_coinglass(rig: Rig, upstream: StandIn) -> None:
    upstream.headers = {"X-CoinGlass-Source": "sandbox"}
    listener, peer, _ = await opened(rig, upstream)
    await peer.send_rows(TRADES_NAME, order())
    assert (await listener.next("received")).sandbox


async def test_a_plan_without_live_events_is_refused_without_connecting(make_rig: MakeRig, upstream: StandIn) -> None:
    rig = make_rig(upstream.url, Plan.STARTUP)
    listener = Recorder()
    rig.socket.open(TRADES, listener)
    refusal = await listener.next("refused")
    assert isinstance(refusal, PlanRequired)
    assert (refusal.required, refusal.current, refusal.decided_by) == (
        Plan.STANDARD,
        Plan.STARTUP,
        GateSource.CATALOGUE,
    )
    assert refusal.endpoint == "/ws-api/futures_trades"
    assert upstream.paths == []
    assert rig.counts.refusals == [(ChannelKind.FUTURES_TRADES, PlanRequired)]
    assert rig.socket.channels == 0


async def test_a_refusal_by_coinglass_is_that_of_its_channel_alone(rig: Rig, upstream: StandIn) -> None:
    trades, peer, _ = await opened(rig, upstream)
    ticker = Recorder()
    rig.socket.open(TICKER, ticker)
    await peer.message()
    await ticker.next("connected")
    await peer.send(f"{TICKER_NAME} need upgrade plan")
    refusal = await ticker.next("refused")
    assert isinstance(refusal, PlanRequired)
    assert (refusal.required, refusal.decided_by) == (Plan.STANDARD, GateSource.UPSTREAM)
    assert await peer.message() == unsubscribe(TICKER_NAME)
    await peer.send_rows(TRADES_NAME, order(7))
    assert await trades.numbers() == [7]
    again = Recorder()
    rig.socket.open(TICKER, again)  # the plan may have been changed
    assert await peer.message() == subscribe(TICKER_NAME)


async def test_a_channel_that_does_not_exist_is_no_reason_to_go_on(rig: Rig, upstream: StandIn) -> None:
    listener, peer, _ = await opened(rig, upstream)
    await peer.send(f"unknown channel: {TRADES_NAME}")
    refusal = await listener.next("refused")
    assert isinstance(refusal, UnknownName)
    assert refusal.argument == "symbol"
    assert await peer.text() is None


@pytest.mark.parametrize("text", ["Invalid API key", '{"code":"401","msg":"API key missing"}'])
async def test_a_refused_key_is_final_for_all_channels(rig: Rig, upstream: StandIn, text: str) -> None:
    listener, peer, _ = await opened(rig, upstream)
    await peer.send(text)
    assert isinstance(await listener.next("refused"), Unauthorized)
    await until(lambda: upstream.open == 0)
    await rig.clock.elapse(300)
    assert len(upstream.paths) == 1


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, "", Unauthorized),
        (403, '{"code":"400","msg":"Invalid API key provided"}', Unauthorized),
        (401, '{"code":"401","msg":"Upgrade plan"}', PlanRequired),
    ],
)
async def test_a_refusal_before_the_connection_is_final(
    rig: Rig, upstream: StandIn, status: int, body: str, kind: type[Exception]
) -> None:
    upstream.refusals = [(status, body)]
    listener = Recorder()
    rig.socket.open(TRADES, listener)
    assert isinstance(await listener.next("refused"), kind)
    await rig.clock.elapse(300)
    assert len(upstream.paths) == 1


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (503, "busy", UpstreamUnavailable),
        (403, "<html>forbidden</html>", UpstreamUnavailable),
        (404, "", UpstreamUnavailable),
        (302, "", UpstreamUnavailable),
        (200, '{"code":"0","data":[]}', UpstreamUnavailable),
        (200, '{"code":"0","data":null}', UpstreamUnavailable),
        (429, "", RateLimited),
    ],
)
async def test_any_other_answer_than_a_websocket_is_tried_again(
    rig: Rig, upstream: StandIn, status: int, body: str, kind: type[CoinglassError]
) -> None:
    upstream.refusals = [(status, body)] * 2
    listener = Recorder()
    rig.socket.open(TRADES, listener)
    failure = await listener.next("interrupted")
    assert isinstance(failure, kind)
    assert failure.retryable
    assert failure.endpoint == "/ws-api"
    await until(lambda: rig.clock.sleeping == 1)
    await rig.clock.elapse(0.5)
    await until(lambda: len(rig.counts.failures) == 2 and rig.clock.sleeping == 1)
    await rig.clock.elapse(0.9)
    assert len(upstream.paths) == 2
    await rig.clock.elapse(0.1)
    await listener.next("connected")
    assert await (await upstream.peer()).message() == subscribe(TRADES_NAME)
    assert "/elsewhere" not in upstream.paths
    assert listener.waiting == 0


async def test_a_retry_after_is_waited_for(rig: Rig, upstream: StandIn) -> None:
    upstream.refusals = [(429, '{"code":"429","msg":"Too Many Requests"}')]
    upstream.retry_after = "30"
    listener = Recorder()
    rig.socket.open(TRADES, listener)
    await listener.next("interrupted")
    await until(lambda: rig.clock.sleeping == 1)
    await rig.clock.elapse(29.9)
    assert len(upstream.paths) == 1
    await rig.clock.elapse(0.1)
    await listener.next("connected")


async def test_a_lost_connection_is_opened_again_with_all_channels(rig: Rig, upstream: StandIn) -> None:
    trades, peer, _ = await opened(rig, upstream)
    ticker = Recorder()
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


async def test_a_gap_begins_with_the_subscription_if_nothing_came(rig: Rig, upstream: StandIn) -> None:
    _, peer, _ = await opened(rig, upstream)
    await rig.clock.elapse(6)
    ticker = Recorder()
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


@pytest.mark.parametrize(("code", "reason"), [(1001, "going away"), (1011, "internal error"), (4000, "")])
async def test_a_closed_connection_is_opened_again(rig: Rig, upstream: StandIn, code: int, reason: str) -> None:
    listener, peer, _ = await opened(rig, upstream)
    await peer.socket.close(code, reason)
    assert str(code) in str(await listener.next("interrupted"))
    await until(lambda: rig.clock.sleeping == 1)
    await rig.clock.elapse(0.5)
    await listener.next("resumed")


async def test_a_close_frame_may_refuse_the_key(rig: Rig, upstream: StandIn) -> None:
    listener, peer, _ = await opened(rig, upstream)
    await peer.socket.close(1008, f"Invalid API key {KEY}")
    refusal = await listener.next("refused")
    assert isinstance(refusal, Unauthorized)
    assert KEY not in str(refusal)


async def test_waits_grow_while_nothing_can_be_reached(make_rig: MakeRig) -> None:
    async with standing_in() as upstream:
        url = upstream.url
    rig = make_rig(url)
    listener = Recorder()
    rig.socket.open(TRADES, listener)
    failure = await listener.next("interrupted")
    assert failure.reason is UnavailableReason.CONNECT
    for seconds in (0.5, 1, 2, 4, 8, 16, 20, 20):
        attempts = len(rig.counts.failures)
        await until(lambda: rig.clock.sleeping == 1)
        await rig.clock.elapse(seconds - 0.01)
        assert len(rig.counts.failures) == attempts
        await rig.clock.elapse(0.01)
        await until(lambda attempts=attempts: len(rig.counts.failures) > attempts)  # type: ignore[misc]  # of this turn
    late = Recorder()
    rig.socket.open(TICKER, late)
    assert (await late.next("interrupted")).reason is UnavailableReason.CONNECT
    assert listener.waiting == 0


async def test_a_connection_that_lasted_is_followed_by_the_next_one_soon(rig: Rig, upstream: StandIn) -> None:
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


async def test_a_server_that_does_not_open_the_websocket_is_given_up(make_rig: MakeRig) -> None:
    gone = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        gone.set()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server:
        rig = make_rig(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws-api")
        listener = Recorder()
        rig.socket.open(TRADES, listener)
        await until(lambda: rig.clock.sleeping == 1)
        await rig.clock.elapse(5)
        failure = await listener.next("interrupted")
        assert isinstance(failure, UpstreamTimeout)
        await soon(gone.wait())  # the half-open connection is closed
        await rig.socket.close()


async def test_pings_are_sent_as_texts_every_twenty_seconds(rig: Rig, upstream: StandIn) -> None:
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


async def test_without_a_pong_the_connection_is_replaced(rig: Rig, upstream: StandIn) -> None:
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
    rig: Rig, upstream: StandIn, frame: str | bytes, reason: BadFrame
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
async def test_a_frame_that_breaks_the_protocol_costs_one_reconnect(rig: Rig, upstream: StandIn, frame: bytes) -> None:
    listener, peer, _ = await opened(rig, upstream)
    peer.socket.transport.write(frame)
    assert (await listener.next("interrupted")).reason is UnavailableReason.MALFORMED_BODY
    assert rig.counts.bad == [BadFrame.MALFORMED]
    await until(lambda: rig.clock.sleeping == 1)
    await rig.clock.elapse(0.5)
    await listener.next("resumed")


async def test_half_a_frame_costs_one_reconnect(rig: Rig, upstream: StandIn) -> None:
    listener, peer, _ = await opened(rig, upstream)
    peer.socket.transport.write(b"\x81\x7e\x01\x00half")
    peer.socket.transport.close()
    assert (await listener.next("interrupted")).reason is UnavailableReason.CONNECTION_LOST
    await until(lambda: rig.clock.sleeping == 1)
    await rig.clock.elapse(0.5)
    await listener.next("resumed")


async def test_ten_thousand_events_at_once_are_passed_on_in_order(rig: Rig, upstream: StandIn) -> None:
    listener, peer, _ = await opened(rig, upstream)
    await peer.send_rows(TRADES_NAME, *(order(number) for number in range(10_000)))
    assert await listener.numbers() == [*range(10_000)]


async def test_a_failing_listener_costs_the_other_channels_nothing(rig: Rig, upstream: StandIn) -> None:
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context["exception"]))
    trades, peer, _ = await opened(rig, upstream)

    class Faulty(Recorder):
        def received(self, batch: EventBatch) -> None:
            raise ZeroDivisionError(batch)

    ticker = Faulty()
    rig.socket.open(TICKER, ticker)
    await peer.message()
    await peer.send_rows(TICKER_NAME, {"exchange": "Binance", "symbol": "BTCUSDT"})
    await peer.send_rows(TRADES_NAME, order(3))
    assert await trades.numbers() == [3]
    assert [type(fault) for fault in faults] == [ZeroDivisionError]


async def test_a_refused_listener_may_open_its_channel_again_at_once(rig: Rig, upstream: StandIn) -> None:
    again = Recorder()

    class Persistent(Recorder):
        def refused(self, failure: CoinglassError | InvalidRequest) -> None:
            super().refused(failure)
            rig.socket.open(TRADES, again)

    rig.socket.open(TRADES, Persistent())
    peer = await upstream.peer()
    await peer.message()
    await peer.send(f"{TRADES_NAME} need upgrade plan")
    await again.next("connected")
    await peer.send_rows(TRADES_NAME, order(1))
    assert await again.numbers() == [1]


async def test_a_message_that_we_fail_to_read_costs_only_itself(
    rig: Rig, upstream: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context["exception"]))
    listener, peer, _ = await opened(rig, upstream)
    with monkeypatch.context() as patch:
        patch.setattr("cg_client.live.session.read_events", lambda *_: 1 / 0)
        await peer.send_rows(TRADES_NAME, order(1))
        await until(lambda: rig.counts.bad == [BadFrame.UNREADABLE])
    await peer.send_rows(TRADES_NAME, order(2))
    assert await listener.numbers() == [2]
    assert [type(fault) for fault in faults] == [ZeroDivisionError]


async def test_tls_is_checked_and_used(make_rig: MakeRig) -> None:
    authority = trustme.CA()
    server_side, client_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(server_side)
    async with standing_in(ssl=server_side) as upstream:
        stranger = Recorder()
        distrusting = make_rig(upstream.url)
        distrusting.socket.open(TRADES, stranger)
        assert (await stranger.next("interrupted")).reason is UnavailableReason.CONNECT
        await distrusting.close()
        authority.configure_trust(client_side)
        rig = make_rig(upstream.url, tls=client_side)
        listener, peer, _ = await opened(rig, upstream)
        await peer.send_rows(TRADES_NAME, order(1))
        assert await listener.numbers() == [1]
        await rig.close()


async def test_a_thousand_channels_come_and_go_and_leave_nothing(rig: Rig, upstream: StandIn) -> None:
    _, peer, keeper = await opened(rig, upstream)
    tasks = len(asyncio.all_tasks())
    for number in range(1000):
        channel = Channel(ChannelKind.SPOT_TRADES, "Binance", "BTCUSDT", number)
        listener = Recorder()
        handle = rig.socket.open(channel, listener)
        assert await peer.message() == subscribe(*channel.names)
        handle.close()
        assert await peer.message() == unsubscribe(*channel.names)
    assert rig.socket.channels == 1
    await until(lambda: len(asyncio.all_tasks()) == tasks)
    assert len(upstream.peers) == 1
    keeper.close()
    await until(lambda: upstream.open == 0)


async def test_many_connections_one_after_the_other_leave_nothing(rig: Rig, upstream: StandIn) -> None:
    tasks = len(asyncio.all_tasks())
    for _ in range(50):
        _, peer, handle = await opened(rig, upstream)
        handle.close()
        assert await peer.text() is None
        await until(lambda: not rig.socket.is_connected)
    await until(lambda: len(asyncio.all_tasks()) == tasks)
    assert (upstream.open, rig.clock.sleeping) == (0, 0)


@pytest.mark.parametrize("moment", ["at once", "while connecting", "connected", "interrupted"])
async def test_closing_leaves_nothing_at_any_moment(rig: Rig, upstream: StandIn, moment: str) -> None:
    tasks = len(asyncio.all_tasks())
    listener = Recorder()
    rig.socket.open(TRADES, listener)
    if moment == "while connecting":
        await until(lambda: rig.clock.sleeping == 1)
    if moment in ("connected", "interrupted"):
        peer = await upstream.peer()
        await listener.next("connected")
        if moment == "interrupted":
            peer.drop()
            await listener.next("interrupted")
    await rig.socket.close()
    assert (rig.clock.sleeping, rig.socket.channels, rig.socket.is_connected) == (0, 0, False)
    await until(lambda: upstream.open == 0 and len(asyncio.all_tasks()) == tasks)
    assert listener.waiting == 0
