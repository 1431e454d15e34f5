"""A machine that lets everything fail that can, in any order, and looks at each request that reaches upstream."""

import asyncio
from collections.abc import Coroutine
from typing import ClassVar, TypeVar

import redis
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cg_client.quota.requester import Priority
from shared.store.script import LuaScript
from tests.shared.quota_world import QuotaReplica, World

MOST_REPLICAS = 4
LIMIT = 20

ROUNDS = 2  # of calls after the last fault
NEVER = 1e6  # seconds after which a silent replica is forgotten

T = TypeVar("T")

replicas = st.integers(0, MOST_REPLICAS - 1)
priorities = st.sampled_from([Priority.INTERACTIVE, Priority.INTERACTIVE, Priority.REFRESH, Priority.BACKFILL])


class QuotaMachine(RuleBasedStateMachine):
    """`store` and `script` are set by the tests."""

    store: ClassVar["redis.Redis"]
    script: ClassVar[LuaScript | None] = None

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.world = self.run(self._new_world())
        self.ended: list[str] = []

    async def _new_world(self) -> World:
        return World(self.store, LIMIT, self.script)

    def run(self, work: Coroutine[None, None, T]) -> T:
        return self.loop.run_until_complete(work)

    @initialize(first=st.integers(1, 3))
    def begin(self, first: int) -> None:
        async def begin() -> None:
            for _ in range(first):
                self.world.replica(recovery_seconds=0.0, excess_fraction=0.7, member_lifetime_seconds=NEVER)
            await self.world.elapse(4)

        self.run(begin())

    def replica(self, number: int) -> QuotaReplica | None:
        there = self.world.replicas
        return there[number % len(there)] if there else None

    @rule(
        number=replicas,
        client=st.sampled_from(["", "ann", "bob"]),
        count=st.integers(1, 25),
        seconds=st.sampled_from([0.0, 0.1, 2.0, 9.0]),
        within=st.sampled_from([0.5, 15.0, 15.0]),
        priority=priorities,
        is_sent=st.integers(0, 9).map(bool),
    )
    def call(
        self, number: int, client: str, count: int, seconds: float, within: float, priority: Priority, is_sent: bool
    ) -> None:
        async def call() -> None:
            if replica := self.replica(number):
                for _ in range(count):
                    replica.call(client, seconds, within=within, priority=priority, is_sent=is_sent)
                await self.world.elapse(0.002)

        self.run(call())

    @rule(seconds=st.sampled_from([0.0005, 0.01, 0.3, 1.1, 2.0, 4.5, 11.0, 31.0, 58.0, 62.0, 85.0]))
    def elapse(self, seconds: float) -> None:
        self.run(self.world.elapse(seconds))

    @rule(number=replicas, is_cut=st.booleans())
    def cut(self, number: int, is_cut: bool) -> None:
        if replica := self.replica(number):
            replica.link.is_cut = is_cut

    @rule(number=replicas, requests=st.integers(0, 2), replies=st.integers(0, 2))
    def lose(self, number: int, requests: int, replies: int) -> None:
        if replica := self.replica(number):
            replica.link.lost_requests, replica.link.lost_replies = requests, replies

    @rule(is_down=st.booleans())
    def stop_store(self, is_down: bool) -> None:
        self.world.is_down = is_down

    @rule()
    def empty_store(self) -> None:
        self.world.empty()

    @precondition(lambda self: not self.world.is_paused)
    @rule()
    def pause_store(self) -> None:
        self.world.is_paused = True

    @precondition(lambda self: self.world.is_paused)
    @rule()
    def resume_store(self) -> None:
        self.world.resume()

    @rule()
    def store_is_reset(self) -> None:
        """Let the store be empty, and everybody notice that it was away."""

        async def reset() -> None:
            self.world.empty()
            for replica in self.world.replicas:
                replica.quota.on_loss()

        self.run(reset())

    @precondition(lambda self: len(self.world.replicas) + len(self.ended) < MOST_REPLICAS)
    @rule(offset=st.floats(-2, 2), rate=st.sampled_from([0.99, 1.0, 1.01]))
    def start_replica(self, offset: float, rate: float) -> None:
        async def start() -> None:
            self.world.replica(
                offset=offset, rate=rate, recovery_seconds=None, excess_fraction=0.7, member_lifetime_seconds=NEVER
            )

        self.run(start())

    @rule(number=replicas)
    def kill(self, number: int) -> None:
        async def kill() -> None:
            if replica := self.replica(number):
                replica.kill()
                self.ended.append(replica.name)

        self.run(kill())

    @precondition(lambda self: bool(self.ended))
    @rule()
    def restart(self) -> None:
        async def restart() -> None:
            self.world.replica(
                self.ended.pop(), recovery_seconds=None, excess_fraction=0.7, member_lifetime_seconds=NEVER
            )

        self.run(restart())

    @rule(number=replicas)
    def leave(self, number: int) -> None:
        async def leave() -> None:
            if len(self.world.replicas) > 1 and (replica := self.replica(number)):
                for task in replica.tasks:
                    task.cancel()
                self.ended.append(replica.name)  # which may not have reached the store
                leaving = asyncio.create_task(replica.leave())
                await self.world.elapse(0.6)
                await leaving

        self.run(leave())

    @invariant()
    def limit_is_respected(self) -> None:
        assert self.world.upstream.most <= LIMIT

    def teardown(self) -> None:
        try:
            self.run(self._recover())
        finally:
            self.run(self.world.close())
            self.loop.close()

    async def _recover(self) -> None:
        """Let all faults end: then all replicas share the quota again, and everybody's call starts."""
        world = self.world
        world.is_down = False
        world.resume()
        for name in self.ended:
            world.replica(name, recovery_seconds=None, excess_fraction=0.7, member_lifetime_seconds=NEVER)
        for replica in world.replicas:
            replica.link.is_cut, replica.link.lost_requests, replica.link.lost_replies = False, 0, 0
        await world.elapse(100)
        assert not any(replica.is_alone for replica in world.replicas)
        for _ in range(ROUNDS):
            calls = [replica.call(client, within=70) for replica in world.replicas for client in ("ann", "bob")]
            await world.elapse(75)
            assert all(call.done() and call.result() is not None for call in calls)
        assert world.upstream.most <= LIMIT
