"""Sends one request over HTTP and reads the response within bounds; retries nothing and judges nothing.

httpx describes requests, responses and errors; aiohttp moves the bytes, through the transport of httpx-aiohttp. That is
called directly, since `httpx.AsyncClient` costs five times as much CPU and adds only redirects and cookies.
"""

import asyncio
import base64
import io
import os
import ssl
import zlib
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import cast

import aiohttp
import httpx
import msgspec
from httpx_aiohttp import AiohttpTransport

from cg_client.call import Call, count_sent
from cg_client.client_config import ClientConfig
from cg_client.clock import Clock
from cg_client.errors import UnavailableReason, UpstreamFailed, UpstreamTimeout, UpstreamUnavailable
from cg_client.secret import MIN_REDACTED
from cg_client.version import PROJECT, installed_version

KEY_HEADER = "CG-API-KEY"
SANDBOX_HEADER = b"x-coinglass-source"  # set by the sandbox on each of its responses
FIGURES_HEADER = b"x-coinglass-figures"  # which figures the sandbox serves: market or samples
ENOUGH_SECONDS = 4.0  # a healthy CoinGlass answers in 0.4 to 3.5 s; a timeout after less does not open the circuit
IDLE_SECONDS = 30.0  # servers and middleboxes often close idle connections after a minute
MAX_BODY = 16 * 1024 * 1024  # bytes, both as sent and decompressed: a decompression bomb must not fill the memory
_CACHED_REQUESTS = 4096
_MAX_CACHED_TARGET = 500  # characters: longer lists of names would make the cache large
_NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class UpstreamResponse(msgspec.Struct, frozen=True, gc=False):
    """An HTTP response, and what the request took; header names are lower case."""

    status: int
    body: bytes
    headers: Mapping[bytes, bytes] = {}
    seconds: float = 0.0


class Transport:
    """Raises UpstreamTimeout and UpstreamUnavailable; their messages name no URL, host or header.

    `sending`: the tasks whose request is being sent, or whose response is awaited.
    """

    def __init__(self, http: httpx.AsyncBaseTransport, config: ClientConfig, clock: Clock) -> None:
        url = httpx.URL(config.base_url)
        self._http, self._clock, self._attempt_seconds = http, clock, config.attempt_seconds
        self.sending: set[asyncio.Task[object] | None] = set()
        self._base = str(url.copy_with(userinfo=b"", query=None, fragment=None)).rstrip("/")
        self._headers = httpx.Headers(_headers(url) | {KEY_HEADER: config.api_key.reveal()})
        timeout = httpx.Timeout(config.attempt_seconds, connect=config.connect_seconds, read=config.read_seconds)
        self._extensions = {"timeout": timeout.as_dict()}
        self._cached_request = lru_cache(_CACHED_REQUESTS)(self._new_request)
        self._secrets = secrets_of(config, url)
        self._enough_seconds = min(ENOUGH_SECONDS, config.attempt_seconds, config.connect_seconds, config.read_seconds)

    async def __call__(self, call: Call, deadline: float) -> UpstreamResponse:
        started = self._clock.monotonic()
        seconds = max(0.0, min(self._attempt_seconds, deadline - started))
        # Series are requested again and again, and httpx takes a fifth of a request's time to parse its URL.
        new_request = self._cached_request if len(call.target) <= _MAX_CACHED_TARGET else self._new_request
        task = asyncio.current_task()
        self.sending.add(task)
        counter = count_sent()  # not after the answer: the operation has caused it even if nobody waits for it any more
        try:
            async with asyncio.timeout(seconds):
                response = await self._http.handle_async_request(new_request(call.target))
                headers, body = await read_response(response)
        except (TimeoutError, httpx.HTTPError) as error:
            failure = self._failure(error, seconds, self._clock.monotonic() - started)
            if counter is not None and not failure.sent:
                counter.sent -= 1
            raise failure from error
        finally:
            self.sending.discard(task)
        for secret in self._secrets:  # no message, value or anomaly may repeat one
            if secret in body:
                body = body.replace(secret, b"***")
        return UpstreamResponse(response.status_code, body, headers, self._clock.monotonic() - started)

    def _new_request(self, target: str) -> httpx.Request:
        return httpx.Request("GET", self._base + target, headers=self._headers, extensions=self._extensions)

    def _failure(self, error: TimeoutError | httpx.HTTPError, seconds: float, waited: float) -> UpstreamFailed:
        """Translate httpx's error; `seconds` were allowed, of which `waited` have passed."""
        failure: UpstreamFailed
        if isinstance(error, TimeoutError | httpx.TimeoutException):
            enough = seconds >= self._enough_seconds and not isinstance(error, httpx.PoolTimeout)
            failure = UpstreamTimeout(f"CoinGlass did not answer within {waited:.1f} s.", had_enough_time=enough)
        else:
            failure = UpstreamUnavailable(_message(error), reason=_reason(error))
        failure.sent, failure.seconds = not isinstance(error, _NOTHING_SENT), waited
        return failure


