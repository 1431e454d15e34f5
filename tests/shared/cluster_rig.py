"""A Cluster of three real nodes, and a replica of one of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot

from tests.store_server import StoreServer, binary_of

NODES = 3
BOUNDS = [round(REDIS_CLUSTER_HASH_SLOTS * index / NODES) for index in range(NODES + 1)]
_OPTIONS = ("--cluster-enabled yes", "--cluster-config-file nodes.conf", "--cluster-node-timeout 1000")


class Cluster:
    """Nodes with equal parts of the slots."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.nodes = [StoreServer(folder / str(index), binary_of("valkey"), *_OPTIONS) for index in range(NODES)]
        self.standbys: list[StoreServer] = []

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)

    def start(self) -> None:
        for node, first, following in zip(self.nodes, BOUNDS, BOUNDS[1:], strict=False):
            node.start()
            node.command("CLUSTER", "ADDSLOTSRANGE", str(first), str(following - 1))
        for node in self.nodes[1:]:
            node.command("CLUSTER", "MEET", "127.0.0.1", str(self.nodes[0].port))
        for node in self.nodes:
            node.until(["CLUSTER", "INFO"], lambda answer: b"state:ok" in answer and b"known_nodes:3" in answer)
            node.until(["CLUSTER", "SLOTS"], lambda answer: answer.startswith(b"*3\r\n"))

    def add_standby(self, primary: StoreServer) -> StoreServer:
        """Return a replica of a node, which has its data by now and takes over when it is dead."""
        options = (*_OPTIONS, "--repl-diskless-sync-delay 0", "--cluster-replica-validity-factor 0")
        standby = StoreServer(self._folder / f"standby {len(self.standbys)}", binary_of("valkey"), *options)
        self.standbys.append(standby)
        primary.command("CONFIG", "SET", "repl-diskless-sync-delay", "0")
        standby.start()
        standby.command("CLUSTER", "MEET", "127.0.0.1", str(primary.port))
        identity = identity_of(primary)
        standby.until(["CLUSTER", "NODES"], lambda answer: answer.count(b"master") == NODES + 1)
        standby.until(["CLUSTER", "REPLICATE", identity], lambda answer: answer.startswith(b"+OK"))
        standby.until(["INFO", "replication"], lambda answer: b"master_link_status:up" in answer)
        for node in self.nodes:
            node.until(["CLUSTER", "NODES"], lambda answer: answer.count(b"slave") == 1)
        return standby

    def owner(self, name: str) -> StoreServer:
        """Return the node that has the name at first."""
        return next(node for node, end in zip(self.nodes, BOUNDS[1:], strict=False) if key_slot(name.encode()) < end)

    def move(self, name: str, source: StoreServer, target: StoreServer) -> None:
        """Move an empty slot."""
        slot, identity = str(key_slot(name.encode())), identity_of(target)
        for node in (target, source):
            node.command("CLUSTER", "SETSLOT", slot, "NODE", identity)


def identity_of(node: StoreServer) -> str:
    return node.command("CLUSTER", "MYID").split(b"\r\n")[1].decode()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path)
    try:
        cluster.start()
        yield cluster
    finally:
        for node in (*cluster.nodes, *cluster.standbys):
            node.kill()
