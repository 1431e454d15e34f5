"""A repeated request gets the bytes of the first response until it expires, if it requests the same."""

import math
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from server.http import Request, Response
from tests.clock import FakeClock
from tests.server.conftest import LIMIT
from tests.server.raw_asgi import Origin, Reply, Served, Server, disconnected, get, http_scope, post, receiving, sending

QUERY = {"query": "{ a }"}


async def test_a_repeated_request_is_answered_without_the_application(cache: Served, origin: Origin) -> None:
    first, second = await post(cache, QUERY), await post(cache, QUERY)
    assert (first.number, second.number, second.raw, origin.count) == (1, 1, first.raw, 1)
    assert (cache.hits, cache.misses, len(cache.store)) == (1, 1, 1)


async def test_the_application_gets_the_complete_request(cache: Served, origin: Origin) -> None:
    scope = http_scope(headers=[("content-type", "application/json"), ("x-request-id", "r-1")])
    await cache(scope, receiving(b'{"query":', b'"{ a }"}'), sending(Reply()))
    (request,) = origin.requests
    assert (request.body, request.request_id) == (b'{"query":"{ a }"}', "r-1")
    assert request.payload is request.payload == QUERY


@pytest.mark.parametrize(
    "other",
    [
        b'{"query":"{ a }","variables":{"x":1,"y":{"c":2,"b":[]}},"operationName":"A"}',
        b' {"operationName": "A", "variables": {"y": {"b": [], "c": 2}, "x": 1},\n"query": "{ a }"} ',
        b'{"query":"{ \\u0061 }","variables":{"x":1,"y":{"b":[],"c":2}},"operationName":"A"}',
    ],
)
async def test_whitespace_and_order_of_members_do_not_count(cache: Served, origin: Origin, other: bytes) -> None:
    await post(cache, {"query": "{ a }", "operationName": "A", "variables": {"x": 1, "y": {"b": [], "c": 2}}})
    assert ((await post(cache, other)).number, origin.count) == (1, 1)


DIFFERENT: list[dict[str, Any]] = [
    {"query": "{ a }"},
    {"query": "{ a}"},
    {"query": "{ a }", "operationName": "A"},
    {"query": "{ a }", "operationName": "B"},
    *({"query": "{ a }", "variables": {"x": x}} for x in (1, 1.0, True, "1", None, [1], 0.0, -0.0, 2**53, 2**53 + 1)),
    {"query": "{ a }", "variables": {"y": 1}},
    {"query": "{ a }", "variables": {"x": {"y": 1}}},
    {"query": "{ a }", "variables": {}},
    {"query": "{ a }", "extensions": {"persistedQuery": {"version": 1, "sha256Hash": "aa"}}},
    {"query": "{ b }", "extensions": {"persistedQuery": {"version": 1, "sha256Hash": "aa"}}},
    {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "aa"}}},
    {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "bb"}}},
]


async def test_different_requests_never_share_a_response(cache: Served) -> None:
    for _ in range(2):
        assert [(await post(cache, payload)).number for payload in DIFFERENT] == [*range(1, len(DIFFERENT) + 1)]


async def test_accept_header_method_and_url_are_part_of_the_key(cache: Served) -> None:
    url = http_scope(query_string=b"x=1", headers=[("content-type", "application/json")])
    for _ in range(2):
        default, other = await post(cache, QUERY), await post(cache, QUERY, accept="application/graphql-response+json")
        by_get, in_url = await get(cache, b"query=%7B+a+%7D"), Reply()
        await cache(url, receiving(orjson.dumps(QUERY)), sending(in_url))
        assert [default.number, other.number, by_get.number, in_url.number] == [1, 2, 3, 4]


async def test_callers_of_different_scopes_get_different_responses(cache_of: Callable[..., Served]) -> None:
    cache = cache_of()
    for _ in range(2):
        replies = [await post(cache, QUERY, x_caller=caller) for caller in ("", "ann", "bob")]
        assert [reply.number for reply in replies] == [1, 2, 3]
        shared = [reply.headers["cache-control"].partition(",")[0] for reply in replies]
        assert shared == ["public", "private", "private"]


async def test_a_response_is_served_until_it_expires(cache: Served, clock: FakeClock) -> None:
    await post(cache)
    clock.advance(59.9)
    assert (await post(cache)).number == 1
    clock.advance(0.1)
    assert (await post(cache)).number == 2
    assert len(cache.store) == 1


