"""The last answer as it came over HTTP: the client hands on what it read of it, not headers and bytes."""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx


@dataclass(frozen=True)
class Exchange:
    """`headers` are by name in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Recorder(httpx.AsyncBaseTransport):
    """Passes requests on, counts them and keeps the newest answer. Requests go one after the other here."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport
        self.sent = 0
        self.last: Exchange | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent += 1
        self.last = None
        response = await self._transport.handle_async_request(request)
        body = await response.aread()
        headers = {name.lower(): value for name, value in response.headers.items()}
        self.last = Exchange(response.status_code, headers, body)
        return response

    async def aclose(self) -> None:
        await self._transport.aclose()
