"""A socket subscribes, passes on events, and heals by itself; a real server on the loopback stands in for CoinGlass."""

import asyncio
import math
from datetime import timedelta

import pytest

from cg_client.errors import (
    CoinglassError,
    GateSource,
    InvalidRequest,
    PlanRequired,
    Unauthorized,
    UnknownName,
)
from cg_client.live.channels import Channel, ChannelKind
from cg_client.live.events import EventBatch, TradeEvent
from cg_client.live.frames import Ground, RefusalText
from cg_client.live.listener import BadFrame
from cg_client.plans.plan_table import Plan
from tests.cg_client.live.conftest import MakeSocketRig, SocketRig, opened
from tests.cg_client.live.rig import (
    CAMEL,
    LIQUIDATIONS,
    TICKER,
    TICKER_NAME,
    TRADES,
    TRADES_NAME,
    RecordingListener,
    StandIn,
    order,
    subscribe,
    unsubscribe,
    until,
)
from tests.clock import START


async def test_events_of_a_channel_come_in_order_with_the_time_of_receipt(rig: SocketRig, upstream: StandIn) -> None:
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


async def test_all_channels_share_one_connection_that_ends_with_the_last(rig: SocketRig, upstream: StandIn) -> None:
    trades, peer, first = await opened(rig, upstream)
    ticker = RecordingListener()
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
    again = RecordingListener()
    rig.socket.open(TICKER, again)
    assert await (await upstream.peer()).message() == subscribe(TICKER_NAME)
    await again.next("connected")


async def test_a_closed_channel_hears_nothing_more_and_its_last_events_are_no_fault(
    rig: SocketRig, upstream: StandIn
) -> None:
    closed, peer, handle = await opened(rig, upstream)
    ticker = RecordingListener()
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


async def test_a_channel_that_is_opened_again_goes_over_to_the_new_listener(rig: SocketRig, upstream: StandIn) -> None:
    first, peer, handle = await opened(rig, upstream)
    second = RecordingListener()
    rig.socket.open(TRADES, second)
    await second.next("connected")
    handle.close()  # which is not that of the second
    await peer.send_rows(TRADES_NAME, order(1))
    assert await second.numbers() == [1]
    assert (first.waiting, rig.socket.channels) == (0, 1)


async def test_the_sandbox_says_that_its_events_are_not_coinglass(rig: SocketRig, upstream: StandIn) -> None:
    upstream.headers = {"X-CoinGlass-Source": "sandbox"}
    listener, peer, _ = await opened(rig, upstream)
    await peer.send_rows(TRADES_NAME, order())
    assert (await listener.next("received")).sandbox


async def test_a_plan_without_live_events_is_refused_without_connecting(
    make_rig: MakeSocketRig, upstream: StandIn
) -> None:
    rig = make_rig(upstream.url, plan=Plan.STARTUP)
    listener = RecordingListener()
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


async def test_a_refusal_by_coinglass_is_that_of_its_channel_alone(rig: SocketRig, upstream: StandIn) -> None:
    trades, peer, _ = await opened(rig, upstream)
    ticker = RecordingListener()
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
    again = RecordingListener()
    rig.socket.open(TICKER, again)  # the plan may have been changed
    assert await peer.message() == subscribe(TICKER_NAME)


async def test_a_refusal_without_a_name_is_that_of_the_only_channel(rig: SocketRig, upstream: StandIn) -> None:
    trades, peer, _ = await opened(rig, upstream)
    ticker = RecordingListener()
    handle = rig.socket.open(TICKER, ticker)
    await peer.message()
    await ticker.next("connected")
    await peer.send("need upgrade plan")
    await until(lambda: rig.counts.bad == [BadFrame.MALFORMED])
    handle.close()
    assert await peer.message() == unsubscribe(TICKER_NAME)
    await peer.send("need upgrade plan")
    assert isinstance(await trades.next("refused"), PlanRequired)


async def test_a_refusal_has_the_plan_looked_up_again(make_rig: MakeSocketRig, upstream: StandIn) -> None:
    rig = make_rig(upstream.url, account=Plan.STARTUP)
    listener, peer, _ = await opened(rig, upstream)
    assert rig.account_calls == 0
    await peer.send(f"{TRADES_NAME} need upgrade plan")
    refusal = await listener.next("refused")
    assert "COINGLASS_PLAN" in str(refusal)
    await until(lambda: bool(rig.client.gate.key.contradiction))
    assert rig.account_calls == 1


