"""Connections to a server: TCP, TLS or a socket of this machine, with the credentials of the address."""

import asyncio
import contextlib
import functools
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from pathlib import Path
from typing import Any, Final, TypeVar

from redis.asyncio.connection import AbstractConnection, Connection, SSLConnection, UnixDomainSocketConnection

from shared.store.address import Address, HostPort
from shared.store.commands import Argument
from shared.store.failures import FAILURES
from shared.store.host_names import resolve

CLIENT_NAME: Final = "coinglass-graphql"

T = TypeVar("T")


@contextlib.asynccontextmanager
async def connected_to(address: Address, server: HostPort) -> AsyncIterator[AbstractConnection]:
    """Yield a connection that is closed at the end. Raises one of FAILURES."""
    connection = new_connection(address, server)
    try:
        await connect(connection, server)
        yield connection
    finally:
        await connection.disconnect(nowait=True)


async def connect(connection: AbstractConnection, server: HostPort | None) -> None:
    """Open a connection to the server. Raises one of FAILURES."""
    if server is not None:
        await resolve(server)  # the library looks it up again, by when nothing hangs
    await connection.connect()  # type: ignore[no-untyped-call]  # it has no annotations


async def request(connection: AbstractConnection, *command: Argument) -> Any:  # noqa: ANN401  # each command has its reply
    """Return the reply to a command, on a connection that nobody else uses. Raises one of FAILURES."""
    await connection.send_packed_command(connection.pack_command(*command), check_health=False)
    return await connection.read_response(disable_decoding=True)


async def first_success(attempts: Iterable[Callable[[], Awaitable[T]]]) -> T:
    """Return the result of the attempt that succeeds first; without any, raise what the first of them raised."""
    tasks = [asyncio.ensure_future(attempt()) for attempt in attempts]
    try:
        for task in asyncio.as_completed(tasks):
            try:
                return await task
            except FAILURES:
                continue
        return tasks[0].result()
    finally:
        for pending in tasks:
            pending.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def all_or_none(*attempts: Coroutine[Any, Any, T]) -> list[T]:
    """Return the results of attempts at the same time; if one fails, end the others and raise what it raised."""
    tasks = [asyncio.ensure_future(attempt) for attempt in attempts]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def new_connection(address: Address, server: HostPort | None) -> AbstractConnection:
    """Return a connection that is not open yet, to the socket of this machine if no server is given."""
    options: dict[str, Any] = {  # as the library's constructors pass them on
        "protocol": 3,
        "db": address.database,
        "client_name": CLIENT_NAME,
        "driver_info": None,
        "socket_timeout": None,  # those who wait bound all waiting
        "socket_connect_timeout": None,
    }
    if address.password:
        options["username"] = address.user.reveal() if address.user else None
        options["password"] = address.password.reveal()
    if server is None:
        return UnixDomainSocketConnection(path=str(address.socket), **options)
    if not address.tls:
        return Connection(host=server.host, port=server.port, **options)
    connection = SSLConnection(host=server.host, port=server.port, **options)
    connection.ssl_context.context = _authorities(address.ca_file)
    return connection


def _authorities(ca_file: Path | None) -> ssl.SSLContext:
    """Return what certificates are verified with: the file as it is now, or the authorities of the system."""
    return _context(ca_file, ca_file.stat().st_mtime_ns if ca_file else 0)


@functools.lru_cache(maxsize=4)
def _context(ca_file: Path | None, _changed: int) -> ssl.SSLContext:
    """Read the authorities once, not at each attempt to connect: that takes longer than everything else."""
    return ssl.create_default_context(cafile=ca_file)
