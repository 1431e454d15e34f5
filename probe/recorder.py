"""Records answers as they came over HTTP, and saves them without the key, one file for each endpoint."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec

from cg_client.errors import RequestRefused
from cg_client.transport import read_response
from probe.findings import ProbeResult
from probe.redaction import KeyRedaction
from sandbox.samples import file_name

_OF_ENCODED_BODY = ("content-encoding", "content-length")
_SOURCE = "coinglass-graphql probe"


class RequestsSpentError(RequestRefused):
    """No request is left of those that may be sent."""


class _DataMember(msgspec.Struct):
    data: msgspec.Raw = msgspec.Raw(b"null")


@dataclass(frozen=True)
class HTTPExchange:
    """One request and its answer. `path` is the requested one; `headers` are by name in lower case."""

    path: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def data(self) -> msgspec.Raw:
        return msgspec.json.decode(self.body, type=_DataMember).data


class Recorder(httpx.AsyncBaseTransport):
    """Passes on at most `max_requests` requests, one after the other, and keeps the newest answer."""

    def __init__(self, transport: httpx.AsyncBaseTransport, max_requests: int | None = None) -> None:
        self._transport, self._max_requests = transport, max_requests
        self.sent = 0
        self.last: HTTPExchange | None = None

    @property
    def is_spent(self) -> bool:
        return self._max_requests is not None and self.sent >= self._max_requests

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raise RequestsSpentError instead of sending one request too many."""
        if self.is_spent:
            raise RequestsSpentError("No request is left of those that --calls allows.")
        self.sent += 1
        self.last = None
        response = await self._transport.handle_async_request(request)
        _, body = await read_response(response)
        headers = {name: value for name, value in response.headers.items() if name not in _OF_ENCODED_BODY}
        self.last = HTTPExchange(request.url.path, response.status_code, headers, body)
        return httpx.Response(response.status_code, headers=headers, content=body)

    async def aclose(self) -> None:
        await self._transport.aclose()


def save_record(folder: Path, redaction: KeyRedaction, result: ProbeResult, exchange: HTTPExchange) -> None:
    """Write the answer of the result, whose parameters are redacted already; raises KeyStaysError and OSError."""
    body = redaction.body(exchange.body)
    record = {
        "path": result.endpoint.path,
        "params": result.params,
        "recorded_on": datetime.now(UTC).date().isoformat(),
        "source": _SOURCE + (" of the sandbox" if "x-coinglass-source" in exchange.headers else ""),
        "exact": body == exchange.body,
        "rows_recorded": result.rows,
        "rows_kept": result.rows,
        "body": msgspec.Raw(body),
    }
    (folder / record_name(result.endpoint.path)).write_bytes(msgspec.json.encode(record) + b"\n")


def record_name(path: str) -> str:
    """Return the file's name: `/api/index/puell-multiple` is in `index.puell_multiple.json`."""
    return file_name(path).lower().replace("-", "_")
