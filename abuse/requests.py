"""What is sent to the port besides operations: huge and endless heads and bodies, and garbage."""

import asyncio
import gzip
import random
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from abuse.documents import documents

Pieces: TypeAlias = Callable[[], AsyncIterator[bytes]]

HEAD_SECONDS: Final = 2.0
BODY_SECONDS: Final = 3.0
WITHIN: Final = 0.1  # seconds, from the last byte to the answer
_MEGABYTE: Final = 2**20
_POST: Final = b"POST /graphql HTTP/1.1\r\nhost: server\r\ncontent-type: application/json\r\n"
_GET: Final = b"GET /graphql HTTP/1.1\r\nhost: server\r\n"


@dataclass(frozen=True, slots=True)
class RawCase:
    """`patient`: ends by a limit of time, so that it is sent once and its answer need not be immediate."""

    name: str
    pieces: Pieces
    patient: bool = False


def cases() -> Iterator[RawCase]:
    for name, body in documents():
        yield RawCase(name, _whole(_post(body)))
    yield from _bodies()
    yield from _heads()
    yield from _garbage()
    yield from _slow()


def _bodies() -> Iterator[RawCase]:
    for megabytes in (1, 10, 100):
        size = megabytes * _MEGABYTE + 1
        yield RawCase(f"a body of {megabytes} MB", _repeated(_POST + b"content-length: %d\r\n\r\n" % size, b" ", size))
    chunk = b"%x\r\n%s\r\n" % (_MEGABYTE, b" " * _MEGABYTE)
    for megabytes in (2, 100):
        yield RawCase(f"chunks of {megabytes} MB", _pieces(_CHUNKED, *[chunk] * megabytes, b"0\r\n\r\n"))
    yield RawCase("a length of 10^30", _whole(_POST + b"content-length: " + b"9" * 30 + b"\r\n\r\n"))
    bomb = gzip.compress(b" " * 100 * _MEGABYTE)
    yield RawCase("a compressed 100 MB", _whole(_post(bomb, b"content-encoding: gzip\r\n")))
    form = b'--x\r\ncontent-disposition: form-data; name="operations"\r\n\r\n{}\r\n' * 10_000 + b"--x--\r\n"
    yield RawCase("a form of 10,000 parts", _whole(_form(form)))
    yield RawCase("no content type", _whole(b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}"))


def _heads() -> Iterator[RawCase]:
    yield RawCase("a head of 1 MB", _whole(_GET + b"a: " + b"x" * _MEGABYTE + b"\r\n\r\n"))
    yield RawCase("a head that never ends", _repeated(_GET + b"a: ", b"x", 100 * _MEGABYTE))
    yield RawCase("10,000 headers", _whole(_GET + b"a: b\r\n" * 10_000 + b"\r\n"))
    yield RawCase("a URL of 1 MB", _whole(b"GET /" + b"x" * _MEGABYTE + b" HTTP/1.1\r\nhost: x\r\n\r\n"))
    query = b"%7B" * 4000
    yield RawCase(
        "a query of 4,000 braces by GET", _whole(b"GET /graphql?query=" + query + b" HTTP/1.1\r\nhost: x\r\n\r\n")
    )
    yield RawCase("two lengths", _whole(_POST + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}"))
    yield RawCase("length and chunks", _whole(_POST + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}"))
    yield RawCase("10,000 pipelined requests", _whole((_GET + b"\r\n") * 10_000))


def _garbage() -> Iterator[RawCase]:
    chance = random.Random(14)  # noqa: S311  # the same garbage in every run
    yield RawCase("random bytes", _whole(chance.randbytes(100_000)))
    yield RawCase("a TLS handshake", _whole(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + chance.randbytes(500)))
    yield RawCase("HTTP/2", _whole(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00" * 100))
    yield RawCase("CONNECT", _whole(b"CONNECT example.org:443 HTTP/1.1\r\nhost: example.org\r\n\r\n"))
    yield RawCase("an unknown method", _whole(b"BREW /graphql HTTP/1.1\r\nhost: x\r\n\r\n"))
    yield RawCase("a bad chunk", _pieces(_CHUNKED, b"zzz\r\n"))
    yield RawCase("zero bytes", _whole(b"\x00" * 100_000))


def _slow() -> Iterator[RawCase]:
    yield RawCase("a connection that sends nothing", _pieces(), patient=True)
    yield RawCase("a head drop by drop", _drip(_GET + b"a: ", b"x"), patient=True)
    yield RawCase("empty lines drop by drop", _drip(b"", b"\r\n"), patient=True)
    yield RawCase("a body drop by drop", _drip(_POST + b"content-length: 1000\r\n\r\n{", b" "), patient=True)
    yield RawCase("chunks drop by drop", _drip(_CHUNKED, b"1\r\n \r\n"), patient=True)


_CHUNKED: Final = _POST + b"transfer-encoding: chunked\r\n\r\n"


def _post(body: bytes, headers: bytes = b"") -> bytes:
    return _POST + headers + b"content-length: %d\r\n\r\n" % len(body) + body


def _form(body: bytes) -> bytes:
    head = b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=x\r\n"
    return head + b"content-length: %d\r\n\r\n" % len(body) + body


def _whole(data: bytes) -> Pieces:
    return _pieces(data)


def _pieces(*pieces: bytes) -> Pieces:
    async def send() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    return send


def _repeated(head: bytes, piece: bytes, size: int) -> Pieces:
    """Send the head, and the piece as often as makes up the size."""

    async def send() -> AsyncIterator[bytes]:
        yield head
        block = piece * (_MEGABYTE // len(piece))
        for _ in range(size // len(block)):
            yield block
        yield piece * (size % len(block))

    return send


def _drip(head: bytes, piece: bytes) -> Pieces:
    async def send() -> AsyncIterator[bytes]:
        yield head
        while True:
            await asyncio.sleep(0.1)
            yield piece

    return send
