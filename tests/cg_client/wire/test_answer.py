"""Answers out of bytes: every form that HTTP/1.1 gives them, in whatever pieces, and nothing beyond its bounds."""

import gzip
import zlib
from collections.abc import Iterable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_client.wire.answer import Answer, AnswerReader, Limits
from cg_client.wire.coding import decoded

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
BODY = b'{"code":"0"}'
LIMITS = Limits(body=1000, head=500)

COMPLETE: dict[str, bytes] = {
    "length": OK + b"content-length: 12\r\n\r\n" + BODY,
    "chunks": CHUNKED + b"5\r\n" + BODY[:5] + b"\r\n7;note=x\r\n" + BODY[5:] + b"\r\n0\r\nTrailer: x\r\n\r\n",
    "announced": b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    + OK
    + b"content-length: 12\r\n\r\n"
    + BODY,
}
WITHOUT_BODY: dict[str, bytes] = {
    "204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "304": b"HTTP/1.1 304 Not Modified\r\ncontent-length: 12\r\n\r\n",
    "empty": OK + b"content-length: 0\r\n\r\n",
}
UNTIL_CLOSE = OK + b"content-type: application/json\r\n\r\n" + BODY
REFUSED: dict[str, bytes] = {
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "two lengths": OK + b"content-length: 3\r\ncontent-length: 4\r\n\r\n",
    "length and chunks": OK + b"content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n",
    "length without a number": OK + b"content-length: many\r\n\r\n",
    "chunk without a size": CHUNKED + b"zz\r\n",
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
    "another protocol unnamed": b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "body announced too large": OK + b"content-length: 1001\r\n\r\n",
    "body growing too large": CHUNKED + (b"64\r\n" + b"x" * 100 + b"\r\n") * 11,
    "body without end": UNTIL_CLOSE + b"x" * 1000,
    "large head": OK + b"a: " + b"x" * 500 + b"\r\ncontent-length: 0\r\n\r\n",
    "head without end": OK + b"a: x\r\n" * 100,
    "name without end": OK + b"x" * 501,
    "announcements without end": b"HTTP/1.1 100 Continue\r\n\r\n" * 30,
    "trailers without end": CHUNKED + b"1\r\nx\r\n0\r\n" + b"a: x\r\n" * 300,
    "notes of a chunk without end": CHUNKED + b"1;" + b"x" * 501,
}


def reader(*, without_body: bool = False) -> AnswerReader:
    made = AnswerReader(LIMITS)
    made.begin(without_body=without_body)
    return made


def read(made: AnswerReader, pieces: Iterable[bytes]) -> Answer:
    """The answer, which must be complete with the last piece and not before."""
    complete = [made.feed(piece) for piece in pieces]
    assert complete == [*[False] * (len(complete) - 1), True]
    return made.answer()


def split(data: bytes, at: Iterable[int]) -> list[bytes]:
    """The data in pieces that end at these places."""
    ends = sorted({place for place in at if 0 < place < len(data)})
    return [data[start:end] for start, end in zip([0, *ends], [*ends, len(data)], strict=True)]


each_complete = pytest.mark.parametrize("data", COMPLETE.values(), ids=COMPLETE)


@each_complete
def test_an_answer_is_read_wherever_it_is_cut_in_two(data: bytes) -> None:
    for place in range(1, len(data)):
        made = reader()
        answer = read(made, split(data, [place]))
        assert (answer.status, answer.body, made.reusable) == (200, BODY, True)


@each_complete
def test_an_answer_is_read_byte_by_byte(data: bytes) -> None:
    assert read(reader(), split(data, range(len(data)))).body == BODY


@given(st.sampled_from(list(COMPLETE.values())), st.lists(st.integers(1, 200)))
def test_an_answer_is_read_in_any_pieces(data: bytes, at: list[int]) -> None:
    assert read(reader(), split(data, at)).body == BODY


@given(st.lists(st.binary(max_size=300), max_size=3).map(b"".join), st.lists(st.integers(1, 700)))
def test_garbage_in_any_pieces_is_an_answer_or_a_protocol_error(data: bytes, at: list[int]) -> None:
    made = reader()
    try:
        for piece in split(OK + data, at):
            made.feed(piece)
    except httpx.RemoteProtocolError:
        assert not made.reusable


def test_headers_come_as_they_were_sent_and_announcements_and_trailers_are_none() -> None:
    assert read(reader(), [COMPLETE["announced"]]).headers == [(b"content-length", b"12")]
    assert read(reader(), [COMPLETE["chunks"]]).headers == [(b"Transfer-Encoding", b"chunked")]