async def test_a_plan_that_is_not_declared_is_looked_up_before_connecting(
    make_rig: MakeSocketRig, upstream: StandIn
) -> None:
    refused = make_rig(upstream.url, plan=None, account=Plan.HOBBYIST)
    listener = RecordingListener()
    refused.socket.open(TRADES, listener)
    refusal = await listener.next("refused")
    assert (refusal.current, refusal.decided_by) == (Plan.HOBBYIST, GateSource.CATALOGUE)
    assert upstream.paths == []
    rig = make_rig(upstream.url, plan=None)
    await opened(rig, upstream)
    assert rig.account_calls == 1


async def test_an_upgraded_plan_shows_when_a_channel_is_opened_again(
    make_rig: MakeSocketRig, upstream: StandIn
) -> None:
    rig = make_rig(upstream.url, plan=None, account=Plan.HOBBYIST)
    for calls in (1, 1, 2):  # one a minute
        listener = RecordingListener()
        rig.socket.open(TRADES, listener)
        await listener.next("refused")
        assert rig.account_calls == calls
        await rig.clock.elapse(30)
    await rig.clock.elapse(30)
    rig.account = Plan.STANDARD
    await opened(rig, upstream)
    assert rig.account_calls == 3


async def test_what_could_not_be_read_is_counted_as_drift(rig: SocketRig, upstream: StandIn) -> None:
    listener, peer, _ = await opened(rig, upstream)
    await peer.send_rows(TRADES_NAME, order(price="much"))
    batch: EventBatch = await listener.next("received")
    assert [(anomaly.field, anomaly.sample) for anomaly in batch.anomalies] == [("price", '"much"')]
    assert {(key.endpoint, key.field) for key in rig.client.drift.counts} == {("/ws-api/futures_trades", "price")}


async def test_a_channel_that_does_not_exist_is_no_reason_to_go_on(rig: SocketRig, upstream: StandIn) -> None:
    listener, peer, _ = await opened(rig, upstream)
    await peer.send(f"unknown channel: {TRADES_NAME}")
    refusal = await listener.next("refused")
    assert isinstance(refusal, UnknownName)
    assert refusal.argument == "symbol"
    assert await peer.text() is None


@pytest.mark.parametrize("text", ["Invalid API key", '{"code":"401","msg":"API key missing"}'])
async def test_a_refused_key_is_final_for_all_channels(rig: SocketRig, upstream: StandIn, text: str) -> None:
    listener, peer, _ = await opened(rig, upstream)
    await peer.send(text)
    assert isinstance(await listener.next("refused"), Unauthorized)
    await until(lambda: upstream.open == 0)
    await rig.clock.elapse(300)
    assert len(upstream.paths) == 1


async def test_ten_thousand_events_at_once_are_passed_on_in_order(rig: SocketRig, upstream: StandIn) -> None:
    listener, peer, _ = await opened(rig, upstream)
    await peer.send_rows(TRADES_NAME, *(order(number) for number in range(10_000)))
    assert await listener.numbers() == [*range(10_000)]


async def test_a_failing_listener_costs_the_other_channels_nothing(rig: SocketRig, upstream: StandIn) -> None:
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context["exception"]))
    trades, peer, _ = await opened(rig, upstream)

    class Faulty(RecordingListener):
        def received(self, batch: EventBatch) -> None:
            raise ZeroDivisionError(batch)

    ticker = Faulty()
    rig.socket.open(TICKER, ticker)
    await peer.message()
    await peer.send_rows(TICKER_NAME, {"exchange": "Binance", "symbol": "BTCUSDT"})
    await peer.send_rows(TRADES_NAME, order(3))
    assert await trades.numbers() == [3]
    assert [type(fault) for fault in faults] == [ZeroDivisionError]


async def test_a_refused_listener_may_open_its_channel_again_at_once(rig: SocketRig, upstream: StandIn) -> None:
    again = RecordingListener()

    class Persistent(RecordingListener):
        def refused(self, failure: CoinglassError | InvalidRequest, lost_since: float | None) -> None:
            super().refused(failure, lost_since)
            rig.socket.open(TRADES, again)

    rig.socket.open(TRADES, Persistent())
    peer = await upstream.peer()
    await peer.message()
    await peer.send(f"{TRADES_NAME} need upgrade plan")
    await again.next("connected")
    await peer.send_rows(TRADES_NAME, order(1))
    assert await again.numbers() == [1]


