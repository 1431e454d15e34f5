"""The layers of an HTTP request, from outside to inside, each of which takes a Request and returns a Response."""

from collections.abc import Mapping

from starlette.types import ASGIApp

from cg_client.client import Client
from server.asgi import HTTPAdapter
from server.http import Handler
from server.log import RequestLog
from server.response_cache import ResponseCache
from server.routes import Page, Routes


class Stack:
    """`asgi` reads the request, passes it through the layers and writes the response.

    | layer | what it answers itself |
    | --- | --- |
    | HTTPAdapter | a body that is too large, and a request that graceful shutdown cancels |
    | ResponseCache | a repeated request, and one equal to a request in flight |
    | RequestLog | nothing |
    | Routes | a page, or an unknown path |
    | GraphQLView | every operation |
    """

    def __init__(
        self, graphql: Handler, pages: Mapping[str, Page], websockets: ASGIApp, client: Client, *, cache_bytes: int
    ) -> None:
        inner = RequestLog(Routes(graphql, pages))
        self.response_cache = ResponseCache(inner, limit=cache_bytes, clock=client.clock, revision=client.revision)
        self.asgi = HTTPAdapter(self.response_cache, websockets, client)
