"""Replicas with one key and one store, whose time and contact tests control. The script runs in a real Valkey."""

import asyncio
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import redis

from cg_client.clock import Clock
from cg_client.errors import StartsTooLate
from cg_client.quota.admission import Admission
from cg_client.quota.admission_queue import AdmissionQueue
from cg_client.quota.requester import Priority, Requester
from cg_client.quota.round_robin import EQUAL, Weights
from cg_client.quota.window import MINUTE, QuotaWindow
from cg_client.secret import Secret
from shared.quota.messages import quota_script
from shared.quota.shared_quota import MEMBER_LIFETIME_SECONDS, SharedQuota
from shared.store.commands import Argument, StoreReply
from shared.store.errors import StoreAway
from shared.store.scope import Scope
from shared.store.script import LuaScript
from shared.store.store import LIMIT
from tests.cg_client.conftest import a_call
from tests.clock import SteppedClock

SCOPE = Scope.of(Secret("a-key-of-tests"), "https://h")
AGES = 1e9
LATENCY = 0.001
AGE = "cg:{1}:age"  # of the store: the entry that lasts
_EPOCH = 1_800_000_000.0
_CLOCK = 'redis.call("TIME")'


def with_simulated_time(script: LuaScript) -> LuaScript:
    """Return the script with the time as its second argument."""
    assert script.source.count(_CLOCK) == 1
    return LuaScript(script.name, script.source.replace(_CLOCK, "{ARGV[2], 0}"))


class ReplicaClock(Clock):
    """Differs from the true time by an offset, and is faster by a part."""

    def __init__(self, true: SteppedClock, offset: float, rate: float) -> None:
        self._true, self._offset, self._rate = true, offset, rate

    def monotonic(self) -> float:
        return self._offset + self._rate * self._true.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._true.sleep(seconds / self._rate)


@dataclass
class QuotaUpstream:
    """Counts each request from its start until a minute after its end."""

    clock: SteppedClock
    limit: int
    uses: list[list[float]] = field(default_factory=list)
    most: int = 0

    def begin(self) -> list[float]:
        now = self.clock.monotonic()
        self.uses = [use for use in self.uses if use[1] + MINUTE > now]
        use = [now, AGES]
        self.uses.append(use)
        self.most = max(self.most, len(self.uses))
        return use

    @property
    def used(self) -> int:
        """Return what a header would state: the requests that began in the last minute."""
        now = self.clock.monotonic()
        return sum(use[0] + MINUTE > now for use in self.uses)


