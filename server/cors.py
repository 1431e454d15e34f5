"""Lets the pages of allowed origins read the responses of this server (CORS)."""

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from server.cross_site import PREFLIGHT_HEADERS
from server.http import CLIENT_ID, DRY_RUN, PRIORITY, REQUEST_ID
from server.origins import ALL, Origins

_METHODS = ("GET", "HEAD", "POST")
_REQUEST_HEADERS = (
    "authorization",
    "x-api-key",
    "cg-api-key",
    "if-none-match",
    "apollographql-client-name",
    "apollographql-client-version",
    "traceparent",
    "tracestate",
    *(name.decode() for name in (CLIENT_ID, PRIORITY, DRY_RUN, REQUEST_ID, *PREFLIGHT_HEADERS)),
)
_RESPONSE_HEADERS = (
    "x-request-id",
    "x-upstream-calls",
    "x-quota-remaining",
    "x-coinglass-source",
    "x-coinglass-figures",
    "age",
    "content-disposition",
    "etag",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
)
_PREFLIGHT_SECONDS = 7200  # for which a browser remembers the answer to a preflight; Chromium allows no more


def allow_cross_origin(app: ASGIApp, origins: Origins) -> ASGIApp:
    """Add the headers to every response, errors and 304 included. With `*`, browsers send no cookies."""
    return CORSMiddleware(
        app,
        allow_origins=(ALL,) if origins.allows_all else (),
        allow_origin_regex=origins.regex,
        allow_credentials=not origins.allows_all,
        allow_methods=_METHODS,
        allow_headers=_REQUEST_HEADERS,
        expose_headers=_RESPONSE_HEADERS,
        max_age=_PREFLIGHT_SECONDS,
    )