async def test_age_and_max_age_never_exceed_the_expiry(cache: Served, origin: Origin, clock: FakeClock) -> None:
    origin.lasts = 60.75
    first = await post(cache)
    assert first.headers["cache-control"] == "public, max-age=60"
    assert "age" not in first.headers
    for passed, age in ((0.0, "0"), (0.5, "1"), (29.5, "30"), (30.25, "61")):
        clock.advance(passed)
        again = await post(cache)
        assert (again.headers["age"], again.headers["cache-control"]) == (age, "public, max-age=60")


async def test_a_response_that_never_expires_is_fresh_for_a_year(cache: Served, origin: Origin) -> None:
    origin.lasts = math.inf
    assert (await post(cache)).headers["cache-control"] == "public, max-age=31536000"


async def test_a_new_revision_takes_effect_immediately(cache: Served, server: Server) -> None:
    await post(cache)
    server.revision.bump()
    assert (await post(cache)).number == 2
    assert (cache.hits, len(cache.store)) == (0, 1)


async def test_a_response_is_not_stored_if_the_revision_changed_meanwhile(
    cache_of: Callable[..., Served], origin: Origin, server: Server
) -> None:
    async def changing(request: Request) -> Response:
        server.revision.bump()
        return await origin(request)

    cache = cache_of(handle=changing)
    assert (await post(cache)).headers["cache-control"] == "no-store"
    assert len(cache.store) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"lasts": None},
        {"lasts": 0.0},
        {"lasts": -1.0},
        {"lasts": math.nan},
        {"status": 201},
        {"status": 400},
        {"status": 500},
        {"headers": [(b"set-cookie", b"a=b")]},
        {"headers": [(b"cache-control", b"max-age=9")]},
    ],
)
async def test_an_uncacheable_response_is_computed_again_and_marked_no_store(
    cache: Served, origin: Origin, change: dict[str, Any]
) -> None:
    vars(origin).update(change)
    replies = [await post(cache) for _ in range(2)]
    assert [reply.number for reply in replies] == [1, 2]
    assert {reply.headers["cache-control"] for reply in replies} == {"no-store"}
    assert all("etag" not in reply.headers and reply.status == origin.status for reply in replies)
    assert cache.store.bytes == 0


async def test_a_response_without_an_expiry_is_not_stored(cache_of: Callable[..., Served]) -> None:
    async def silent(_: Request) -> Response:
        return Response.of(b"{}")

    cache = cache_of(handle=silent)
    assert (await post(cache)).headers["cache-control"] == "no-store"
    assert (await post(cache)).raw == b"{}"
    assert (cache.misses, len(cache.store)) == (2, 0)


async def test_set_cookie_and_retry_after_reach_their_caller(cache: Served, origin: Origin) -> None:
    origin.headers = [(b"set-cookie", b"a=b"), (b"retry-after", b"3")]
    headers = (await post(cache)).headers
    assert (headers["set-cookie"], headers["retry-after"]) == ("a=b", "3")


async def test_every_response_of_a_sandbox_is_marked(cache: Served, server: Server) -> None:
    assert "x-coinglass-source" not in (await post(cache)).headers
    server.sandbox = True
    assert (await post(cache)).headers["x-coinglass-source"] == "sandbox"
    assert (await post(cache, {"query": "{ b }"})).headers["x-coinglass-source"] == "sandbox"


async def test_every_response_has_the_id_of_its_request(cache: Served, origin: Origin) -> None:
    first = await post(cache)
    assert first.headers["x-request-id"] == origin.requests[0].request_id  # which the log has
    ids = {(await post(cache)).headers["x-request-id"] for _ in range(3)} | {first.headers["x-request-id"]}
    assert len(ids) == 4
    assert all(len(name) == 32 and int(name, 16) for name in ids)
    assert (await post(cache, x_request_id="wished-1")).headers["x-request-id"] == "wished-1"
    assert len((await post(cache, x_request_id="for\xfcged")).headers["x-request-id"]) == 32


