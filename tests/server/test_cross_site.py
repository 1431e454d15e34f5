"""What the pages of other sites can cause, and read, over HTTP."""

import asyncio
from typing import Any

import orjson
import pytest

from server.asgi import MAX_BODY, HTTPAdapter
from server.cors import allow_cross_origin
from server.cross_site import CrossSiteCheck
from server.origins import NO_ORIGINS, Origins
from server.response_cache import ResponseCache
from tests.clock import FakeClock
from tests.server.raw_asgi import Origin, Reply, Server, get, http_scope, ignore, post, receiving, sending

FOREIGN = {"origin": "https://evil.example", "sec_fetch_site": "cross-site"}
ALLOWED = {"origin": "https://app.example.com", "sec_fetch_site": "cross-site"}
FORMS = [
    "",
    "text/plain",
    "text/plain; application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain, application/json",
]
QUERY = b"query=%7Ba%7D"
NAVIGATION = {"sec_fetch_site": "cross-site", "accept": "text/html"}


@pytest.fixture
def app(origin: Origin, clock: FakeClock, server: Server) -> HTTPAdapter:
    """Return a server that allows no origin."""
    return HTTPAdapter(CrossSiteCheck(cached(origin, clock, server), NO_ORIGINS), ignore, server)


@pytest.fixture
def cors(origin: Origin, clock: FakeClock, server: Server) -> Any:
    """Return a server that allows subdomains of example.com."""
    origins = Origins.parse("https://*.example.com")
    adapter = HTTPAdapter(CrossSiteCheck(cached(origin, clock, server), origins), ignore, server)
    return allow_cross_origin(adapter, origins)


def cached(origin: Origin, clock: FakeClock, server: Server) -> ResponseCache:
    return ResponseCache(origin, limit=1_000_000, clock=clock, revision=server.revision)


def error(reply: Reply) -> dict[str, Any]:
    (entry,) = orjson.loads(reply.body)["errors"]
    return {"message": entry["message"], **entry["extensions"]}


@pytest.mark.parametrize("content_type", FORMS)
async def test_a_form_of_a_foreign_page_is_refused_and_costs_nothing(
    app: HTTPAdapter, origin: Origin, content_type: str
) -> None:
    reply = await post(app, content_type=content_type, **FOREIGN)
    assert (reply.status, error(reply)["code"], reply.headers["x-upstream-calls"]) == (403, "CROSS_SITE_REQUEST", "0")
    assert "https://evil.example" in error(reply)["message"]
    assert "`Apollo-Require-Preflight: 1`" in error(reply)["message"]
    assert origin.requests == []


@pytest.mark.parametrize("query_string", [b"query=%7Ba%7D", b"%71uery=%7Ba%7D", b"extensions=%7B%7D", b"doc_id=1"])
@pytest.mark.parametrize(
    "headers",
    [FOREIGN, NAVIGATION, {"sec_fetch_site": "same-site"}, {"origin": "https://evil.example"}, {"origin": "null"}],
)
async def test_an_operation_by_get_of_a_foreign_page_is_refused(
    app: HTTPAdapter, origin: Origin, query_string: bytes, headers: dict[str, str]
) -> None:
    reply = await get(app, query_string, **headers)
    assert (reply.status, reply.headers["cache-control"]) == (403, "no-store")
    assert origin.requests == []


async def test_a_foreign_page_gets_no_cached_response(app: HTTPAdapter) -> None:
    assert (await get(app)).status == 200
    assert (await get(app, QUERY, **FOREIGN)).status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "none"},
        {"sec_fetch_site": "same-origin", "origin": "null"},
        {"origin": "http://127.0.0.1:8000", "host": "127.0.0.1:8000"},
        {"origin": "https://graph.example.com", "host": "Graph.example.com"},
        {"origin": "https://graph.example.com", "host": "graph.example.com:443"},
        FOREIGN | {"apollo_require_preflight": "1"},
        FOREIGN | {"x_apollo_operation_name": "A"},
        FOREIGN | {"graphql_require_preflight": "1"},
    ],
)
async def test_other_clients_may_send_operations_in_any_form(app: HTTPAdapter, headers: dict[str, str]) -> None:
    assert (await get(app, QUERY, **headers)).status == 200
    assert (await post(app, content_type="text/plain", **headers)).status == 200


