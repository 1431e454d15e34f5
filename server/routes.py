"""Routes by path: GraphQL, and the small pages for health, readiness, metrics and the SDL."""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import TypeAlias

import orjson

from cg_client.client import Client
from served_schema.federation import Schema
from server.explorer import Explorer
from server.http import Handler, Request, Response, refusal
from server.open_connections import OpenConnections
from server.page_headers import TEXT_HEADERS
from server.paths import EXPLORER_FILES, GRAPHQL, HEALTH, LIGHT_PAGE, READY, START

Page: TypeAlias = Callable[[], Response]
_TEXT = b"text/plain; charset=utf-8"


class Routes:
    """`explorer`: the pages for browsers and their files, None without one."""

    def __init__(self, graphql: Handler, pages: Mapping[str, Page], explorer: Explorer | None = None) -> None:
        self._graphql, self._pages, self._explorer = graphql, pages, explorer

    async def __call__(self, request: Request) -> Response:
        if request.path == GRAPHQL:
            return await self._graphql(request)
        response = self._explored(request)
        if response is not None:
            return response
        response = self._refuse_operation() if self._is_operation(request) else self._page(request)
        return dataclasses.replace(response, headers=[*response.headers, *TEXT_HEADERS])

    def _explored(self, request: Request) -> Response | None:
        """Return what the explorer has at the path, which browsers reach by GET alone."""
        if self._explorer is None or not request.is_get:
            return None
        if request.path in (START, LIGHT_PAGE):
            return self._explorer.page(request)
        return self._explorer.file(request) if request.path.startswith(EXPLORER_FILES) else None

    @staticmethod
    def _is_operation(request: Request) -> bool:
        return request.path == START and not request.is_get

    @staticmethod
    def _refuse_operation() -> Response:
        """Refuse what would be GraphQL at one address, by which operations are cached, counted and limited."""
        response = refusal(405, "POST / is no GraphQL here: send operations to /graphql.")
        response.headers.append((b"allow", b"GET, HEAD"))
        return response

    def _page(self, request: Request) -> Response:
        is_for_routers = request.query_string.partition(b"=")[0] == b"subgraph"
        page = self._pages.get(f"{request.path}?subgraph" if is_for_routers else request.path)
        is_light_page = self._explorer is not None and request.path == LIGHT_PAGE  # answered before, but by GET alone
        if page is None and not is_light_page:
            return Response.of(b"Not Found", _TEXT, 404)
        if page is None or not request.is_get:
            response = Response.of(b"Method Not Allowed", _TEXT, 405)
            response.headers.append((b"allow", b"GET, HEAD"))
            return response
        return page()


def pages(client: Client, schema: Schema | None, connections: OpenConnections) -> dict[str, Page]:
    """Return the pages by path that every client may see; without `schema` there is no page of the SDL."""

    def healthy() -> Response:
        return Response.of(b'{"status":"ok"}')

    def ready() -> Response:
        """Report ready once the plan was requested from CoinGlass, with or without an answer, until the server ends.

        A replica that has yet to learn its part of the quota is not ready: it could fetch nothing.
        """
        may_fetch, plan = client.admission_queue.has_part, client.gate.plan
        is_ready = client.plan_watch.was_requested and may_fetch and not connections.is_draining
        facts = {"ready": is_ready, "plan": plan.name if plan else None, "sandbox": client.is_sandbox}
        return Response.of(orjson.dumps(facts), status=200 if is_ready else 503)

    paths: dict[str, Page] = {HEALTH: healthy, READY: ready}
    if schema is not None:  # printed at the first request, not at start
        paths["/schema.graphql"] = functools.cache(lambda: Response.of(schema.sdl.encode(), _TEXT))
        paths["/schema.graphql?subgraph"] = functools.cache(lambda: Response.of(schema.subgraph_sdl.encode(), _TEXT))
    return paths
