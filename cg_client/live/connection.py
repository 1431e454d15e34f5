"""One connection to CoinGlass' WebSocket: opens it, and moves texts over it.

The key is part of the address, as CoinGlass wants it. So nothing of the library is shown: its log is off, and its
errors, which may have the address, are translated and not chained.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable
from urllib.parse import quote

import httpx
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as _Connect  # noqa: N812  # a class
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.frames import CloseCode
from websockets.http11 import Response

from cg_client.client_config import SOCKET_PATH, ClientConfig
from cg_client.clock import Clock
from cg_client.envelope import key_refused, payload, stated_refusal
from cg_client.errors import (
    CoinglassError,
    PlanRefused,
    RateLimited,
    Unauthorized,
    UnavailableReason,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from cg_client.live.frames import MAX_QUOTED
from cg_client.live.timers import within
from cg_client.transport import (
    SANDBOX_HEADER,
    UpstreamResponse,
    secrets_of,
    trusted_authorities,
    user_agent,
)

SEND_SECONDS = 10.0
CLOSE_SECONDS = 1.0  # for CoinGlass' part of closing
MAX_MESSAGE = 4 * 1024 * 1024  # bytes: more than 20,000 events
MAX_QUEUE = 8  # messages that are received and not read yet
KEY_PARAMETER = "cg-api-key"
_BAD_FRAME = (CloseCode.MESSAGE_TOO_BIG, CloseCode.INVALID_DATA, CloseCode.PROTOCOL_ERROR)
_UNAUTHORIZED = 401

_silent = logging.Logger("websockets", level=logging.CRITICAL + 1)  # noqa: LOG001  # one that no setting can turn on


class _Opening(_Connect):
    """Follows no redirects: the address has the key."""

    def process_redirect(self, exc: Exception) -> Exception:
        return exc


class StreamConnection:
    """Raises only CoinglassError, whose text has neither address nor key."""

    def __init__(self, socket: ClientConnection, clock: Clock, redact: Callable[[str], str]) -> None:
        self._socket, self._clock, self._redact = socket, clock, redact
        response = socket.response
        self.sandbox = response is not None and response.headers.get(SANDBOX_HEADER.decode()) == "sandbox"

    async def send(self, text: str) -> None:
        failure: CoinglassError
        try:
            return await within(self._clock, SEND_SECONDS, self._socket.send(text))
        except ConnectionClosed as closed:
            failure = self._failure(closed)
        except TimeoutError:
            self._socket.transport.abort()  # its buffer is full: it cannot be closed in order
            failure = UpstreamTimeout(f"CoinGlass' WebSocket took nothing for {SEND_SECONDS:.0f} s.")
        raise _at_socket(failure)

    async def receive(self) -> str | bytes:
        """Return the next text, in which stars replace secrets, or the next binary message."""
        failure: CoinglassError
        try:
            message = await self._socket.recv()
        except ConnectionClosed as closed:
            failure = self._failure(closed)
        else:
            return message if isinstance(message, bytes) else self._redact(message)
        raise _at_socket(failure)

    async def close(self) -> None:
        await self._socket.close()

    def _failure(self, closed: ConnectionClosed) -> CoinglassError:
        if closed.sent is not None and closed.sent.code in _BAD_FRAME and not closed.rcvd_then_sent:
            message = f"CoinGlass' WebSocket sent a message that is not valid, or larger than {MAX_MESSAGE >> 20} MB."
            return UpstreamUnavailable(message, reason=UnavailableReason.MALFORMED_BODY)
        if closed.rcvd is None:
            message = "The WebSocket to CoinGlass broke."
            return UpstreamUnavailable(message, reason=UnavailableReason.CONNECTION_LOST)
        reason = self._redact(closed.rcvd.reason)[:MAX_QUOTED]
        stated = stated_refusal(reason)
        if stated is Unauthorized:
            return key_refused(reason)
        if stated is RateLimited:
            return RateLimited("CoinGlass limits the rate of connections.")
        message = f"CoinGlass closed the WebSocket (code {closed.rcvd.code})."
        return UpstreamUnavailable(message, reason=UnavailableReason.CONNECTION_LOST)


async def connect(config: ClientConfig, clock: Clock, tls: ssl.SSLContext | None = None) -> StreamConnection:
    """Open a connection; `tls` None trusts certifi's authorities. Raises CoinglassError."""
    url = httpx.URL(config.socket_url)
    redact = _redaction(config, url)
    failure: CoinglassError | Response
    socket: ClientConnection | None = None

    async def open_socket() -> ClientConnection:
        nonlocal socket
        socket = await opening
        return socket

    try:
        opening = _Opening(
            str(url.copy_set_param(KEY_PARAMETER, config.api_key.reveal())),
            compression=None,
            user_agent_header=user_agent(),
            proxy=config.proxy,
            open_timeout=None,
            ping_interval=None,  # CoinGlass wants texts
            close_timeout=CLOSE_SECONDS,
            max_size=MAX_MESSAGE,
            max_queue=MAX_QUEUE,
            logger=_silent,
            ssl=(tls or trusted_authorities()) if url.scheme == "wss" else None,
        )
        return StreamConnection(await within(clock, config.connect_seconds, open_socket()), clock, redact)
    except asyncio.CancelledError:
        if socket is not None:
            socket.transport.abort()
        raise
    except InvalidStatus as refused:
        failure = refused.response  # read below: what is raised here would refer to the library's error
    except TimeoutError:
        failure = UpstreamTimeout(f"CoinGlass' WebSocket did not open within {config.connect_seconds:.1f} s.")
    except (OSError, ValueError, EOFError, WebSocketException) as error:
        message = f"No WebSocket to CoinGlass could be opened ({type(error).__name__})."
        failure = UpstreamUnavailable(message, reason=UnavailableReason.CONNECT)
    raise _at_socket(_refused(failure, redact) if isinstance(failure, Response) else failure)


def _redaction(config: ClientConfig, url: httpx.URL) -> Callable[[str], str]:
    """Return what replaces secrets in a text, as they are and as an address has them."""
    plain = [secret.decode() for secret in secrets_of(config, url)]
    secrets = dict.fromkeys([*plain, *(quote(secret, safe="") for secret in plain), *map(quote, plain)])

    def redact(text: str) -> str:
        for secret in secrets:
            if secret in text:
                text = text.replace(secret, "***")
        return text

    return redact


def _refused(response: Response, redact: Callable[[str], str]) -> CoinglassError:
    """Return what an answer means that opens no WebSocket: it is final only if it refuses the plan or the key."""
    status = response.status_code
    headers = {name.lower().encode(): value.encode() for name, value in response.headers.raw_items()}
    try:
        payload(UpstreamResponse(status, redact(response.body.decode(errors="replace")).encode(), headers))
    except CoinglassError as error:
        failure = error.with_traceback(None)
        if isinstance(failure, PlanRefused | Unauthorized) or failure.retryable:
            is_bare = isinstance(failure, UpstreamUnavailable) and status == _UNAUTHORIZED
            return key_refused(f"HTTP {status}") if is_bare else failure
    message = f"CoinGlass answered HTTP {status} in place of opening a WebSocket."
    return UpstreamUnavailable(message, reason=UnavailableReason.HTTP_STATUS)


def _at_socket(failure: CoinglassError) -> CoinglassError:
    failure.endpoint = SOCKET_PATH
    return failure
