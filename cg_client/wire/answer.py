"""Reads the answers of one connection from its bytes, whatever the pieces they come in. Knows nothing of sockets."""

from collections.abc import Sequence
from dataclasses import dataclass

import httptools
import httpx
import msgspec

_FIRST_FINAL = 200  # statuses below it only announce an answer
_SWITCHING = 101


@dataclass(frozen=True, slots=True)
class Limits:
    """In bytes. `body` bounds it encoded and decoded; `head` all that comes without a byte of body."""

    body: int = 16 * 1024 * 1024
    head: int = 64 * 1024


class Answer(msgspec.Struct, frozen=True, gc=False):
    """As sent: the body is still encoded by `codings`, its `content-encoding`.

    `fields`: of the headers the last of each name, by it in lower case.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    fields: dict[bytes, bytes]
    body: bytes
    codings: bytes = b""


class AnswerReader:
    """`begin` for each request, then `feed` until it says that the answer is complete, or `end`.

    Raises httpx.RemoteProtocolError for what is no HTTP, too large or not to be expected.
    """

    def __init__(self, limits: Limits) -> None:
        self._longest_head, self._longest_body = limits.head, limits.body
        self._parser = httptools.HttpResponseParser(self)
        self.begin(without_body=False)

    def begin(self, *, without_body: bool) -> None:
        """`without_body`: the request was a HEAD."""
        self._without_body = without_body
        self._headers: list[tuple[bytes, bytes]] = []
        self._fields: dict[bytes, bytes] = {}
        self._status = 0  # of the final answer, once its head is complete
        self._parts: list[bytes] = []
        self._body_size = 0
        self._bare = 0  # bytes that came since the last of the body
        self._codings = b""
        self._until_close = False
        self._fault: str | None = None
        self._complete = False
        self.heard = False  # whether anything came at all
        self.reusable = False  # whether the connection can take another request after a complete answer

    def feed(self, data: bytes) -> bool:
        """Whether the answer is complete now."""
        self.heard = True
        self._bare += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self.reusable = False
            if not self._complete:
                raise httpx.RemoteProtocolError("The answer is not valid HTTP.") from error
        if self._bare > self._longest_head and not self._complete and self._fault is None:
            self._fault = "The head of the answer is too large."
        if self._fault is not None:
            raise httpx.RemoteProtocolError(self._fault)
        return self._complete

    def end(self) -> bool:
        """Whether the answer is complete now that the server has closed the connection."""
        return self._complete or self._until_close

    def answer(self) -> Answer:
        """The complete answer, handed over: a resting connection must not hold the last body."""
        body = b"".join(self._parts)
        self._parts = []
        return Answer(self._status, self._headers, self._fields, body, self._codings)

    def forget(self) -> None:
        """What came of an answer that is not to be read: an error that refers to this may live for long."""
        self._parts = []

    def on_message_begin(self) -> None:
        self.reusable = False  # after a complete answer, this is one that nobody asked for

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._status:
            self._headers.append((name, value))
        else:  # a trailer of a chunked body, or of an answer that nobody asked for
            self._bare += len(name) + len(value)

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if self._complete:
            return
        if status < _FIRST_FINAL:
            self._headers.clear()
            if status == _SWITCHING:
                self._fault = "The server switches protocols."
            return
        self._status = status
        self._complete = self._without_body
        self._foresee()

    def _foresee(self) -> None:
        """How the body will end, how it is encoded, and whether it can be held."""
        fields = self._fields = by_name(self._headers)
        if self._bare > self._longest_head < sum(len(name) + len(value) for name, value in self._headers):
            self._fault = "The head of the answer is too large."
        length = fields.get(b"content-length")
        if b"content-encoding" in fields:
            self._codings = b",".join([value for name, value in self._headers if name.lower() == b"content-encoding"])
        self._until_close = length is None and b"transfer-encoding" not in fields
        if length is not None and int(length) > self._longest_body and not self._without_body:
            self._fault = "The body of the answer is too large."

    def on_body(self, part: bytes) -> None:
        if self._complete:
            return
        self._bare = 0
        self._body_size += len(part)
        if self._body_size > self._longest_body:
            self._fault = "The body of the answer is too large."
        else:
            self._parts.append(part)

    def on_message_complete(self) -> None:
        if self._status and not self._complete:
            self._complete = True
            self.reusable = self._fault is None and self._parser.should_keep_alive()


def by_name(headers: Sequence[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """As an answer has them."""
    return {name.lower(): value for name, value in headers}
