"""Addresses of host names."""

import asyncio
import functools
import ipaddress
import socket
from typing import Any

from shared.store.address import HostPort
from shared.store.link import ignore

_lookups: dict[tuple[asyncio.AbstractEventLoop, str], asyncio.Future[Any]] = {}  # that are in progress


async def resolve(server: HostPort) -> frozenset[str]:
    """Return the addresses of the server. Raises ConnectionError.

    A lookup that hangs occupies one of the few threads of the event loop, and cannot be cancelled: there is one of each
    host at most, for which later callers wait, too.
    """
    try:
        return frozenset({str(ipaddress.ip_address(server.host))})
    except ValueError:
        loop = asyncio.get_running_loop()
    key = loop, server.host
    if key not in _lookups:
        _lookups[key] = asyncio.ensure_future(loop.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM))
        _lookups[key].add_done_callback(functools.partial(_forget, key))
    try:
        addresses = await asyncio.shield(_lookups[key])
    except OSError as error:
        raise ConnectionError(f"no address of {server.host} is known: {error.strerror}") from error
    return frozenset(address[0] for *_, address in addresses)


def _forget(key: tuple[asyncio.AbstractEventLoop, str], lookup: asyncio.Future[Any]) -> None:
    _lookups.pop(key)
    ignore(lookup)  # those who waited may be gone
