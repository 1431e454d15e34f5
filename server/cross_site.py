"""Refuses what a browser sends for the page of a foreign site without a preflight, before it spends anything.

A GET, or a POST with the content type of a form, arrives even if the page may not read its answer. The browser marks it
by `Sec-Fetch-Site` and `Origin`, which no page can change; curl sends neither. Browsers send no `Sec-Fetch-Site` to an
address that is neither HTTPS nor loopback, and no `Origin` with the GET of a link or an image: there such a request
cannot be told from curl's.
"""

from collections.abc import Awaitable, Mapping
from typing import Final
from urllib.parse import parse_qsl

from strawberry.http.websocket_origin import is_same_origin

from served_schema.persisted_queries import DOCUMENT_IDS
from server.http import JSON, NO_STORE, Handler, Request, Response, refusal
from server.origins import Origins

PREFLIGHT_HEADERS: Final = (b"apollo-require-preflight", b"graphql-require-preflight", b"x-apollo-operation-name")
_CODE: Final = "CROSS_SITE_REQUEST"
_FORBIDDEN = 403
_TRUSTED_SITES = (b"same-origin", b"none")  # none: the user typed the address, or opened a bookmark
_OPERATION_PARAMETERS = frozenset(("query", "extensions", *DOCUMENT_IDS))
_MAX_SHOWN = 200  # characters of an origin in a message
_REMEDY = (
    "Send POST with `content-type: application/json`, or the header `Apollo-Require-Preflight: 1`; "
    "COINGLASS_ALLOWED_ORIGINS must include the origin."
)


class CrossSiteCheck:
    """Refuses an operation that the page of a foreign site sends without a preflight."""

    def __init__(self, handle: Handler, origins: Origins) -> None:
        self._handle, self._origins = handle, origins

    def __call__(self, request: Request) -> Awaitable[Response]:
        """Return the coroutine of the next layer itself: a coroutine here would cost more than the check."""
        if _is_foreign(request.headers, self._origins) and _needs_no_preflight(request):
            return _refuse(request)
        return self._handle(request)


def _is_foreign(headers: Mapping[bytes, bytes], origins: Origins) -> bool:
    """Whether the page of an origin that is not allowed sent the request. Without both headers, no page did."""
    site, origin = headers.get(b"sec-fetch-site"), headers.get(b"origin")
    if site is None and origin is None:
        return False
    if site in _TRUSTED_SITES or origins.allows_all:
        return False
    if origin is None:
        return True
    sender, host = origin.decode("latin-1"), headers.get(b"host", b"").decode("latin-1")
    return not (site is None and is_same_origin(sender, host)) and not origins.allows(sender)


def _needs_no_preflight(request: Request) -> bool:
    """Whether the request has an operation and a browser sends it without a preflight."""
    headers = request.headers
    if any(headers.get(name) for name in PREFLIGHT_HEADERS):
        return False
    if request.method == "POST":
        return headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != JSON
    parameters = parse_qsl(request.query_string.decode("latin-1"), keep_blank_values=True)
    return request.method in ("GET", "HEAD") and any(name in _OPERATION_PARAMETERS for name, _ in parameters)


async def _refuse(request: Request) -> Response:
    response = refusal(_FORBIDDEN, f"{_sender(request)} sent this operation without a preflight. {_REMEDY}", _CODE)
    response.headers.append(NO_STORE)
    return response


def _sender(request: Request) -> str:
    origin = request.headers.get(b"origin")
    return "A page of " + ("another site" if origin is None else origin.decode("latin-1")[:_MAX_SHOWN])
