"""Admits only the router of a federation, which sends a shared secret with each request."""

import hmac
from collections.abc import Awaitable, Mapping
from typing import Final, Protocol

from starlette.responses import Response as StarletteResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from cg_client.secret import Secret
from server.http import NO_STORE, Handler, Request, Response, refusal
from server.paths import GRAPHQL
from server.traffic import Traffic
from server.websocket import refuse_opening

HEADER: Final = b"router-authorization"
_CODE: Final = "UNAUTHENTICATED"
_DENIAL: Final = "websocket.http.response"  # the ASGI extension for the status of a refused handshake
_MESSAGE: Final = (
    "This server answers operations only to its router. Send them to the router, or, as the router, with the value of "
    "COINGLASS_ROUTER_SECRET in `Router-Authorization`."
)


class SocketHandler(Protocol):
    """An ASGI application of WebSockets, also for those whose opening request was read."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...
    async def handle(self, opening: Request, scope: Scope, receive: Receive, send: Send) -> None: ...


def only_router(
    handle: Handler, sockets: SocketHandler, secret: Secret | None, traffic: Traffic
) -> tuple[Handler, ASGIApp]:
    """Return what answers over HTTP and WebSocket, each behind the check; without a secret they are as before."""
    if secret is None:
        return handle, sockets
    expected = RouterSecret(secret)
    return RouterOnly(handle, expected), RouterSocketsOnly(sockets, expected, traffic)


class RouterSecret:
    """The expected value of `Router-Authorization`."""

    def __init__(self, secret: Secret) -> None:
        self._value = secret.reveal().encode()

    def admits(self, headers: Mapping[bytes, bytes]) -> bool:
        return hmac.compare_digest(headers.get(HEADER, b""), self._value)


class RouterOnly:
    """Answers 401 to operations over HTTP that do not come from the router. Pages stay open."""

    def __init__(self, handle: Handler, secret: RouterSecret) -> None:
        self._handle, self._secret = handle, secret

    def __call__(self, request: Request) -> Awaitable[Response]:
        """Return the coroutine of the next layer itself, which costs less than another one."""
        if request.path == GRAPHQL and not self._secret.admits(request.headers):
            return _refuse()
        return self._handle(request)


class RouterSocketsOnly:
    """Refuses WebSockets that the router did not open, before they are accepted."""

    def __init__(self, sockets: SocketHandler, secret: RouterSecret, traffic: Traffic) -> None:
        self._sockets, self._secret, self._traffic = sockets, secret, traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        opening = Request(scope)
        if self._secret.admits(opening.headers):
            await self._sockets.handle(opening, scope, receive, send)
            return
        self._traffic.refuse_request(opening, _CODE, 401)
        if _DENIAL not in scope.get("extensions", {}):
            await refuse_opening(receive, send, _MESSAGE)
            return
        response = await _refuse()
        headers = {name.decode(): value.decode() for name, value in response.headers}
        await WebSocket(scope, receive, send).send_denial_response(
            StarletteResponse(response.body, response.status, headers)
        )


async def _refuse() -> Response:
    response = refusal(401, _MESSAGE, _CODE)
    response.headers += ((b"www-authenticate", b"Router"), NO_STORE)
    return response
