"""A channel that is refused is asked for again, and what was lost by then is told once."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from cg_client.errors import GateSource, PlanRequired, UpstreamTimeout
from cg_client.live.channels import ChannelKind
from cg_client.plans.plan_table import Plan
from live.feed import GATED_SECONDS
from tests.clock import START
from tests.live.rig import LIQUIDATIONS, LiveRig, Reader, liquidation

WITH_START = LIQUIDATIONS.replace("gapSeconds", "gapStart gapSeconds")


@pytest.fixture
async def rig() -> AsyncIterator[LiveRig]:
    rig = LiveRig()
    yield rig
    await rig.close()
    assert rig.clock.sleeping == 0


@pytest.fixture
async def reader(rig: LiveRig) -> Reader:
    reader = await rig.subscribe(WITH_START)
    rig.socket.listener.connected()
    await rig.elapse(1)
    return reader


def refuse(rig: LiveRig, lost_since: float | None) -> None:
    endpoint = ChannelKind.LIQUIDATION_ORDERS.endpoint
    refusal = PlanRequired("No.", required=endpoint.plan, current=Plan.HOBBYIST, decided_by=GateSource.UPSTREAM)
    rig.socket.listener.refused(refusal, lost_since)


def gap(reader: Reader) -> tuple[datetime, float]:
    """Return the only gap that was told."""
    (status,) = [value for value in reader.values if value.get("state") == "RESUMED"]
    return datetime.fromisoformat(status["gapStart"]), status["gapSeconds"]


async def test_a_channel_that_is_refused_again_after_each_subscription_is_no_news(rig: LiveRig, reader: Reader) -> None:
    refuse(rig, rig.clock.monotonic())
    for _ in range(3):
        await rig.elapse(GATED_SECONDS)
        rig.socket.listener.connected()
        await rig.elapse(1)
        refuse(rig, rig.clock.monotonic())
    await rig.elapse(GATED_SECONDS - 1)
    assert reader.kinds == ["CONNECTED", "PLAN_REQUIRED"]


async def test_the_first_event_after_a_refusal_comes_after_the_whole_gap(rig: LiveRig, reader: Reader) -> None:
    refuse(rig, rig.clock.monotonic())
    await rig.elapse(GATED_SECONDS)
    rig.socket.listener.connected()
    await rig.elapse(1)
    refuse(rig, rig.clock.monotonic())
    await rig.elapse(GATED_SECONDS)
    rig.socket.listener.connected()
    await rig.elapse(2)
    await rig.send([liquidation(1)])
    await rig.elapse(60)
    assert reader.kinds == ["CONNECTED", "PLAN_REQUIRED", "RESUMED", "rows"]
    assert gap(reader) == (START + timedelta(seconds=1), 2 * GATED_SECONDS + 1)


async def test_a_quiet_channel_resumes_if_it_is_not_refused_again(rig: LiveRig, reader: Reader) -> None:
    refuse(rig, rig.clock.monotonic())
    await rig.elapse(GATED_SECONDS)
    rig.socket.listener.connected()
    await rig.elapse(6)
    assert reader.kinds == ["CONNECTED", "PLAN_REQUIRED", "RESUMED"]
    assert gap(reader) == (START + timedelta(seconds=1), GATED_SECONDS)


async def test_the_gap_of_a_refusal_begins_with_the_outage_before_it(rig: LiveRig, reader: Reader) -> None:
    lost_since = rig.clock.monotonic()
    await rig.elapse(20)
    rig.socket.listener.interrupted(UpstreamTimeout("CoinGlass sends nothing."))
    await rig.elapse(10)
    refuse(rig, lost_since)
    await rig.elapse(GATED_SECONDS)
    rig.socket.listener.connected()
    await rig.elapse(6)
    assert reader.kinds == ["CONNECTED", "TIMEOUT", "PLAN_REQUIRED", "RESUMED"]
    assert gap(reader) == (START + timedelta(seconds=1), GATED_SECONDS + 30)


@pytest.mark.parametrize("hours", [24, -1])
async def test_the_gap_of_a_refusal_is_told_by_the_clock_as_it_is_now(rig: LiveRig, reader: Reader, hours: int) -> None:
    refuse(rig, rig.clock.monotonic())
    await rig.elapse(GATED_SECONDS)
    rig.clock.jump(timedelta(hours=hours))
    rig.socket.listener.connected()
    await rig.elapse(6)
    assert gap(reader) == (START + timedelta(hours=hours, seconds=1), GATED_SECONDS)


async def test_an_outage_right_after_the_refusals_is_a_gap_of_its_own(rig: LiveRig, reader: Reader) -> None:
    refuse(rig, rig.clock.monotonic())
    await rig.elapse(GATED_SECONDS)
    rig.socket.listener.connected()
    await rig.elapse(1)
    rig.socket.listener.interrupted(UpstreamTimeout("CoinGlass sends nothing."))
    await rig.elapse(10)
    assert reader.kinds == ["CONNECTED", "PLAN_REQUIRED", "RESUMED", "TIMEOUT"]
    assert gap(reader) == (START + timedelta(seconds=1), GATED_SECONDS)


async def test_a_channel_that_was_never_had_begins_without_a_gap(rig: LiveRig) -> None:
    reader = await rig.subscribe(WITH_START)
    refuse(rig, None)
    await rig.elapse(GATED_SECONDS)
    rig.socket.listener.connected()
    await rig.elapse(6)
    assert reader.kinds == ["PLAN_REQUIRED", "CONNECTED"]


async def test_a_channel_that_was_never_had_is_connected_with_its_first_event(rig: LiveRig) -> None:
    reader = await rig.subscribe(WITH_START)
    refuse(rig, None)
    await rig.elapse(GATED_SECONDS)
    rig.socket.listener.connected()
    await rig.send([liquidation(1)])
    await rig.elapse(20)
    assert reader.kinds == ["PLAN_REQUIRED", "CONNECTED", "rows"]


async def test_a_channel_that_is_refused_before_it_was_ever_live_is_told_so_once(rig: LiveRig) -> None:
    reader = await rig.subscribe(WITH_START)
    refuse(rig, None)
    for _ in range(3):
        await rig.elapse(GATED_SECONDS)
        rig.socket.listener.connected()
        await rig.elapse(1)
        refuse(rig, None)
    await rig.elapse(GATED_SECONDS - 1)
    assert reader.kinds == ["PLAN_REQUIRED"]


async def test_a_closed_channel_waits_for_nothing_however_often_it_was_connected(rig: LiveRig, reader: Reader) -> None:
    refuse(rig, rig.clock.monotonic())
    await rig.elapse(GATED_SECONDS)
    for _ in range(2):
        rig.socket.listener.connected()
        await rig.elapse(1)
    reader.close()
    await rig.feeds.close()
    await rig.settle()
    assert rig.clock.sleeping == 0
