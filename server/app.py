"""Builds the web application: the layers of a request, and what lives as long as they do.

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
from cg_client.failures import CallObserver
from cg_client.secret import Secret
from cg_client.tracing import Tracer
from execution.engine import Engine
from resolvers.operation_record import OperationRecord
from server.admin import StatusPage, admin_routes, by_port, no_websockets
from server.asgi import HTTPAdapter, Observe
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
from server.http import Request, Response
from server.lifespan import Background, Supervision, lifespan
from server.metrics import declare_metrics
from server.metrics_page import metrics_page
from server.open_connections import OpenConnections
from server.operation_runner import ObserveOperation, OperationRunner
from server.operation_spans import OperationSpans, over_http
from server.origins import NO_ORIGINS, Origins
from server.request_log import log_operation, log_request
from server.request_metrics import OperationNames, RequestMetrics
from server.response_cache import PATH, ResponseCache
from server.response_limit import ResponseLimit
from server.router_secret import only_router
from server.routes import METRICS, Routes, pages
from server.sampling import Sampler
from server.settings import Settings
from server.socket_view import SocketView
from server.upstream_observer import UpstreamObserver
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

    `connections`: those of the process. `sandbox`: even the first response is marked as the sandbox's. `warm`: the
    listings are requested at start. `watched`: the process ends if its loop is stuck, and reads files again at SIGHUP.
    """
    registry, observer, sampler = _new_metrics()
    tracing, tracer = _start_tracing(settings)
    client, engine = _logged_client(settings, observer, tracer, sandbox=sandbox), _engine(settings)
    schema, upstream = engine.schema if apply_policy(engine, settings).sdl else None, KeyUpstream.of(client)
    pool = _client_pool(settings, client.clock, observer, tracer, sandbox=sandbox) if settings.key_header else None
    explorer = Explorer(client) if has_explorer(settings) else None
    origins, caller_access = settings.allowed_origins or NO_ORIGINS, access(settings, client.clock)
    budgets = Budgets(settings.budget(), client.clock, settings.workers)
    connections = OpenConnections(settings.connection_limits()) if connections is None else connections
    traffic, sockets = connections.traffic, SocketOptions(origins, settings.max_socket_operations)
    runner, limit = OperationRunner(engine.schema, upstream, budgets), ResponseLimit(settings.max_response_megabytes)
    observe, runner.observe = _observers(registry, engine)
    view = GraphQLView(runner, explorer, limit, Batching(settings.max_batch, settings.limits()), traffic)
    socket_view = SocketView(runner, caller_access, traffic, sockets, pool, limit)
    page = functools.partial(metrics_page, registry, sampler.sample, settings.metrics_folder)
    view.spans = socket_view.spans = None if tracer is None else OperationSpans(tracer)
    public = pages(client, schema, connections)
    with_metrics = public | ({METRICS: page} if settings.admin_port is None else {})
    routes = Routes(view.handle, with_metrics, has_explorer=explorer is not None)
    responses = _response_cache(routes, settings, client)
    declare_metrics(sampler, client, engine, responses, connections, pool)
    callers = IdentifyCaller(BudgetHeaders(CallerKeys(responses, pool), budgets, client.clock), caller_access, traffic)
    supervision = Supervision(settings.stuck_seconds, _reload(settings, caller_access, engine, client, pool))
    routed, sockets_view = only_router(callers, socket_view, settings.router_secret, traffic)
    background = Background(upstream.symbols if warm else None, pool, sampler, supervision if watched else None)
    lifetime = functools.partial(lifespan, client, background)
    websockets = _websockets(sockets_view, lifetime if tracing is None else tracing.around(lifetime))
    handle = over_http(view.spans, CrossSiteCheck(routed, origins))
    app = _with_cors(HTTPAdapter(handle, websockets, client, traffic, observe), origins)
    operators = admin_routes(public, page, StatusPage(client, engine, responses, connections, pool))
    return by_port(settings.admin_port, HTTPAdapter(operators, no_websockets, client, traffic, observe), app)


