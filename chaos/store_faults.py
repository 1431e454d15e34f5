"""What may happen to the store of three replicas: killed, paused, emptied, slow, cut off from one, without memory."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from chaos.partition import partition
from chaos.relay import Relay, relay
from chaos.replicas import REPLICAS, Fleet, StoreLink
from chaos.stores import StoreProcess, StoreProduct, running
from chaos.two_fleets import disturbed
from chaos.verdict import Effort, Verdict

_DELAY: Final = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class StoreNetwork:
    """The store, and a proxy before it."""

    store: StoreProcess
    relay: Relay

    @property
    def direct(self) -> list[StoreLink]:
        return [StoreLink(f"127.0.0.1:{self.store.port}")] * REPLICAS

    @property
    def relayed(self) -> list[StoreLink]:
        return [StoreLink(f"127.0.0.1:{self.relay.port}")] * REPLICAS


Act = Callable[[StoreNetwork], Awaitable[None]]


@contextlib.asynccontextmanager
async def store_network(kind: StoreProduct) -> AsyncIterator[StoreNetwork]:
    process = StoreProcess(kind)
    async with relay(process.port) as between, running(process):
        yield StoreNetwork(process, between)


async def killed(effort: Effort) -> list[Verdict]:
    async def begin(network: StoreNetwork) -> None:
        network.store.kill()

    async def end(network: StoreNetwork) -> None:
        await network.store.start()

    return await _faulty("store killed", begin, end, effort)


async def paused(effort: Effort) -> list[Verdict]:
    async def begin(network: StoreNetwork) -> None:
        network.store.pause()

    async def end(network: StoreNetwork) -> None:
        network.store.resume()

    return await _faulty("store paused", begin, end, effort)


async def restarted(effort: Effort) -> list[Verdict]:
    async def begin(network: StoreNetwork) -> None:
        network.store.kill()
        await network.store.start()

    return await _faulty("store restarted empty", begin, None, effort)


async def emptied(effort: Effort) -> list[Verdict]:
    """Let the store lose its data, but no connection."""

    async def begin(network: StoreNetwork) -> None:
        await network.store.command("FLUSHALL")

    return await _faulty("store emptied while connected", begin, None, effort)


async def slowed(effort: Effort) -> list[Verdict]:
    async def begin(network: StoreNetwork) -> None:
        network.relay.delay = _DELAY

    async def end(network: StoreNetwork) -> None:
        network.relay.delay = 0.0

    return await _faulty("store slowed to 500 ms", begin, end, effort, lambda network: network.relayed)


async def partitioned(effort: Effort) -> list[Verdict]:
    """Cut one replica off from the store, and from nothing else."""
    process = StoreProcess(effort.store)
    async with partition(process.port) as separate:
        process.hosts = separate.hosts

        async def disturb(_: Sequence[Fleet]) -> None:
            separate.cut()
            await asyncio.sleep(effort.fault)
            separate.mend()

        links = [StoreLink(f"127.0.0.1:{process.port}")] * (REPLICAS - 1)
        links.append(StoreLink(separate.store, separate.host, separate.prefix))
        label = f"store cut off from one by {separate.means} for {effort.fault:g} s ({effort.store.value})"
        async with running(process):
            return await disturbed(label, links, disturb, effort, separate.upstream)


async def full(effort: Effort) -> list[Verdict]:
    async def begin(network: StoreNetwork) -> None:
        await network.store.command("CONFIG", "SET", "maxmemory", "1")

    async def end(network: StoreNetwork) -> None:
        await network.store.command("CONFIG", "SET", "maxmemory", "0")

    return await _faulty("store out of memory", begin, end, effort)


async def _faulty(
    label: str,
    begin: Act,
    end: Act | None,
    effort: Effort,
    links: Callable[[StoreNetwork], Sequence[StoreLink]] = lambda network: network.direct,
) -> list[Verdict]:
    """Keep the fault up for a while; one without an end is over at once."""
    async with store_network(effort.store) as network:

        async def disturb(_: Sequence[Fleet]) -> None:
            await begin(network)
            if end is not None:
                await asyncio.sleep(effort.fault)
                await end(network)

        seconds = f" for {effort.fault:g} s" if end is not None else ""
        return await disturbed(f"{label}{seconds} ({effort.store.value})", links(network), disturb, effort)
