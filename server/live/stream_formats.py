"""How results are written into an endless response: as server-sent events, or as the parts of a multipart body.

`opening` precedes everything, and `terminator` is the last of a stream that is complete. `heartbeat` is sent after so
many seconds without a result, so that proxies and clients do not take the connection for dead. `interruption` is the
last of a stream that the client should request again, and `failure` returns what ends one that cannot go on.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

import orjson

from server.http import Header
from server.negotiation import EVENT_STREAM, MULTIPART

_GOING_AWAY: Final = "The server is shutting down. Subscribe again, at another instance."


def _headers(content_type: bytes) -> list[Header]:
    unbuffered = (b"x-accel-buffering", b"no")  # nginx would collect what is to arrive at once
    return [(b"content-type", content_type), (b"cache-control", b"no-cache, no-transform"), unbuffered]


def _errors(message: str, code: str) -> bytes:
    return orjson.dumps([{"message": message, "extensions": {"code": code}}])


class EventStream:
    """graphql-sse in its mode of distinct connections. Without `complete`, its clients connect again."""

    headers = _headers(b"text/event-stream")
    opening = b""
    terminator = b"event: complete\r\ndata: \r\n\r\n"
    heartbeat = b": ping\r\n\r\n"
    heartbeat_seconds = 15.0
    interruption = b": %s\r\n\r\n" % _GOING_AWAY.encode()

    def result(self, body: bytes) -> bytes:
        return b"event: next\r\ndata: %s\r\n\r\n" % body

    def failure(self, message: str, code: str) -> bytes:
        return self.result(b'{"errors":%s}' % _errors(message, code)) + self.terminator


def _part(body: bytes) -> bytes:
    """Return a part with the boundary behind it, before which clients do not read it."""
    return b"\r\ncontent-type: application/json\r\n\r\n%s\r\n--graphql" % body


class Multipart:
    """The protocol of Apollo Router and Apollo Client, which tells failures of the transport from a result's errors."""

    headers = _headers(b'multipart/mixed;boundary="graphql";subscriptionSpec="1.0"')
    opening = b"--graphql"
    terminator = b"--\r\n"
    heartbeat = _part(b"{}")
    heartbeat_seconds = 5.0

    def __init__(self) -> None:
        self.interruption = self.failure(_GOING_AWAY, "SERVICE_UNAVAILABLE")

    def result(self, body: bytes) -> bytes:
        return _part(b'{"payload":%s}' % body)

    def failure(self, message: str, code: str) -> bytes:
        return _part(b'{"payload":null,"errors":%s}' % _errors(message, code)) + self.terminator


StreamFormat: TypeAlias = EventStream | Multipart
FORMATS: Final[Mapping[bytes, StreamFormat]] = MappingProxyType({EVENT_STREAM: EventStream(), MULTIPART: Multipart()})
