"""One request over HTTP: no retry, no judgement of what came back."""

import asyncio
import base64
import importlib.metadata
from collections.abc import Awaitable, Mapping

import httpx
import msgspec

from cg_client.call import Call
from cg_client.clock import Clock
from cg_client.errors import UpstreamFailed, UpstreamTimeout, UpstreamUnavailable
from cg_client.secret import Secret
from cg_client.tally import count_sent
from cg_client.wire import Seconds, WireTransport, fields_of
from cg_client.wire.answer import Answer, by_name
from cg_client.wire.coding import ACCEPTED

KEY_HEADER = "CG-API-KEY"
SANDBOX_HEADER = b"x-coinglass-source"  # set by the sandbox on each of its answers
FAIR_SECONDS = 4.0  # within which CoinGlass answers when it is well: 0.4 to 3.5 s
_PROJECT = "coinglass-graphql"
_NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_NO_BODY = httpx.ByteStream(b"")


class Reply(msgspec.Struct, frozen=True, gc=False):
    """Header names are lower case."""

    status: int
    body: bytes
    headers: Mapping[bytes, bytes] = {}

    def header(self, name: bytes) -> str | None:
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    @property
    def sandbox(self) -> bool:
        return self.headers.get(SANDBOX_HEADER) == b"sandbox"


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
        self._clock = clock
        self._attempt_seconds = attempt_seconds
        headers = httpx.Headers(_headers(url) | {KEY_HEADER: api_key.reveal()})
        longest = Seconds(connect_seconds or attempt_seconds, read_seconds or attempt_seconds, attempt_seconds)
        self._fair_seconds = min(FAIR_SECONDS, attempt_seconds, *filter(None, (connect_seconds, read_seconds)))
        self._way = (
            _OverWire(http, url, headers, longest)
            if isinstance(http, WireTransport)
            else _OverHttpx(http, url, headers, longest)
        )

    async def __call__(self, call: Call, deadline: float) -> Reply:
        seconds = max(0.0, min(self._attempt_seconds, deadline - self._clock.monotonic()))
        started = self._clock.monotonic()
        try:
            answer = await self._way.get(call.target, seconds)
        except (TimeoutError, httpx.HTTPError) as error:
            failure = self._failure(error, seconds, self._clock.monotonic() - started)
            if failure.sent:
                count_sent()
            raise failure from error
        count_sent()
        return Reply(answer.status, answer.body, answer.fields)

    def _failure(self, error: TimeoutError | httpx.HTTPError, seconds: float, waited: float) -> UpstreamFailed:
        """`seconds` is the time that was allowed, of which `waited` have passed."""
        failure: UpstreamFailed
        if isinstance(error, TimeoutError | httpx.TimeoutException):
            fair = seconds >= self._fair_seconds and not isinstance(error, httpx.PoolTimeout)
            failure = UpstreamTimeout(f"CoinGlass did not answer within {waited:.1f} s.", fair=fair)
        else:
            failure = UpstreamUnavailable(f"The connection to CoinGlass failed ({type(error).__name__}).")
        failure.sent = not isinstance(error, _NOTHING_SENT)
        return failure


class _OverWire:
    """With the bytes of the head made here: httpx's URL and request objects cost more than sending them."""

    def __init__(self, wire: WireTransport, base: httpx.URL, headers: httpx.Headers, longest: Seconds) -> None:
        self._wire, self._longest = wire, longest
        self._start = b"GET " + base.copy_with(query=None, fragment=None).raw_path.rstrip(b"/")
        self._rest = fields_of(headers)

    def get(self, target: str, seconds: float) -> Awaitable[Answer]:
        return self._wire.exchange(self._start + target.encode("ascii") + self._rest, self._longest, seconds)


class _OverHttpx:
    """By any transport of httpx, and past its client: nothing is redirected, and there are no cookies."""

    def __init__(
        self, http: httpx.AsyncBaseTransport, base: httpx.URL, headers: httpx.Headers, longest: Seconds
    ) -> None:
        self._http = http
        self._base = str(base.copy_with(userinfo=b"", query=None, fragment=None)).rstrip("/")
        self._headers = headers
        timeout = httpx.Timeout(longest.pool, connect=longest.connect, read=longest.read)
        self._extensions = {"timeout": timeout.as_dict()}

    async def get(self, target: str, seconds: float) -> Answer:
        async with asyncio.timeout(seconds):
            request = httpx.Request(
                "GET", self._base + target, headers=self._headers, stream=_NO_BODY, extensions=self._extensions
            )
            response = await self._http.handle_async_request(request)
            headers = response.headers.raw
            return Answer(response.status_code, headers, by_name(headers), await _read(response))


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