async def test_a_listener_may_close_another_channel_which_hears_nothing_more(rig: SocketRig, upstream: StandIn) -> None:
    ticker = RecordingListener()

    class Closing(RecordingListener):
        def interrupted(self, failure: CoinglassError) -> None:
            super().interrupted(failure)
            handle.close()

    trades = Closing()
    rig.socket.open(TRADES, trades)
    handle = rig.socket.open(TICKER, ticker)
    peer = await upstream.peer()
    await ticker.next("connected")
    await trades.next("connected")
    peer.drop()
    await trades.next("interrupted")
    assert (ticker.waiting, rig.socket.channels) == (0, 1)


async def test_a_message_that_we_fail_to_read_costs_only_itself(
    rig: SocketRig, upstream: StandIn, monkeypatch: pytest.MonkeyPatch
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


async def test_an_unexpected_error_loses_what_came_after_the_last_message(
    rig: SocketRig, upstream: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener, peer, _ = await opened(rig, upstream)
    await rig.clock.elapse(1)
    await peer.send_rows(TRADES_NAME, order(1))
    assert await listener.numbers() == [1]
    with monkeypatch.context() as patch:
        patch.setattr("cg_client.live.heartbeat.Heartbeat.check", lambda *_: 1 / 0)
        await rig.clock.elapse(9)
        await listener.next("interrupted")
    await until(lambda: rig.clock.sleeping == 1)
    await rig.clock.elapse(0.5)
    gap_start, seconds = await listener.next("resumed")
    assert (gap_start, seconds) == (START + timedelta(seconds=1), pytest.approx(9.5))


async def test_an_unexpected_error_interrupts_the_channels(make_rig: MakeSocketRig) -> None:
    rig, listener = make_rig("ws://localhost/ws-api", proxy="socks5://localhost"), RecordingListener()
    rig.socket.open(TRADES, listener)  # websockets raises ImportError for such a proxy
    failure = await listener.next("interrupted")
    assert str(failure).startswith("The WebSocket to CoinGlass failed (ImportError).")
    assert not rig.socket.is_connected


async def test_a_refusal_of_a_channel_that_was_just_closed_changes_no_other(rig: SocketRig, upstream: StandIn) -> None:
    await opened(rig, upstream, LIQUIDATIONS)
    handle, session = rig.socket.open(TICKER, RecordingListener()), rig.socket._session
    await until(lambda: session is not None and TICKER_NAME in session._subscribed)
    assert session is not None
    market = rig.socket._registry.market
    handle.close()
    session._take(RefusalText(Ground.UNKNOWN, f"unknown channel {TICKER_NAME}"))
    assert market.names == [CAMEL]
    assert market.due < math.inf


async def test_a_thousand_channels_come_and_go_and_leave_nothing(rig: SocketRig, upstream: StandIn) -> None:
    _, peer, keeper = await opened(rig, upstream)
    tasks = len(asyncio.all_tasks())
    for number in range(1000):
        channel = Channel(ChannelKind.SPOT_TRADES, "Binance", "BTCUSDT", number)
        listener = RecordingListener()
        handle = rig.socket.open(channel, listener)
        assert await peer.message() == subscribe(*channel.names)
        handle.close()
        assert await peer.message() == unsubscribe(*channel.names)
    assert rig.socket.channels == 1
    await until(lambda: len(asyncio.all_tasks()) == tasks)
    assert len(upstream.peers) == 1
    keeper.close()
    await until(lambda: upstream.open == 0)


async def test_many_connections_one_after_the_other_leave_nothing(rig: SocketRig, upstream: StandIn) -> None:
    tasks = len(asyncio.all_tasks())
    for _ in range(50):
        _, peer, handle = await opened(rig, upstream)
        handle.close()
        assert await peer.text() is None
        await until(lambda: not rig.socket.is_connected)
    await until(lambda: len(asyncio.all_tasks()) == tasks)
    assert (upstream.open, rig.clock.sleeping) == (0, 0)


@pytest.mark.parametrize("moment", ["at once", "while connecting", "connected", "interrupted"])
async def test_closing_leaves_nothing_at_any_moment(rig: SocketRig, upstream: StandIn, moment: str) -> None:
    tasks = len(asyncio.all_tasks())
    listener = RecordingListener()
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
