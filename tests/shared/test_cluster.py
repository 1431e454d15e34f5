"""A Cluster of three real nodes: operations go to the node that has their slot, also after it moved."""

import asyncio
import contextlib

import pytest
from redis.asyncio.connection import AbstractConnection
from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot

from shared.store.address import HostPort
from shared.store.cluster import ClusterLinks
from shared.store.discovery import SlotRange
from shared.store.errors import StoreAway
from shared.store.link import SentCommand, packed
from shared.store.script import LuaScript
from shared.store.store import LIMIT
from shared.store.stream_reader import StreamReader
from tests.clock import FakeClock
from tests.shared.cluster_rig import NODES, Cluster, identity_of
from tests.shared.rig import StoreLog, connected

ADD = LuaScript("add", "return redis.call('INCRBY', KEYS[1], ARGV[1])")


def names(cluster: Cluster) -> list[str]:
    """Return a name of each node."""
    owners = {cluster.owner(f"{{{number}}}").port: f"{{{number}}}" for number in range(50)}
    return [owners[node.port] for node in cluster.nodes]


async def test_operations_go_to_the_nodes_of_their_names(cluster: Cluster) -> None:
    async with connected(cluster.url) as store:
        for name in names(cluster):
            assert await store.run(ADD, [name], [2]) == 2
            await store.set(f"{name}:text", "value", 60)
            assert await store.get(f"{name}:text") == b"value"
        assert [node.command("DBSIZE") for node in cluster.nodes] == [b":2\r\n"] * NODES


async def test_an_operation_follows_a_slot_that_moved(cluster: Cluster) -> None:
    log = StoreLog()
    async with connected(cluster.url, observer=log) as store:
        first, second, _ = names(cluster)
        assert await store.run(ADD, [second], [1]) == 1
        assert await store.get(first) is None
        cluster.move(first, cluster.nodes[0], cluster.nodes[2])
        assert await asyncio.gather(*(store.run(ADD, [first], [1]) for _ in range(10))) == [*range(1, 11)]
        assert cluster.nodes[2].command("EXISTS", first) == b":1\r\n"
        assert (log.away, log.failures) == ([], [])


async def test_an_operation_follows_a_slot_that_is_moving(cluster: Cluster) -> None:
    log = StoreLog()
    async with connected(cluster.url, observer=log) as store:
        first, _, _ = names(cluster)
        assert await store.get(first) is None
        source, target = cluster.nodes[0], cluster.nodes[2]
        slot = str(key_slot(first.encode()))
        target.command("CLUSTER", "SETSLOT", slot, "IMPORTING", identity_of(source))
        source.command("CLUSTER", "SETSLOT", slot, "MIGRATING", identity_of(target))
        await store.set(first, "value", 60)
        assert await store.get(first) == b"value"
        assert target.command("CLUSTER", "COUNTKEYSINSLOT", slot) == b":1\r\n"
        assert (log.away, log.failures) == ([], [])


async def test_messages_and_blocking_reads_reach_every_node(cluster: Cluster) -> None:
    messages = asyncio.Queue[bytes]()
    async with connected(cluster.url) as store:
        for name in names(cluster):
            store.subscribe(name, messages.put_nowait)
            await store.session.notices.ping()
            await store.execute("PUBLISH", name, name)
            assert await messages.get() == name.encode()
            reader = StreamReader(store)
            await store.execute("XADD", f"{name}:stream", "1-1", "field", name)
            entries = await reader.read({f"{name}:stream": "0"}, 1, 10)
            assert entries == {f"{name}:stream": [("1-1", {b"field": name.encode()})]}
            await reader.close()


async def test_a_dead_node_takes_the_store_away_until_the_cluster_has_it_again(cluster: Cluster) -> None:
    log = StoreLog()
    async with connected(cluster.url, observer=log) as store:
        first, second, _ = names(cluster)
        await store.set(first, "value", 60)
        cluster.nodes[0].kill()
        with contextlib.suppress(StoreAway):
            await store.get(first)
        await log.until(lambda: bool(log.away))
        cluster.nodes[0].start()
        while True:
            with contextlib.suppress(StoreAway):
                await store.set(first, "value", 60)
                await store.set(second, "value", 60)
                break
            await asyncio.sleep(0.05)


async def test_a_paused_node_takes_the_store_away(cluster: Cluster) -> None:
    log = StoreLog()
    async with connected(cluster.url, observer=log) as store:
        first, second, _ = names(cluster)
        assert await store.get(first) is None
        assert await store.get(second) is None
        cluster.nodes[1].pause()
        with pytest.raises(StoreAway):
            await store.get(second)
        assert store.is_away


async def test_cancelled_callers_take_no_reply_of_another_when_a_slot_moves(cluster: Cluster) -> None:
    async with connected(cluster.url) as store:
        first, _, _ = names(cluster)
        operations = [asyncio.create_task(store.execute("GETRANGE", f"{first}:{n}", 0, -1)) for n in range(50)]
        await asyncio.sleep(0)
        cluster.move(first, cluster.nodes[0], cluster.nodes[1])
        for operation in operations[::3]:
            operation.cancel()
        await asyncio.gather(*operations, return_exceptions=True)
        results = await asyncio.gather(*(store.execute("SET", f"{first}:{n}", n, "GET") for n in range(50)))
        assert results == [None] * 50
        results = await asyncio.gather(*(store.get(f"{first}:{n}") for n in range(50)))
        assert results == [str(n).encode() for n in range(50)]


async def test_whatever_fails_while_a_link_is_opened_fails_the_operations_that_wait_for_it() -> None:
    reasons: list[str] = []

    async def connect(server: HostPort) -> AbstractConnection:
        raise UnicodeError(f"{server.host} is no name of a host")

    node = SlotRange(0, REDIS_CLUSTER_HASH_SLOTS - 1, HostPort("a..b", 1))
    links = ClusterLinks(connect, [node], FakeClock(), LIMIT, reasons.append)
    words = ("GET", "name")
    command = SentCommand(packed(words))
    links.send(command, words)
    with pytest.raises(StoreAway, match=r"a\.\.b is no name of a host"):
        await asyncio.wait_for(command.future, 2)
    assert reasons == ["COINGLASS_SHARED_URL: a..b is no name of a host"]
