"""Builds the web application, and what lives as long as it does."""

import structlog
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp

from cg_client.client import Client
from cg_client.decoding.anomalies import DecodingAnomaly
from cg_client.endpoint import Endpoint
from cg_client.symbols.listings import Symbols
from execution.engine import Engine
from server.lifespan import lifespan
from server.metrics import Metrics
from server.pages import pages
from server.response_cache.cache import PATH as GRAPHQL
from server.settings import Settings
from server.stack import Stack
from server.view import GraphQLView

log = structlog.get_logger(__name__)

MEGABYTE = 1024 * 1024


def create_app(settings: Settings, *, sandbox: bool = False, warm: bool = True) -> ASGIApp:
    """`sandbox`: the upstream is known to be one, so that even the first answer is marked.

    `warm`: the listings of futures pairs and coins are asked for at start, at the cost of two requests.
    """
    client = Client(settings.client_config())
    client.sandbox = sandbox
    client.drift.on_new = log_drift
    client.gate.on_contradiction = log_contradiction
    engine = Engine(settings.fragment_cache_megabytes * MEGABYTE, settings.calls_at_most)
    if not engine.in_bulk:
        log.warning("compiled plans are off: they do not agree with this version of graphql-core and Strawberry")
    symbols = Symbols(client)
    view = GraphQLView(engine.schema, client, symbols)
    metrics = Metrics(client, engine)
    connections = Starlette(
        routes=[WebSocketRoute(GRAPHQL, view)], lifespan=lambda _: lifespan(client, symbols if warm else None)
    )
    stack = Stack(
        view.handle,
        pages(client, engine.schema.as_str, metrics.page),
        connections,
        client,
        cache_bytes=settings.response_cache_megabytes * MEGABYTE,
    )
    metrics.count(stack.response_cache)
    return stack.asgi


def log_drift(endpoint: Endpoint, anomaly: DecodingAnomaly) -> None:
    """One line for each new finding; `coinglass_drift_total` counts all of them."""
    log.warning(
        "CoinGlass' answer differs from the catalogue",
        endpoint=endpoint.path,
        kind=anomaly.kind.value,
        field=anomaly.field,
        count=anomaly.count,
        sample=anomaly.sample,
    )


def log_contradiction(contradiction: str) -> None:
    """Each contradiction comes once."""
    log.warning("the declared plan is not the key's", contradiction=contradiction)
