"""Each client gets an accepted coding, and an ETag of those bytes."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.cached_response import CachedResponse, Rendering
from server.http import Response
from server.negotiation import acceptable_codings
from server.response_keys import ResponseKey
from tests.server.raw_asgi import Origin, Served, get, post

URL = b"query=%7Ba%7D"


@pytest.mark.parametrize(
    ("header", "best_first"),
    [
        (None, "identity"),
        ("", "identity"),
        ("gzip", "gzip identity"),
        ("gzip, deflate, br, zstd", "zstd gzip identity"),
        ("GZIP;Q=1.0", "gzip identity"),
        ("x-gzip", "gzip identity"),
        ("zstd;q=0.5, gzip;q=0.8", "gzip zstd identity"),
        ("zstd;q=0.5,gzip;q=0.5", "zstd gzip identity"),
        ("gzip;q=0", "identity"),
        ("gzip;q=0.001", "gzip identity"),
        ("br", "identity"),
        ("*", "zstd gzip identity"),
        ("*;q=0.1, identity", "identity zstd gzip"),
        ("gzip, *;q=0", "gzip"),
        ("zstd;q=0, *", "gzip identity"),
        ("identity;q=0, gzip;q=0.2", "gzip"),
        ("identity;q=0.5, gzip;q=0.2", "identity gzip"),
        ("identity;q=0", ""),
        ("*;q=0", ""),
        ("br, *;q=0", ""),
        ("gzip;q=nan, zstd;q=x, br;q=-1", "identity"),
        ("gzip;q=7", "identity"),
        (";;;,,q=1,=,gzip ; q = 0.4 ,\xff", "gzip identity"),
    ],
)
def test_accept_encoding_is_sorted_by_weight(header: str | None, best_first: str) -> None:
    assert acceptable_codings(None if header is None else header.encode("latin-1")) == tuple(best_first.split())


@given(st.binary(max_size=60) | st.text(alphabet="gzipstd*;q=0.15, identity", max_size=60).map(str.encode))
def test_any_header_is_parsed(header: bytes) -> None:
    assert set(acceptable_codings(header)) <= {"zstd", "gzip", "identity"}


@pytest.mark.parametrize(
    ("codings", "size", "coding"),
    [
        (("zstd", "gzip", "identity"), 1023, None),
        (("zstd", "gzip", "identity"), 1024, b"zstd"),
        (("gzip",), 10, b"gzip"),
    ],
)
async def test_small_bodies_are_not_encoded_if_that_is_allowed(
    codings: tuple[str, ...], size: int, coding: bytes | None
) -> None:
    headers = dict((await captured(b"x" * size).rendering(codings)).headers)
    assert headers.get(b"content-encoding") == coding


async def test_a_body_is_encoded_to_the_same_bytes_at_any_time() -> None:
    body = b"time is no part of it " * 100
    sizes = {}
    for coding in ("zstd", "gzip", "identity"):
        first, second = [(await captured(body).rendering((coding,))).body for _ in range(2)]
        assert first == second
        sizes[coding] = len(first)
    assert sizes["zstd"] < sizes["gzip"] + 100 < sizes["identity"] == len(body)


@pytest.mark.parametrize(("size", "in_thread"), [(512 * 1024, False), (512 * 1024 + 1, True)])
@pytest.mark.parametrize("coding", ["zstd", "gzip", "identity"])
async def test_large_bodies_are_encoded_in_a_thread(
    size: int, in_thread: bool, coding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []
    real = CachedResponse._render

    def render(self: CachedResponse, coding: str) -> Rendering:
        threads.append(threading.current_thread() is not threading.main_thread())
        return real(self, coding)

    monkeypatch.setattr(CachedResponse, "_render", render)
    response = captured(b"x" * size)
    first, second = await response.rendering((coding,)), await response.rendering((coding,))
    assert first is second
    assert threads == [in_thread]


def captured(body: bytes) -> CachedResponse:
    return CachedResponse(ResponseKey("", "POST", None, b"", b"{}"), 0, Response.of(body))


async def test_one_response_is_stored_for_all_codings(cache: Served, origin: Origin) -> None:
    origin.padding = 5000
    tags, bodies = set(), set()
    for coding in ("gzip", "zstd", "identity"):
        reply = await post(cache, accept_encoding=coding)
        assert reply.headers.get("content-encoding", "identity") == coding
        assert reply.headers["vary"] == "accept, accept-encoding, cg-api-key, router-authorization, x-dry-run"
        tags.add(reply.headers["etag"])
        bodies.add(reply.body)
    assert (len(tags), len(bodies), origin.count) == (3, 1, 1)


async def test_a_body_is_encoded_once(cache: Served, origin: Origin) -> None:
    origin.padding = 5000
    first = await post(cache, accept_encoding="gzip, br")
    stored = cache.store.bytes
    second = await post(cache, accept_encoding="gzip, deflate")
    assert second.messages[1]["body"] is first.messages[1]["body"]
    assert cache.store.bytes - stored < 2000
    await post(cache, accept_encoding="identity")
    assert (await post(cache, accept_encoding="gzip")).messages[1]["body"] is first.messages[1]["body"]


async def test_an_uncached_response_is_encoded_as_well(cache: Served, origin: Origin) -> None:
    origin.padding, origin.lasts = 5000, None
    reply = await post(cache, accept_encoding="gzip")
    assert (reply.headers["content-encoding"], reply.number) == ("gzip", 1)
    assert len(reply.raw) < 500


async def test_an_encoded_response_is_not_encoded_again(cache: Served, origin: Origin) -> None:
    origin.padding, origin.headers = 5000, [(b"content-encoding", b"br")]
    reply = await post(cache, accept_encoding="br, gzip")
    assert (reply.headers["content-encoding"], len(reply.raw) > 5000) == ("br", True)


async def test_a_client_that_accepts_no_coding_gets_406(cache: Served, origin: Origin) -> None:
    reply = await post(cache, accept_encoding="identity;q=0, br")
    assert (reply.status, origin.count) == (406, 0)


async def test_the_etag_depends_on_body_and_media_type(cache: Served, origin: Origin) -> None:
    tags = [(await post(cache, {"query": f"{{ {name} }}"})).headers["etag"] for name in "ab"]
    origin.count = 0
    tags.append((await post(cache, {"query": "{ c }"})).headers["etag"])
    assert tags[0] != tags[1]
    assert tags[2] == tags[0]


@pytest.mark.parametrize("if_none_match", ["{}", "W/{}", '"x", {}', 'W/"x" ,W/{}', "*", ' "a,b",{} '])
async def test_a_client_that_has_the_bytes_gets_304(cache: Served, origin: Origin, if_none_match: str) -> None:
    full = await get(cache)
    reply = await get(cache, URL, if_none_match=if_none_match.format(full.headers["etag"]))
    assert (reply.status, reply.raw, origin.count, cache.not_modified) == (304, b"", 1, 1)
    same = {name: full.headers[name] for name in ("etag", "cache-control", "vary")}
    cost = {"x-upstream-calls": "0", "x-quota-remaining": "30"}
    always = {"x-request-id": reply.headers["x-request-id"], "x-content-type-options": "nosniff"}
    assert reply.headers == same | cost | always | {"age": "0"}


async def test_the_etag_matches_across_equal_responses(cache: Served, origin: Origin) -> None:
    tag = (await get(cache)).headers["etag"]
    origin.count = 0
    other = b"query=%7Ba%7D&operationName=A"
    assert (await get(cache, other, if_none_match=tag)).status == 304


@pytest.mark.parametrize("if_none_match", ['"x"', "", "garbage", 'W/"', "{0}x, x", '"{0}"', "*x"])
async def test_a_client_with_other_bytes_gets_the_response(cache: Served, if_none_match: str) -> None:
    tag = (await get(cache)).headers["etag"].strip('"')
    assert (await get(cache, URL, if_none_match=if_none_match.format(tag)[: len(tag)])).status == 200


async def test_the_etag_of_another_coding_does_not_match(cache: Served, origin: Origin) -> None:
    origin.padding = 5000
    tag = (await get(cache, URL, accept_encoding="gzip")).headers["etag"]
    assert (await get(cache, URL, accept_encoding="zstd", if_none_match=tag)).status == 200
    assert (await get(cache, URL, accept_encoding="gzip", if_none_match=tag)).status == 304


async def test_if_none_match_is_ignored_for_post(cache: Served) -> None:
    tag = (await post(cache)).headers["etag"]
    assert (await post(cache, if_none_match=tag)).number == 1
    assert (await post(cache, if_none_match="*")).number == 1


async def test_an_uncached_response_is_never_304(cache: Served, origin: Origin) -> None:
    origin.lasts = None
    assert (await get(cache, URL, if_none_match="*")).status == 200
