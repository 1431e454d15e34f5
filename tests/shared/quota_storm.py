"""Replicas that all want more than there is, while one fault after another happens, by the seed."""

import random
from typing import Final

import redis

from cg_client.quota.requester import Priority
from shared.store.script import LuaScript
from tests.shared.quota_world import QuotaReplica, World

LIMIT: Final = 12
MOST_REPLICAS: Final = 5
NEVER: Final = 1e6  # seconds after which a silent replica is forgotten
_STEPS = (0.004, 0.05, 0.3, 1.0, 1.7, 3.5, 6.0, 15.0)


class Storm:
    def __init__(self, store: "redis.Redis", seed: int, script: LuaScript | None = None) -> None:
        self.random = random.Random(seed)
        self.world = World(store, LIMIT, script)
        self.ended: list[str] = []

    async def run(self, steps: int) -> int:
        """Return the most requests in a minute."""
        world, chance = self.world, self.random
        try:
            for _ in range(chance.randint(2, 4)):
                self.start(recovery_seconds=0.0)
            await world.elapse(4)
            for _ in range(steps):
                if world.upstream.most > LIMIT:
                    break
                if chance.random() < 0.4:
                    self.fail()
                elif chance.random() < 0.25:
                    self.mend()
                await self.demand(chance.choice(_STEPS))
            return world.upstream.most
        finally:
            await world.close()

    def start(self, name: str = "", recovery_seconds: float | None = None) -> None:
        rate = self.random.choice([0.99, 1.0, 1.01])
        self.world.replica(
            name,
            offset=self.random.uniform(-2, 2),
            rate=rate,
            recovery_seconds=recovery_seconds,
            excess_fraction=0.7,
            member_lifetime_seconds=NEVER,
        )

    async def demand(self, seconds: float) -> None:
        """Let the replicas that are wanted now have calls that wait, in steps of at most two seconds."""
        chance = self.random
        busy = [replica for replica in self.world.replicas if chance.random() < 0.6]
        while seconds > 0:
            for replica in busy:
                for _ in range(chance.choice([1, 3, LIMIT])):
                    replica.call(
                        chance.choice(["", "ann", "bob"]),
                        chance.choice([0.0, 0.2, 4.0, 9.0]),
                        within=chance.choice([0.5, 15.0, 15.0]),
                        priority=chance.choice([Priority.INTERACTIVE, Priority.INTERACTIVE, Priority.REFRESH]),
                        is_sent=chance.random() < 0.95,
                    )
            await self.world.elapse(min(seconds, 2.0))
            seconds -= 2.0

    def mend(self) -> None:
        self.world.is_down = False
        self.world.resume()
        for replica in self.world.replicas:
            replica.link.is_cut, replica.link.lost_requests, replica.link.lost_replies = False, 0, 0
        for name in self.ended:
            self.start(name)
        self.ended.clear()

    def fail(self) -> None:
        replicas = self.world.replicas
        if replicas and self.random.random() < 0.6:
            self.fail_replica(self.random.choice(replicas))
        else:
            self.fail_store()

    def fail_store(self) -> None:
        world = self.world
        match self.random.randrange(5):
            case 0:
                world.empty()
            case 1:
                world.empty()
                for replica in world.replicas:
                    replica.quota.on_loss()
            case 2:
                world.is_paused = True
            case 3:
                world.resume()
            case _:
                world.is_down = not world.is_down

    def fail_replica(self, replica: QuotaReplica) -> None:
        chance = self.random
        match chance.randrange(6):
            case 0 if len(self.world.replicas) + len(self.ended) < MOST_REPLICAS:
                self.start()
            case 1:
                self.ended.append(replica.name)
                replica.kill()
            case 2 if self.ended:
                self.start(self.ended.pop())
            case 3:
                replica.link.lost_replies = chance.randint(1, 3)
            case _:
                replica.link.is_cut = chance.random() < 0.7
