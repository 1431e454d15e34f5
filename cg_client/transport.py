"""One request over HTTP: no retry, no judgement of what came back."""

import asyncio
import base64
import importlib.metadata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote_plus

import httpx

from cg_client.call import Call
from cg_client.clock import Clock
from cg_client.errors import UpstreamTimeout, UpstreamUnavailable
from cg_client.secret import Secret
from cg_client.wire import Whole
from cg_client.wire.coding import ACCEPTED

KEY_HEADER = "CG-API-KEY"
SANDBOX_HEADER = "x-coinglass-source"  # set by the sandbox on each of its answers
FAIR_SECONDS = 4.0  # within which CoinGlass answers when it is well: 0.4 to 3.5 s
_PROJECT = "coinglass-graphql"
_NO_BODY = httpx.ByteStream(b"")

# The same names, intervals and limits are in most requests; what is refreshed is asked for in the same words.
_known_quoted = lru_cache(4096)(quote_plus)
_known_url = lru_cache(1024)(httpx.URL)
_KNOWN_AT_MOST = 500  # characters: longer texts of callers would fill the memory


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

    def __init__(
        self,
        http: httpx.AsyncBaseTransport,
        base_url: str,
        api_key: Secret,
        clock: Clock,
        attempt_seconds: float,
        *,
        connect_seconds: float | None = None,
        read_seconds: float | None = None,
    ) -> None:
        """`read_seconds` bound silence; None leaves it to `attempt_seconds`, which bound everything."""
        url = httpx.URL(base_url)
        self._http = http
        self._base_url = str(url.copy_with(userinfo=b"", query=None, fragment=None)).rstrip("/")
        self._headers = httpx.Headers(_headers(url) | {KEY_HEADER: api_key.reveal()})
        self._clock = clock
        self._attempt_seconds = attempt_seconds
        timeout = httpx.Timeout(
            attempt_seconds, connect=connect_seconds or attempt_seconds, read=read_seconds or attempt_seconds
        )
        self._extensions = {"timeout": timeout.as_dict()}

    async def __call__(self, call: Call, deadline: float) -> Reply:
        seconds = max(0.0, min(self._attempt_seconds, deadline - self._clock.monotonic()))
        try:
            async with asyncio.timeout(seconds):
                return await self._send(self._request(call))
        except httpx.TimeoutException as error:
            message = f"CoinGlass did not answer in time ({type(error).__name__})."
            raise UpstreamTimeout(message, fair=not isinstance(error, httpx.PoolTimeout)) from error
        except TimeoutError as error:
            fair = seconds >= min(self._attempt_seconds, FAIR_SECONDS)
            raise UpstreamTimeout(f"CoinGlass did not answer within {seconds:.1f} s.", fair=fair) from error
        except httpx.HTTPError as error:
            raise UpstreamUnavailable(f"The connection to CoinGlass failed ({type(error).__name__}).") from error

    def _request(self, call: Call) -> httpx.Request:
        query = "&".join([f"{_quoted(name)}={_quoted(value)}" for name, value in call.params.query().items()])
        url = f"{self._base_url}{call.endpoint.path}" + (f"?{query}" if query else "")
        made = _known_url(url) if len(url) <= _KNOWN_AT_MOST else httpx.URL(url)
        return httpx.Request("GET", made, headers=self._headers, stream=_NO_BODY, extensions=self._extensions)

    async def _send(self, request: httpx.Request) -> Reply:
        """Past httpx's client: nothing is redirected and there are no cookies, so that it would only cost."""
        response = await self._http.handle_async_request(request)
        body = response.stream.body if isinstance(response.stream, Whole) else await _read(response)
        headers = {name.lower().decode("latin-1"): value.decode("latin-1") for name, value in response.headers.raw}
        return Reply(response.status_code, body, headers)


def _quoted(text: str) -> str:
    return _known_quoted(text) if len(text) <= _KNOWN_AT_MOST else quote_plus(text)


async def _read(response: httpx.Response) -> bytes:
    try:
        return await response.aread()
    except BaseException:
        await response.aclose()
        raise


def _headers(url: httpx.URL) -> dict[str, str]:
    """What every request says, but for the key."""
    headers = {
        "Host": url.netloc.decode("ascii"),
        "Accept": "application/json",
        "Accept-Encoding": ACCEPTED,
        "Connection": "keep-alive",
        "User-Agent": _user_agent(),
    }
    if url.userinfo:
        credentials = f"{url.username}:{url.password}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(credentials).decode('ascii')}"
    return headers


def _user_agent() -> str:
    try:
        return f"{_PROJECT}/{importlib.metadata.version(_PROJECT)}"
    except importlib.metadata.PackageNotFoundError:  # run from its source without being installed
        return _PROJECT
