"""Addresses of a store, as COINGLASS_SHARED_URL has them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from cg_client.secret import MIN_REDACTED, Secret

PORT: Final = 6379
SENTINEL_PORT: Final = 26379
_TLS = {"valkey": False, "redis": False, "valkeys": True, "rediss": True}
_OPTIONS = {"ca_file"}
_EXPECTED = (
    "is an address such as valkey://host:6379/0, rediss://user:password@host:6380, valkey+unix:///run/valkey.sock, "
    "redis+sentinel://host:26379,host:26379/name or redis+cluster://host:6379,host:6379"
)


class StoreKind(Enum):
    SERVER = "server"
    SOCKET = "unix"
    SENTINEL = "sentinel"
    CLUSTER = "cluster"


@dataclass(frozen=True)
class HostPort:
    """A server or a sentinel."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Address:
    """Where the store is. Neither repr nor str shows user or password."""

    kind: StoreKind
    endpoints: tuple[HostPort, ...] = ()  # the server, the sentinels, or some nodes of the Cluster
    socket: Path | None = None
    primary: str = ""  # its name, which sentinels know
    database: int = 0
    user: Secret | None = field(default=None, repr=False)
    password: Secret | None = field(default=None, repr=False)
    tls: bool = False
    ca_file: Path | None = None  # the authorities of the system without it

    def __str__(self) -> str:
        where = str(self.socket) if self.socket else ",".join(map(str, self.endpoints))
        return f"{self.kind.value} {where}"

    def secrets(self) -> Iterator[Secret]:
        """Yield what no log may show, as sent and as written; a short user name is a word of other texts."""
        texts = [self.password.reveal()] if self.password else []
        if self.user and len(self.user.reveal()) >= MIN_REDACTED:
            texts.append(self.user.reveal())
        yield from map(Secret, {form for text in texts for form in (text, quote(text, safe=""))})


def parse_address(text: str) -> Address:
    """Read an address. Raises ValueError with what a valid one is, which never contains the text."""
    try:
        parts = urlsplit(text)
        address = _address(parts)
    except ValueError:
        raise ValueError(_EXPECTED) from None
    return address


def _address(parts: SplitResult) -> Address:
    scheme, _, form = parts.scheme.partition("+")
    kind = StoreKind(form or "server")
    tls = _TLS.get(scheme)
    options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True)) if parts.query else {}
    if tls is None or parts.fragment or not options.keys() <= _OPTIONS or (options and not tls):
        raise ValueError
    userinfo, _, hosts = parts.netloc.rpartition("@")
    user, _, password = userinfo.partition(":")
    if user and not password:
        raise ValueError
    socket, primary, database = _path(kind, unquote(parts.path))
    return Address(
        kind,
        _endpoints(kind, hosts),
        socket,
        primary,
        database,
        Secret(unquote(user)) if user else None,
        Secret(unquote(password)) if password else None,
        tls,
        Path(options["ca_file"]) if "ca_file" in options else None,
    )


def _path(kind: StoreKind, path: str) -> tuple[Path | None, str, int]:
    """Return the socket, the name of the primary, and the number of the database."""
    if kind is StoreKind.SOCKET:
        if len(path) < 2:  # noqa: PLR2004  # more than the slash
            raise ValueError
        return Path(path), "", 0
    first, _, second = path.removeprefix("/").partition("/")
    primary, database = (first, second) if kind is StoreKind.SENTINEL else ("", path.removeprefix("/"))
    if (kind is StoreKind.SENTINEL and not primary) or (database and not database.isdecimal()):
        raise ValueError
    if kind is StoreKind.CLUSTER and int(database or 0):
        raise ValueError
    return None, primary, int(database or 0)


def _endpoints(kind: StoreKind, hosts: str) -> tuple[HostPort, ...]:
    if kind is StoreKind.SOCKET:
        if hosts:
            raise ValueError
        return ()
    default = SENTINEL_PORT if kind is StoreKind.SENTINEL else PORT
    endpoints = tuple(_endpoint(host, default) for host in hosts.split(","))
    if kind is StoreKind.SERVER and len(endpoints) > 1:
        raise ValueError
    return endpoints


def _endpoint(text: str, default: int) -> HostPort:
    parts = urlsplit(f"//{text}")
    if not parts.hostname or parts.port == 0 or parts.path:
        raise ValueError
    return HostPort(parts.hostname, parts.port or default)
