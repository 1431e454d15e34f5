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
    "It is an address such as valkey://host:6379/0, rediss://user:password@host:6380, valkey+unix:///run/valkey.sock, "
    "redis+sentinel://host:26379,host:26379/name or redis+cluster://host:6379,host:6379."
)
_SCHEME = "begins with valkey://, valkeys://, redis://, rediss://, or one of them with +unix, +sentinel or +cluster"
_NO_HOST = "names no host, or no valid port; in a password, write /, ?, # and @ percent-encoded, such as %40 for @"
_NO_DATABASE = "has a number of a database after the host, or nothing; in a password, write / percent-encoded, as %2F"


class _Invalid(ValueError):
    """What is wrong with an address, without a part of it."""


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
    """Read an address. Raises ValueError with what is wrong and what is right, which never contains the text."""
    try:
        return _address(urlsplit(text))
    except _Invalid as error:
        raise ValueError(f"{error}. {_EXPECTED}") from None
    except ValueError:
        raise ValueError(f"{_NO_HOST}. {_EXPECTED}") from None


def _address(parts: SplitResult) -> Address:
    scheme, _, form = parts.scheme.partition("+")
    if (tls := _TLS.get(scheme)) is None or (form or StoreKind.SERVER.value) not in {kind.value for kind in StoreKind}:
        raise _Invalid(_SCHEME)
    kind = StoreKind(form or StoreKind.SERVER.value)
    if parts.fragment or "#" in parts.geturl():
        raise _Invalid("has a #; in a password, write %23")
    options = dict(parse_qsl(parts.query, keep_blank_values=True)) if parts.query else {}
    if not options.keys() <= _OPTIONS:
        raise _Invalid("has an option other than ?ca_file=; in a password, write %3F for ?")
    if options and not tls:
        raise _Invalid("has ?ca_file=, which is for valkeys:// and rediss://")
    userinfo, _, hosts = parts.netloc.rpartition("@")
    user, _, password = userinfo.partition(":")
    if user and not password:
        raise _Invalid(
            "has a user without a password; for a password alone, write a colon before it: valkey://:PASSWORD@host"
        )
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
            raise _Invalid("names no socket")
        return Path(path), "", 0
    first, _, second = path.removeprefix("/").partition("/")
    primary, database = (first, second) if kind is StoreKind.SENTINEL else ("", path.removeprefix("/"))
    if kind is StoreKind.SENTINEL and not primary:
        raise _Invalid("lacks the name of the primary, as the sentinels have it, after the hosts")
    if database and not database.isdecimal():
        raise _Invalid(_NO_DATABASE)
    if kind is StoreKind.CLUSTER and int(database or 0):
        raise _Invalid("has a number of a database, which a Cluster has not")
    return None, primary, int(database or 0)


def _endpoints(kind: StoreKind, hosts: str) -> tuple[HostPort, ...]:
    if kind is StoreKind.SOCKET:
        if hosts:
            raise _Invalid("has a host beside a socket: write three slashes, as in valkey+unix:///run/valkey.sock")
        return ()
    default = SENTINEL_PORT if kind is StoreKind.SENTINEL else PORT
    endpoints = tuple(_endpoint(host, default) for host in hosts.split(","))
    if kind is StoreKind.SERVER and len(endpoints) > 1:
        raise _Invalid("has several hosts, which are for +sentinel and +cluster")
    return endpoints


def _endpoint(text: str, default: int) -> HostPort:
    parts = urlsplit(f"//{text}")
    if not parts.hostname or parts.port == 0 or parts.path:
        raise _Invalid(_NO_HOST)
    return HostPort(parts.hostname, parts.port or default)
