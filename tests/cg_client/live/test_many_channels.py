"""What one event and one more channel cost does not grow with the number of channels that are open."""

import pytest

from cg_client.endpoint import Endpoint
from cg_client.live.channels import Channel, ChannelKind
from cg_client.live.subscription import ChannelSubscription
from cg_client.params.core import Params
from cg_client.plans.gate import Gate
from tests.cg_client.live.conftest import SocketRig, opened
from tests.cg_client.live.rig import TRADES_NAME, RecordingListener, StandIn, order

MANY = 200


async def test_an_event_is_the_business_of_its_channel_alone(
    rig: SocketRig, upstream: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener, peer, _ = await opened(rig, upstream)
    await _open(rig, MANY)
    calls: list[ChannelSubscription] = []
    go_live = ChannelSubscription.go_live

    def counted(self: ChannelSubscription) -> None:
        calls.append(self)
        go_live(self)

    monkeypatch.setattr(ChannelSubscription, "go_live", counted)
    await peer.send_rows(TRADES_NAME, order())
    await listener.numbers()
    assert len(calls) == 1


async def test_the_plan_is_asked_once_for_each_kind_of_channel(
    rig: SocketRig, upstream: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    await opened(rig, upstream)
    await _open(rig, MANY)
    checks: list[Endpoint] = []
    check = Gate.check

    def counted(self: Gate, endpoint: Endpoint, params: Params) -> None:
        checks.append(endpoint)
        check(self, endpoint, params)

    monkeypatch.setattr(Gate, "check", counted)
    await _open(rig, 1, first=MANY + 1)
    assert len(checks) <= len(ChannelKind)


async def _open(rig: SocketRig, count: int, first: int = 1) -> None:
    """Open trades of so many values, and wait until the last one is told that it is connected."""
    listeners = [RecordingListener() for _ in range(count)]
    for number, listener in enumerate(listeners, first):
        rig.socket.open(Channel(ChannelKind.FUTURES_TRADES, "Binance", "BTCUSDT", 1_000 + number), listener)
    await listeners[-1].next("connected")
