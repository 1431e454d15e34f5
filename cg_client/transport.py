"""One request over HTTP: no retry, no judgement of what came back."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from cg_client.call import Call
from cg_client.clock import Clock
from cg_client.errors import UpstreamTimeout, UpstreamUnavailable

SANDBOX_HEADER = "x-coinglass-source"  # set by the sandbox on each of its answers


@dataclass(frozen=True, slots=True)
class Reply:
    """Header names are lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def header(self, name: str) -> str | None:
        return self.headers.get(name)

    @property
    def sandbox(self) -> bool:
        return self.header(SANDBOX_HEADER) == "sandbox"


class Transport:
    """Raises UpstreamTimeout and UpstreamUnavailable; their messages name no URL, host or header."""

    def __init__(self, http: httpx.AsyncClient, clock: Clock, attempt_seconds: float) -> None:
        self._http = http
        self._clock = clock
        self._attempt_seconds = attempt_seconds

    async def __call__(self, call: Call, deadline: float) -> Reply:
        seconds = max(0.0, min(self._attempt_seconds, deadline - self._clock.monotonic()))
        try:
            async with asyncio.timeout(seconds):
                response = await self._http.get(call.endpoint.path, params=call.params.query())
        except (TimeoutError, httpx.TimeoutException) as error:
            raise UpstreamTimeout(f"CoinGlass did not answer within {seconds:.1f} s.") from error
        except httpx.HTTPError as error:
            raise UpstreamUnavailable(f"The connection to CoinGlass failed ({type(error).__name__}).") from error
        return Reply(response.status_code, response.content, dict(response.headers))
