"""Each client gets an answer in a coding that it allows, and its tag is the tag of those bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.cached_response import CachedResponse, acceptable_codings
from server.http import Response
from server.response_keys import ResponseKey
from tests.server.asgi import Origin, Served, get, post

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
def test_accept_encoding_is_weighed(header: str | None, best_first: str) -> None:
    assert acceptable_codings(None if header is None else header.encode("latin-1")) == tuple(best_first.split())


@given(st.binary(max_size=60) | st.text(alphabet="gzipstd*;q=0.15, identity", max_size=60).map(str.encode))
def test_no_header_is_too_unusual_to_be_weighed(header: bytes) -> None:
    assert set(acceptable_codings(header)) <= {"zstd", "gzip", "identity"}


@pytest.mark.parametrize(
    ("codings", "size", "coding"),
    [
        (("zstd", "gzip", "identity"), 1023, None),
        (("zstd", "gzip", "identity"), 1024, b"zstd"),
        (("gzip",), 10, b"gzip"),
    ],
)
def test_small_bodies_are_not_encoded_if_that_is_allowed(
    codings: tuple[str, ...], size: int, coding: bytes | None
) -> None:
    headers = dict(captured(b"x" * size).rendering(codings).headers)
    assert headers.get(b"content-encoding") == coding


def test_a_body_is_encoded_to_the_same_bytes_at_any_time() -> None:
    body = b"time is no part of it " * 100
    sizes = {}
    for coding in ("zstd", "gzip", "identity"):
        first, second = (captured(body).rendering((coding,)).body for _ in range(2))
        assert first == second
        sizes[coding] = len(first)
    assert sizes["zstd"] < sizes["gzip"] + 100 < sizes["identity"] == len(body)


def captured(body: bytes) -> CachedResponse:
    return CachedResponse(ResponseKey("", "POST", None, b"", b"{}"), 0, Response.of(body))


async def test_one_answer_is_cached_for_all_codings(cache: Served, origin: Origin) -> None:
    origin.padding = 5000
    tags, bodies = set(), set()
    for coding in ("gzip", "zstd", "identity"):
        reply = await post(cache, accept_encoding=coding)
        assert reply.headers.get("content-encoding", "identity") == coding
        assert reply.headers["vary"] == "accept, accept-encoding, x-dry-run"
        tags.add(reply.headers["etag"])
        bodies.add(reply.body)
    assert (len(tags), len(bodies), origin.count) == (3, 1, 1)


async def test_a_body_is_encoded_once(cache: Served, origin: Origin) -> None:
    origin.padding = 5000
    first = await post(cache, accept_encoding="gzip, br")
    retained = cache.store.bytes
    second = await post(cache, accept_encoding="gzip, deflate")
    assert second.messages[1]["body"] is first.messages[1]["body"]
    assert cache.store.bytes - retained < 2000
    await post(cache, accept_encoding="identity")
    assert (await post(cache, accept_encoding="gzip")).messages[1]["body"] is first.messages[1]["body"]


async def test_what_is_not_cached_is_encoded_as_well(cache: Served, origin: Origin) -> None:
    origin.padding, origin.lasts = 5000, None
    reply = await post(cache, accept_encoding="gzip")
    assert (reply.headers["content-encoding"], reply.number) == ("gzip", 1)
    assert len(reply.raw) < 500


async def test_an_answer_that_is_encoded_already_stays_as_it_is(cache: Served, origin: Origin) -> None:
    origin.padding, origin.headers = 5000, [(b"content-encoding", b"br")]
    reply = await post(cache, accept_encoding="br, gzip")
    assert (reply.headers["content-encoding"], len(reply.raw) > 5000) == ("br", True)


async def test_a_client_that_allows_nothing_is_told_so(cache: Served, origin: Origin) -> None:
    reply = await post(cache, accept_encoding="identity;q=0, br")
    assert (reply.status, origin.count) == (406, 0)


async def test_the_tag_follows_the_body_and_its_type(cache: Served, origin: Origin) -> None:
    tags = [(await post(cache, {"query": f"{{ {name} }}"})).headers["etag"] for name in "ab"]
    origin.count = 0
    tags.append((await post(cache, {"query": "{ c }"})).headers["etag"])
    assert tags[0] != tags[1]
    assert tags[2] == tags[0]


@pytest.mark.parametrize("known", ["{}", "W/{}", '"x", {}', 'W/"x" ,W/{}', "*", ' "a,b",{} '])
async def test_a_client_that_has_the_bytes_is_told_so(cache: Served, origin: Origin, known: str) -> None:
    full = await get(cache)
    reply = await get(cache, URL, if_none_match=known.format(full.headers["etag"]))
    assert (reply.status, reply.raw, origin.count, cache.not_modified) == (304, b"", 1, 1)
    cached = {name: full.headers[name] for name in ("etag", "cache-control", "vary")}
    cost = {"x-upstream-calls": "0", "x-quota-remaining": "30"}
    assert reply.headers == cached | cost | {"age": "0", "x-request-id": reply.headers["x-request-id"]}


async def test_also_where_the_answer_had_to_be_made_again(cache: Served, origin: Origin) -> None:
    tag = (await get(cache)).headers["etag"]
    origin.count = 0
    other = b"query=%7Ba%7D&operationName=A"
    assert (await get(cache, other, if_none_match=tag)).status == 304


@pytest.mark.parametrize("known", ['"x"', "", "garbage", 'W/"', "{0}x, x", '"{0}"', "*x"])
async def test_a_client_that_has_other_bytes_gets_these(cache: Served, known: str) -> None:
    tag = (await get(cache)).headers["etag"].strip('"')
    assert (await get(cache, URL, if_none_match=known.format(tag)[: len(tag)])).status == 200


async def test_the_tag_of_another_coding_does_not_count(cache: Served, origin: Origin) -> None:
    origin.padding = 5000
    tag = (await get(cache, URL, accept_encoding="gzip")).headers["etag"]
    assert (await get(cache, URL, accept_encoding="zstd", if_none_match=tag)).status == 200
    assert (await get(cache, URL, accept_encoding="gzip", if_none_match=tag)).status == 304


async def test_a_post_is_answered_whatever_it_has(cache: Served) -> None:
    tag = (await post(cache)).headers["etag"]
    assert (await post(cache, if_none_match=tag)).number == 1
    assert (await post(cache, if_none_match="*")).number == 1


async def test_what_is_not_cached_is_never_unmodified(cache: Served, origin: Origin) -> None:
    origin.lasts = None
    assert (await get(cache, URL, if_none_match="*")).status == 200