class ReplicaLink:
    """The way of one replica to the store, which loses what the tests say."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.is_cut = False
        self.lost_requests = 0
        self.lost_replies = 0

    async def run(self, _script: LuaScript, keys: Sequence[str], args: Sequence[Argument] = ()) -> StoreReply:
        world = self._world
        if self.is_cut or world.is_down or self.lost_requests:
            self.lost_requests = max(0, self.lost_requests - 1)
            return await self._time_out()
        await world.clock.sleep(world.latency)
        if world.is_paused:
            world.unread.append(lambda: world.execute(keys, args))
            return await self._time_out()
        reply = world.execute(keys, args)
        if self.lost_replies:
            self.lost_replies -= 1
            return await self._time_out()
        await world.clock.sleep(world.latency)
        return reply

    async def _time_out(self) -> StoreReply:
        await self._world.clock.sleep(LIMIT)
        raise StoreAway("no answer in time")


class QuotaReplica:
    """A process that sends calls."""

    def __init__(
        self,
        world: "World",
        name: str,
        *,
        offset: float = 0.0,
        rate: float = 1.0,
        weights: Weights = EQUAL,
        excess_fraction: float = 1.0,
        recovery_seconds: float | None = 0.0,
        member_lifetime_seconds: float = MEMBER_LIFETIME_SECONDS,
        limit: int | None = None,
        opens: bool = True,
    ) -> None:
        """`limit`: that it assumes, if another one than the key has. `opens`: at once, not with its first call."""
        self.world, self.name = world, name
        self.link = ReplicaLink(world)
        self.clock = ReplicaClock(world.clock, offset, rate)
        self.local = AdmissionQueue(QuotaWindow(limit or world.limit), self.clock, weights, excess_fraction)
        self.quota = SharedQuota(
            self.local,
            self.link,
            SCOPE,
            self.clock,
            replica=name,
            longest=world.longest,
            recovery_seconds=recovery_seconds,
            member_lifetime_seconds=member_lifetime_seconds,
        )
        self.tasks: list[asyncio.Task[float | None]] = []
        self.sent: list[float] = []  # when its calls started
        self._uses: list[list[float]] = []
        self.opening = asyncio.create_task(self.quota.open()) if opens else None

    def call(
        self,
        client: str = "",
        seconds: float = 0.1,
        *,
        within: float = AGES,
        priority: Priority = Priority.INTERACTIVE,
        is_sent: bool = True,
        name: str = "",
    ) -> "asyncio.Task[float | None]":
        """Start a call; its task returns the true time of its start, or None if it was refused."""
        requester = Requester(client, priority)
        task = asyncio.create_task(self._call(requester, seconds, within, is_sent=is_sent, name=name))
        self.tasks.append(task)
        return task

    async def _call(
        self, requester: Requester, seconds: float, within: float, *, is_sent: bool, name: str
    ) -> float | None:
        quota = self.quota
        try:
            admission = quota.skip(requester) or await quota.start(
                a_call(name or "BTC"), self.clock.monotonic() + within, requester
            )
        except StartsTooLate as refusal:
            self.world.refusals.append(refusal)
            return None
        if not is_sent:
            quota.give_back(admission)
            quota.review()
            return None
        return await self._send(admission, requester, seconds)

    async def _send(self, admission: Admission, requester: Requester, seconds: float) -> float:
        world = self.world
        started = world.clock.monotonic()
        world.order.append(requester.client)
        self.sent.append(started)
        use = world.upstream.begin()
        self._uses.append(use)
        try:
            await world.clock.sleep(seconds)
        finally:
            use[1] = min(use[1], world.clock.monotonic())
            self._uses.remove(use)
            self.quota.end(admission)
        limit, used = world.headers()
        self.quota.correct(admission.at, limit, used)
        return started

    def kill(self) -> None:
        """End the process at once."""
        self.link.is_cut = True
        for use in self._uses:
            use[1] = self.world.clock.monotonic()
        self.quota._is_closed = True
        self.quota._stop_timer()
        for task in self.tasks:
            task.cancel()
        self.world.replicas.remove(self)

    async def leave(self) -> None:
        self.world.replicas.remove(self)
        await self.quota.close()

    @property
    def is_alone(self) -> bool:
        return self.quota.contact.is_alone


class World:
    """Begins with an empty store."""

    def __init__(self, store: "redis.Redis", limit: int = 30, script: LuaScript | None = None) -> None:
        self.clock = SteppedClock()
        self.limit, self.longest, self.latency = limit, 10.0, LATENCY
        self.upstream = QuotaUpstream(self.clock, limit)
        self.replicas: list[QuotaReplica] = []
        self.order: list[str] = []  # the clients of the calls that were sent
        self.refusals: list[StartsTooLate] = []
        self.is_paused = self.is_down = False
        self.unread: list[Callable[[], StoreReply]] = []
        self.store_offset = 0.0
        self.headers: Callable[[], tuple[int | None, int | None]] = lambda: (None, None)
        self._store = store
        self._script = store.register_script(with_simulated_time(script or quota_script()).source)
        self._names = map(str, itertools.count(1))
        self._expiries: dict[str, float] = {}
        self.empty()

    def execute(self, keys: Sequence[str], args: Sequence[Argument]) -> bytes:
        now = self._expire()
        reply = self._script(keys=keys, args=[*args, repr(now)])
        names = (*keys, AGE)
        with self._store.pipeline(transaction=False) as pipeline:
            for name in names:
                pipeline.ttl(name)
            self._expiries = {name: now + left for name, left in zip(names, pipeline.execute(), strict=True)}
        assert isinstance(reply, bytes)
        return reply

    def _expire(self) -> float:
        """Return the time of the store, which has nothing any more that has expired by then."""
        now = _EPOCH + self.store_offset + self.clock.monotonic()
        expired = [name for name, expires_at in self._expiries.items() if expires_at <= now]
        if expired:
            self._store.delete(*expired)
        return now

    def empty(self) -> None:
        self._store.flushall()

    @property
    def entries(self) -> set[str]:
        """Return the names of the entries that the store has now, but for its age."""
        self._expire()
        return {name.decode() for name in self._store.scan_iter() if isinstance(name, bytes)} - {AGE}

    def stored(self) -> bytes:
        """Return the state of the quota as a reader of the store sees it."""
        state = self._store.get(SCOPE.name("quota"))
        assert isinstance(state, bytes)
        return state

    def resume(self) -> None:
        """Let the store go on, which executes what came meanwhile."""
        self.is_paused = False
        for execute in self.unread:
            execute()
        self.unread.clear()

    def replica(self, name: str = "", **options: Any) -> QuotaReplica:
        """Start a replica, under a new name unless one is given; the options are those of `QuotaReplica`."""
        replica = QuotaReplica(self, name or next(self._names), **options)
        self.replicas.append(replica)
        return replica

    async def elapse(self, seconds: float) -> None:
        await self.clock.elapse(seconds)

    async def close(self) -> None:
        for replica in list(self.replicas):
            replica.kill()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
