"""Builds the web application from its layers.

Each layer of an HTTP request takes a Request and returns a Response.

| layer, from outside to inside | what it answers itself |
| --- | --- |
| CORS, if origins are allowed | a preflight |
| HTTPAdapter | a body that is too large, and a request that graceful shutdown cancels |
| OperationSpans, if traces are on | nothing |
| CrossSiteCheck | an operation of a foreign page without a preflight |
| RouterOnly | an operation that the router did not send, if a secret is set |
| IdentifyCaller | a request without valid credentials, if callers need them |
| BudgetHeaders | nothing |
| CallerKeys | a CoinGlass key of the caller that is not allowed or malformed |
| ResponseCache | a repeated request, and one equal to a request in flight |
| Routes | a page, an unknown path, or an operation at `/` |
| GraphQLView | every operation |
"""

from contextlib import AbstractAsyncContextManager
from functools import partial

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from cg_client.client import Client
from server.admin import StatusPage, admin_routes, by_port, refuse_websocket
from server.asgi import HTTPAdapter
from server.batch import Batching
from server.budgets import BudgetHeaders
from server.caller_key import CallerKeys
from server.callers import IdentifyCaller
from server.cors import allow_cross_origin
from server.cross_site import CrossSiteCheck
from server.documents import has_explorer
from server.explorer import Explorer
from server.explorer_files import explorer_files
from server.export.slots import LargeExports
from server.http import Handler
from server.lifespan import Background, Lifetime, Supervision, lifespan
from server.live.broadcasts import Broadcasts
from server.metrics import declare_metrics
from server.open_connections import OpenConnections
from server.operation_runner import OperationRunner
from server.operation_spans import OperationSpans, over_http
from server.origins import NO_ORIGINS, Origins
from server.paths import GRAPHQL, METRICS
from server.readiness import Readiness
from server.response_cache import ResponseCache
from server.response_limit import MEGABYTE, ResponseLimit
from server.router_secret import only_router
from server.routes import Page, Routes, pages
from server.services import Services, start_services
from server.settings import Settings
from server.socket_view import SocketView
from server.view import GraphQLView
from server.websocket import SocketOptions, refuse_opening


def create_app(
    settings: Settings,
    connections: OpenConnections | None = None,
    *,
    sandbox: bool = False,
    warm: bool = True,
    watched: bool = False,
) -> ASGIApp:
    """Build the layers.

    `connections`: those of the process. `sandbox`: even the first response is marked as the sandbox's. `warm`: the
    listings are requested at start. `watched`: start the watchdog and handle SIGHUP.
    """
    services = start_services(settings, connections, sandbox=sandbox)
    client, observation, traffic = services.client, services.observation, services.connections.traffic
    origins = settings.allowed_origins or NO_ORIGINS
    spans = None if services.tracing is None else OperationSpans(services.tracing.tracer)
    explorer = _explorer(settings, client) if has_explorer(settings) else None
    broadcasts = Broadcasts(ResponseLimit(settings.max_response_megabytes))
    view, socket_view = _views(services, broadcasts, origins, spans, explorer)
    readiness = Readiness(client, services.connections)
    public = pages(client, services.sdl, readiness)
    responses = _response_cache(services, view, public, explorer)
    declare_metrics(
        observation.sampler,
        services.upstream,
        services.engine,
        responses,
        services.connections,
        services.pool,
        broadcasts,
        observation.sockets,
    )
    if services.sharing is not None:
        from server.sharing_metrics import declare_sharing_metrics  # noqa: PLC0415  # of an optional extra

        declare_sharing_metrics(observation.sampler, services.sharing, services.upstream.sharing)
    handle, sockets = _layers(services, responses, socket_view, origins)
    lifetime = _lifetime(services, readiness, warm=warm, watched=watched)
    others = _others(sockets, Starlette(lifespan=lambda _: lifetime()))
    app = HTTPAdapter(over_http(spans, handle), others, client, traffic, observation.request_ended)
    status = StatusPage(services, responses)
    operators = admin_routes(public, observation.page, status)
    admin = HTTPAdapter(operators, refuse_websocket, client, traffic, observation.request_ended)
    return by_port(settings.admin_port, admin, app if origins is NO_ORIGINS else allow_cross_origin(app, origins))


def _others(sockets: ASGIApp, starlette: ASGIApp) -> ASGIApp:
    """Answer what is not HTTP. Starlette's router would stay in memory as long as each WebSocket does."""

    async def switch(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await starlette(scope, receive, send)
        elif scope["path"] == GRAPHQL:
            await sockets(scope, receive, send)
        else:
            await refuse_opening(receive, send, f"GraphQL is served at {GRAPHQL}.")

    return switch


def _explorer(settings: Settings, client: Client) -> Explorer:
    credentials = settings.key_file is not None or settings.jwks_url is not None
    return Explorer(client, explorer_files(), credentials=credentials, key_header=settings.key_header)


def _views(
    services: Services,
    broadcasts: Broadcasts,
    origins: Origins,
    spans: OperationSpans | None,
    explorer: Explorer | None,
) -> tuple[GraphQLView, SocketView]:
    """Return what executes operations: over HTTP, and over WebSocket."""
    settings, traffic, subscribers = services.settings, services.connections.traffic, services.connections.subscribers
    runner = OperationRunner(
        services.engine.schema, services.upstream, services.budgets, traffic, subscribers, broadcasts
    )
    limit, batching = ResponseLimit(settings.max_response_megabytes), Batching(settings.max_batch, settings.limits())
    exports = LargeExports(settings.max_exports)
    view = GraphQLView(runner, explorer, limit, batching, exports, traffic, spans)
    options = SocketOptions(origins, settings.max_socket_operations)
    observe = services.observation.operation_ended
    return view, SocketView(runner, services.access, traffic, options, services.pool, limit, observe, spans)


def _response_cache(
    services: Services, view: GraphQLView, public: dict[str, Page], explorer: Explorer | None
) -> ResponseCache:
    settings, client = services.settings, services.client
    metrics = {METRICS: services.observation.page} if settings.admin_port is None else {}
    routes = Routes(view.handle, public | metrics, explorer)
    limit = settings.response_cache_megabytes * MEGABYTE
    return ResponseCache(routes, limit=limit, clock=client.clock, revision=client.revision)


def _layers(
    services: Services, responses: ResponseCache, socket_view: SocketView, origins: Origins
) -> tuple[Handler, ASGIApp]:
    """Put the layers around the response cache, from inside to outside; returns those of HTTP and of WebSocket."""
    traffic = services.connections.traffic
    handle: Handler = CallerKeys(responses, services.pool)
    handle = BudgetHeaders(handle, services.budgets, services.client.clock)
    handle = IdentifyCaller(handle, services.access, traffic)
    handle, sockets = only_router(handle, socket_view, services.settings.router_secret, traffic)
    return CrossSiteCheck(handle, origins), sockets


def _lifetime(services: Services, readiness: Readiness, *, warm: bool, watched: bool) -> Lifetime:
    symbols = services.upstream.symbols if warm else None
    supervision = Supervision(services.settings.stuck_seconds, services.reload) if watched else None
    watch = partial(services.connections.subscribers.watch, services.access, services.client.clock)
    sampler = services.observation.sampler
    until_ready = partial(readiness.wait, services.settings.ready_within)
    background = Background(symbols, services.pool, sampler, watch, services.sharing, supervision, until_ready)

    def lifetime() -> AbstractAsyncContextManager[None]:
        return lifespan(services.upstream, background)

    return lifetime if services.tracing is None else services.tracing.around(lifetime)
