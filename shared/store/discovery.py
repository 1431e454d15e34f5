"""Finds the servers of an address: the primary that sentinels name, or the nodes of a Cluster."""

import dataclasses
import functools
from typing import Final, NamedTuple

from redis.exceptions import AuthenticationError

from shared.store.address import Address, HostPort, StoreKind
from shared.store.connections import connected_to, first_success, request
from shared.store.failures import UnusableServer

_MIN_VERSION: Final = 7  # the first one whose scripts have flags


class SlotRange(NamedTuple):
    """Slots of a Cluster and the node that has them."""

    first: int
    last: int
    server: HostPort


async def find_primary(address: Address) -> HostPort | None:
    """Return the server, or None for a socket of this machine. Raises one of FAILURES."""
    if address.kind is not StoreKind.SENTINEL:
        return address.endpoints[0] if address.endpoints else None
    return await first_success(functools.partial(ask_sentinel, address, sentinel) for sentinel in address.endpoints)


async def find_slots(address: Address) -> list[SlotRange]:
    """Return the slots of each node, from the first node that answers. Raises one of FAILURES."""
    return await first_success(functools.partial(_slots, address, node) for node in address.endpoints)


def check_server(address: Address, hello: object) -> None:
    """Raise UnusableServer for a server that is no store for this address, by its reply to HELLO."""
    reply: dict[object, object] = hello if isinstance(hello, dict) else {}
    role, mode = reply.get(b"role"), reply.get(b"mode")
    is_cluster = address.kind is StoreKind.CLUSTER
    if mode == b"cluster" and not is_cluster:
        raise UnusableServer("the server is a node of a Cluster: write redis+cluster://")
    if mode == b"sentinel":
        raise UnusableServer("the server is a sentinel: write redis+sentinel://host:26379/name")
    if role == b"replica" and not is_cluster:
        raise UnusableServer("the server is a replica, which takes no writes: name the primary, or its sentinels")
    version = reply.get(b"version")
    major = version.partition(b".")[0] if isinstance(version, bytes) else b""
    if isinstance(version, bytes) and major.isdigit() and int(major) < _MIN_VERSION:
        text = version.decode(errors="replace")
        raise UnusableServer(f"the server has version {text}: it has to be Valkey, or Redis 7.0 or newer")


async def ask_sentinel(address: Address, sentinel: HostPort) -> HostPort:
    """Return the primary that the sentinel knows. Raises one of FAILURES.

    Ask without credentials, which are those of the servers, unless the sentinel wants some.
    """
    anonymous = dataclasses.replace(address, user=None, password=None, database=0)
    try:
        reply = await _primary(anonymous, sentinel)
    except AuthenticationError:
        reply = await _primary(dataclasses.replace(address, database=0), sentinel)
    match reply:
        case [bytes(host), bytes(port)] if port.isdigit():
            return HostPort(host.decode(errors="replace"), int(port))
        case None:
            raise UnusableServer(f"the sentinels know no primary with the name {address.primary}")
        case _:
            raise UnusableServer(f"the sentinel {sentinel} does not answer with an address")


async def _primary(address: Address, sentinel: HostPort) -> object:
    async with connected_to(address, sentinel) as connection:
        reply: object = await request(connection, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", address.primary)
    return reply


async def _slots(address: Address, node: HostPort) -> list[SlotRange]:
    async with connected_to(address, node) as connection:
        rows = await request(connection, "CLUSTER", "SLOTS")
    if not rows:
        raise UnusableServer("the Cluster has no slots yet")
    return [SlotRange(first, last, _node(primary[0], primary[1], node)) for first, last, primary, *_ in rows]


def _node(host: bytes | None, port: int, source: HostPort) -> HostPort:
    """Return the address of a node; one without a host is at that of the node that names it."""
    return HostPort(host.decode() if host else source.host, port)
