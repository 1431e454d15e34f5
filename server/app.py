"""Builds the web application: the layers of a request, and what lives as long as they do."""

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
from server.asgi import HTTPAdapter
from server.budgets import BudgetHeaders
from server.caller_key import CallerKeys
from server.callers import IdentifyCaller, access
from server.client_pool import ClientPool, KeyUpstream
from server.collector import INSTALL
from server.cors import allow_cross_origin
from server.cross_site import CrossSiteCheck
from server.documents import apply_policy, has_explorer
from server.http import Handler
from server.lifespan import lifespan
from server.log import RequestLog, log_hit
from server.metrics import Metrics, metrics_page
from server.open_connections import OpenConnections
from server.operation_spans import OperationSpans
from server.origins import NO_ORIGINS
from server.response_cache import PATH, ResponseCache
from server.response_limit import ResponseLimit
from server.routes import Routes, pages
from server.settings import Settings
from server.view import GraphQLView
from server.websocket import SocketOptions

if TYPE_CHECKING:
    from server.tracing import Tracing

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
    """Build the layers of an HTTP request, each of which takes a Request and returns a Response.

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

    `connections`: those of the process. `sandbox`: the upstream is a sandbox, so that even the first response is
    marked. `warm`: the listings are requested at start. `watched`: the process ends if its event loop is stuck.
    """
    tracing = _start_tracing(settings)
    tracer = None if tracing is None else tracing.tracer
    client, engine = _logged_client(settings, tracer, sandbox=sandbox), _engine(settings)
    policy = apply_policy(engine, settings)
    upstream, registry = KeyUpstream.of(client), CollectorRegistry(auto_describe=False)
    pool = _client_pool(settings, client.clock, tracer, sandbox=sandbox) if settings.key_header else None

    origins, caller_access = settings.allowed_origins or NO_ORIGINS, access(settings, client.clock)
    budgets = Budgets(settings.budget(), client.clock, settings.workers)
    connections = OpenConnections(settings.connection_limits()) if connections is None else connections
    traffic, sockets = connections.traffic, SocketOptions(origins, settings.max_socket_operations)
    explorer = has_explorer(settings)
    view = GraphQLView(engine.schema, upstream, caller_access, budgets, traffic, sockets, pool, has_explorer=explorer)
    view.max_response = ResponseLimit(settings.max_response_megabytes)
    view.spans = None if tracing is None else OperationSpans(tracing.tracer)
    sdl = (lambda: engine.schema.sdl) if policy.sdl else None
    routes = Routes(view.handle, pages(client, sdl, functools.partial(metrics_page, registry)))
    responses = _response_cache(RequestLog(routes), settings, client)
    registry.register(Metrics(client, engine, responses, connections, pool))
    charged = BudgetHeaders(CallerKeys(responses, pool), budgets, client.clock)
    identified = IdentifyCaller(charged, caller_access, traffic)
    symbols, stuck_seconds = upstream.symbols if warm else None, settings.stuck_seconds if watched else 0

    def lifetime() -> AbstractAsyncContextManager[None]:
        ours = lifespan(client, symbols, pool, stuck_seconds)
        return ours if tracing is None else tracing.around(ours)

    checked = CrossSiteCheck(identified, origins)
    handle = checked if view.spans is None else view.spans.over_http(checked)
    adapter = HTTPAdapter(handle, _websockets(view, lifetime), client, traffic)
    return adapter if origins is NO_ORIGINS else allow_cross_origin(adapter, origins)


def _websockets(view: GraphQLView, lifetime: Callable[[], AbstractAsyncContextManager[None]]) -> ASGIApp:
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


def _start_tracing(settings: Settings) -> "Tracing | None":
    if settings.traces is None and settings.collector.is_set and not settings.collector.is_installed:
        log.warning("OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed", remedy=INSTALL)
    if not settings.sends_traces:
        return None
    from server.tracing import start_tracing  # noqa: PLC0415  # of an optional extra

    return start_tracing()


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
