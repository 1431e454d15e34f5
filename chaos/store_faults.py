"""What may happen to the store of three replicas: killed, paused, emptied, slow, cut off from one, without memory."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from chaos.partition import Partition, partition
from chaos.relay import Relay, relay
from chaos.replicas import REPLICAS, Fleet, StoreLink
from chaos.stores import StoreProcess, StoreProduct, running
from chaos.two_fleets import disturbed
from chaos.verdict import Effort, Verdict

_DELAY: Final = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class StoreNetwork:
    """The store, a proxy before it, and what cuts the last replica off."""

    store: StoreProcess
    relay: Relay
    partition: Partition

    @property
    def direct(self) -> list[StoreLink]:
        return [StoreLink(f"127.0.0.1:{self.store.port}")] * REPLICAS

    @property
    def relayed(self) -> list[StoreLink]:
        return [StoreLink(f"127.0.0.1:{self.relay.port}")] * REPLICAS

    @property
    def partitioned(self) -> list[StoreLink]:
        separate = self.partition
        return [*self.direct[1:], StoreLink(separate.store, separate.host, separate.prefix)]


Act = Callable[[StoreNetwork], Awaitable[None]]


@contextlib.asynccontextmanager
async def store_network(kind: StoreProduct) -> AsyncIterator[StoreNetwork]:
    process = StoreProcess(kind)
    async with partition(process.port) as separate, relay(process.port) as between:
        process.hosts = separate.hosts
        async with running(process):
            yield StoreNetwork(process, between, separate)


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
    async def begin(network: StoreNetwork) -> None:
        network.partition.cut()

    async def end(network: StoreNetwork) -> None:
        network.partition.mend()

    return await _faulty("store cut off from one", begin, end, effort, lambda network: network.partitioned)


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

        chosen = links(network)
        is_separate = chosen[-1] != chosen[0]
        host = network.partition.upstream if is_separate else "127.0.0.1"
        seconds = f" for {effort.fault:g} s" if end is not None else ""
        means = f" by {network.partition.means}" if is_separate else ""
        return await disturbed(f"{label}{means}{seconds} ({effort.store.value})", chosen, disturb, effort, host)
