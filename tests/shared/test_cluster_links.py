"""The links to the nodes of a Cluster when they fail, or when the Cluster is not settled."""

import asyncio

import pytest
from redis.asyncio.connection import AbstractConnection
from redis.crc import REDIS_CLUSTER_HASH_SLOTS
from redis.exceptions import MovedError

from shared.store.address import HostPort
from shared.store.cluster import ClusterLinks
from shared.store.commands import Argument
from shared.store.discovery import SlotRange
from shared.store.errors import StoreAway
from shared.store.link import SentCommand, packed
from shared.store.store import LIMIT
from tests.clock import SteppedClock

NODE, OTHER = HostPort("node", 1), HostPort("other", 2)
ALL_SLOTS = SlotRange(0, REDIS_CLUSTER_HASH_SLOTS - 1, NODE)
WORDS: tuple[Argument, ...] = ("GET", "name")


class StubNodes:
    """Nodes to which no connection is opened until a test says so."""

    def __init__(self, *ranges: SlotRange) -> None:
        self.losses: list[str] = []
        self.opened: list[HostPort] = []
        self.links = ClusterLinks(self._connect, list(ranges), SteppedClock(), LIMIT, self.losses.append)

    async def _connect(self, server: HostPort) -> AbstractConnection:
        self.opened.append(server)
        await asyncio.Event().wait()
        raise AssertionError

    async def send(self) -> SentCommand:
        """Send an operation, which waits for its link."""
        command = SentCommand(packed(WORDS))
        self.links.send(command, WORDS)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return command


async def test_a_slot_without_a_node_fails_its_operations_alone() -> None:
    nodes = StubNodes()
    with pytest.raises(StoreAway, match="no node of the Cluster has slot"):
        await nodes.send()
    assert nodes.losses == []


async def test_links_are_lost_once_with_all_that_wait_for_them() -> None:
    nodes = StubNodes(ALL_SLOTS)
    commands = [await nodes.send(), await nodes.send()]
    nodes.links.lose("first")
    nodes.links.lose("second")
    for command in commands:
        with pytest.raises(StoreAway, match="first"):
            await command.future
    with pytest.raises(StoreAway, match="first"):
        await nodes.send()
    assert (nodes.losses, nodes.opened) == (["first"], [NODE])
    await asyncio.gather(*nodes.links.end(), return_exceptions=True)


async def test_a_link_that_is_being_opened_ends_with_the_others() -> None:
    nodes = StubNodes(ALL_SLOTS)
    command = await nodes.send()
    (opening,) = nodes.links.end()
    with pytest.raises(asyncio.CancelledError):
        await opening
    with pytest.raises(StoreAway, match="closed"):
        await command.future


async def test_a_cluster_that_redirects_without_end_is_away() -> None:
    nodes = StubNodes(ALL_SLOTS)
    command = await nodes.send()
    for server in (OTHER, NODE, OTHER, NODE):
        nodes.links._redirect(command, MovedError(f"7 {server}"))
        assert not command.future.done()
    nodes.links._redirect(command, MovedError(f"7 {OTHER}"))
    with pytest.raises(StoreAway, match="redirects slot 7 without end"):
        await command.future
    assert len(nodes.losses) == 1
    await asyncio.gather(*nodes.links.end(), return_exceptions=True)
