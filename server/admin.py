"""Pages for operators on an address of their own: health, metrics, and the state of the process. No credentials."""

import dataclasses
import os
from collections.abc import Mapping
from typing import Final

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from cg_client.client import Client
from execution.engine import Engine
from server.client_pool import ClientPool
from server.figures import cache_bytes, client_connections, key_clients
from server.http import Request, Response
from server.open_connections import OpenConnections
from server.paths import HEALTH_PATHS, METRICS
from server.response_cache import ResponseCache
from server.routes import Page, Routes
from server.websocket import refuse_opening

_STATUS: Final = "/status"


def admin_routes(public: Mapping[str, Page], metrics: Page, status: Page) -> Routes:
    """Return health, which both addresses have, and what is for operators alone."""

    async def no_graphql(_: Request) -> Response:
        return Response.of(b"Not Found", b"text/plain; charset=utf-8", 404)

    health = {path: public[path] for path in HEALTH_PATHS}
    return Routes(no_graphql, {**health, METRICS: metrics, _STATUS: status})


def by_port(port: int | None, admin: ASGIApp, public: ASGIApp) -> ASGIApp:
    """Let `admin` answer what arrives at the port, if there is one; all workers accept connections at both."""
    if port is None:
        return public

    async def switch(scope: Scope, receive: Receive, send: Send) -> None:
        server = scope.get("server")
        await (admin if server is not None and server[1] == port else public)(scope, receive, send)

    return switch


async def refuse_websocket(_: Scope, receive: Receive, send: Send) -> None:
    await refuse_opening(receive, send, "GraphQL is served at the public address.")


class StatusPage:
    """The page `/status`: what the process knows of plan, quota, circuits, connections and caches."""

    def __init__(
        self,
        client: Client,
        engine: Engine,
        responses: ResponseCache,
        connections: OpenConnections,
        pool: ClientPool | None,
    ) -> None:
        self._client, self._engine, self._responses = client, engine, responses
        self._connections, self._pool = connections, pool

    def __call__(self) -> Response:
        client, pool, connections = self._client, self._pool, self._connections
        plan = client.gate.plan
        facts = {
            "pid": os.getpid(),
            "plan": plan.name if plan else None,
            "sandbox": client.sandbox,
            "quota": dataclasses.asdict(client.quota),
            "circuits": {circuit.group: circuit.state.name for circuit in client.breaker},
            "upstreamConnections": dict(+client.bulkhead.in_use),
            "clientConnections": client_connections(connections) | {"limit": connections.limits.connections},
            "cacheBytes": cache_bytes(client, self._engine, self._responses)._asdict(),
            "callerKeys": pool and key_clients(pool),
        }
        return Response.of(orjson.dumps(facts, option=orjson.OPT_INDENT_2))
