"""A socket to a server in CoinGlass' place, on a clock that stands still until a test lets time pass."""

import asyncio
import ssl
import types
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import httpx
import pytest
import uvloop

from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.live.channels import Channel
from cg_client.live.socket import OpenChannel, UpstreamSocket
from cg_client.plans.plan_table import Plan
from cg_client.secret import Secret
from tests.cg_client.conftest import KEY
from tests.cg_client.live.rig import (
    TRADES,
    TRADES_NAME,
    Counts,
    Peer,
    RecordingListener,
    StandIn,
    order,
    standing_in,
    subscribe,
    until,
)
from tests.clock import SteppedClock


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run the tests on both event loops: the server uses uvloop, most other tests do not."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


class SocketRig:
    """A socket with what it needs. Waits are not shortened by chance: `jitter` is 1.

    `account` is the plan of the key by CoinGlass' account endpoint.
    """

    def __init__(
        self,
        url: str,
        plan: Plan | None = Plan.STANDARD,
        tls: ssl.SSLContext | None = None,
        proxy: str | None = None,
        account: Plan = Plan.STANDARD,
    ) -> None:
        self.clock, self.counts = SteppedClock(), Counts()
        self.account, self.account_calls = account, 0
        config = ClientConfig(api_key=Secret(KEY), socket_url=url, plan=plan, proxy=proxy)

        def answer(_: httpx.Request) -> httpx.Response:
            self.account_calls += 1
            return httpx.Response(200, json={"code": "0", "data": {"level": self.account.name}})

        self.client = Client(config, clock=self.clock, transport=httpx.MockTransport(answer))
        self.socket = UpstreamSocket(self.client, self.counts, jitter=lambda: 1.0, tls=tls)

    async def close(self) -> None:
        await self.socket.close()
        await self.client.close()


async def opened(
    rig: SocketRig, upstream: StandIn, channel: Channel = TRADES
) -> tuple[RecordingListener, Peer, OpenChannel]:
    """Open a channel as the first one, and wait until CoinGlass has heard of it."""
    listener = RecordingListener()
    handle = rig.socket.open(channel, listener)
    peer = await upstream.peer()
    assert await peer.message() == subscribe(channel.names[0])
    await listener.next("connected")
    return listener, peer, handle


async def stay_busy(rig: SocketRig, peer: Peer, listener: RecordingListener, seconds: int) -> None:
    """Let time pass in which events come, so that nothing is probed."""
    for _ in range(seconds // 5):
        await rig.clock.elapse(5)
        await peer.send_rows(TRADES_NAME, order())
        await listener.numbers()


MakeSocketRig = Callable[..., SocketRig]


@pytest.fixture
async def upstream() -> AsyncIterator[StandIn]:
    async with standing_in() as stand_in:
        yield stand_in


@pytest.fixture
async def make_rig() -> AsyncIterator[MakeSocketRig]:
    """Make sockets, and check at the end that they leave neither tasks nor timers behind."""
    rigs: list[SocketRig] = []
    before = asyncio.all_tasks()

    def make(url: str, **options: Any) -> SocketRig:
        rigs.append(SocketRig(url, **options))
        return rigs[-1]

    yield make
    for rig in rigs:
        await rig.close()
        assert rig.clock.sleeping == 0
    before.add(asyncio.current_task())  # type: ignore[arg-type]  # there is one
    await until(lambda: not any("/cg_client/" in source_of(task) for task in asyncio.all_tasks() - before))


def source_of(task: asyncio.Task[object]) -> str:
    coroutine = task.get_coro()
    assert isinstance(coroutine, types.CoroutineType)
    return coroutine.cr_code.co_filename


@pytest.fixture
def rig(upstream: StandIn, make_rig: MakeSocketRig) -> SocketRig:
    return make_rig(upstream.url)