UNTOUCHED = [
    http_scope(path="/healthz", headers=[("content-type", "application/json")]),
    http_scope("GET", query_string=b"x=1"),
    http_scope("OPTIONS", query_string=b"query=%7Ba%7D"),
    http_scope("GET", query_string=b"query=" + b"a" * 2**20),
    http_scope("GET", query_string=b"query=%7Ba%7D", headers=[("accept", "application/xhtml+xml, Text/HTML;q=0.9")]),
    http_scope("GET", query_string=b"query=%7Ba%7D", headers=[("accept", "a/b, " * 300)]),
    *(
        http_scope(headers=headers)
        for headers in (
            [],
            [("content-type", "text/plain")],
            [("content-type", "multipart/form-data; boundary=x")],
            [("content-type", "application/json"), ("content-type", "text/plain")],
            [("content-type", "application/json"), ("content-encoding", "gzip")],
            [("content-type", "application/json"), ("accept", "text/event-stream")],
            [("content-type", "application/json"), ("accept", "multipart/mixed"), ("accept", "text/event-stream")],
            [("content-type", "application/json"), ("accept-encoding", "gzip," * 300)],
        )
    ),
]


@pytest.mark.parametrize("scope", UNTOUCHED, ids=range(len(UNTOUCHED)))
async def test_only_requests_for_a_single_json_response_use_the_cache(
    cache_of: Callable[..., Served], scope: dict[str, Any]
) -> None:
    passed_on: list[Request] = []
    response = Response.of(b"{}")
    response.expires_at = math.inf

    async def handle(request: Request) -> Response:
        passed_on.append(request)
        return response

    cache, request = cache_of(handle=handle), Request(scope)
    assert [await cache.cache(request) for _ in range(2)] == [response, response]
    assert passed_on == [request, request]


@pytest.mark.parametrize("scope", [{"type": "websocket", "path": "/graphql", "headers": []}, {"type": "lifespan"}])
async def test_websockets_and_lifespan_bypass_the_layers(
    cache_of: Callable[..., Served], scope: dict[str, Any]
) -> None:
    passed: list[tuple[object, ...]] = []

    async def others(*asgi: object) -> None:
        passed.append(asgi)

    passed_on = (scope, receiving(b"{}"), sending(Reply()))
    await cache_of(others=others)(*passed_on)
    assert [[a is b for a, b in zip(asgi, passed_on, strict=True)] for asgi in passed] == [[True] * 3]


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON ;x=y"])
async def test_parameters_of_the_content_type_do_not_count(cache: Served, content_type: str) -> None:
    assert [(await post(cache, content_type=content_type)).number for _ in range(2)] == [1, 1]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'"x"', b"3", b"null", b'[{"query":"{ a }"}]', b'{"a":' * 400 + b"1" + b"}" * 400, b'{"query":"\xff"}'],
)
async def test_an_invalid_body_is_left_to_the_application(cache: Served, origin: Origin, body: bytes) -> None:
    assert [(await post(cache, body)).number for _ in range(2)] == [1, 2]
    assert [request.body for request in origin.requests] == [body, body]
    assert cache.misses == 0


@pytest.mark.parametrize(
    "query_string", [b"xquery=a", b"query=a&query=b", b"query=a&variables={", b"query=a&extensions=x"]
)
async def test_a_malformed_url_is_left_to_the_application(cache: Served, query_string: bytes) -> None:
    assert [(await get(cache, query_string)).number for _ in range(2)] == [1, 2]
    assert cache.misses == 0


async def test_a_url_is_read_like_a_body(cache: Served) -> None:
    original = b"query=%7Ba%7D&variables=%7B%22x%22%3A1%2C%22y%22%3A2%7D&operationName=A"
    same = b"operationName=A&query={a}&variables={%22y%22:2,+%22x%22:1}"
    others = [b"query=%7Ba%7D", b"query={a}&operationName=A&variables={%22x%22:1.0,%22y%22:2}", b"extensions={}"]
    for _ in range(2):
        replies = [await get(cache, url) for url in (original, same, *others)]
        assert [reply.number for reply in replies] == [1, 1, 2, 3, 4]