@pytest.mark.parametrize("data", WITHOUT_BODY.values(), ids=WITHOUT_BODY)
def test_an_answer_without_body_is_complete_with_its_head(data: bytes) -> None:
    made = reader()
    assert read(made, split(data, range(len(data)))).body == b""
    assert made.reusable


def test_the_answer_to_a_head_request_ends_with_its_head_and_its_connection() -> None:
    made = reader(without_body=True)
    answer = read(made, [OK + b"content-length: 5000\r\n\r\n"])
    assert (answer.status, answer.body, made.reusable) == (200, b"", False)


def test_a_body_without_length_ends_with_its_connection() -> None:
    made = reader()
    for piece in split(UNTIL_CLOSE, range(len(UNTIL_CLOSE))):
        assert not made.feed(piece)
    assert made.end()
    assert (made.answer().body, made.reusable) == (BODY, False)


@pytest.mark.parametrize("data", COMPLETE.values(), ids=COMPLETE)
def test_an_answer_that_ends_early_is_not_complete(data: bytes) -> None:
    for place in range(len(data)):
        made = reader()
        assert not made.feed(data[:place])
        assert not made.end()


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("piece", [1, 7, 10_000])
def test_what_is_no_answer_or_too_large_is_refused(data: bytes, piece: int) -> None:
    made = reader()
    with pytest.raises(httpx.RemoteProtocolError) as error:
        read(made, split(data, range(0, len(data), piece)))
    assert not made.reusable
    assert str(error.value) in (
        "The answer is not valid HTTP.",
        "The server switches protocols.",
        "The body of the answer is too large.",
        "The head of the answer is too large.",
    )


@pytest.mark.parametrize(
    "surplus", [b"H", b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", b"garbage", COMPLETE["chunks"]]
)
@each_complete
def test_what_nobody_asked_for_leaves_the_answer_and_ends_the_connection(data: bytes, surplus: bytes) -> None:
    made = reader()
    assert read(made, [data + surplus]).body == BODY
    assert not made.reusable


@pytest.mark.parametrize(
    ("data", "reusable"),
    [
        (OK + b"content-length: 0\r\nconnection: close\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 0\r\nconnection: keep-alive\r\n\r\n", True),
    ],
)
def test_the_server_says_whether_the_connection_stays(data: bytes, reusable: bool) -> None:
    made = reader()
    read(made, [data])
    assert made.reusable == reusable


@each_complete
def test_one_reader_reads_one_answer_after_another(data: bytes) -> None:
    made = reader()
    for pieces in ([data], split(data, range(len(data))), [WITHOUT_BODY["304"]], [data]):
        made.begin(without_body=False)
        answer = read(made, pieces)
        assert answer.body == (b"" if answer.status == 304 else BODY)


def deflated(data: bytes, window_bits: int) -> bytes:
    packing = zlib.compressobj(wbits=window_bits)
    return packing.compress(data) + packing.flush()


CODED: dict[str, tuple[bytes, bytes]] = {
    "gzip": (b"gzip", gzip.compress(BODY)),
    "gzip in members": (b"GZIP", gzip.compress(BODY[:4]) + gzip.compress(BODY[4:])),
    "deflate": (b"deflate", zlib.compress(BODY)),
    "deflate, bare": (b"deflate", deflated(BODY, -zlib.MAX_WBITS)),
    "one in the other": (b"deflate, gzip", gzip.compress(zlib.compress(BODY))),
    "none": (b"identity", BODY),
}
each_coded = pytest.mark.parametrize(("codings", "body"), CODED.values(), ids=CODED)


@each_coded
def test_a_coded_body_is_decoded(codings: bytes, body: bytes) -> None:
    assert decoded(body, codings, LIMITS.body) == BODY


@pytest.mark.parametrize(("codings", "body"), list(CODED.values())[:-1], ids=list(CODED)[:-1])
def test_a_coded_body_that_is_cut_or_too_large_is_refused(codings: bytes, body: bytes) -> None:
    with pytest.raises(httpx.DecodingError):
        decoded(body[:-1], codings, LIMITS.body)
    with pytest.raises(httpx.DecodingError):
        decoded(body, codings, len(BODY) - 1)


@pytest.mark.parametrize(
    ("codings", "body"),
    [
        (b"br", BODY),
        (b"gzip", BODY),
        (b"gzip", b""),
        (b"deflate", b"\xff" * 20),
        (b"gzip", gzip.compress(bytes(100_000_000))),
        (b"deflate", zlib.compress(bytes(100_000_000))),
    ],
)
def test_a_body_that_is_not_what_its_coding_says_is_refused(codings: bytes, body: bytes) -> None:
    with pytest.raises(httpx.DecodingError):
        decoded(body, codings, 1_000_000)
