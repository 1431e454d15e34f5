"""Replicas, the store and lines fail in random order: subscribers get each event once, or are told of a gap."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator

import pytest

from tests.shared.stream_rig import StoreLine, StreamCluster, StreamReplica, StreamSubscriber, cluster, eventually
from tests.store_server import StoreServer

STEPS = 8
REPLICAS = 3
LONGEST_PAUSE = 0.5  # seconds between two steps


class Disorder:
    """Does what a seed chooses. Each replica has a line of its own to the store."""

    def __init__(self, this: StreamCluster, stack: contextlib.AsyncExitStack, chance: random.Random) -> None:
        self._this, self._stack, self._chance = this, stack, chance
        self._lines: dict[StreamReplica, StoreLine] = {}
        self.subscribers: list[tuple[StreamSubscriber, StreamReplica]] = []
        self.log: list[str] = []

    @property
    def alive(self) -> list[StreamReplica]:
        return [item for item in self._this.replicas if not item.is_killed]

    async def add_replica(self) -> None:
        line = await self._stack.enter_async_context(StoreLine(self._this.server.port).open())
        self._lines[await self._this.add(line.url)] = line

    async def subscribe(self) -> None:
        replica, subscriber = self._chance.choice(self.alive), StreamSubscriber()
        await subscriber.join(replica)
        self.subscribers.append((subscriber, replica))

    async def move(self) -> None:
        index = self._chance.randrange(len(self.subscribers))
        subscriber, _ = self.subscribers[index]
        subscriber.cut()
        await asyncio.sleep(self._chance.choice([0, 0.1]))
        replica = self._chance.choice(self.alive)
        await subscriber.join(replica)
        self.subscribers[index] = subscriber, replica

    async def kill_replica(self) -> None:
        killed = self._chance.choice(self.alive)
        await killed.kill()
        await self.add_replica()
        for index, (subscriber, replica) in enumerate(self.subscribers):
            if replica is killed:
                subscriber.cut()
                other = self._chance.choice(self.alive)
                await subscriber.join(other)
                self.subscribers[index] = subscriber, other

    async def cut_line(self) -> None:
        self._lines[self._chance.choice(self.alive)].cut()

    async def heal_lines(self) -> None:
        for line in self._lines.values():
            line.heal()

    async def empty_store(self) -> None:
        self._this.server.command("FLUSHALL")

    async def restart_store(self) -> None:
        self._this.server.kill()
        await asyncio.sleep(self._chance.choice([0.1, 0.6]))
        self._this.server.start()

    async def pause_store(self) -> None:
        self._this.server.pause()
        await asyncio.sleep(self._chance.choice([0.1, 0.6]))
        self._this.server.resume()

    async def drop_socket(self) -> None:
        for peer in self._this.market.stand_in.peers:
            peer.drop()

    async def run(self) -> None:
        steps = [
            self.subscribe,
            self.move,
            self.kill_replica,
            self.cut_line,
            self.heal_lines,
            self.empty_store,
            self.restart_store,
            self.pause_store,
            self.drop_socket,
        ]
        for _ in range(STEPS):
            step = self._chance.choice(steps)
            self.log.append(step.__name__)
            await step()
            await asyncio.sleep(self._chance.uniform(0, LONGEST_PAUSE))
        await self.heal_lines()


@pytest.fixture
async def empty(store_server: StoreServer) -> AsyncIterator[StreamCluster]:
    async with cluster(store_server, 0) as this:
        yield this


@pytest.mark.parametrize("seed", range(4))
async def test_no_event_is_lost_in_silence_or_comes_twice(empty: StreamCluster, seed: int) -> None:
    async with contextlib.AsyncExitStack() as stack:
        disorder = Disorder(empty, stack, random.Random(seed))
        for _ in range(REPLICAS):
            await disorder.add_replica()
        for replica in empty.replicas:
            subscriber = StreamSubscriber()
            await subscriber.join(replica)
            disorder.subscribers.append((subscriber, replica))
        await eventually(lambda: empty.market.sockets == 1)
        empty.market.flow()
        await disorder.run()
        number = len(empty.market.sent) + 5
        subscribers = [item for item, _ in disorder.subscribers]
        await eventually(lambda: all(number <= max(item.numbers, default=0) for item in subscribers))
        await eventually(lambda: empty.market.sockets == 1)
        await empty.market.stop()
        for subscriber in subscribers:
            try:
                subscriber.check(empty.market.sent)
            except AssertionError as error:
                raise AssertionError(disorder.log) from error
