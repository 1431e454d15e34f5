"""The last answer as it came over HTTP: the client hands on what it read of it, not headers and bytes."""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from cg_client.errors import RequestRefused
from cg_client.transport import read_response

_OF_ENCODED_BODY = ("content-encoding", "content-length")


class RequestsSpentError(RequestRefused):
    """No request is left of those that may be sent."""


@dataclass(frozen=True)
class Exchange:
    """`path` is the one that was asked for; `headers` are by name in lower case."""

    path: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class Recorder(httpx.AsyncBaseTransport):
    """Passes requests on, at most so many, and keeps the newest answer. Requests go one after the other here."""

    def __init__(self, transport: httpx.AsyncBaseTransport, max_requests: int | None = None) -> None:
        self._transport, self._max_requests = transport, max_requests
        self.sent = 0
        self.last: Exchange | None = None

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
        self.last = Exchange(request.url.path, response.status_code, headers, body)
        return httpx.Response(response.status_code, headers=headers, content=body)

    async def aclose(self) -> None:
        await self._transport.aclose()