def _message(error: httpx.HTTPError) -> str:
    """Return what failed, and the remedy if nothing was sent; only causes in our words, since others show addresses."""
    if isinstance(error, NoConnection):
        return f"No connection to CoinGlass: {error}. Check COINGLASS_BASE_URL, COINGLASS_PROXY and the network."
    if isinstance(error, NoProxy):
        return f"No connection to CoinGlass through the proxy: {error}. Check COINGLASS_PROXY and the network."
    return f"The connection to CoinGlass failed ({type(error).__name__})."


def _reason(error: httpx.HTTPError) -> UnavailableReason:
    if isinstance(error, _NOTHING_SENT):
        return UnavailableReason.CONNECT
    is_lost = isinstance(error, httpx.NetworkError)
    return UnavailableReason.CONNECTION_LOST if is_lost else UnavailableReason.MALFORMED_BODY


async def read_response(response: httpx.Response) -> tuple[Mapping[bytes, bytes], bytes]:
    """Return the headers, by name in lower case, and the decompressed body, and close the response.

    Raises httpx.RemoteProtocolError for a body larger than `MAX_BODY`, and httpx.DecodingError.
    """
    headers = {name.lower(): value for name, value in response.headers.raw}
    stream = cast("httpx.AsyncByteStream", response.stream)
    received = io.BytesIO()  # one growing block: the parts of a large body would leave the heap fragmented
    try:
        if int(headers.get(b"content-length", b"0")) > MAX_BODY:
            raise httpx.RemoteProtocolError("The body of the answer is too large.")
        async for part in stream:
            received.write(part)
            if received.tell() > MAX_BODY:
                raise httpx.RemoteProtocolError("The body of the answer is too large.")
        body = received.getvalue()
    except (httpx.ConnectTimeout, RuntimeError) as error:  # raised by aiohttp for a lost connection
        raise httpx.ReadError("The connection broke.") from error
    finally:
        received.close()  # else the traceback of an error would hold what it has
        await stream.aclose()
    encoding = headers.get(b"content-encoding", b"identity").strip().lower()
    if encoding == b"identity" or not body:
        return headers, body
    if encoding not in (b"gzip", b"x-gzip"):
        raise httpx.DecodingError("The body has an encoding that was not requested.")
    return headers, _decompress(body, MAX_BODY)


def _decompress(body: bytes, limit: int) -> bytes:
    """Return all gzip members of the body; raises httpx.DecodingError if it is cut, invalid or larger than `limit`."""
    parts: list[bytes] = []
    while body:
        member = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            parts.append(member.decompress(body, limit + 1))
        except zlib.error as error:
            raise httpx.DecodingError("The body is not valid gzip.") from error
        limit -= len(parts[-1])
        if limit < 0:
            parts.clear()  # else the traceback of the error would hold them
            raise httpx.DecodingError("The body is too large when decompressed.")
        if not member.eof:
            raise httpx.DecodingError("The gzip body is cut short.")
        body = member.unused_data
    return b"".join(parts)


