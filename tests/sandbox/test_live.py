"""The sandbox's WebSocket, over a real socket."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from cg_client.plans.plan_table import Plan
from sandbox.app import KEY, Sandbox
from sandbox.figures import MARKET
from sandbox.live import hub
from sandbox.live.channels import EventRow, LiveChannel, LiveKind, Naming, parsed
from sandbox.live.hub import LiveHub
from sandbox.market.universe import PAIRS
from server.serve import against_sandbox
from server.settings import Settings
from tests.running import watching
from tests.sandbox.live_client import (
    EVENT,
    LIQUIDATIONS,
    START,
    TICKER,
    TRADES,
    LiveSandbox,
    answered,
    fast_clock,
    next_message,
    request,
    upstream,
)

SNAKE_LIQUIDATIONS = "liquidation_orders"


@pytest.fixture
def silent() -> Iterator[LiveSandbox]:
    """Start a sandbox whose clock stands still, so that nothing happens in its market."""
    with upstream(Sandbox(now=lambda: START)) as sandbox:
        yield sandbox


async def test_a_ping_is_answered_and_counted(silent: LiveSandbox) -> None:
    async with silent.connected() as socket:
        assert await answered(socket) == []
        assert (await silent.state())["pings"] == 2


async def test_the_handshake_says_that_it_is_a_sandbox(silent: LiveSandbox) -> None:
    async with silent.connected() as socket:
        assert socket.response is not None
        headers = {name: socket.response.headers[name] for name in ("X-CoinGlass-Source", "X-CoinGlass-Figures")}
    assert headers == {"X-CoinGlass-Source": "sandbox", "X-CoinGlass-Figures": "samples"}


@pytest.mark.parametrize("key", ["", "another"])
async def test_a_wrong_key_is_refused_by_the_handshake(silent: LiveSandbox, key: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with silent.connected(key=key):
            pass
    assert refused.value.response.status_code == 401
    assert json.loads(refused.value.response.body)["code"] == "400"


async def test_a_revoked_key_is_refused_by_the_handshake(silent: LiveSandbox) -> None:
    await silent.control("PUT", "key", {"revoked": True})
    with pytest.raises(InvalidStatus):
        async with silent.connected():
            pass


async def test_events_are_sent_to_the_subscribers_of_their_channel_as_they_are(silent: LiveSandbox) -> None:
    other = {"price": "NaN", "unexpected": [None]}
    async with silent.connected(LIQUIDATIONS) as first, silent.connected(TRADES, LIQUIDATIONS) as second:
        assert await silent.publish(LIQUIDATIONS, EVENT, other) == 2
        assert await silent.publish(TRADES, EVENT) == 1
        assert await silent.publish("nobody's channel", EVENT) == 0
        assert await next_message(first) == {"channel": LIQUIDATIONS, "data": [EVENT, other]}
        assert await answered(first) == []
        assert [await next_message(second), await next_message(second)] == [
            {"channel": LIQUIDATIONS, "data": [EVENT, other]},
            {"channel": TRADES, "data": [EVENT]},
        ]


async def test_events_are_sent_one_by_one_in_their_order_if_so_told(silent: LiveSandbox) -> None:
    events = [EVENT | {"volUsd": float(number)} for number in range(1000)]
    async with silent.connected(LIQUIDATIONS) as socket:
        await silent.publish(LIQUIDATIONS, *events, separate=True)
        assert [(await next_message(socket))["data"] for _ in events] == [[event] for event in events]


async def test_nothing_is_sent_after_an_unsubscription(silent: LiveSandbox) -> None:
    async with silent.connected(LIQUIDATIONS, TICKER) as socket:
        await request(socket, "unsubscribe", LIQUIDATIONS)
        await answered(socket)
        assert (await silent.state())["subscriptions"] == {TICKER: 1}
        assert await silent.publish(LIQUIDATIONS, EVENT) == 0
        assert await answered(socket) == []


async def test_connections_and_subscriptions_are_counted_until_they_end(silent: LiveSandbox) -> None:
    async with silent.connected(LIQUIDATIONS):
        async with silent.connected(LIQUIDATIONS, TICKER):
            state = await silent.state()
            assert (state["connections"], state["connectionsEver"]) == (2, 2)
            assert state["subscriptions"] == {LIQUIDATIONS: 2, TICKER: 1}
        async with silent.connected() as third:
            await answered(third)
            state = await silent.state()
    assert (state["connections"], state["connectionsEver"], state["subscriptions"]) == (2, 3, {LIQUIDATIONS: 1})


async def test_messages_that_are_no_requests_are_listed_and_change_nothing(silent: LiveSandbox) -> None:
    strange = ["{", "[]", '{"op": "subscribe", "args": []}', '{"method": "subscribe", "channels": "liquidationOrders"}']
    async with silent.connected() as socket:
        for message in strange:
            await socket.send(message)
        await socket.send(b"ping")
        assert await answered(socket) == []
    assert (await silent.state())["unreadable"][:4] == strange


@pytest.mark.parametrize(("plan", "answer"), [(Plan.STARTUP, [f"{TICKER} need upgrade plan"]), (Plan.STANDARD, [])])
async def test_a_subscription_needs_the_plan_standard(plan: Plan, answer: list[str]) -> None:
    with upstream(Sandbox(plan, now=lambda: START)) as sandbox:
        async with sandbox.connected() as socket:
            await request(socket, "subscribe", TICKER)
            assert await answered(socket) == answer


async def test_each_key_has_its_plan() -> None:
    hobbyist = Sandbox(Plan.HOBBYIST, key="sandbox-hobbyist", now=lambda: START)
    with upstream(Sandbox(now=lambda: START), hobbyist) as sandbox:
        async with sandbox.connected(key=hobbyist.key) as socket:
            await request(socket, "subscribe", LIQUIDATIONS)
            assert await answered(socket) == ["liquidationOrders need upgrade plan"]
        async with sandbox.connected(key=KEY) as socket:
            await request(socket, "subscribe", LIQUIDATIONS)
            assert await answered(socket) == []


async def test_an_unknown_channel_is_silent_or_refused(silent: LiveSandbox) -> None:
    unknown = ["liquidation_orders", "futures_trades@Binance_NOSUCH@0", "futures_trades@Binance_BTCUSDT", "@"]
    async with silent.connected() as socket:
        await request(socket, "subscribe", *unknown)
        assert await answered(socket) == []
        await silent.control("PUT", "live", {"refuseUnknown": True})
        await request(socket, "subscribe", *unknown, LIQUIDATIONS)
        assert await answered(socket) == [f"{channel} does not exist" for channel in unknown]


@pytest.mark.parametrize(
    ("naming", "channel", "sent"),
    [
        ("camel", LIQUIDATIONS, {"baseAsset", "exName", "volUsd"}),
        ("snake", SNAKE_LIQUIDATIONS, {"base_asset", "exchange", "volume_usd"}),
        ("both", LIQUIDATIONS, {"baseAsset", "exName", "volUsd"}),
        ("both", SNAKE_LIQUIDATIONS, {"base_asset", "exchange", "volume_usd"}),
        ("camel", "futures_trades@Binance_BTCUSDT@1", {"baseAsset", "exName", "volUsd"}),
        ("snake", "futures_trades@Binance_BTCUSDT@1", {"base_asset", "exchange", "volume_usd"}),
    ],
)
async def test_channels_and_fields_are_named_as_the_setting_says(naming: str, channel: str, sent: set[str]) -> None:
    with upstream(Sandbox(now=fast_clock())) as sandbox:
        await sandbox.control("PUT", "live", {"naming": naming})
        async with sandbox.connected(channel) as socket:
            message = await next_message(socket)
    assert message["channel"] == channel
    assert {*message["data"][0]} - {"price", "side", "symbol", "time"} == sent


@pytest.mark.parametrize(
    ("naming", "names"),
    [("camel", {LIQUIDATIONS}), ("snake", {SNAKE_LIQUIDATIONS}), ("both", {LIQUIDATIONS, SNAKE_LIQUIDATIONS})],
)
def test_each_naming_understands_its_names(naming: str, names: set[str]) -> None:
    assert {name for name in (LIQUIDATIONS, SNAKE_LIQUIDATIONS) if parsed(name, Naming(naming), ())} == names


async def test_the_documented_samples_come_once_a_second_at_the_time_of_the_sandbox() -> None:
    with upstream() as sandbox:
        async with sandbox.connected(LIQUIDATIONS) as socket:
            events = [event for _ in range(2) for event in (await next_message(socket))["data"]]
    assert [event | {"time": 0} for event in events] == [EVENT | {"time": 0}] * 2
    assert [after["time"] - before["time"] for before, after in pairwise(events)] == [1000]


@dataclass
class RecordedEvents:
    """Events of a channel, which are one in each time that the hub asks for."""

    calls: list[tuple[LiveChannel, int, int]] = field(default_factory=list)

    def __call__(self, channel: LiveChannel, start: int, end: int) -> Sequence[EventRow]:
        self.calls.append((channel, start, end))
        return [{"time": end}]


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[LiveSandbox, RecordedEvents]]:
    """Start a sandbox with such events, which come every millisecond."""
    monkeypatch.setattr(hub, "_TICK_SECONDS", 0.001)
    events = RecordedEvents()
    with upstream(Sandbox(figures=replace(MARKET, live=events))) as sandbox:
        yield sandbox, events


def ticks(count: int) -> Callable[[], bool]:
    numbers = iter(range(count))
    return lambda: next(numbers) == count - 1


async def test_the_model_computes_each_time_of_a_channel_once_for_all_its_subscribers(
    recorded: tuple[LiveSandbox, RecordedEvents],
) -> None:
    sandbox, events = recorded
    async with sandbox.connected(LIQUIDATIONS) as first, sandbox.connected(LIQUIDATIONS, TICKER) as second:
        for socket in (first, second):
            for _ in range(10):
                await next_message(socket)
    assert {channel.kind for channel, _, _ in events.calls} == {LiveKind.LIQUIDATIONS, LiveKind.FUTURES_TICKER}
    times = [(start, end) for channel, start, end in events.calls if channel.kind is LiveKind.LIQUIDATIONS]
    assert all(before[1] == after[0] for before, after in pairwise(times))


async def test_the_model_computes_nothing_while_nobody_subscribes_or_it_is_switched_off(
    recorded: tuple[LiveSandbox, RecordedEvents],
) -> None:
    sandbox, events = recorded
    async with sandbox.connected(LIQUIDATIONS) as socket:
        await sandbox.control("PUT", "live", {"model": False})
        events.calls.clear()
        with watching((LiveHub, "_milliseconds")) as until:
            until(ticks(10))
        assert events.calls == []
        await sandbox.control("PUT", "live", {"model": True})
        await request(socket, "unsubscribe", LIQUIDATIONS)
        await answered(socket)
        events.calls.clear()
        await answered(socket)
        await request(socket, "subscribe", TICKER)
        await next_message(socket)
    assert {channel.kind for channel, _, _ in events.calls} == {LiveKind.FUTURES_TICKER}


@pytest.mark.parametrize("ahead", [86_400, -86_400])
async def test_a_changed_clock_makes_no_flood_of_events(
    recorded: tuple[LiveSandbox, RecordedEvents], ahead: int
) -> None:
    sandbox, events = recorded
    async with sandbox.connected(LIQUIDATIONS) as socket:
        before = (await next_message(socket))["data"][0]["time"]
        await sandbox.control("PUT", "clock", {"ahead": ahead})
        while abs((await next_message(socket))["data"][0]["time"] - before) < 80_000_000:
            pass
    assert all(0 < end - start <= 1000 for _, start, end in events.calls)


async def test_a_sandbox_of_its_own_process_sends_events_of_the_last_second() -> None:
    with against_sandbox(Settings(), "market") as settings:
        sandbox = LiveSandbox(settings.base_url)
        async with sandbox.connected(LIQUIDATIONS, key=settings.api_key.reveal()) as socket:
            event = (await next_message(socket))["data"][-1]
    assert (False, event["exName"], event["symbol"]) in PAIRS
    assert 0 <= time.time() * 1000 - event["time"] < 10_000


def test_a_request_of_the_path_over_http_is_answered_as_an_unknown_endpoint(silent: LiveSandbox) -> None:
    answer = httpx.get(f"{silent.address}/ws-api", headers={"CG-API-KEY": KEY}, trust_env=False)
    assert answer.status_code == 404
