"""Routes by path: GraphQL, and the small pages for health, readiness, metrics and the SDL."""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import orjson

from cg_client.client import Client
from server.http import Handler, Request, Response
from server.page_headers import TEXT_HEADERS
from server.response_cache import PATH as GRAPHQL

Page: TypeAlias = Callable[[], Response]
GRAPHQL_PATHS = (GRAPHQL, "/")
METRICS: Final = "/metrics"
HEALTH_PATHS: Final = ("/healthz", "/readyz")
_TEXT = b"text/plain; charset=utf-8"


class Routes:
    def __init__(self, graphql: Handler, pages: Mapping[str, Page]) -> None:
        self._graphql, self._pages = graphql, pages

    async def __call__(self, request: Request) -> Response:
        if request.path in GRAPHQL_PATHS:
            return await self._graphql(request)
        response = self._page(request)
        return dataclasses.replace(response, headers=[*response.headers, *TEXT_HEADERS])

    def _page(self, request: Request) -> Response:
        page = self._pages.get(request.path)
        if page is None:
            return Response.of(b"Not Found", _TEXT, 404)
        if request.method not in ("GET", "HEAD"):
            response = Response.of(b"Method Not Allowed", _TEXT, 405)
            response.headers.append((b"allow", b"GET, HEAD"))
            return response
        return page()


def pages(client: Client, sdl: Callable[[], str] | None) -> dict[str, Page]:
    """Return the pages by path that every client may see; without `sdl` there is no page of it."""

    def healthy() -> Response:
        return Response.of(b'{"status":"ok"}')

    def ready() -> Response:
        """Report ready once the plan was requested from CoinGlass, with or without an answer."""
        is_ready, plan = client.plan_watch.was_requested, client.gate.plan
        facts = {"ready": is_ready, "plan": plan.name if plan else None, "sandbox": client.sandbox}
        return Response.of(orjson.dumps(facts), status=200 if is_ready else 503)

    paths: dict[str, Page] = {"/healthz": healthy, "/readyz": ready}
    if sdl is not None:  # printed at the first request, not at start
        paths["/schema.graphql"] = functools.cache(lambda: Response.of(sdl().encode(), _TEXT))
    return paths