def http_transport(
    base_url: str, connections: int, proxy: str | None = None, tls: ssl.SSLContext | None = None
) -> httpx.AsyncBaseTransport:
    """At most `connections` at a time, kept open for the next requests; `tls` None trusts certifi's authorities."""

    def session() -> aiohttp.ClientSession:  # made with the first request, inside its event loop
        is_secure = httpx.URL(base_url).scheme == "https"
        context = tls or (trusted_authorities() if is_secure else True)
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=connections, keepalive_timeout=IDLE_SECONDS, ssl=context),
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=(_translate_errors,),
        )

    unused = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # the session brings its own; this one trusts nobody
    return AiohttpTransport(
        verify=unused, trust_env=False, proxy=None if proxy is None else httpx.Proxy(proxy), client=session
    )


@cache
def trusted_authorities() -> ssl.SSLContext:
    """Trust certifi's authorities. Loading them takes 20 ms, so that all clients share the context."""
    return httpx.create_ssl_context(trust_env=False)


async def _translate_errors(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Raise httpx's errors in place of aiohttp's, as a middleware of the session.

    This also keeps aiohttp from sending a request again when its connection broke, which it does only for errors of
    its own: `Retry` decides, and asks the quota first. aiohttp's errors are not chained, since they show the address
    and the key in the headers.
    """
    try:
        return await handler(request)
    except aiohttp.ClientError as error:
        raise _translated(error) from None


class NoConnection(httpx.ConnectError):
    """The message is the cause, without an address."""


class NoProxy(httpx.ProxyError):
    """As above."""


def _translated(error: aiohttp.ClientError) -> httpx.TransportError:
    name = type(error).__name__
    match error:
        case aiohttp.ConnectionTimeoutError():
            return httpx.ConnectTimeout("No connection could be made in time.")
        case aiohttp.ClientProxyConnectionError() | aiohttp.ClientHttpProxyError():
            return NoProxy(_cause(error))
        case aiohttp.ClientConnectorError():
            return NoConnection(_cause(error))
        case aiohttp.ServerTimeoutError():
            return httpx.ReadTimeout("The answer did not come in time.")
        case aiohttp.ClientOSError() | aiohttp.ServerDisconnectedError():
            return httpx.ReadError(f"The connection broke ({name}).")
        case _:
            return httpx.RemoteProtocolError(f"The answer is not valid or not complete ({name}).")


def _cause(error: aiohttp.ClientConnectorError | aiohttp.ClientHttpProxyError) -> str:
    """Return why there is no connection, without the address that the error's own text has."""
    match error:
        case aiohttp.ClientHttpProxyError():
            return f"it answered with status {error.status}"
        case aiohttp.ClientConnectorDNSError():
            return "its name was not found"
        case aiohttp.ClientConnectorCertificateError():
            return "its certificate is not accepted"
        case aiohttp.ClientSSLError():
            return "TLS failed"
        case _:
            return os.strerror(error.errno).lower() if error.errno else type(error).__name__


def _headers(url: httpx.URL) -> dict[str, str]:
    """Return what every request says, but for the key."""
    headers = {
        "Host": url.netloc.decode("ascii"),
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "User-Agent": user_agent(),
    }
    if url.userinfo:
        headers["Authorization"] = f"Basic {_credentials(url)}"
    return headers


def secrets_of(config: ClientConfig, url: httpx.URL) -> tuple[bytes, ...]:
    """Return what an answer must not repeat, as it is sent and as it is written."""
    texts = [config.api_key.reveal()]
    for address in (url, None if config.proxy is None else httpx.URL(config.proxy)):
        if address is not None and address.password:
            texts += [_credentials(address), address.password]
    return tuple(text.encode() for text in texts if len(text) >= MIN_REDACTED)


def _credentials(url: httpx.URL) -> str:
    return base64.b64encode(f"{url.username}:{url.password}".encode()).decode("ascii")


def user_agent() -> str:
    version = installed_version()
    return PROJECT if version is None else f"{PROJECT}/{version}"
