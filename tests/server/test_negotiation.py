"""Which media type a client gets for what it accepts."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.export.formats import BY_MEDIA_TYPE
from server.http import JSON
from server.negotiation import EVENT_STREAM, GRAPHQL_JSON, accepts_page, is_json, media_type

APOLLO = b"application/graphql-response+json,application/json;q=0.9"
URQL = (
    b"application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"
)
BROWSER = b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, JSON),
        (b"", JSON),
        (b"*/*", JSON),
        (b"application/*", JSON),
        (BROWSER, JSON),
        (b"application/json", JSON),
        (b"Application/JSON; charset=UTF-8", JSON),
        (b"application/graphql-response+json", GRAPHQL_JSON),
        (b'application/graphql-response+json; charset="utf-8"; q=0.2', GRAPHQL_JSON),
        (APOLLO, GRAPHQL_JSON),
        (URQL, GRAPHQL_JSON),
        (b"application/json, application/graphql-response+json", GRAPHQL_JSON),
        (b"application/json, application/graphql-response+json;q=0.9", JSON),
        (b"application/graphql-response+json, */*", GRAPHQL_JSON),
        (b"application/graphql-response+json;q=0.5, */*", JSON),
        (b"application/json;q=0, */*;q=0.1", GRAPHQL_JSON),
        (b"application/*;q=0, */*", None),
        (b"text/event-stream", EVENT_STREAM),
        (b"text/event-stream, application/json", JSON),
        (b"text/event-stream, application/json;q=0.5", EVENT_STREAM),
        (b"multipart/mixed;deferSpec=20220824,application/json", JSON),
        (b"application/json;q=0", None),
        (b"application/json;charset=latin1", None),
        (b"application/json;q=nan, text/event-stream;q=2", None),
        (b"text/*", None),
        (b"text/plain, image/png", None),
        (b",;,=;q", None),
    ],
)
def test_the_best_type_that_the_client_accepts_is_chosen(accept: bytes | None, chosen: bytes | None) -> None:
    assert media_type(accept) == chosen


@given(st.binary(max_size=100))
@example(b"application/vnd.apache.arrow.stream")
def test_every_header_is_read_without_a_failure(header: bytes) -> None:
    assert media_type(header) in (JSON, GRAPHQL_JSON, EVENT_STREAM, None, *BY_MEDIA_TYPE)
    assert accepts_page(header) in (True, False)


@pytest.mark.parametrize(
    ("accept", "accepted"),
    [(None, False), (b"application/json", False), (b"*/*", True), (BROWSER, True), (b"text/html;q=0, */*", False)],
)
def test_a_page_is_for_clients_that_accept_html(accept: bytes | None, *, accepted: bool) -> None:
    assert accepts_page(accept) is accepted


@pytest.mark.parametrize(
    ("content_type", "is_read"),
    [
        (b"application/json", True),
        (b"Application/JSON ;x=y", True),
        (b"application/json; charset=utf-8; boundary=x", True),
        (b'application/json; profile=x; charset="UTF-8"', True),
        (b"application/json; profile=x; charset=latin1", False),
        (b"application/json; charset=latin1", False),
        (b"application/jsonp", False),
        (b"", False),
    ],
)
def test_a_body_is_json_in_utf_8_whatever_else_its_type_states(content_type: bytes, *, is_read: bool) -> None:
    assert is_json(content_type) is is_read
