"""Builds the web application: the layers of a request, and what lives as long as they do.

Each layer of an HTTP request takes a Request and returns a Response.

| layer, from outside to inside | what it answers itself |
| --- | --- |
| CORS, if origins are allowed | a preflight |
| HTTPAdapter | a body that is too large, and a request that graceful shutdown cancels |
| OperationSpans, if traces are on | nothing |
| CrossSiteCheck | an operation of a foreign page without a preflight |
| IdentifyCaller | a request without valid credentials, if callers need them |
| BudgetHeaders | nothing |
| CallerKeys | a CoinGlass key of the caller that is not allowed or malformed |
| ResponseCache | a repeated request, and one equal to a request in flight |
| RequestLog | nothing |
| Routes | a page, or an unknown path |
| GraphQLView | every operation |
"""

import dataclasses
import functools
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import structlog
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp

from callers.budgets import Budgets
from cg_client.client import Client
from cg_client.clock import Clock
from cg_client.decoding.anomalies import DecodingAnomaly
from cg_client.endpoint import Endpoint
from cg_client.secret import Secret
from cg_client.tracing import Tracer
from execution.engine import Engine
from server.admin import StatusPage, admin_routes, by_port, no_websockets
from server.asgi import HTTPAdapter
from server.batch import Batching
from server.budgets import BudgetHeaders
from server.caller_key import CallerKeys
from server.callers import Access, IdentifyCaller, access
from server.client_pool import ClientPool, KeyUpstream
from server.collector import INSTALL
from server.cors import allow_cross_origin
from server.cross_site import CrossSiteCheck
from server.documents import apply_policy, has_explorer, reload_policy
from server.explorer import Explorer
from server.hangup import Reload
from server.http import Handler
from server.lifespan import Supervision, lifespan
from server.log import RequestLog, log_hit
from server.metrics import Metrics, metrics_page
from server.open_connections import OpenConnections
from server.operation_runner import OperationRunner
from server.operation_spans import OperationSpans, over_http
from server.origins import NO_ORIGINS
from server.response_cache import PATH, ResponseCache
from server.response_limit import ResponseLimit
from server.routes import METRICS, Routes, pages
from server.settings import Settings
from server.socket_view import SocketView
from server.view import GraphQLView
from server.websocket import SocketOptions

if TYPE_CHECKING:
    from server.tracing import OpenTelemetryTracer, Tracing

log = structlog.get_logger(__name__)

MEGABYTE = 1024 * 1024


def create_app(
    settings: Settings,
    connections: OpenConnections | None = None,
    *,
    sandbox: bool = False,
    warm: bool = True,
    watched: bool = False,
) -> ASGIApp:
    """Build the layers.

    `connections`: those of the process. `sandbox`: the upstream is a sandbox, so that even the first response is
    marked. `warm`: the listings are requested at start. `watched`: the process ends if its event loop is stuck, and
    reads files again at SIGHUP.
    """
    tracing, tracer = _start_tracing(settings)
    client, engine = _logged_client(settings, tracer, sandbox=sandbox), _engine(settings)
    schema = engine.schema if apply_policy(engine, settings).sdl else None
    upstream, registry = KeyUpstream.of(client), CollectorRegistry(auto_describe=False)
    pool = _client_pool(settings, client.clock, tracer, sandbox=sandbox) if settings.key_header else None
    origins, caller_access = settings.allowed_origins or NO_ORIGINS, access(settings, client.clock)
    budgets = Budgets(settings.budget(), client.clock, settings.workers)
    connections = OpenConnections(settings.connection_limits()) if connections is None else connections
    traffic, sockets = connections.traffic, SocketOptions(origins, settings.max_socket_operations)
    explorer = Explorer(client) if has_explorer(settings) else None
    runner, limit = OperationRunner(engine.schema, upstream, budgets), ResponseLimit(settings.max_response_megabytes)
    view = GraphQLView(runner, explorer, limit, Batching(settings.max_batch, settings.limits()), traffic)
    socket_view = SocketView(runner, caller_access, traffic, sockets, pool, limit)
    view.spans = socket_view.spans = None if tracer is None else OperationSpans(tracer)
    public, metrics = pages(client, schema, connections), functools.partial(metrics_page, registry)
    with_metrics = public | ({METRICS: metrics} if settings.admin_port is None else {})
    routes = Routes(view.handle, with_metrics, has_explorer=explorer is not None)
    responses = _response_cache(RequestLog(routes), settings, client)
    registry.register(Metrics(client, engine, responses, connections, pool))
    charged = BudgetHeaders(CallerKeys(responses, pool), budgets, client.clock)
    checked = CrossSiteCheck(IdentifyCaller(charged, caller_access, traffic), origins)
    supervision = Supervision(settings.stuck_seconds, _reload(settings, caller_access, engine, client, pool))
    symbols, watch = upstream.symbols if warm else None, supervision if watched else None
    lifetime = functools.partial(lifespan, client, symbols, pool, watch)
    websockets = _websockets(socket_view, lifetime if tracing is None else tracing.around(lifetime))
    adapter = HTTPAdapter(over_http(view.spans, checked), websockets, client, traffic)
    app = adapter if origins is NO_ORIGINS else allow_cross_origin(adapter, origins)
    operators = admin_routes(public, metrics, StatusPage(client, engine, responses, connections, pool))
    return by_port(settings.admin_port, HTTPAdapter(operators, no_websockets, client, traffic), app)


