"""Connections to a server: TCP, TLS or a socket of this machine, with the credentials of the address."""

from typing import Any, Final

from redis.asyncio.connection import AbstractConnection, Connection, SSLConnection, UnixDomainSocketConnection

from shared.address import Address, HostPort

CLIENT_NAME: Final = "coinglass-graphql"


def connection_to(address: Address, endpoint: HostPort | None) -> AbstractConnection:
    """Return a connection that is not open yet. The endpoint is None for a socket of this machine."""
    options: dict[str, Any] = {  # as the library's constructors pass them on
        "protocol": 3,
        "db": address.database,
        "client_name": CLIENT_NAME,
        "driver_info": None,
        "socket_timeout": None,  # the link bounds all waiting
        "socket_connect_timeout": None,
    }
    if address.user:
        options["username"] = address.user.reveal()
    if address.password:
        options["password"] = address.password.reveal()
    if endpoint is None:
        return UnixDomainSocketConnection(path=str(address.socket), **options)
    if address.tls:
        ca_file = str(address.ca_file) if address.ca_file else None
        return SSLConnection(host=endpoint.host, port=endpoint.port, ssl_ca_certs=ca_file, **options)
    return Connection(host=endpoint.host, port=endpoint.port, **options)


async def opened(connection: AbstractConnection) -> AbstractConnection:
    """Open the connection, or leave nothing of it."""
    try:
        await connection.connect()  # type: ignore[no-untyped-call]  # it has no annotations
    except BaseException:
        await connection.disconnect(nowait=True)
        raise
    return connection
