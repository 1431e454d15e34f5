"""Figures of the process that both metrics and the status page show."""

from typing import NamedTuple

from cg_client.client import Client
from execution.engine import Engine
from server.client_pool import ClientPool, KeyUpstream
from server.open_connections import OpenConnections
from server.response_cache import ResponseCache


class CacheBytes(NamedTuple):
    """Bytes in each cache, as its limit counts them; `answers` are those of CoinGlass."""

    responses: int
    fragments: int
    answers: int


def cache_bytes(client: Client, engine: Engine, responses: ResponseCache) -> CacheBytes:
    return CacheBytes(responses.store.bytes, engine.fragments.size, client.cached_bytes)


def client_connections(connections: OpenConnections) -> dict[str, int]:
    """Return the number of open connections by protocol."""
    sockets = connections.sockets
    return {"http": len(connections) - sockets, "websocket": sockets}


def key_clients(pool: ClientPool) -> dict[str, int]:
    """Return the number of clients of callers' keys, by whether CoinGlass has accepted the key."""
    return {"accepted": len(pool.accepted), "probation": len(pool.probation)}


def all_feeds(upstream: KeyUpstream, pool: ClientPool | None) -> int:
    """Return the number of feeds of the server's key and of callers' keys."""
    members = () if pool is None else (*pool.accepted.values(), *pool.probation.values())
    return sum(len(item.feeds) for item in (upstream, *members))
