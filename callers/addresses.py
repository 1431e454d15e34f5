"""Callers without credentials: their address is their identity, also behind proxies."""

import functools
import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

from callers.caller import Caller

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

_PREFIX: Final = 64  # bits of an IPv6 address that a network gets at least: the rest is the client's choice
_CACHED: Final = 4096  # addresses
_MAX_HOPS: Final = 16
_MAX_CACHED_BYTES: Final = 256  # of a header: a longer one is not worth the memory
_WITH_PORT: Final = re.compile(r"\[(?P<v6>[^\]]+)\](?::\d+)?|(?P<v4>[\d.]+):\d+")


@functools.lru_cache(_CACHED)
def caller_at(address: str) -> Caller:
    """Return the caller at the address of a connection. All addresses of an IPv6 /64 are one caller."""
    parsed = parse_address(address)
    return Caller(address if parsed is None else _identity(parsed))


def parse_address(text: str) -> Address | None:
    """Parse an address with or without a port. IPv4 in IPv6 becomes IPv4."""
    text = text.strip()
    with_port = _WITH_PORT.fullmatch(text)
    if with_port is not None:
        text = with_port["v6"] or with_port["v4"]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


class TrustedProxies:
    """Finds the client of a connection that a trusted proxy opened, by the `X-Forwarded-For` that it appended to."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = tuple(networks)
        self._cached = functools.lru_cache(_CACHED)(self._caller)

    def caller(self, peer: str, forwarded: bytes) -> Caller:
        """Return the caller of a request from the peer; `forwarded` is the header, or empty."""
        find = self._cached if len(forwarded) <= _MAX_CACHED_BYTES else self._caller
        return find(peer, forwarded)

    def _caller(self, peer: str, forwarded: bytes) -> Caller:
        """Return the rightmost address that is no trusted proxy: what stands to its left, anybody may have written."""
        client = parse_address(peer)
        if client is None:
            return caller_at(peer)
        hops = forwarded.decode("latin-1").rsplit(",", _MAX_HOPS) if forwarded else []
        while hops and self._trusts(client):
            hop = parse_address(hops.pop())
            if hop is None:
                break
            client = hop
        return Caller(_identity(client))

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def _identity(address: Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(ip_network((int(address), _PREFIX), strict=False))