def _start_tracing(settings: Settings) -> "tuple[Tracing, OpenTelemetryTracer] | tuple[None, None]":
    if settings.traces is None and settings.collector.is_set and not settings.collector.is_installed:
        log.warning("OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed", remedy=INSTALL)
    if not settings.sends_traces:
        return None, None
    from server.tracing import start_tracing  # noqa: PLC0415  # of an optional extra

    tracing = start_tracing()
    return tracing, tracing.tracer


def _reload(settings: Settings, access: Access, engine: Engine, client: Client, pool: ClientPool | None) -> Reload:
    """Return what reads callers' keys and trusted documents again."""

    async def reload() -> None:
        access.reload()
        if settings.trusted_documents is not None and await reload_policy(engine, settings):
            client.revision.bump()  # else cached responses of documents that are gone would be served
            if pool is not None:
                pool.bump_revisions()

    return reload


def _websockets(view: SocketView, lifetime: Callable[[], AbstractAsyncContextManager[None]]) -> ASGIApp:
    """Return what answers all but HTTP: WebSockets, and the start and end of the process."""
    return Starlette(routes=[WebSocketRoute(PATH, view)], lifespan=lambda _: lifetime())


def _response_cache(handle: Handler, settings: Settings, client: Client) -> ResponseCache:
    limit = settings.response_cache_megabytes * MEGABYTE
    responses = ResponseCache(handle, limit=limit, clock=client.clock, revision=client.revision)
    if settings.log_level == "debug":
        responses.on_hit = log_hit
    return responses


def _engine(settings: Settings) -> Engine:
    engine = Engine(settings.fragment_cache_megabytes * MEGABYTE, settings.limits())
    if not engine.uses_plans:
        log.warning("compiled plans are off: they do not agree with this version of graphql-core and Strawberry")
    return engine


def _logged_client(settings: Settings, tracer: Tracer | None, *, sandbox: bool) -> Client:
    client = Client(settings.client_config(), tracer=tracer)
    client.sandbox = sandbox
    client.drift.on_new = _log_drift
    client.gate.on_contradiction = _log_contradiction
    return client


def _client_pool(settings: Settings, clock: Clock, tracer: Tracer | None, *, sandbox: bool) -> ClientPool:
    """Pool clients of callers' keys, whose plans CoinGlass states."""
    config = dataclasses.replace(
        settings.client_config(), plan=None, quota_spent=False, cache_bytes=settings.key_cache_megabytes * MEGABYTE
    )

    def connect(key: Secret) -> Client:
        client = Client(dataclasses.replace(config, api_key=key), clock=clock, tracer=tracer)
        client.sandbox = sandbox
        return client

    return ClientPool(connect, clock, settings.key_clients)


def _log_drift(endpoint: Endpoint, anomaly: DecodingAnomaly) -> None:
    """Log each new anomaly once; `coinglass_drift_total` counts all of them."""
    log.warning(
        "CoinGlass' answer differs from the catalogue",
        endpoint=endpoint.path,
        kind=anomaly.kind.value,
        field=anomaly.field,
        count=anomaly.count,
        sample=anomaly.sample,
    )


def _log_contradiction(contradiction: str) -> None:
    log.warning("COINGLASS_PLAN is not the plan of the key", contradiction=contradiction)
