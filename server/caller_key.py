"""Decides whose CoinGlass key serves a request: the server's, or the one that the caller sends in `CG-API-KEY`."""

from collections.abc import Awaitable
from typing import Final

from cg_client.secret import Secret
from cg_client.transport import KEY_HEADER
from server.client_pool import ClientPool, KeyUpstream, PoolFull
from server.http import Handler, Request, Response, refusal
from server.paths import GRAPHQL

HEADER: Final = KEY_HEADER.lower().encode()
_INIT_PAYLOAD: Final = frozenset(("cgapikey", KEY_HEADER.lower()))  # members of the payload of `connection_init`
_MIN_LENGTH, _MAX_LENGTH = 8, 128  # characters
_RETRY_AFTER = (b"retry-after", b"1")


class KeyRefused(Exception):
    """The request is not served with the caller's key; says why and what to do."""

    def __init__(self, message: str, status: int, code: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code

    def response(self) -> Response:
        response = refusal(self.status, str(self), self.code)
        if self.status == 503:  # noqa: PLR2004  # Service Unavailable
            response.headers.append(_RETRY_AFTER)
        return response


class CallerKeys:
    """Chooses the key of each operation. Without a `pool`, a request with a key is refused.

    To serve it with the server's key would answer by another plan and spend another quota than the caller expects.
    """

    def __init__(self, handle: Handler, pool: ClientPool | None) -> None:
        self._handle, self._pool = handle, pool

    def __call__(self, request: Request) -> Awaitable[Response]:
        text = request.headers.get(HEADER)
        if text is None or request.path != GRAPHQL:
            return self._handle(request)
        return self._with_key(request, text)

    async def _with_key(self, request: Request, text: bytes) -> Response:
        try:
            upstream = upstream_for(self._pool, parse_key(text.decode("latin-1")))
        except KeyRefused as refused:
            return refused.response()
        request.upstream, request.scope = upstream, upstream.scope
        with upstream.in_use():
            return await self._handle(request)


class SocketKey:
    """The key of a WebSocket: the server's, unless the handshake or `connection_init` has one.

    Each operation looks up its client, so that an idle connection does not hold one.
    """

    def __init__(self, upstream: KeyUpstream, pool: ClientPool | None) -> None:
        self._upstream, self._pool = upstream, pool
        self._key: Secret | None = None

    def choose(self, text: object) -> None:
        """Use this key from now on; raises KeyRefused."""
        self._key = parse_key(text)
        upstream_for(self._pool, self._key)

    def choose_from(self, payload: object) -> None:
        """Use the key in the payload of `connection_init`, if it has one; raises KeyRefused."""
        for name, text in payload.items() if isinstance(payload, dict) else ():
            if name.lower() in _INIT_PAYLOAD:
                self.choose(text)

    def upstream(self) -> KeyUpstream:
        """Return what the next operation uses; raises KeyRefused."""
        return self._upstream if self._key is None else upstream_for(self._pool, self._key)


def parse_key(text: object) -> Secret:
    """Return the key; raises KeyRefused, without quoting it."""
    is_key = isinstance(text, str) and text.isascii() and text.isprintable() and " " not in text
    if not is_key or not _MIN_LENGTH <= len(str(text)) <= _MAX_LENGTH:
        characters = f"{_MIN_LENGTH} to {_MAX_LENGTH} ASCII characters without spaces"
        raise KeyRefused(
            f"{KEY_HEADER} is not a CoinGlass key, which has {characters}: send it once, without quotes.",
            400,
            "BAD_USER_INPUT",
        )
    return Secret(str(text))


def upstream_for(pool: ClientPool | None, key: Secret) -> KeyUpstream:
    """Return what operations with the key use; raises KeyRefused."""
    if pool is None:
        raise KeyRefused(
            f"This server does not accept CoinGlass keys of callers: leave out {KEY_HEADER}, or set "
            "COINGLASS_KEY_HEADER=on for the server.",
            403,
            "FORBIDDEN",
        )
    try:
        return pool.upstream(key)
    except PoolFull:
        raise KeyRefused(
            "All clients for CoinGlass keys of callers (COINGLASS_KEY_CLIENTS) are in use: send the request again.",
            503,
            "SERVICE_UNAVAILABLE",
        ) from None
