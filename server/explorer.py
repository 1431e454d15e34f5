"""The explorer: the page in which a browser queries the graph, and the files that it loads."""

import gzip
from typing import Final

import orjson

from cg_client.client import Client
from server.explorer_files import ExplorerFiles, ExplorerPage
from server.http import Header, Request, Response
from server.negotiation import acceptable_codings
from server.paths import GRAPHQL, LIGHT_PAGE
from server.sandbox_notice import notice

_HTML: Final = b"text/html; charset=utf-8"
_PLACEHOLDER: Final = '<script type="application/json" id="explorer-config">{}</script>'
_HEADERS: Final[tuple[Header, ...]] = ((b"cache-control", b"no-cache"), (b"vary", b"accept-encoding"))
_REMEDY: Final = "Set COINGLASS_API_KEY for real ones."
_GZIP: Final = "gzip"


class Explorer:
    """Says whether its figures are those of a sandbox, which is known once the client has an answer.

    `credentials`: whether callers need any. `key_header`: whether they may send a CoinGlass key of their own.
    """

    def __init__(self, client: Client, files: ExplorerFiles, *, credentials: bool, key_header: bool) -> None:
        self._client, self._files = client, files
        self._has_credentials, self._key_header = credentials, key_header
        self._rendered: dict[tuple[ExplorerPage, str | None], tuple[bytes, bytes]] = {}

    def page(self, request: Request) -> Response:
        page = self._files.light if request.path == LIGHT_PAGE else self._files.start
        is_compressed = _GZIP in acceptable_codings(request.headers.get(b"accept-encoding"))
        response = Response.of(self._bodies(page)[is_compressed], _HTML)
        if is_compressed:
            response.headers.append((b"content-encoding", _GZIP.encode()))
        response.headers += (*_HEADERS, *page.headers)
        response.upstream_calls = 0
        return response

    def file(self, request: Request) -> Response | None:
        """Return a file of the pages, or None if there is none at the path."""
        file = self._files.files.get(request.path)
        return None if file is None else file.respond(request)

    def _bodies(self, page: ExplorerPage) -> tuple[bytes, bytes]:
        """Return the page with its configuration, as it is and compressed."""
        text = notice(self._client)
        banner = None if text is None else f"{text} {_REMEDY}"
        bodies = self._rendered.get((page, banner))
        if bodies is None:
            config = _PLACEHOLDER.replace("{}", self._config(banner))
            body = page.html.replace(_PLACEHOLDER, config).encode()
            bodies = self._rendered[page, banner] = (body, gzip.compress(body, mtime=0))
        return bodies

    def _config(self, banner: str | None) -> str:
        """Return what the page needs to know. In JSON `<` occurs in strings alone, where it could end the element."""
        config = {
            "endpoint": GRAPHQL.removeprefix("/"),  # relative, for a proxy that serves it under a prefix
            "banner": banner,
            "credentials": self._has_credentials,
            "keyHeader": self._key_header,
            "examples": self._files.examples,
        }
        return orjson.dumps(config).decode().replace("<", "\\u003c")
