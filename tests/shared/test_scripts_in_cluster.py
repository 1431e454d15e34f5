"""Every script runs in a Cluster of real nodes: at each node, without its cache of scripts, and after a failover."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from callers.budgets import Reservation
from callers.caller import Budget, Caller
from cg_client.call import Answer, Fetched
from cg_client.client_config import ClientConfig
from cg_client.clock import Clock
from cg_client.entries import Entry
from cg_client.errors import NotFound
from cg_client.plans.plan_table import Plan
from cg_client.quota.admission_queue import AdmissionQueue
from cg_client.quota.window import QuotaWindow
from cg_client.secret import Secret
from shared.answers.answers import Answers
from shared.budgets.shared_budgets import SharedAllowance, SharedBudgets
from shared.budgets.windows import BudgetNames
from shared.facts.shared_facts import SharedFacts
from shared.quota.shared_quota import SharedQuota
from shared.rights import find_refusals
from shared.store.errors import StoreAway
from shared.store.scope import Scope
from shared.store.script import FOLDER
from shared.store.store import Store
from shared.streams.channel_codec import encode_channels
from shared.streams.stream_store import OwnerLease, StreamStore
from shared.streams.stream_times import StreamTimes
from tests.cg_client.conftest import client_with
from tests.cg_client.live.rig import LIQUIDATIONS
from tests.clock import FakeClock
from tests.running import LIMIT
from tests.shared.cluster_rig import NODES, Cluster
from tests.shared.replicas import shared_call
from tests.shared.rig import StoreLog, connected
from tests.shared.test_stream_store import pending
from tests.store_server import StoreServer

URL = "https://example.com"
BUDGET = Budget(calls_per_minute=1000)
SCRIPTS = {"quota" if path.stem.startswith("quota_") else path.stem for path in FOLDER.glob("*.lua")}
groups = map("group {}".format, itertools.count())
PATIENCE = 5.0  # seconds of a lookup
LIFETIME = 60.0


@dataclass
class SharedState:
    """All that a replica shares under one key."""

    store: Store
    key: Secret

    def __post_init__(self) -> None:
        self.clock, self.scope = Clock(), Scope.of(self.key, URL)
        config = self.config = ClientConfig(api_key=self.key, base_url=URL)
        self.answers = Answers.of(self.store, config, self.clock)
        self.small = Answers.of(self.store, config, self.clock, limit=1000)
        local = AdmissionQueue(QuotaWindow(30), self.clock)
        self.quota = SharedQuota(local, self.store, self.scope, self.clock, replica="a", recovery_seconds=0.0)
        self.budgets = SharedBudgets(BUDGET, self.clock, self.store, BudgetNames(self.key, URL), lambda: 1)
        self.streams = StreamStore(self.store, self.scope, self.clock, "a", StreamTimes(), 5)

    async def run_all(self) -> None:
        """Run each script at least once, and look that it does what it is for."""
        await self.share_answers()
        await self.share_facts()
        await self.share_streams()
        await self.quota.open()
        assert self.quota.obstacle is None
        await self.spend_budget()
        assert await find_refusals(self.store, self.config) == []

    async def share_answers(self) -> None:
        await self.fetch(self.answers, "BTC")
        assert await self.answers.survey([shared_call("BTC"), shared_call("ETH")]) == {shared_call("BTC")}
        for symbol in ("A", "B", "C", "D"):  # more than the limit has room for
            await self.fetch(self.small, symbol)
        failing = (await self.answers.look_up(shared_call("ETH"), self.clock.monotonic() + PATIENCE)).lease
        assert failing is not None
        await self.answers._renewals.renew(self.store)
        failing.fail(NotFound("no such pair"))
        await self.answers.flush()

    async def fetch(self, answers: Answers, symbol: str) -> None:
        """Store an answer unless there is one, and read it."""
        call, deadline = shared_call(symbol), self.clock.monotonic() + PATIENCE
        lookup = await answers.look_up(call, deadline)
        if lookup.lease is not None:
            answer = Answer(7, call.endpoint, self.clock.now(), lifetime=LIFETIME)
            lookup.lease.finish(Entry.of(Fetched(answer, 8, LIFETIME), self.clock.monotonic()))
            await answers.flush()
            lookup = await answers.look_up(call, deadline)
        assert lookup.entry is not None
        assert lookup.entry.answer.value == 7

    async def share_facts(self) -> None:
        client = client_with(Plan.HOBBYIST, FakeClock())
        facts = SharedFacts(self.store, self.scope, client, "a")
        await facts.start()
        facts._learn_limit(80)
        async with asyncio.timeout(LIMIT):
            while not facts.counts["published"]:  # noqa: ASYNC110  # nothing tells of it
                await asyncio.sleep(0.01)
        assert await facts.claim(next(groups), 1.0)
        await facts.close()
        await client.close()

    async def share_streams(self) -> None:
        streams = self.streams
        beat = await streams.beat("", encode_channels([LIQUIDATIONS]), "", None, OwnerLease.TAKE)
        await streams.begin(beat.token, LIQUIDATIONS, "epoch", None, is_new=True)
        assert await streams.append(beat.token, [pending(1)]) == []
        assert await streams.retain(beat.token, [LIQUIDATIONS]) == []
        assert [item.number.number for item in await streams.newest(LIQUIDATIONS, 60)] == [1]
        assert await streams.end(beat.token, LIQUIDATIONS, beat.version)
        await streams.leave(beat.token)

    async def spend_budget(self) -> None:
        allowance = self.budgets.allowance(Caller("ann"))
        assert isinstance(allowance, SharedAllowance)
        reserved = allowance.charge(1, 0)
        assert not isinstance(reserved, Sequence)
        reservations: Sequence[Reservation] = await reserved
        assert [item.amount for item in reservations] == [1]

    async def close(self) -> None:
        await self.quota.close()
        await self.answers.close()
        await self.small.close()


def keys(cluster: Cluster) -> list[Secret]:
    """Return a key of which each node has what is shared."""
    secrets = [Secret(f"key {number}") for number in range(50)]
    owners = {cluster.owner(Scope.of(secret, URL).name("x")).port: secret for secret in secrets}
    return [owners[node.port] for node in cluster.nodes]


@contextlib.asynccontextmanager
async def sharing(cluster: Cluster, log: StoreLog) -> AsyncIterator[list[SharedState]]:
    """Yield what is shared under each key."""
    async with connected(cluster.url, observer=log) as store:
        states = [SharedState(store, key) for key in keys(cluster)]
        yield states
        for state in states:
            await state.close()


def flush_scripts(nodes: Sequence[StoreServer]) -> None:
    for node in nodes:
        assert node.command("SCRIPT", "FLUSH", "SYNC") == b"+OK\r\n"


async def test_every_script_runs_at_every_node_also_if_the_node_has_lost_it(cluster: Cluster) -> None:
    log = StoreLog()
    async with sharing(cluster, log) as states:
        for state in states:
            log.operations.clear()
            await state.run_all()
            assert SCRIPTS - {*log.operations} == set()
        assert b":0\r\n" not in [node.command("DBSIZE") for node in cluster.nodes]
        flush_scripts(cluster.nodes)
        for state in states:
            log.operations.clear()
            await state.run_all()
            assert SCRIPTS - {*log.operations} == set()
    assert (log.failures, log.away) == ([], [])


async def test_every_script_runs_at_the_node_that_took_over_which_has_the_data(cluster: Cluster) -> None:
    log, primary = StoreLog(), cluster.nodes[0]
    standby = cluster.add_standby(primary)
    async with sharing(cluster, log) as states:
        state = states[0]
        assert cluster.owner(state.scope.name("x")) is primary
        await state.run_all()
        await state.fetch(state.answers, "XRP")
        fetched = state.answers.counts["lease"]
        standby.until(["DBSIZE"], lambda answer: answer == primary.command("DBSIZE"))
        primary.kill()
        for node in (standby, *cluster.nodes[1:]):
            node.until(["CLUSTER", "NODES"], lambda answer: answer.count(b"master") == NODES + 1)
        async with asyncio.timeout(LIMIT):
            while not await is_answered(state.store, state.scope.name("x")):  # noqa: ASYNC110  # a Cluster tells nobody
                await asyncio.sleep(0.05)
        await state.fetch(state.answers, "XRP")
        assert state.answers.counts["lease"] == fetched
        log.failures.clear()
        log.operations.clear()
        await state.run_all()
        assert SCRIPTS - {*log.operations} == set()
    assert log.failures == []


async def is_answered(store: Store, name: str) -> bool:
    with contextlib.suppress(StoreAway):
        await store.get(name)
        return True
    return False