@pytest.mark.parametrize("length", [str(2**20 + 1), "9" * 5000])
async def test_a_body_that_is_too_large_is_refused_before_it_is_read(
    cache: Served, origin: Origin, server: Server, length: str
) -> None:
    server.sandbox = True
    reply = Reply()
    scope = http_scope(headers=[("content-type", "application/json"), ("content-length", length)])
    await cache(scope, never_received, sending(reply))
    assert (reply.status, origin.count) == (413, 0)
    (error,) = orjson.loads(reply.body)["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert reply.headers["x-coinglass-source"] == "sandbox"
    assert len(reply.headers["x-request-id"]) == 32


async def never_received() -> Any:
    raise AssertionError("was read")


async def test_a_body_without_a_length_is_read_up_to_the_bound(cache: Served, origin: Origin) -> None:
    reply, scope = Reply(), http_scope(headers=[("content-type", "application/json")])
    half = b" " * 2**19
    await cache(scope, receiving(half, half, b"x", then=never_received), sending(reply))
    assert (reply.status, origin.count) == (413, 0)
    whole = b'{"query":"{ a }"}'
    assert (await post(cache, whole.ljust(2**20))).number == 1


async def test_nothing_is_sent_to_a_client_that_disconnects_while_its_body_is_read(
    cache: Served, origin: Origin
) -> None:
    reply, scope = Reply(), http_scope(headers=[("content-type", "application/json")])
    parts = iter([{"type": "http.request", "body": b"{", "more_body": True}])

    async def receive() -> Any:
        return next(parts, None) or await disconnected()

    await cache(scope, receive, sending(reply))
    assert (reply.messages, origin.count) == ([], 0)


async def test_a_limit_of_zero_stores_nothing(cache_of: Callable[..., Served]) -> None:
    cache = cache_of(limit=0)
    replies = [await post(cache) for _ in range(2)]
    assert [reply.number for reply in replies] == [1, 2]
    assert {reply.headers["cache-control"] for reply in replies} == {"no-store"}


async def test_an_answer_larger_than_the_store_does_not_empty_it(cache: Served, origin: Origin) -> None:
    await post(cache, {"query": "{ small }"})
    origin.padding = LIMIT
    assert (await post(cache)).headers["cache-control"] == "no-store"
    assert (await post(cache, {"query": "{ small }"})).number == 1


async def test_the_store_stays_within_its_limit_and_evicts_the_least_recently_used(
    cache: Served, origin: Origin
) -> None:
    origin.padding = 30_000
    for number in range(100):
        await post(cache, {"query": "{ popular }"})
        await post(cache, {"query": f"{{ a{number} }}"}, accept_encoding=("gzip", "zstd", "")[number % 3])
        assert cache.store.bytes <= LIMIT
    assert 20 < len(cache.store) < 35
    assert cache.store.evicted > 60
    assert (await post(cache, {"query": "{ popular }"})).number == 1


async def test_the_size_of_the_store_includes_its_keys(cache: Served) -> None:
    for number in range(30):
        await post(cache, {"query": "{ a }" + "#" * 100_000 + str(number)})
        assert cache.store.bytes <= LIMIT
    assert 3 <= len(cache.store) <= 5


async def test_many_writings_of_one_request_do_not_fill_the_store(cache: Served, origin: Origin) -> None:
    await post(cache, {"query": "{ other }"})
    for blanks in range(2000):
        assert (await post(cache, b'{"query":"{ a }"}' + b" " * blanks)).number == 2
    assert (await post(cache, {"query": "{ other }"})).number == 1
    assert (origin.count, cache.store.evicted) == (2, 0)
    assert cache.store.bytes < 100_000


async def test_an_expired_response_releases_all_its_bytes(cache: Served, origin: Origin, clock: FakeClock) -> None:
    for coding in ("gzip", "zstd", "identity"):
        await post(cache, accept_encoding=coding)
    clock.advance(60)
    origin.lasts = None
    await post(cache, accept_encoding="gzip")
    assert (cache.store.bytes, len(cache.store)) == (0, 0)


async def test_a_body_is_parsed_once_and_a_repeated_one_not_at_all(
    cache_of: Callable[..., Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str | bytes] = []

    def counting(text: str | bytes) -> object:
        parsed.append(text)
        return orjson.loads(text)

    async def reading(request: Request) -> Response:
        assert request.payload == QUERY
        response = Response.of(b"{}")
        response.expires_at = math.inf
        return response

    monkeypatch.setattr("server.http.parse_json", counting)
    cache = cache_of(handle=reading)
    for _ in range(2):
        await post(cache, QUERY)
        assert parsed == [orjson.dumps(QUERY)]


async def test_repeated_headers_are_joined(cache: Served, origin: Origin) -> None:
    scope = http_scope(headers=[("content-type", "application/json"), ("x-client-id", "a"), ("x-client-id", "b")])
    await cache(scope, receiving(b"{}"), sending(Reply()))
    assert origin.requests[0].headers[b"x-client-id"] == b"a,b"
