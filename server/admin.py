"""Pages for operators on an address of their own: health, metrics, and the state of the process. No credentials."""

import dataclasses
import os
from collections.abc import Mapping
from typing import Final

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from server.figures import cache_bytes, client_connections, key_clients
from server.http import Request, Response
from server.paths import HEALTH_PATHS, METRICS
from server.response_cache import ResponseCache
from server.routes import Page, Routes
from server.services import Services
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

    def __init__(self, services: Services, responses: ResponseCache) -> None:
        self._services, self._responses = services, responses

    def __call__(self) -> Response:
        services = self._services
        client, pool, connections, sharing = services.client, services.pool, services.connections, services.sharing
        plan = client.gate.plan
        facts = {
            "pid": os.getpid(),
            "replica": services.settings.replica,
            "plan": plan.name if plan else None,
            "sandbox": client.is_sandbox,
            "quota": dataclasses.asdict(client.quota),
            "circuits": {circuit.group: circuit.state.name for circuit in client.breaker},
            "upstreamConnections": dict(+client.bulkhead.in_use),
            "clientConnections": client_connections(connections) | {"limit": connections.limits.connections},
            "cacheBytes": cache_bytes(client, services.engine, self._responses)._asdict(),
            "callerKeys": pool and key_clients(pool),
            "sharedStore": sharing and ("AWAY" if sharing.observer.is_away else "CONNECTED"),
        }
        return Response.of(orjson.dumps(facts, option=orjson.OPT_INDENT_2))
