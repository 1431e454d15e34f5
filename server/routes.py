"""Routes by path: GraphQL, and the small pages for health, readiness, metrics and the SDL."""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import TypeAlias

import orjson

from cg_client.client import Client
from served_schema.federation import Schema
from server.http import Handler, Request, Response, refusal
from server.open_connections import OpenConnections
from server.page_headers import TEXT_HEADERS
from server.paths import GRAPHQL, HEALTH, READY

Page: TypeAlias = Callable[[], Response]
_START = "/"
_RELATIVE = b"graphql"  # of the start page, also behind a proxy that serves it under a prefix
_TEXT = b"text/plain; charset=utf-8"


class Routes:
    """The explorer, if there is one, is at the address of GraphQL."""

    def __init__(self, graphql: Handler, pages: Mapping[str, Page], *, has_explorer: bool) -> None:
        self._graphql, self._pages, self._has_explorer = graphql, pages, has_explorer

    async def __call__(self, request: Request) -> Response:
        if request.path == GRAPHQL:
            return await self._graphql(request)
        response = self._start(request) if request.path == _START else self._page(request)
        return dataclasses.replace(response, headers=[*response.headers, *TEXT_HEADERS])

    def _start(self, request: Request) -> Response:
        """Lead browsers to the explorer; operations have one address, by which they are cached, counted and limited."""
        if not request.is_get:
            response = refusal(405, "POST / is no GraphQL here: send operations to /graphql.")
            response.headers.append((b"allow", b"GET, HEAD"))
            return response
        if not self._has_explorer:
            return Response.of(b"Not Found", _TEXT, 404)
        query = b"?" + request.query_string if request.query_string else b""
        return Response(307, b"", [(b"location", _RELATIVE + query), (b"content-length", b"0")])

    def _page(self, request: Request) -> Response:
        is_for_routers = request.query_string.partition(b"=")[0] == b"subgraph"
        page = self._pages.get(f"{request.path}?subgraph" if is_for_routers else request.path)
        if page is None:
            return Response.of(b"Not Found", _TEXT, 404)
        if not request.is_get:
            response = Response.of(b"Method Not Allowed", _TEXT, 405)
            response.headers.append((b"allow", b"GET, HEAD"))
            return response
        return page()


def pages(client: Client, schema: Schema | None, connections: OpenConnections) -> dict[str, Page]:
    """Return the pages by path that every client may see; without `schema` there is no page of the SDL."""

    def healthy() -> Response:
        return Response.of(b'{"status":"ok"}')

    def ready() -> Response:
        """Report ready once the plan was requested from CoinGlass, with or without an answer, until the server ends."""
        is_ready, plan = client.plan_watch.was_requested and not connections.is_draining, client.gate.plan
        facts = {"ready": is_ready, "plan": plan.name if plan else None, "sandbox": client.sandbox}
        return Response.of(orjson.dumps(facts), status=200 if is_ready else 503)

    paths: dict[str, Page] = {HEALTH: healthy, READY: ready}
    if schema is not None:  # printed at the first request, not at start
        paths["/schema.graphql"] = functools.cache(lambda: Response.of(schema.sdl.encode(), _TEXT))
        paths["/schema.graphql?subgraph"] = functools.cache(lambda: Response.of(schema.subgraph_sdl.encode(), _TEXT))
    return paths
