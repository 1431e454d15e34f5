"""The web application: its routes and what lives as long as it does."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from cg_client.client import Client
from cg_client.symbols import Symbols
from schema.build import build
from server.request_log import RequestLog
from server.settings import Settings
from server.view import GraphQLView

log = structlog.get_logger(__name__)


def create_app(settings: Settings, *, sandbox: bool = False) -> Starlette:
    """`sandbox`: the upstream is known to be one, so that even the first answer is marked."""
    client = Client(settings.client_config())
    client.sandbox = sandbox
    schema = build(settings.calls_at_most)
    view = GraphQLView(schema, client, Symbols(client))
    sdl = schema.as_str()

    async def graphql_schema(_: Request) -> Response:
        return PlainTextResponse(sdl)

    async def healthy(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_: Request) -> Response:
        """Ready once CoinGlass was asked for the plan: without its answer too, since every part says what it lacks."""
        asked = client.plan_was_asked
        facts = {"ready": asked, "plan": client.gate.plan.name if client.gate.plan else None, "sandbox": client.sandbox}
        return JSONResponse(facts, 200 if asked else 503)

    return Starlette(
        routes=[
            Route("/", view),
            Route("/graphql", view),
            Route("/schema.graphql", graphql_schema),
            Route("/healthz", healthy),
            Route("/readyz", ready),
        ],
        middleware=[Middleware(RequestLog, is_sandbox=lambda: client.sandbox)],
        lifespan=lambda _: _living(client),
    )


@contextlib.asynccontextmanager
async def _living(client: Client) -> AsyncIterator[None]:
    asking = asyncio.create_task(client.know_plan())
    try:
        yield
    finally:
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking
        await client.close()