async def test_json_needs_a_preflight_and_is_not_refused(app: HTTPAdapter) -> None:
    assert (await post(app, content_type="application/json; charset=utf-8", **FOREIGN)).status == 200


async def test_the_host_alone_is_no_proof_if_the_browser_says_cross_site(app: HTTPAdapter) -> None:
    headers = {"origin": "http://graph.example.com", "host": "graph.example.com", "sec_fetch_site": "cross-site"}
    assert (await get(app, QUERY, **headers)).status == 403


async def test_a_link_opens_the_page(app: HTTPAdapter) -> None:
    assert (await get(app, b"q=%7Ba%7D&variables=", **NAVIGATION)).status == 200


async def test_a_page_of_an_allowed_origin_may_send_operations_in_any_form(cors: Any) -> None:
    for reply in (await get(cors, QUERY, **ALLOWED), await post(cors, content_type="text/plain", **ALLOWED)):
        assert (reply.status, reply.headers["access-control-allow-origin"]) == (200, "https://app.example.com")
        assert reply.headers["access-control-allow-credentials"] == "true"
        assert "x-quota-remaining" in reply.headers["access-control-expose-headers"]
    assert (await get(cors, QUERY, **FOREIGN)).status == 403


async def test_every_origin_is_allowed_without_cookies(origin: Origin, server: Server) -> None:
    origins = Origins.parse("*")
    app = allow_cross_origin(HTTPAdapter(CrossSiteCheck(origin, origins), ignore, server), origins)
    reply = await get(app, QUERY, **FOREIGN)
    assert (reply.status, reply.headers["access-control-allow-origin"]) == (200, "*")
    assert "access-control-allow-credentials" not in reply.headers


async def test_a_cached_response_is_for_the_origin_that_requests_it(cors: Any, origin: Origin) -> None:
    first, other = await get(cors), await get(cors, origin="https://other.example.com")
    assert "access-control-allow-origin" not in first.headers
    assert other.headers["access-control-allow-origin"] == "https://other.example.com"
    assert "age" in other.headers
    varies = "accept, accept-encoding, cg-api-key, router-authorization, x-dry-run, Origin"
    assert first.headers["vary"] == other.headers["vary"] == varies
    assert len(origin.requests) == 1


async def test_304_can_be_read_by_an_allowed_origin(cors: Any) -> None:
    etag = (await get(cors, QUERY, **ALLOWED)).headers["etag"]
    reply = await get(cors, QUERY, if_none_match=etag, **ALLOWED)
    assert (reply.status, reply.headers["etag"]) == (304, etag)
    assert reply.headers["access-control-allow-origin"] == "https://app.example.com"
    assert reply.headers["vary"].endswith("Origin")


async def test_errors_can_be_read_by_an_allowed_origin(cors: Any, origin: Origin) -> None:
    too_large = await post(cors, b"x" * (MAX_BODY + 1), **ALLOWED)
    origin.failure = asyncio.CancelledError()
    shutdown = await post(cors, **ALLOWED)
    for reply, status in ((too_large, 413), (shutdown, 503)):
        assert (reply.status, reply.headers["access-control-allow-origin"]) == (status, "https://app.example.com")


async def test_a_preflight_allows_the_headers_of_clients(cors: Any) -> None:
    requested = "authorization,cg-api-key,content-type,x-api-key,x-client-id,x-dry-run,x-priority,x-request-id"
    reply = await preflight(cors, "https://app.example.com", requested)
    assert (reply.status, reply.headers["access-control-allow-origin"]) == (200, "https://app.example.com")
    allowed = reply.headers["access-control-allow-headers"].lower().split(", ")
    assert {*allowed} > {*requested.split(",")}


async def test_a_preflight_of_a_foreign_page_is_refused(cors: Any, app: HTTPAdapter, origin: Origin) -> None:
    refused = await preflight(cors, "https://evil.example", "content-type")
    assert (refused.status, "access-control-allow-origin" in refused.headers) == (400, False)
    assert origin.requests == []
    without_setting = await preflight(app, "https://evil.example", "content-type")
    assert "access-control-allow-origin" not in without_setting.headers


async def preflight(app: Any, origin: str, headers: str) -> Reply:
    reply = Reply()
    named = {"origin": origin, "access-control-request-method": "POST", "access-control-request-headers": headers}
    await app(http_scope("OPTIONS", headers=named.items()), receiving(b""), sending(reply))
    return reply
