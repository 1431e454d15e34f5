"""A real store notes since when it has lost nothing: each node of a Cluster, of Valkey and of Redis."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeAlias

import pytest
import redis

from cg_client.clock import Clock
from cg_client.quota.admission_queue import AdmissionQueue
from cg_client.quota.window import QuotaWindow
from cg_client.secret import Secret
from shared.quota.shared_quota import SharedQuota
from shared.store.scope import Scope
from shared.store.store import Store
from tests.shared.cluster_rig import Cluster
from tests.shared.rig import StoreLog, connected
from tests.store_server import StoreServer, running_store

Noted: TypeAlias = tuple[str, str, str]  # since when, the history, the evictions


def noted(server: StoreServer) -> list[Noted]:
    """Return the ages that a server has: one, once it has a quota."""
    with redis.Redis(port=server.port, decode_responses=True) as entries:
        ages = [entries.get(name) for name in entries.scan_iter("cg:{*}:age")]
    fields = [str(age).split() for age in ages]
    return [(since, history, evicted) for since, history, evicted in fields]


@asynccontextmanager
async def quota(store: Store, key: str) -> AsyncIterator[SharedQuota]:
    """Yield a quota that has reached the store; while it is there, the store has an entry of it."""
    clock = Clock()
    scope = Scope.of(Secret(key), "https://h")
    shared = SharedQuota(
        AdmissionQueue(QuotaWindow(30), clock), store, scope, clock, replica="first", recovery_seconds=0.0
    )
    await shared.open()
    assert not shared.contact.is_alone
    yield shared
    await shared.close()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    started = Cluster(tmp_path)
    try:
        started.start()
        yield started
    finally:
        for node in started.nodes:
            node.kill()


async def test_each_node_of_a_cluster_has_one_age(cluster: Cluster) -> None:
    log = StoreLog()
    async with connected(cluster.url, observer=log) as store:
        for number in range(20):
            async with quota(store, f"key {number}"):
                pass
        assert [len(noted(node)) for node in cluster.nodes] == [1, 1, 1]
        assert log.failures == []


async def test_an_age_lasts_until_the_store_has_lost_something(each_store_server: StoreServer) -> None:
    server = each_store_server
    async with connected(server.url) as store:
        async with quota(store, "a key"):
            (first,) = noted(server)
        async with quota(store, "another key"):
            assert noted(server) == [first]
        server.command("CONFIG", "SET", "maxmemory-policy", "allkeys-random")
        server.command("CONFIG", "SET", "maxmemory", "1")
        assert server.command("SET", "one", "value").startswith((b"+OK", b"-OOM"))
        server.command("CONFIG", "SET", "maxmemory", "0")
        async with quota(store, "a third key"):
            (after_eviction,) = noted(server)
        assert after_eviction > first
        server.command("FLUSHALL")
        async with quota(store, "a fourth key"):
            (after_loss,) = noted(server)
        assert after_loss > after_eviction


async def test_a_store_that_becomes_a_primary_is_young(tmp_path: Path) -> None:
    with (
        running_store(tmp_path / "first", "--repl-diskless-sync-delay 0") as first,
        running_store(tmp_path / "second") as second,
    ):
        async with connected(first.url) as store, quota(store, "a key"):
            ((since, history, _),) = noted(first)
            second.command("REPLICAOF", "127.0.0.1", str(first.port))
            second.until(["INFO", "replication"], lambda answer: b"master_link_status:up" in answer)
            assert noted(second) == noted(first)
        second.command("REPLICAOF", "NO", "ONE")
        async with connected(second.url) as store, quota(store, "another key"):
            ((later, other, _),) = noted(second)
        assert (later > since, other != history) == (True, True)


async def test_a_user_who_may_not_read_the_history_uses_a_store_that_is_young(store_server: StoreServer) -> None:
    rights = ["on", ">secret", "~cg:*", "&cg:*", "+@all", "-@admin", "-@dangerous"]
    assert store_server.command("ACL", "SETUSER", "replica", *rights) == b"+OK\r\n"
    async with connected(store_server.url.replace("//", "//replica:secret@")) as store, quota(store, "a key"):
        assert noted(store_server) == []


async def test_the_user_of_the_documents_may_read_the_history(store_server: StoreServer) -> None:
    rights = ["on", ">secret", "~cg:*", "&cg:*", "+@all", "-@admin", "-@dangerous", "+info"]
    assert store_server.command("ACL", "SETUSER", "replica", *rights) == b"+OK\r\n"
    async with connected(store_server.url.replace("//", "//replica:secret@")) as store, quota(store, "a key"):
        assert len(noted(store_server)) == 1
