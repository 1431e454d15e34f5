"""The links to the nodes of a Cluster, one for each node that has names of ours."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, TypeAlias

from redis.asyncio.connection import AbstractConnection
from redis.crc import key_slot
from redis.exceptions import AskError, MovedError

from cg_client.clock import Clock
from cg_client.live.timers import within
from shared.store.address import HostPort
from shared.store.commands import Argument, StoreReply
from shared.store.discovery import SlotRange
from shared.store.errors import StoreAway
from shared.store.failures import reason_of
from shared.store.link import Link, SentCommand

_MAX_HOPS: Final = 4  # a Cluster that redirects more often is not settled
_KEY_OF_SCRIPT: Final = 3  # EVALSHA digest 1 key


Connect: TypeAlias = Callable[[HostPort], Awaitable[AbstractConnection]]


class ClusterLinks:
    """Routes each operation by the slot of its first name, and follows redirections.

    A link is opened with the first operation for its node, which waits no longer than for any reply.
    """

    def __init__(
        self, connect: Connect, ranges: list[SlotRange], clock: Clock, limit: float, on_loss: Callable[[str], None]
    ) -> None:
        self._connect = connect
        self._clock = clock
        self._limit = limit
        self._on_loss = on_loss
        self._ranges = ranges
        self._moved: dict[int, HostPort] = {}  # since the ranges were read
        self._links: dict[HostPort, Link] = {}
        # Operations whose link is being opened, and whether ASKING precedes each.
        self._waiting: dict[HostPort, list[tuple[SentCommand, bool]]] = {}
        self._opening: set[asyncio.Task[None]] = set()
        self._reason: str | None = None

    def server_of(self, name: str | bytes) -> HostPort:
        """Return the node that has the name. Raises StoreAway if none has it."""
        slot = key_slot(name.encode() if isinstance(name, str) else name)
        if slot in self._moved:
            return self._moved[slot]
        for first, last, server in self._ranges:
            if first <= slot <= last:
                return server
        raise StoreAway(f"COINGLASS_SHARED_URL: no node of the Cluster has slot {slot}")

    def send(self, command: SentCommand, words: tuple[Argument, ...]) -> None:
        """Send the operation to its node. Raises StoreAway if the links are lost."""
        if self._reason is not None:
            raise StoreAway(self._reason)
        self._send_to(self.server_of(_name_in(words)), command)

    def ping(self) -> "list[asyncio.Future[StoreReply]]":
        """Return the replies to come from all nodes that are connected. Raises StoreAway."""
        pings = [(link, SentCommand.unobserved("PING")) for link in self._links.values()]
        for link, command in pings:
            link.send(command)
        return [command.future for _, command in pings]

    def end(self) -> "Iterable[asyncio.Task[None]]":
        """End the work on the connections, which their owner closes; return what is about to end."""
        self.lose("closed")
        for task in self._opening:
            task.cancel()
        return [*self._opening, *(task for link in self._links.values() for task in link.end())]

    def lose(self, reason: str) -> None:
        """Lose all links: what replicas share is one whole."""
        if self._reason is not None:
            return
        self._reason = reason
        for link in self._links.values():
            link.lose(reason)
        for commands in self._waiting.values():
            for command, _ in commands:
                command.fail(reason)
        self._waiting.clear()
        self._on_loss(reason)

    def _send_to(self, server: HostPort, command: SentCommand, *, asking: bool = False) -> None:
        link = self._links.get(server)
        if link is not None:
            self._send_by(link, command, asking=asking)
        elif server in self._waiting:
            self._waiting[server].append((command, asking))
        else:
            self._waiting[server] = [(command, asking)]
            task = asyncio.create_task(self._open(server))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    def _send_by(self, link: Link, command: SentCommand, *, asking: bool) -> None:
        if asking:
            link.send(SentCommand.unobserved("ASKING"))
        link.send(command)

    async def _open(self, server: HostPort) -> None:
        try:
            connection = await within(self._clock, self._limit, self._connect(server))
        except Exception as error:  # noqa: BLE001  # whatever fails, operations wait for this link
            self.lose(reason_of(error))
            return
        if self._reason is not None:
            return
        link = self._links[server] = Link(connection, self._clock, self._limit, self.lose, self._redirect)
        for command, asking in self._waiting.pop(server, ()):
            self._send_by(link, command, asking=asking)

    def _redirect(self, command: SentCommand, error: AskError) -> None:
        """Send the operation to the node that the Cluster names; its caller knows nothing of it."""
        command.hops += 1
        if command.hops > _MAX_HOPS or not error.host:
            self.lose(f"COINGLASS_SHARED_URL: the Cluster redirects slot {error.slot_id} without end")
            command.fail(str(self._reason))
        elif not command.future.done():
            server, has_moved = HostPort(error.host, error.port), isinstance(error, MovedError)
            if has_moved:
                self._moved[error.slot_id] = server
            self._send_to(server, command, asking=not has_moved)


def _name_in(words: tuple[Argument, ...]) -> str | bytes:
    """Return the first name of a command; one without any goes to the node of an arbitrary slot."""
    index = _KEY_OF_SCRIPT if words[0] in ("EVAL", "EVALSHA") else 1
    name = words[index] if len(words) > index else ""
    return name if isinstance(name, bytes) else str(name)
