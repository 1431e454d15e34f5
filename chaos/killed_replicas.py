"""One of three replicas is killed every ten seconds, and started again at once."""

import asyncio
from collections.abc import Sequence
from typing import Final

from chaos.replicas import REPLICAS, Fleet, ReplicaProcess
from chaos.store_faults import store_network
from chaos.two_fleets import disturbed
from chaos.verdict import Effort, Verdict

EVERY: Final = 10.0  # seconds


async def killed_replicas(effort: Effort) -> list[Verdict]:
    async def disturb(fleets: Sequence[Fleet]) -> None:
        for number in range(effort.kills):
            victims = [each.replicas[number % REPLICAS] for each in fleets]
            await asyncio.gather(asyncio.sleep(EVERY), *map(_replace, victims))

    label = f"one of {REPLICAS} replicas killed every {EVERY:g} s, {effort.kills} times ({effort.store.value})"
    async with store_network(effort.store) as network:
        return await disturbed(label, network.direct, disturb, effort)


async def _replace(replica: ReplicaProcess) -> None:
    await replica.kill()
    await replica.start()