def _start_tracing(settings: Settings) -> "tuple[Tracing, OpenTelemetryTracer] | tuple[None, None]":
    if settings.traces is None and settings.collector.is_set and not settings.collector.is_installed:
        log.warning("OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed", remedy=INSTALL)
    if not settings.sends_traces:
        return None, None
    from server.tracing import start_tracing  # noqa: PLC0415  # of an optional extra

    tracing = start_tracing()
    return tracing, tracing.tracer


def _with_cors(adapter: ASGIApp, origins: Origins) -> ASGIApp:
    return adapter if origins is NO_ORIGINS else allow_cross_origin(adapter, origins)


def _reload(settings: Settings, access: Access, engine: Engine, client: Client, pool: ClientPool | None) -> Reload:
    """Return what reads callers' keys and trusted documents again."""

    async def reload() -> None:
        access.reload()
        if settings.trusted_documents is not None and await reload_policy(engine, settings):
            client.revision.bump()  # else cached responses of documents that are gone would be served
            if pool is not None:
                pool.bump_revisions()

    return reload


def _websockets(view: ASGIApp, lifetime: Callable[[], AbstractAsyncContextManager[None]]) -> ASGIApp:
    """Return what answers all but HTTP: WebSockets, and the start and end of the process."""
    return Starlette(routes=[WebSocketRoute(PATH, view)], lifespan=lambda _: lifetime())


def _response_cache(routes: Routes, settings: Settings, client: Client) -> ResponseCache:
    limit = settings.response_cache_megabytes * MEGABYTE
    return ResponseCache(routes, limit=limit, clock=client.clock, revision=client.revision)


def _new_metrics() -> tuple[CollectorRegistry, UpstreamObserver, Sampler]:
    registry = CollectorRegistry(auto_describe=False)
    observer = UpstreamObserver(registry)
    return registry, observer, Sampler(registry, observer.failures.review)


def _observers(registry: CollectorRegistry, engine: Engine) -> tuple[Observe, ObserveOperation]:
    """Return what counts and logs each request over HTTP, and each operation over WebSocket."""
    metrics = RequestMetrics(registry, OperationNames(lambda: engine.schema.trusted_names))

    def request_ended(request: Request, response: Response, seconds: float) -> None:
        metrics.count_request(request, response, seconds)
        log_request(request, response, seconds)

    def operation_ended(opening: Request, record: OperationRecord, seconds: float) -> None:
        metrics.count_operation(record, seconds)
        log_operation(opening, record, seconds)

    return request_ended, operation_ended


def _engine(settings: Settings) -> Engine:
    engine = Engine(settings.fragment_cache_megabytes * MEGABYTE, settings.limits())
    if not engine.uses_plans:
        log.warning("compiled plans are off: they do not agree with this version of graphql-core and Strawberry")
    return engine


def _logged_client(settings: Settings, observer: CallObserver, tracer: Tracer | None, *, sandbox: bool) -> Client:
    client = Client(settings.client_config(), tracer=tracer)
    client.observe(observer)
    client.sandbox = sandbox
    client.drift.on_new = _log_drift
    client.gate.on_contradiction = _log_contradiction
    return client


def _client_pool(
    settings: Settings, clock: Clock, observer: CallObserver, tracer: Tracer | None, *, sandbox: bool
) -> ClientPool:
    """Pool clients of callers' keys, whose plans CoinGlass states."""
    config = dataclasses.replace(
        settings.client_config(), plan=None, quota_spent=False, cache_bytes=settings.key_cache_megabytes * MEGABYTE
    )

    def connect(key: Secret) -> Client:
        client = Client(dataclasses.replace(config, api_key=key), clock=clock, tracer=tracer)
        client.sandbox = sandbox
        client.observe(observer)
        return client

    return ClientPool(connect, clock, settings.key_clients)


def _log_drift(endpoint: Endpoint, anomaly: DecodingAnomaly) -> None:
    """Log each new anomaly once; `coinglass_graphql_drift_total` counts all of them."""
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
