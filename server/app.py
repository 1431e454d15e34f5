"""The web application: its routes and what lives as long as it does."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from cg_client.anomalies import Anomaly
from cg_client.client import Client
from cg_client.endpoint import Endpoint
from cg_client.symbols import Symbols
from execution.engine import Engine
from server.ending import Ending
from server.metrics import Metrics
from server.request_log import RequestLog
from server.responses import ResponseCache
from server.responses.cache import PATH as GRAPHQL
from server.settings import Settings
from server.view import GraphQLView
from server.warming import warm

log = structlog.get_logger(__name__)

MEGABYTE = 1024 * 1024
_COLLECT_AFTER = (10_000, 20, 100)  # objects, and young and middle collections


def create_app(settings: Settings, *, sandbox: bool = False, warm: bool = True) -> ASGIApp:
    """`sandbox`: the upstream is known to be one, so that even the first answer is marked.

    `warm`: the listing of futures pairs is asked for at start, at the cost of one request.
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
    sdl = engine.schema.as_str()

    async def graphql_schema(_: Request) -> Response:
        return PlainTextResponse(sdl)

    async def healthy(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_: Request) -> Response:
        """Ready once CoinGlass was asked for the plan: without its answer too, since every part says what it lacks."""
        asked = client.plan_was_asked
        facts = {"ready": asked, "plan": client.gate.plan.name if client.gate.plan else None, "sandbox": client.sandbox}
        return JSONResponse(facts, 200 if asked else 503)

    metrics = Metrics(client, engine)
    routed = Starlette(
        routes=[
            Route("/", view),
            WebSocketRoute(GRAPHQL, view),
            Route("/schema.graphql", graphql_schema),
            Route("/healthz", healthy),
            Route("/readyz", ready),
            Route("/metrics", metrics.page),
        ],
        lifespan=lambda _: _living(client, symbols if warm else None),
    )
    responses = ResponseCache(
        RequestLog(_ahead(view, routed), is_sandbox=lambda: client.sandbox),
        limit=settings.response_cache_megabytes * MEGABYTE,
        clock=client.clock,
        version=lambda: client.revision.count,
        is_sandbox=lambda: client.sandbox,
        remaining=client.remaining,
    )
    metrics.count(responses)
    return Ending(responses)


def _ahead(view: GraphQLView, routed: Starlette) -> ASGIApp:
    """The way of nearly all requests, past routes and middleware of which they need none."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        wanted = view if scope["type"] == "http" and scope["path"] == GRAPHQL else routed
        await wanted(scope, receive, send)

    return app


def log_drift(endpoint: Endpoint, anomaly: Anomaly) -> None:
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


@contextlib.asynccontextmanager
async def _living(client: Client, symbols: Symbols | None) -> AsyncIterator[None]:
    warming = asyncio.create_task(warm(client, symbols))
    try:
        yield
    finally:
        warming.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await warming
        await client.close()


def settle() -> None:
    """To be called once the application of a process is made: lets the collector alone with what stays.

    What is kept later is reached by no cycle; what a request leaves behind is mostly freed without the collector.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
